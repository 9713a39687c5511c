//! The definition.

use super::PanelBlock;
use crate::panels::PANEL;
use crate::q8_0::GroupBlock;

/// The products of as many rows as `made` has with one panel.
pub(super) fn tile(x: &[GroupBlock], blocks: &[PanelBlock], made: &mut [[f32; PANEL]]) {
    for (row, made) in made.iter_mut().enumerate() {
        *made = [0.0; PANEL];
        for (block, x) in blocks.iter().zip(x) {
            for (output, sum) in made.iter_mut().enumerate() {
                let mut whole = 0;
                for (weights, x) in block.steps.iter().zip(x.steps[row].as_chunks::<4>().0) {
                    for (weight, x) in weights[output].iter().zip(x) {
                        whole += i32::from(*weight) * i32::from(*x);
                    }
                }
                *sum += whole as f32 * (x.scales[row] * block.scales[output].to_f32());
            }
        }
    }
}
