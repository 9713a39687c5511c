//! The definition.

use super::formats::{Block, Part};
use crate::blocks::BLOCK;
use crate::panels::PANEL;
use crate::quantised_rows::{GROUP, QuantisedRows};

/// The products of as many rows as `made` has, from `row` on, with one panel.
pub(super) fn tile<B: Block>(
    x: &QuantisedRows,
    row: usize,
    panels: &[B::Panel],
    made: &mut [[f32; PANEL]],
) {
    made.fill([0.0; PANEL]);
    let parts = B::NUMBERS / BLOCK;
    for block in 0..panels.len() * parts {
        for output in 0..PANEL {
            let part = B::part(&panels[block / parts], block % parts, output);
            for (number, made) in made.iter_mut().enumerate() {
                let row = row + number;
                let x = &x.group(row / GROUP * GROUP)[block];
                let (steps, scale) = (&x.steps[row % GROUP], x.scales[row % GROUP]);
                made[output] += whole(&part, steps) as f32 * (scale * part.scale)
                    - x.totals[row % GROUP] * part.minimum;
            }
        }
    }
}

fn whole(part: &Part, x: &[i8; BLOCK]) -> i32 {
    let halves = part.steps.as_chunks::<{ BLOCK / 2 }>().0;
    let x = x.as_chunks::<{ BLOCK / 2 }>().0;
    let mut sum = 0;
    for ((steps, x), factor) in halves.iter().zip(x).zip(part.factors) {
        let products = steps.iter().zip(x);
        let half: i32 = products
            .map(|(step, x)| i32::from(*step) * i32::from(*x))
            .sum();
        sum += factor * half;
    }
    sum
}
