//! Numbers in blocks of 32 that share a scale: eight bits each, as GGUF's `Q8_0`.

use half::f16;

use crate::pool::Pool;

/// Numbers that share a scale.
pub const BLOCK: usize = 32;

/// One block of weights as it lies in a GGUF file.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct BlockQ8_0 {
    /// What one step is worth.
    pub scale: f16,
    /// The numbers of steps.
    pub steps: [i8; BLOCK],
}

const _: () = assert!(size_of::<BlockQ8_0>() == 34);

impl BlockQ8_0 {
    /// The nearest block to `values`.
    pub fn quantise(values: &[f32; BLOCK]) -> Self {
        let mut block = Self {
            scale: f16::ZERO,
            steps: [0; BLOCK],
        };
        let scale = quantise(values, &mut block.steps);
        block.scale = f16::from_f32(scale);
        block
    }

    /// The numbers that the block stands for.
    pub fn dequantise(&self) -> [f32; BLOCK] {
        self.steps.map(|step| f32::from(step) * self.scale.to_f32())
    }
}

/// Rows that lie together in [`QuantisedRows`].
pub(crate) const GROUP: usize = 4;

/// The blocks of four rows at the same inputs.
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct GroupBlock {
    pub steps: [[i8; BLOCK]; GROUP],
    /// What a step of each row is worth.
    pub scales: [f32; GROUP],
    /// The sums of the steps of each half of each row, for formats with offsets.
    pub sums: [[i16; 2]; GROUP],
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
            let halves = made.steps[row].as_chunks::<{ BLOCK / 2 }>().0;
            for (sum, half) in made.sums[row].iter_mut().zip(halves) {
                *sum = half.iter().map(|step| i16::from(*step)).sum();
            }
        }
    }
}

/// Rounds `values` to steps of a common scale, which is returned. What is not a number becomes
/// nothing; a block that holds an infinity has no usable scale and becomes nothing as well.
pub(crate) fn quantise(values: &[f32], steps: &mut [i8]) -> f32 {
    let largest = values
        .iter()
        .fold(0.0_f32, |max, value| max.max(value.abs()));
    let scale = largest / 127.0;
    if scale == 0.0 || !scale.is_finite() {
        steps.fill(0);
        return 0.0;
    }
    let inverse = 127.0 / largest;
    for (step, value) in steps.iter_mut().zip(values) {
        // As a float the number of steps is within ±127, and the cast saturates besides.
        *step = (value * inverse).round_ties_even() as i8;
    }
    scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    #[test]
    fn a_block_is_within_half_a_step_of_its_numbers() {
        let mut numbers = Numbers::new(1);
        for size in [1e-20, 1e-3, 1.0, 3e4] {
            let values: [f32; BLOCK] = std::array::from_fn(|_| numbers.next() * size);
            let mut steps = [0; BLOCK];
            let scale = quantise(&values, &mut steps);
            for (value, step) in values.iter().zip(steps) {
                let error = (value - f32::from(step) * scale).abs();
                assert!(error <= scale * 0.5001, "{value} as {step} of {scale}");
            }
        }
    }

    #[test]
    fn blocks_keep_their_exact_numbers_and_nothing_stays_nothing() {
        let steps: [i8; BLOCK] = std::array::from_fn(|at| (at as i8 - 16) * 8 + 1);
        let block = BlockQ8_0 {
            scale: f16::from_f32(0.5),
            steps,
        };
        assert_eq!(block.dequantise()[0], -63.5);
        assert_eq!(
            BlockQ8_0::quantise(&[0.0; BLOCK]).dequantise(),
            [0.0; BLOCK]
        );
        let mut broken = [1.0; BLOCK];
        broken[3] = f32::INFINITY;
        assert_eq!(BlockQ8_0::quantise(&broken).dequantise(), [0.0; BLOCK]);
    }

    #[test]
    fn rows_are_filled_up_to_whole_blocks() {
        let mut rows = QuantisedRows::default();
        rows.fill(&[1.0; 80], 40, &Pool::of_all_cores());
        assert_eq!((rows.rows(), rows.columns(), rows.blocks()), (2, 40, 2));
        let last = rows.group(0)[1];
        assert_eq!((last.steps[1][7], last.steps[1][8]), (127, 0));
        assert_eq!(last.sums[1], [8 * 127, 0]);
        rows.fill(&[2.0; 32], 32, &Pool::of_all_cores());
        assert_eq!((rows.rows(), rows.blocks()), (1, 1));
    }
}
