//! Fourteen rows by sixteen outputs in as many registers; weights become floats on the way. An input is
//! multiplied from memory as it is spread over a register, so that fourteen sums and two registers of
//! weights are all there is: each weight is loaded once for fourteen products.

use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps};

use super::{Next, Strided};
use crate::element::{Element, STEP};
use crate::panels::PANEL;
use crate::prefetch::near;

/// The products of up to fourteen rows of `x` with one panel.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
pub(super) fn tile<T: Element>(
    x: Strided<'_>,
    inputs: usize,
    panel: &[T],
    next: Next<'_, T>,
    made: &mut [[f32; PANEL]],
) {
    let panel = [panel];
    // Where much is computed, asking for what comes next costs more than it gains.
    let asks = made.len() == 1 || !matches!(next, Next::Near);
    match (made.len(), asks) {
        (1, true) => rows::<T, 1, 1, true>(x, inputs, panel, next, made),
        (2, true) => rows::<T, 2, 1, true>(x, inputs, panel, next, made),
        (3, true) => rows::<T, 3, 1, true>(x, inputs, panel, next, made),
        (4, true) => rows::<T, 4, 1, true>(x, inputs, panel, next, made),
        (5, true) => rows::<T, 5, 1, true>(x, inputs, panel, next, made),
        (6, true) => rows::<T, 6, 1, true>(x, inputs, panel, next, made),
        (2, _) => rows::<T, 2, 1, false>(x, inputs, panel, next, made),
        (3, _) => rows::<T, 3, 1, false>(x, inputs, panel, next, made),
        (4, _) => rows::<T, 4, 1, false>(x, inputs, panel, next, made),
        (5, _) => rows::<T, 5, 1, false>(x, inputs, panel, next, made),
        (6, _) => rows::<T, 6, 1, false>(x, inputs, panel, next, made),
        (7, _) => rows::<T, 7, 1, false>(x, inputs, panel, next, made),
        (8, _) => rows::<T, 8, 1, false>(x, inputs, panel, next, made),
        (9, _) => rows::<T, 9, 1, false>(x, inputs, panel, next, made),
        (10, _) => rows::<T, 10, 1, false>(x, inputs, panel, next, made),
        (11, _) => rows::<T, 11, 1, false>(x, inputs, panel, next, made),
        (12, _) => rows::<T, 12, 1, false>(x, inputs, panel, next, made),
        (13, _) => rows::<T, 13, 1, false>(x, inputs, panel, next, made),
        (_, _) => rows::<T, 14, 1, false>(x, inputs, panel, next, made),
    }
}

/// The products of up to three rows with four panels of `length` numbers.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
pub(super) fn panels<T: Element>(
    x: Strided<'_>,
    inputs: usize,
    (panels, length): (&[T], usize),
    next: Next<'_, T>,
    made: &mut [[f32; PANEL]],
) {
    let panels = [0, 1, 2, 3].map(|number| &panels[number * length..][..length]);
    match made.len() {
        4 => rows::<T, 1, 4, true>(x, inputs, panels, next, made),
        8 => rows::<T, 2, 4, true>(x, inputs, panels, next, made),
        12 => rows::<T, 3, 4, true>(x, inputs, panels, next, made),
        other => unreachable!("{other} products of few rows"),
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
fn rows<T: Element, const R: usize, const P: usize, const ASKS: bool>(
    x: Strided<'_>,
    inputs: usize,
    panels: [&[T]; P],
    next: Next<'_, T>,
    made: &mut [[f32; PANEL]],
) {
    let mut rows: [&[f32]; R] = [&[]; R];
    let mut twos: [&[[f32; 2]]; R] = [&[]; R];
    for (row, (whole, twos)) in rows.iter_mut().zip(&mut twos).enumerate() {
        *whole = x.row(row, inputs);
        *twos = whole.as_chunks().0;
    }
    let mut sums = [[_mm512_setzero_ps(); R]; P];
    let away = next.away(panels[0]);
    let whole = inputs / 2;
    let steps = panels.map(|panel| &panel.as_chunks::<STEP>().0[..inputs.div_ceil(2)]);
    for at in 0..whole {
        for (steps, sums) in steps.iter().zip(&mut sums) {
            // SAFETY: there is a step for every two inputs.
            let step = unsafe { steps.get_unchecked(at) };
            if ASKS {
                near(step, away);
            }
            // SAFETY: this function runs where the machine has the level.
            let [even, odd] = unsafe { T::load_wide(step) };
            for (row, sum) in sums.iter_mut().enumerate() {
                // SAFETY: `at` is below half the inputs, of which each row has as many.
                let [a, b] = *unsafe { twos[row].get_unchecked(at) };
                *sum = _mm512_fmadd_ps(_mm512_set1_ps(a), even, *sum);
                *sum = _mm512_fmadd_ps(_mm512_set1_ps(b), odd, *sum);
            }
        }
    }
    if inputs % 2 == 1 {
        for (steps, sums) in steps.iter().zip(&mut sums) {
            // SAFETY: as above.
            let [even, _] = unsafe { T::load_wide(&steps[whole]) };
            for (row, sum) in sums.iter_mut().enumerate() {
                let last = _mm512_set1_ps(rows[row][inputs - 1]);
                *sum = _mm512_fmadd_ps(last, even, *sum);
            }
        }
    }
    for (made, sum) in made.iter_mut().zip(sums.as_flattened()) {
        // SAFETY: sixteen floats have room for sixteen.
        unsafe { _mm512_storeu_ps(made.as_mut_ptr(), *sum) };
    }
}
