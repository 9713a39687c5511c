//! Four rows by sixteen outputs. The products of bytes are taken as |weight| times the input with the weight's sign, since
//! one side must be unsigned; a pair of them is at most 2·128·127, which fits sixteen bits.

use std::arch::x86_64::{
    _mm256_abs_epi8, _mm256_add_epi32, _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_setzero_si256, _mm256_sign_epi8, _mm256_storeu_ps,
};

use super::Panel;
use crate::matmul_blocks::avx2::{load_fours, load_halves};
use crate::panels::PANEL;
use crate::quantised_rows::GroupBlock;

/// The products of up to four rows with one panel.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn rows(x: &[GroupBlock], panels: &[Panel], made: &mut [[f32; PANEL]]) {
    match made.len() {
        1 => count::<1>(x, panels, made),
        2 => count::<2>(x, panels, made),
        3 => count::<3>(x, panels, made),
        _ => count::<4>(x, panels, made),
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn count<const R: usize>(x: &[GroupBlock], panels: &[Panel], made: &mut [[f32; PANEL]]) {
    let mut sums = [[_mm256_setzero_ps(); 2]; R];
    for (panel, x) in panels.iter().zip(x) {
        let mut whole = [[_mm256_setzero_si256(); 2]; R];
        for (four, weights) in panel.steps.iter().enumerate() {
            let weights = load_fours(weights);
            for (half, weights) in weights.into_iter().enumerate() {
                let sizes = _mm256_abs_epi8(weights);
                for (whole, x) in whole.iter_mut().zip(&x.steps) {
                    let fours = bytemuck::cast(x.as_chunks::<4>().0[four]);
                    let signed = _mm256_sign_epi8(_mm256_set1_epi32(fours), weights);
                    let pairs = _mm256_maddubs_epi16(sizes, signed);
                    let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
                    whole[half] = _mm256_add_epi32(whole[half], fours);
                }
            }
        }
        let scales = load_halves(&panel.scales);
        for (row, (sums, whole)) in sums.iter_mut().zip(whole).enumerate() {
            let scale = _mm256_set1_ps(x.scales[row]);
            for half in 0..2 {
                let whole = _mm256_cvtepi32_ps(whole[half]);
                let scale = _mm256_mul_ps(scale, scales[half]);
                sums[half] = _mm256_fmadd_ps(whole, scale, sums[half]);
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
