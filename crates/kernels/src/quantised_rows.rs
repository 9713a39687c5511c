//! Rows of an input in blocks of bytes, for products of whole numbers.

mod scalar;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;

use crate::blocks::BLOCK;
use crate::isa::Isa;
use crate::pool::Pool;
#[cfg(target_arch = "x86_64")]
use crate::tiles::ROWS;

/// Rows that lie together in [`QuantisedRows`].
pub(crate) const GROUP: usize = 4;

/// The blocks of four rows at the same inputs.
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct GroupBlock {
    pub steps: [[i8; BLOCK]; GROUP],
    /// What a step of each row is worth.
    pub scales: [f32; GROUP],
    /// What the sum of each row's steps is worth, for formats with minima.
    pub totals: [f32; GROUP],
    /// The sums of the steps of each row, twice, for formats with offsets.
    pub sums: [[i16; 2]; GROUP],
    /// The same of each eight inputs.
    pub eighths: [[[i16; 2]; GROUP]; BLOCK / 8],
}

impl GroupBlock {
    /// Notes the sums of eight steps each of a row.
    fn set_sums(&mut self, row: usize, eighths: [i32; BLOCK / 8]) {
        for (sums, sum) in self.eighths.iter_mut().zip(eighths) {
            sums[row] = [sum as i16; 2];
        }
        let total: i32 = eighths.iter().sum();
        self.sums[row] = [total as i16; 2];
        self.totals[row] = total as f32 * self.scales[row];
    }
}

/// The blocks of sixteen rows at the same inputs, as the tile unit takes them.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
pub(crate) struct TileBlock {
    pub steps: [[i8; BLOCK]; ROWS],
    /// What a step of each row is worth.
    pub scales: [f32; ROWS],
    /// What the sum of each row's steps is worth.
    pub totals: [f32; ROWS],
}

/// The rows of an input, quantised for products with quantised weights. Made once and filled again
/// and again, so that a steady loop allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct QuantisedRows {
    rows: usize,
    columns: usize,
    /// `[rows / 4, columns / 32]`, both rounded up.
    groups: Vec<GroupBlock>,
    /// The same in `[rows / 16, columns / 32]`, where a tile unit takes them and they are more than a group.
    #[cfg(target_arch = "x86_64")]
    tiles: Vec<TileBlock>,
}

impl QuantisedRows {
    /// Takes the rows of `x`, `[rows, columns]`.
    ///
    /// # Panics
    /// When `x` does not hold whole rows.
    pub fn fill(&mut self, x: &[f32], columns: usize, pool: &Pool) {
        let rows = x.len().checked_div(columns).unwrap_or(0);
        assert_eq!(x.len(), rows * columns, "an input of {columns} columns");
        (self.rows, self.columns) = (rows, columns);
        let blocks = self.blocks();
        let isa = Isa::current();
        let empty = bytemuck::Zeroable::zeroed();
        self.groups.resize(rows.div_ceil(GROUP) * blocks, empty);
        pool.each_chunk(&mut self.groups, blocks, &|group, made| {
            let from = group * GROUP * columns;
            let x = &x[from..x.len().min(from + GROUP * columns)];
            fill_group(isa, x, columns, made);
        });
        #[cfg(target_arch = "x86_64")]
        if isa == Isa::Amx && rows > GROUP {
            self.fill_tiles(pool);
        }
    }

    /// Lays groups side by side in tiles.
    #[cfg(target_arch = "x86_64")]
    fn fill_tiles(&mut self, pool: &Pool) {
        let blocks = self.blocks();
        let (groups, tiles) = (&self.groups, &mut self.tiles);
        let empty = bytemuck::Zeroable::zeroed();
        tiles.resize(self.rows.div_ceil(ROWS) * blocks, empty);
        pool.each_chunk(tiles, blocks, &|tile, made| {
            let groups = groups.chunks_exact(blocks).skip(tile * (ROWS / GROUP));
            for (number, group) in groups.take(ROWS / GROUP).enumerate() {
                let rows = number * GROUP..(number + 1) * GROUP;
                for (made, block) in made.iter_mut().zip(group) {
                    made.steps[rows.clone()].copy_from_slice(&block.steps);
                    made.scales[rows.clone()].copy_from_slice(&block.scales);
                    made.totals[rows.clone()].copy_from_slice(&block.totals);
                }
            }
        });
    }

    /// The blocks of the tile in which `row` is the first.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn tile(&self, row: usize) -> &[TileBlock] {
        debug_assert!(row.is_multiple_of(ROWS), "the first row of a tile");
        let blocks = self.blocks();
        &self.tiles[row / ROWS * blocks..][..blocks]
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Blocks in a row.
    pub(crate) fn blocks(&self) -> usize {
        self.columns.div_ceil(BLOCK)
    }

    /// The blocks of the group in which `row` is the first.
    pub(crate) fn group(&self, row: usize) -> &[GroupBlock] {
        debug_assert!(row.is_multiple_of(GROUP), "the first row of a group");
        let blocks = self.blocks();
        &self.groups[row / GROUP * blocks..][..blocks]
    }
}

fn fill_group(isa: Isa, x: &[f32], columns: usize, made: &mut [GroupBlock]) {
    for (row, x) in x.chunks_exact(columns).enumerate() {
        for (x, made) in x.chunks(BLOCK).zip(made.iter_mut()) {
            let mut values = [0.0; BLOCK];
            let values = x.first_chunk().unwrap_or_else(|| {
                values[..x.len()].copy_from_slice(x);
                &values
            });
            match isa {
                Isa::Scalar => scalar::block(values, row, made),
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the level is only chosen where the machine has it.
                // A block is four registers: twice as wide ones would wait for each other, not work.
                Isa::Avx2 | Isa::Avx512 | Isa::Avx512Bf16 | Isa::Amx => unsafe {
                    avx2::block(values, row, made)
                },
                #[cfg(target_arch = "aarch64")]
                // SAFETY: the level is only chosen where the machine has it.
                Isa::Neon | Isa::NeonDot | Isa::NeonI8mm => unsafe {
                    neon::block(values, row, made);
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytemuck::Zeroable as _;

    use super::*;
    use crate::testing::Numbers;

    #[test]
    fn every_variant_agrees_to_the_bit() {
        let mut numbers = Numbers::new(8);
        let special = [f32::NAN, f32::INFINITY, 1e-44, -0.0, 1e38, 0.0];
        for turn in 0..2000 {
            let mut x: Vec<f32> = numbers.many(3 * 40).map(|x| x * 1e3).collect();
            if turn % 4 == 0 {
                x[turn % 120] = special[turn / 4 % 6];
            }
            if turn % 5 == 0 {
                x.iter_mut().for_each(|x| *x = (*x / 4.0).round() / 2.0);
                x[0] = 127.0;
            }
            let filled = |isa| {
                let mut made = [GroupBlock::zeroed(); 2];
                fill_group(isa, &x, 40, &mut made);
                bytemuck::bytes_of(&made).to_vec()
            };
            for isa in Isa::available() {
                assert_eq!(filled(isa), filled(Isa::Scalar), "{isa:?} {x:?}");
            }
        }
    }

    #[test]
    fn rows_are_filled_up_to_whole_blocks() {
        let mut rows = QuantisedRows::default();
        rows.fill(&[1.0; 80], 40, &Pool::of_all_cores());
        assert_eq!((rows.rows(), rows.columns(), rows.blocks()), (2, 40, 2));
        let last = rows.group(0)[1];
        assert_eq!((last.steps[1][7], last.steps[1][8]), (127, 0));
        assert_eq!(last.sums[1], [8 * 127; 2]);
        assert_eq!(last.eighths.map(|sums| sums[1][0]), [8 * 127, 0, 0, 0]);
        rows.fill(&[2.0; 32], 32, &Pool::of_all_cores());
        assert_eq!((rows.rows(), rows.blocks()), (1, 1));
    }
}
