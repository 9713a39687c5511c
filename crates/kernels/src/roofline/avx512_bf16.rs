//! Twelve registers of sixteen floats, to which products of pairs of bfloat16 are added.

use std::arch::x86_64::{
    __m512bh, __m512i, _mm512_add_ps, _mm512_dpbf16_ps, _mm512_reduce_add_ps, _mm512_set1_epi32,
    _mm512_setzero_ps,
};

use super::CHAINS;

/// Operations of a round.
pub(super) const OPERATIONS: usize = 64 * CHAINS;

/// Multiplies and adds in registers.
#[target_feature(enable = "avx512f,avx512bf16")]
pub(super) fn multiply(rounds: usize) -> f32 {
    // Halves, two and two.
    let factor = _mm512_set1_epi32(std::hint::black_box(0x3f00_3f00));
    // SAFETY: both are 64 bytes, of which any are numbers.
    let factor = unsafe { std::mem::transmute::<__m512i, __m512bh>(factor) };
    let mut chains = [_mm512_setzero_ps(); CHAINS];
    for _ in 0..rounds {
        for value in &mut chains {
            *value = _mm512_dpbf16_ps(*value, factor, factor);
        }
    }
    let sum = chains
        .into_iter()
        .reduce(|a, b| _mm512_add_ps(a, b))
        .unwrap_or(_mm512_setzero_ps());
    _mm512_reduce_add_ps(sum)
}
