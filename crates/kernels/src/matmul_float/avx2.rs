//! Six rows by sixteen outputs in twelve registers; weights become floats on the way.

use std::arch::x86_64::{
    __m256, _mm256_fmadd_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
};

use super::Strided;
use crate::element::{Element, STEP};
use crate::panels::PANEL;
use crate::prefetch::ahead;

/// The products of up to six rows of `x` with one panel.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn tile<T: Element>(
    x: Strided<'_>,
    inputs: usize,
    panel: &[T],
    made: &mut [[f32; PANEL]],
) {
    match made.len() {
        1 => rows::<T, 1>(x, inputs, panel, made),
        2 => rows::<T, 2>(x, inputs, panel, made),
        3 => rows::<T, 3>(x, inputs, panel, made),
        4 => rows::<T, 4>(x, inputs, panel, made),
        5 => rows::<T, 5>(x, inputs, panel, made),
        _ => rows::<T, 6>(x, inputs, panel, made),
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn rows<T: Element, const R: usize>(
    x: Strided<'_>,
    inputs: usize,
    panel: &[T],
    made: &mut [[f32; PANEL]],
) {
    let mut rows: [&[f32]; R] = [&[]; R];
    let mut twos: [&[[f32; 2]]; R] = [&[]; R];
    for (row, (whole, twos)) in rows.iter_mut().zip(&mut twos).enumerate() {
        *whole = x.row(row, inputs);
        *twos = whole.as_chunks().0;
    }
    let mut sums = [[_mm256_setzero_ps(); 2]; R];
    let (steps, _) = panel.as_chunks::<STEP>();
    let whole = inputs / 2;
    for (at, step) in steps[..whole].iter().enumerate() {
        if R == 1 {
            ahead(step);
        }
        // SAFETY: this function runs where the machine has the level.
        let [even, odd] = unsafe { T::load(step) };
        for row in 0..R {
            // SAFETY: `at` is below half the inputs, of which each row has as many.
            let [a, b] = *unsafe { twos[row].get_unchecked(at) };
            sums[row] = add(sums[row], _mm256_set1_ps(a), even);
            sums[row] = add(sums[row], _mm256_set1_ps(b), odd);
        }
    }
    if inputs % 2 == 1 {
        // SAFETY: as above.
        let [even, _] = unsafe { T::load(&steps[whole]) };
        for row in 0..R {
            sums[row] = add(sums[row], _mm256_set1_ps(rows[row][inputs - 1]), even);
        }
    }
    for (made, sums) in made.iter_mut().zip(sums) {
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
