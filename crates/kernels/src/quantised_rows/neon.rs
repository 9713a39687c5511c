//! Eight registers of four numbers a block.

use std::arch::aarch64::{
    float32x4_t, vabsq_f32, vandq_u32, vceqq_f32, vcombine_s8, vcombine_s16, vcvtnq_s32_f32,
    vdupq_n_f32, vdupq_n_s32, vld1q_f32, vmaxq_f32, vmaxvq_f32, vmulq_n_f32, vpaddlq_s8,
    vpaddlq_s16, vpaddq_s32, vqmovn_s16, vqmovn_s32, vreinterpretq_f32_u32, vreinterpretq_u32_f32,
    vst1q_s8,
};

use super::GroupBlock;
use crate::blocks::BLOCK;

/// Takes a block of a row.
#[target_feature(enable = "neon")]
pub(super) fn block(values: &[f32; BLOCK], row: usize, made: &mut GroupBlock) {
    let mut x = [vdupq_n_f32(0.0); BLOCK / 4];
    let mut largest = x[0];
    for (x, values) in x.iter_mut().zip(values.as_chunks::<4>().0) {
        *x = load_known(values);
        largest = vmaxq_f32(largest, vabsq_f32(*x));
    }
    let largest = vmaxvq_f32(largest);
    let (scale, inverse) = (largest / 127.0, 127.0 / largest);
    if !(inverse.is_finite() && scale.is_finite()) {
        made.steps[row] = [0; BLOCK];
        made.scales[row] = 0.0;
        return made.set_sums(row, [0; 4]);
    }
    made.scales[row] = scale;
    let whole = x.map(|x| vcvtnq_s32_f32(vmulq_n_f32(x, inverse)));
    let mut fours = [vdupq_n_s32(0); 2];
    let halves = made.steps[row].as_chunks_mut::<16>().0;
    for (half, (steps, fours)) in halves.iter_mut().zip(&mut fours).enumerate() {
        let narrow = |at: usize| {
            let at = half * 4 + at;
            vqmovn_s16(vcombine_s16(
                vqmovn_s32(whole[at]),
                vqmovn_s32(whole[at + 1]),
            ))
        };
        let packed = vcombine_s8(narrow(0), narrow(2));
        // SAFETY: sixteen bytes have room for sixteen.
        unsafe { vst1q_s8(steps.as_mut_ptr(), packed) };
        *fours = vpaddlq_s16(vpaddlq_s8(packed));
    }
    let eights = vpaddq_s32(fours[0], fours[1]);
    made.set_sums(row, bytemuck::cast(eights));
}

/// Four numbers; what is not a number becomes nothing.
#[target_feature(enable = "neon")]
#[inline]
fn load_known(values: &[f32; 4]) -> float32x4_t {
    // SAFETY: four floats.
    let x = unsafe { vld1q_f32(values.as_ptr()) };
    vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x), vceqq_f32(x, x)))
}
