//! Four rows by sixteen outputs. The products of bytes are taken as |weight| times the input with
//! the weight's sign, since one side must be unsigned; a pair of them is at most 2·128·127, which
//! fits sixteen bits.

use std::arch::x86_64::{
    __m256, __m256i, _mm_loadu_si128, _mm256_abs_epi8, _mm256_add_epi32, _mm256_cvtepi32_ps,
    _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_mul_ps, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_setzero_si256, _mm256_sign_epi8, _mm256_storeu_ps,
};

use half::f16;

use super::PanelBlock;
use crate::panels::PANEL;
use crate::q8_0::GroupBlock;

/// The products of up to four rows with one panel.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn tile(x: &[GroupBlock], blocks: &[PanelBlock], made: &mut [[f32; PANEL]]) {
    match made.len() {
        1 => rows::<1>(x, blocks, made),
        2 => rows::<2>(x, blocks, made),
        3 => rows::<3>(x, blocks, made),
        _ => rows::<4>(x, blocks, made),
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn rows<const R: usize>(x: &[GroupBlock], blocks: &[PanelBlock], made: &mut [[f32; PANEL]]) {
    let mut sums = [[_mm256_setzero_ps(); 2]; R];
    for (block, x) in blocks.iter().zip(x) {
        let mut whole = [[_mm256_setzero_si256(); 2]; R];
        for (four, weights) in block.steps.iter().enumerate() {
            let weights = load(weights);
            let sizes = weights.map(|weights| _mm256_abs_epi8(weights));
            for (whole, x) in whole.iter_mut().zip(&x.steps) {
                let fours = i32::from_ne_bytes(x.as_chunks::<4>().0[four].map(|step| step as u8));
                let x = _mm256_set1_epi32(fours);
                for half in 0..2 {
                    let signed = _mm256_sign_epi8(x, weights[half]);
                    let pairs = _mm256_maddubs_epi16(sizes[half], signed);
                    let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
                    whole[half] = _mm256_add_epi32(whole[half], fours);
                }
            }
        }
        let scales = load_scales(&block.scales);
        for row in 0..R {
            let scale = _mm256_set1_ps(x.scales[row]);
            for half in 0..2 {
                let whole = _mm256_cvtepi32_ps(whole[row][half]);
                let scale = _mm256_mul_ps(scale, scales[half]);
                sums[row][half] = _mm256_fmadd_ps(whole, scale, sums[row][half]);
            }
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
fn load(weights: &[[i8; 4]; PANEL]) -> [__m256i; 2] {
    // SAFETY: eight fours are thirty-two bytes.
    let low = unsafe { _mm256_loadu_si256(weights.as_ptr().cast()) };
    // SAFETY: the other eight of them.
    let high = unsafe { _mm256_loadu_si256(weights[8..].as_ptr().cast()) };
    [low, high]
}

#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn load_scales(scales: &[f16; PANEL]) -> [__m256; 2] {
    // SAFETY: eight halves are sixteen bytes.
    let low = unsafe { _mm_loadu_si128(scales.as_ptr().cast()) };
    // SAFETY: the other eight of them.
    let high = unsafe { _mm_loadu_si128(scales[8..].as_ptr().cast()) };
    [_mm256_cvtph_ps(low), _mm256_cvtph_ps(high)]
}
