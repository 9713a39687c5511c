//! Twelve registers of sixteen floats, and loads of sixty-four bytes.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_si512,
    _mm512_reduce_add_epi64, _mm512_reduce_add_ps, _mm512_set1_ps, _mm512_setzero_si512,
};

use super::CHAINS;

/// Multiplies and adds in registers.
#[target_feature(enable = "avx512f")]
pub(super) fn multiply(rounds: usize) -> f32 {
    let factor = _mm512_set1_ps(std::hint::black_box(0.999));
    let mut chains = [_mm512_set1_ps(1.0); CHAINS];
    for _ in 0..rounds {
        for value in &mut chains {
            *value = _mm512_fmadd_ps(*value, factor, factor);
        }
    }
    let sum = chains
        .into_iter()
        .reduce(|a, b| _mm512_add_ps(a, b))
        .unwrap_or(factor);
    _mm512_reduce_add_ps(sum)
}

/// Adds up all words.
#[target_feature(enable = "avx512f")]
pub(super) fn read(words: &[u64]) -> u64 {
    let mut sums = [_mm512_setzero_si512(); 8];
    let (blocks, rest) = words.as_chunks::<64>();
    for block in blocks {
        for (sum, eight) in sums.iter_mut().zip(block.as_chunks::<8>().0) {
            *sum = _mm512_add_epi64(*sum, load(eight));
        }
    }
    let mut total = super::scalar::read(rest);
    for sum in sums {
        total = total.wrapping_add(_mm512_reduce_add_epi64(sum).cast_unsigned());
    }
    total
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(words: &[u64; 8]) -> __m512i {
    // SAFETY: eight words are sixty-four bytes.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}
