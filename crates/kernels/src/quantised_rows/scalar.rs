//! The definition.

use super::GroupBlock;
use crate::blocks::{BLOCK, quantise};

/// Takes a block of a row.
pub(super) fn block(values: &[f32; BLOCK], row: usize, made: &mut GroupBlock) {
    quantise(values, &mut made.steps[row], &mut made.scales[row]);
    let mut sums = [0; BLOCK / 8];
    for (sum, eight) in sums.iter_mut().zip(made.steps[row].as_chunks::<8>().0) {
        *sum = eight.iter().map(|step| i32::from(*step)).sum();
    }
    made.set_sums(row, sums);
}
