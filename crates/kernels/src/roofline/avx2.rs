//! Twelve registers of eight floats, and loads of thirty-two bytes.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi64, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_si256, _mm256_set1_ps,
    _mm256_setzero_si256, _mm256_storeu_ps, _mm256_storeu_si256,
};

use super::CHAINS;

/// Multiplies and adds in registers.
#[target_feature(enable = "avx2,fma")]
pub(super) fn multiply(rounds: usize) -> f32 {
    let factor = _mm256_set1_ps(std::hint::black_box(0.999));
    let mut chains = [_mm256_set1_ps(1.0); CHAINS];
    for _ in 0..rounds {
        for value in &mut chains {
            *value = _mm256_fmadd_ps(*value, factor, factor);
        }
    }
    let sum = chains
        .into_iter()
        .reduce(|a, b| _mm256_add_ps(a, b))
        .unwrap_or(factor);
    let mut lanes = [0.0; 8];
    // SAFETY: eight floats have room for eight.
    unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), sum) };
    lanes.iter().sum()
}

/// Adds up all words.
#[target_feature(enable = "avx2")]
pub(super) fn read(words: &[u64]) -> u64 {
    let mut sums = [_mm256_setzero_si256(); 8];
    let (blocks, rest) = words.as_chunks::<32>();
    for block in blocks {
        for (sum, four) in sums.iter_mut().zip(block.as_chunks::<4>().0) {
            *sum = _mm256_add_epi64(*sum, load(four));
        }
    }
    let mut total = super::scalar::read(rest);
    for sum in sums {
        let mut lanes = [0_u64; 4];
        // SAFETY: four words are thirty-two bytes.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), sum) };
        total = total.wrapping_add(super::scalar::read(&lanes));
    }
    total
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(words: &[u64; 4]) -> __m256i {
    // SAFETY: four words are thirty-two bytes.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}
