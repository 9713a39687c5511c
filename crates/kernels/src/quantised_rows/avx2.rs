//! Four registers of eight numbers a block.

use std::arch::x86_64::{
    __m256, _CMP_ORD_Q, _mm_cvtss_f32, _mm_max_ps, _mm_max_ss, _mm_movehdup_ps, _mm_movehl_ps,
    _mm256_add_epi32, _mm256_and_ps, _mm256_andnot_ps, _mm256_castps256_ps128, _mm256_cmp_ps,
    _mm256_cvtps_epi32, _mm256_extractf128_ps, _mm256_loadu_ps, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_max_ps, _mm256_mul_ps, _mm256_packs_epi16, _mm256_packs_epi32,
    _mm256_permutevar8x32_epi32, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_ps,
    _mm256_setr_epi32, _mm256_setzero_ps, _mm256_shuffle_epi32, _mm256_storeu_si256,
};

use super::GroupBlock;
use crate::blocks::BLOCK;

/// Takes a block of a row.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn block(values: &[f32; BLOCK], row: usize, made: &mut GroupBlock) {
    let mut x = [_mm256_setzero_ps(); 4];
    for (x, values) in x.iter_mut().zip(values.as_chunks::<8>().0) {
        // SAFETY: eight floats.
        *x = unsafe { _mm256_loadu_ps(values.as_ptr()) };
    }
    let largest = largest(&x);
    let (scale, inverse) = (largest / 127.0, 127.0 / largest);
    if !(inverse.is_finite() && scale.is_finite()) {
        made.steps[row] = [0; BLOCK];
        made.scales[row] = 0.0;
        return made.set_sums(row, [0; 4]);
    }
    made.scales[row] = scale;
    let whole = x.map(|x| {
        let steps = _mm256_mul_ps(x, _mm256_set1_ps(inverse));
        // What is not a number becomes nothing.
        let known = _mm256_cmp_ps::<_CMP_ORD_Q>(x, x);
        _mm256_cvtps_epi32(_mm256_and_ps(steps, known))
    });
    let packed = _mm256_packs_epi16(
        _mm256_packs_epi32(whole[0], whole[1]),
        _mm256_packs_epi32(whole[2], whole[3]),
    );
    // Packing works in halves of a register: fours come out as 0 2 4 6 1 3 5 7.
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    let steps = _mm256_permutevar8x32_epi32(packed, order);
    // SAFETY: a row's steps are thirty-two bytes.
    unsafe { _mm256_storeu_si256(made.steps[row].as_mut_ptr().cast(), steps) };
    let pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), steps);
    let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    let eights = _mm256_add_epi32(fours, _mm256_shuffle_epi32::<0b1011_0001>(fours));
    // Each stands twice.
    let eights: [[i32; 2]; 4] = bytemuck::cast(eights);
    made.set_sums(row, eights.map(|[eight, _]| eight));
}

#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn largest(x: &[__m256; 4]) -> f32 {
    let sign = _mm256_set1_ps(-0.0);
    let mut largest = _mm256_setzero_ps();
    for x in x {
        // The second one stays where the first is not a number.
        largest = _mm256_max_ps(_mm256_andnot_ps(sign, *x), largest);
    }
    let half = _mm_max_ps(
        _mm256_castps256_ps128(largest),
        _mm256_extractf128_ps::<1>(largest),
    );
    let quarter = _mm_max_ps(half, _mm_movehl_ps(half, half));
    _mm_cvtss_f32(_mm_max_ss(quarter, _mm_movehdup_ps(quarter)))
}
