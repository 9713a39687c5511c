//! Six rows by sixteen outputs in twelve registers, or fewer rows by more outputs; weights become floats
//! on the way.

use std::arch::x86_64::{
    __m256, _mm256_fmadd_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
};

use super::{Next, Strided};
use crate::element::{Element, STEP};
use crate::panels::PANEL;
use crate::prefetch::near;

/// The products of up to six rows of `x` with one panel.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn tile<T: Element>(
    x: Strided<'_>,
    inputs: usize,
    panel: &[T],
    next: Next<'_, T>,
    made: &mut [[f32; PANEL]],
) {
    let panel = [panel];
    // Where much is computed, the question whether to ask costs more than the asking.
    match (made.len(), next) {
        (1, _) => rows::<T, 1, 1, true>(x, inputs, panel, next, made),
        (2, _) => rows::<T, 2, 1, true>(x, inputs, panel, next, made),
        (3, _) => rows::<T, 3, 1, true>(x, inputs, panel, next, made),
        (4, Next::Near) => rows::<T, 4, 1, false>(x, inputs, panel, next, made),
        (4, _) => rows::<T, 4, 1, true>(x, inputs, panel, next, made),
        (5, Next::Near) => rows::<T, 5, 1, false>(x, inputs, panel, next, made),
        (5, _) => rows::<T, 5, 1, true>(x, inputs, panel, next, made),
        (_, Next::Near) => rows::<T, 6, 1, false>(x, inputs, panel, next, made),
        (_, _) => rows::<T, 6, 1, true>(x, inputs, panel, next, made),
    }
}

/// The products of one row with four panels of `length` numbers, or of two or three with two.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn panels<T: Element>(
    x: Strided<'_>,
    inputs: usize,
    (panels, length): (&[T], usize),
    next: Next<'_, T>,
    made: &mut [[f32; PANEL]],
) {
    let panel = |number: usize| &panels[number * length..][..length];
    match made.len() {
        4 if panels.len() == 4 * length => {
            let panels = [panel(0), panel(1), panel(2), panel(3)];
            rows::<T, 1, 4, true>(x, inputs, panels, next, made);
        }
        4 => rows::<T, 2, 2, true>(x, inputs, [panel(0), panel(1)], next, made),
        6 => rows::<T, 3, 2, true>(x, inputs, [panel(0), panel(1)], next, made),
        other => unreachable!("{other} products of few rows"),
    }
}

/// One step of a panel times one row after the other.
#[target_feature(enable = "avx2,fma,f16c")]
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
    let mut sums = [[[_mm256_setzero_ps(); 2]; R]; P];
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
            let [even, odd] = unsafe { T::load(step) };
            for (row, sums) in sums.iter_mut().enumerate() {
                // SAFETY: `at` is below half the inputs, of which each row has as many.
                let [a, b] = *unsafe { twos[row].get_unchecked(at) };
                *sums = add(*sums, _mm256_set1_ps(a), even);
                *sums = add(*sums, _mm256_set1_ps(b), odd);
            }
        }
    }
    if inputs % 2 == 1 {
        for (steps, sums) in steps.iter().zip(&mut sums) {
            // SAFETY: as above.
            let [even, _] = unsafe { T::load(&steps[whole]) };
            for (row, sums) in sums.iter_mut().enumerate() {
                *sums = add(*sums, _mm256_set1_ps(rows[row][inputs - 1]), even);
            }
        }
    }
    for (made, sums) in made.iter_mut().zip(sums.as_flattened()) {
        // SAFETY: sixteen floats have room for eight.
        unsafe { _mm256_storeu_ps(made.as_mut_ptr(), sums[0]) };
        // SAFETY: and for the eight behind them.
        unsafe { _mm256_storeu_ps(made[8..].as_mut_ptr(), sums[1]) };
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn add(sums: [__m256; 2], x: __m256, weights: [__m256; 2]) -> [__m256; 2] {
    [
        _mm256_fmadd_ps(x, weights[0], sums[0]),
        _mm256_fmadd_ps(x, weights[1], sums[1]),
    ]
}
