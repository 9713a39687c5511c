//! Six rows by sixteen outputs in twelve registers; a pair of weights is two floats after a shift
//! and a mask.

use std::arch::x86_64::{
    __m256, __m256i, _mm256_and_si256, _mm256_castsi256_ps, _mm256_fmadd_ps, _mm256_loadu_si256,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_slli_epi32, _mm256_storeu_ps,
};

use crate::panels::PANEL;

/// The products of up to six rows of `x` with one panel.
#[target_feature(enable = "avx2,fma")]
pub(super) fn tile(x: &[f32], inputs: usize, pairs: &[u16], made: &mut [[f32; PANEL]]) {
    match made.len() {
        1 => rows::<1>(x, inputs, pairs, made),
        2 => rows::<2>(x, inputs, pairs, made),
        3 => rows::<3>(x, inputs, pairs, made),
        4 => rows::<4>(x, inputs, pairs, made),
        5 => rows::<5>(x, inputs, pairs, made),
        _ => rows::<6>(x, inputs, pairs, made),
    }
}

#[target_feature(enable = "avx2,fma")]
fn rows<const R: usize>(x: &[f32], inputs: usize, pairs: &[u16], made: &mut [[f32; PANEL]]) {
    let rows: [&[f32]; R] = std::array::from_fn(|row| &x[row * inputs..][..inputs]);
    let twos: [&[[f32; 2]]; R] = rows.map(|row| row.as_chunks().0);
    let mut sums = [[_mm256_setzero_ps(); 2]; R];
    let (steps, _) = pairs.as_chunks::<{ PANEL * 2 }>();
    let whole = inputs / 2;
    for (at, step) in steps[..whole].iter().enumerate() {
        let [low, high] = load(step);
        let (even, odd) = ([first(low), first(high)], [second(low), second(high)]);
        for row in 0..R {
            // SAFETY: `at` is below half the inputs, of which each row has as many.
            let [a, b] = *unsafe { twos[row].get_unchecked(at) };
            sums[row] = add(sums[row], _mm256_set1_ps(a), even);
            sums[row] = add(sums[row], _mm256_set1_ps(b), odd);
        }
    }
    if inputs % 2 == 1 {
        let [low, high] = load(&steps[whole]);
        for row in 0..R {
            let x = _mm256_set1_ps(rows[row][inputs - 1]);
            sums[row] = add(sums[row], x, [first(low), first(high)]);
        }
    }
    for (made, sums) in made.iter_mut().zip(sums) {
        // SAFETY: sixteen floats have room for eight.
        unsafe { _mm256_storeu_ps(made.as_mut_ptr(), sums[0]) };
        // SAFETY: and for the eight behind them.
        unsafe { _mm256_storeu_ps(made[8..].as_mut_ptr(), sums[1]) };
    }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn add(sums: [__m256; 2], x: __m256, weights: [__m256; 2]) -> [__m256; 2] {
    [
        _mm256_fmadd_ps(x, weights[0], sums[0]),
        _mm256_fmadd_ps(x, weights[1], sums[1]),
    ]
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn load(step: &[u16; PANEL * 2]) -> [__m256i; 2] {
    // SAFETY: the step holds thirty-two numbers of two bytes.
    let low = unsafe { _mm256_loadu_si256(step.as_ptr().cast()) };
    // SAFETY: the second half of them.
    let high = unsafe { _mm256_loadu_si256(step[16..].as_ptr().cast()) };
    [low, high]
}

/// The first weights of the pairs as floats.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn first(pairs: __m256i) -> __m256 {
    _mm256_castsi256_ps(_mm256_slli_epi32::<16>(pairs))
}

/// The second ones.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn second(pairs: __m256i) -> __m256 {
    _mm256_castsi256_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(-65_536)))
}
