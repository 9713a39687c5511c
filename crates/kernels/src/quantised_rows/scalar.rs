//! The definition.

use super::GroupBlock;
use crate::blocks::{BLOCK, quantise};

/// Takes a block of a row.
pub(super) fn block(values: &[f32; BLOCK], row: usize, made: &mut GroupBlock) {
    quantise(values, &mut made.steps[row], &mut made.scales[row]);
    let mut total = 0;
    let eights = made.steps[row].as_chunks::<8>().0;
    for (eight, sums) in eights.iter().zip(&mut made.eighths) {
        let sum: i16 = eight.iter().map(|step| i16::from(*step)).sum();
        sums[row] = [sum; 2];
        total += sum;
    }
    made.sums[row] = [total; 2];
    made.totals[row] = f32::from(total) * made.scales[row];
}
