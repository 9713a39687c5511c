//! The definition.

use super::Strided;
use crate::element::{Element, place};
use crate::panels::PANEL;

/// The products of the rows of `x` with one panel.
pub(super) fn tile<T: Element>(
    x: Strided<'_>,
    inputs: usize,
    panel: &[T],
    made: &mut [[f32; PANEL]],
) {
    for (row, made) in made.iter_mut().enumerate() {
        *made = [0.0; PANEL];
        for (input, x) in x.row(row, inputs).iter().enumerate() {
            for (output, sum) in made.iter_mut().enumerate() {
                *sum += x * panel[place::<T>(input, output)].to_f32();
            }
        }
    }
}
