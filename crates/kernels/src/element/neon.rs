//! The numbers of a step as floats in NEON registers.

use std::arch::aarch64::{
    float32x4_t, vandq_u32, vcvt_f32_f16, vcvtq_f32_s32, vdupq_n_f32, vdupq_n_u32, vget_low_s16,
    vld1_s8, vld1_u16, vld1q_f32, vld1q_u32, vmovl_high_s16, vmovl_s8, vmovl_s16,
    vreinterpret_f16_u16, vreinterpretq_f32_u32, vshlq_n_u32,
};

use half::{bf16, f16};

use super::STEP;
use crate::panels::PANEL;

/// Sixteen floats for each of two neighbouring inputs, in quarters.
pub type Step = [[float32x4_t; PANEL / 4]; 2];

#[target_feature(enable = "neon")]
#[inline]
pub(super) fn floats(step: &[f32; STEP]) -> Step {
    let mut loaded = [[vdupq_n_f32(0.0); PANEL / 4]; 2];
    let (fours, _) = step.as_chunks::<4>();
    for (loaded, numbers) in loaded.as_flattened_mut().iter_mut().zip(fours) {
        // SAFETY: four floats.
        *loaded = unsafe { vld1q_f32(numbers.as_ptr()) };
    }
    loaded
}

#[target_feature(enable = "neon")]
#[inline]
pub(super) fn halves(step: &[f16; STEP]) -> Step {
    let mut loaded = [[vdupq_n_f32(0.0); PANEL / 4]; 2];
    let (fours, _) = step.as_chunks::<4>();
    for (loaded, numbers) in loaded.as_flattened_mut().iter_mut().zip(fours) {
        // SAFETY: four halves are as many words of sixteen bits.
        let bits = unsafe { vld1_u16(numbers.as_ptr().cast()) };
        *loaded = vcvt_f32_f16(vreinterpret_f16_u16(bits));
    }
    loaded
}

/// Of bfloat16 the inputs lie in pairs.
#[target_feature(enable = "neon")]
#[inline]
pub(super) fn pairs(step: &[bf16; STEP]) -> Step {
    let [mut even, mut odd] = [[vdupq_n_f32(0.0); PANEL / 4]; 2];
    let (fours, _) = step.as_chunks::<8>();
    for ((even, odd), numbers) in even.iter_mut().zip(&mut odd).zip(fours) {
        // SAFETY: eight numbers of two bytes are four words.
        let pairs = unsafe { vld1q_u32(numbers.as_ptr().cast()) };
        // A bfloat16 is the upper half of a float.
        *even = vreinterpretq_f32_u32(vshlq_n_u32::<16>(pairs));
        *odd = vreinterpretq_f32_u32(vandq_u32(pairs, vdupq_n_u32(0xffff_0000)));
    }
    [even, odd]
}

#[target_feature(enable = "neon")]
#[inline]
pub(super) fn bytes(step: &[i8; STEP]) -> Step {
    let mut loaded = [[vdupq_n_f32(0.0); PANEL / 4]; 2];
    let (pairs, _) = loaded.as_flattened_mut().as_chunks_mut::<2>();
    let (eights, _) = step.as_chunks::<8>();
    for ([first, second], numbers) in pairs.iter_mut().zip(eights) {
        // SAFETY: eight bytes.
        let wide = vmovl_s8(unsafe { vld1_s8(numbers.as_ptr()) });
        *first = vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide)));
        *second = vcvtq_f32_s32(vmovl_high_s16(wide));
    }
    loaded
}
