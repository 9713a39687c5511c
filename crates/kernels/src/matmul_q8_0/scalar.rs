//! The definition.

use super::PanelBlock;
use crate::panels::PANEL;
use crate::q8_0::BLOCK;

/// The products of as many rows as `made` has with one panel.
pub(super) fn tile(steps: &[i8], scales: &[f32], blocks: &[PanelBlock], made: &mut [[f32; PANEL]]) {
    for (row, made) in made.iter_mut().enumerate() {
        *made = [0.0; PANEL];
        let steps = &steps[row * blocks.len() * BLOCK..];
        let scales = &scales[row * blocks.len()..];
        for ((block, x), scale) in blocks.iter().zip(steps.as_chunks::<BLOCK>().0).zip(scales) {
            for (output, sum) in made.iter_mut().enumerate() {
                let mut whole = 0;
                for (weights, x) in block.steps.iter().zip(x.as_chunks::<4>().0) {
                    for (weight, x) in weights[output].iter().zip(x) {
                        whole += i32::from(*weight) * i32::from(*x);
                    }
                }
                *sum += whole as f32 * (scale * block.scales[output].to_f32());
            }
        }
    }
}
