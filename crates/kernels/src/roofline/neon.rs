//! Twenty-four registers of four floats, for the four multipliers of large cores; and loads of sixteen
//! bytes.

use std::arch::aarch64::{
    uint64x2_t, vaddq_f32, vaddq_u64, vaddvq_f32, vaddvq_u64, vdupq_n_f32, vdupq_n_u64, vfmaq_f32,
    vld1q_u64,
};

use super::CHAINS;

/// Multiplies and adds in registers, two to a chain.
#[target_feature(enable = "neon")]
pub(super) fn multiply(rounds: usize) -> f32 {
    let factor = vdupq_n_f32(std::hint::black_box(0.999));
    let mut chains = [vdupq_n_f32(1.0); 2 * CHAINS];
    for _ in 0..rounds {
        for value in &mut chains {
            *value = vfmaq_f32(factor, *value, factor);
        }
    }
    let sum = chains.into_iter().reduce(|a, b| vaddq_f32(a, b));
    vaddvq_f32(sum.unwrap_or(factor))
}

/// Adds up all words.
#[target_feature(enable = "neon")]
pub(super) fn read(words: &[u64]) -> u64 {
    let mut sums = [vdupq_n_u64(0); 8];
    let (blocks, rest) = words.as_chunks::<16>();
    for block in blocks {
        for (sum, two) in sums.iter_mut().zip(block.as_chunks::<2>().0) {
            *sum = vaddq_u64(*sum, load(two));
        }
    }
    sums.into_iter()
        .fold(super::scalar::read(rest), |total, sum| {
            total.wrapping_add(vaddvq_u64(sum))
        })
}

#[target_feature(enable = "neon")]
#[inline]
fn load(words: &[u64; 2]) -> uint64x2_t {
    // SAFETY: two words are sixteen bytes.
    unsafe { vld1q_u64(words.as_ptr()) }
}
