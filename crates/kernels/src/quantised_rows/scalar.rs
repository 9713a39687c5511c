//! The definition.

use super::GroupBlock;
use crate::blocks::{BLOCK, quantise};

/// Takes a block of a row.
pub(super) fn block(values: &[f32; BLOCK], row: usize, made: &mut GroupBlock) {
    quantise(values, &mut made.steps[row], &mut made.scales[row]);
    let mut total = 0;
    let halves = made.steps[row].as_chunks::<16>().0;
    for (half, sums) in halves.iter().zip(&mut made.halves) {
        let mut apart = [0; 2];
        for (at, step) in half.iter().enumerate() {
            apart[at % 4 / 2] += i16::from(*step);
        }
        sums[row] = apart;
        total += apart[0] + apart[1];
    }
    made.sums[row] = [total; 2];
    made.totals[row] = f32::from(total) * made.scales[row];
}
