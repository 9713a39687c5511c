//! Six rows by sixteen outputs in twenty-four registers, or fewer rows by more outputs; weights become
//! floats on the way.

use std::arch::aarch64::{
    float32x2_t, vdup_n_f32, vdupq_n_f32, vfmaq_lane_f32, vfmaq_n_f32, vld1_f32, vst1q_f32,
};

use super::Strided;
use crate::element::{Element, STEP};
use crate::panels::PANEL;

/// The products of up to six rows of `x` with one panel.
#[target_feature(enable = "neon")]
pub(super) fn tile<T: Element>(
    x: Strided<'_>,
    inputs: usize,
    panel: &[T],
    made: &mut [[f32; PANEL]],
) {
    match made.len() {
        1 => rows::<T, 1, 1>(x, inputs, [panel], made),
        2 => rows::<T, 2, 1>(x, inputs, [panel], made),
        3 => rows::<T, 3, 1>(x, inputs, [panel], made),
        4 => rows::<T, 4, 1>(x, inputs, [panel], made),
        5 => rows::<T, 5, 1>(x, inputs, [panel], made),
        _ => rows::<T, 6, 1>(x, inputs, [panel], made),
    }
}

/// The products of one row with four panels of `length` numbers, or of two or three with two.
#[target_feature(enable = "neon")]
pub(super) fn panels<T: Element>(
    x: Strided<'_>,
    inputs: usize,
    (panels, length): (&[T], usize),
    made: &mut [[f32; PANEL]],
) {
    let panel = |number: usize| &panels[number * length..][..length];
    match made.len() {
        4 if panels.len() == 4 * length => {
            let panels = [panel(0), panel(1), panel(2), panel(3)];
            rows::<T, 1, 4>(x, inputs, panels, made);
        }
        4 => rows::<T, 2, 2>(x, inputs, [panel(0), panel(1)], made),
        6 => rows::<T, 3, 2>(x, inputs, [panel(0), panel(1)], made),
        other => unreachable!("{other} products of few rows"),
    }
}

/// One step of a panel times one row after the other.
#[target_feature(enable = "neon")]
fn rows<T: Element, const R: usize, const P: usize>(
    x: Strided<'_>,
    inputs: usize,
    panels: [&[T]; P],
    made: &mut [[f32; PANEL]],
) {
    let mut rows: [&[f32]; R] = [&[]; R];
    let mut twos: [&[[f32; 2]]; R] = [&[]; R];
    for (row, (whole, twos)) in rows.iter_mut().zip(&mut twos).enumerate() {
        *whole = x.row(row, inputs);
        *twos = whole.as_chunks().0;
    }
    let mut sums = [[[vdupq_n_f32(0.0); PANEL / 4]; R]; P];
    let whole = inputs / 2;
    let steps = panels.map(|panel| &panel.as_chunks::<STEP>().0[..inputs.div_ceil(2)]);
    for at in 0..whole {
        let mut pairs = [vdup_n_f32(0.0); R];
        for (pair, twos) in pairs.iter_mut().zip(twos) {
            // SAFETY: `at` is below half the inputs, of which each row has as many.
            *pair = load_two(unsafe { twos.get_unchecked(at) });
        }
        for (steps, sums) in steps.iter().zip(&mut sums) {
            // SAFETY: there is a step for every two inputs.
            let step = unsafe { steps.get_unchecked(at) };
            // SAFETY: every such machine has NEON.
            let [even, odd] = unsafe { T::load(step) };
            for quarter in 0..PANEL / 4 {
                for (sums, pair) in sums.iter_mut().zip(pairs) {
                    sums[quarter] = vfmaq_lane_f32::<0>(sums[quarter], even[quarter], pair);
                    sums[quarter] = vfmaq_lane_f32::<1>(sums[quarter], odd[quarter], pair);
                }
            }
        }
    }
    if inputs % 2 == 1 {
        for (steps, sums) in steps.iter().zip(&mut sums) {
            // SAFETY: as above.
            let [even, _] = unsafe { T::load(&steps[whole]) };
            for (sums, row) in sums.iter_mut().zip(rows) {
                for (sum, weights) in sums.iter_mut().zip(even) {
                    *sum = vfmaq_n_f32(*sum, weights, row[inputs - 1]);
                }
            }
        }
    }
    for (made, sums) in made.iter_mut().zip(sums.as_flattened()) {
        for (made, sum) in made.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
            // SAFETY: four floats have room for four.
            unsafe { vst1q_f32(made.as_mut_ptr(), *sum) };
        }
    }
}

#[target_feature(enable = "neon")]
#[inline]
fn load_two(floats: &[f32; 2]) -> float32x2_t {
    // SAFETY: two floats.
    unsafe { vld1_f32(floats.as_ptr()) }
}
