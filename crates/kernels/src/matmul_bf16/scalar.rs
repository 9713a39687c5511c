//! The definition.

use half::bf16;

use crate::panels::PANEL;

/// The products of the rows of `x` with one panel.
pub(super) fn tile(x: &[f32], inputs: usize, pairs: &[u16], made: &mut [[f32; PANEL]]) {
    for (x, made) in x.chunks_exact(inputs).zip(made) {
        *made = [0.0; PANEL];
        for (input, x) in x.iter().enumerate() {
            let step = &pairs[input / 2 * PANEL * 2..][..PANEL * 2];
            for (output, sum) in made.iter_mut().enumerate() {
                *sum += x * bf16::from_bits(step[output * 2 + input % 2]).to_f32();
            }
        }
    }
}
