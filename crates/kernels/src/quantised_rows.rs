//! Rows of an input in blocks of bytes, for products of whole numbers.

use crate::blocks::{BLOCK, quantise_q8_0 as quantise};
use crate::pool::Pool;

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

/// The rows of an input, quantised for products with quantised weights. Made once and filled again
/// and again, so that a steady loop allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct QuantisedRows {
    rows: usize,
    columns: usize,
    /// `[rows / 4, columns / 32]`, both rounded up.
    groups: Vec<GroupBlock>,
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
        let empty = bytemuck::Zeroable::zeroed();
        self.groups.resize(rows.div_ceil(GROUP) * blocks, empty);
        pool.each_chunk(&mut self.groups, blocks, &|group, made| {
            let from = group * GROUP * columns;
            let x = &x[from..x.len().min(from + GROUP * columns)];
            fill_group(x, columns, made);
        });
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

fn fill_group(x: &[f32], columns: usize, made: &mut [GroupBlock]) {
    for (row, x) in x.chunks_exact(columns).enumerate() {
        for (x, made) in x.chunks(BLOCK).zip(made.iter_mut()) {
            let mut values = [0.0; BLOCK];
            values[..x.len()].copy_from_slice(x);
            made.scales[row] = quantise(&values, &mut made.steps[row]);
            let mut total = 0;
            for (eight, sums) in made.steps[row]
                .as_chunks::<8>()
                .0
                .iter()
                .zip(&mut made.eighths)
            {
                let sum: i16 = eight.iter().map(|step| i16::from(*step)).sum();
                sums[row] = [sum; 2];
                total += sum;
            }
            made.sums[row] = [total; 2];
            made.totals[row] = f32::from(total) * made.scales[row];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
