//! The formats' steps and figures in NEON registers.

use std::arch::aarch64::{
    float32x4_t, uint8x16_t, vandq_u8, vcombine_u8, vcvt_f32_f16, vcvtq_f32_s32, vdupq_n_f32,
    vdupq_n_u8, vget_low_s8, vget_low_s16, vget_low_u8, vget_low_u16, vld1_u8, vld1_u16, vld1q_s8,
    vld1q_u8, vmovl_high_s8, vmovl_high_s16, vmovl_high_u8, vmovl_high_u16, vmovl_s8, vmovl_s16,
    vmovl_u8, vmovl_u16, vmulq_f32, vorrq_u8, vqtbl1q_s8, vreinterpret_f16_u16,
    vreinterpretq_s8_u8, vreinterpretq_s32_u32, vshlq_n_u8, vshr_n_u8, vshrq_n_u8,
};

use bytemuck::Zeroable as _;
use half::f16;

use super::{Figures, Fours, Steps, Sums};
use crate::blocks::{
    BlockMxfp4, BlockQ4_0, BlockQ4K, BlockQ6K, BlockQ8_0, MXFP4_VALUES, mxfp4_worth,
};
use crate::matmul_blocks::formats::NibblePanel;
use crate::panels::PANEL;

impl Steps for BlockQ8_0 {
    const SPANS: usize = 1;

    // 2 · 128 · 127
    const SHORT: usize = 2;

    const OFFSET: i32 = 0;

    const HAS_FACTORS: bool = false;

    const HAS_MINIMA: bool = false;

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn fours(panel: &Self::Panel, _: usize, number: usize) -> Fours {
        load_fours(&panel.steps[number]).map(|steps| vreinterpretq_s8_u8(steps))
    }

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn figures(panel: &Self::Panel, _: usize) -> Figures {
        Figures {
            scales: load_halves(&panel.scales),
            ..Figures::zeroed()
        }
    }
}

impl Steps for BlockQ4_0 {
    const SPANS: usize = 1;

    // 4 · 15 · 127
    const SHORT: usize = 4;

    const OFFSET: i32 = 8;

    const HAS_FACTORS: bool = false;

    const HAS_MINIMA: bool = false;

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn fours(panel: &Self::Panel, _: usize, number: usize) -> Fours {
        nibbles(&panel.steps, number).map(|steps| vreinterpretq_s8_u8(steps))
    }

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn figures(panel: &Self::Panel, _: usize) -> Figures {
        Figures {
            scales: load_halves(&panel.scales),
            ..Figures::zeroed()
        }
    }
}

impl Steps for BlockQ4K {
    const SPANS: usize = 1;

    // 4 · 15 · 127
    const SHORT: usize = 4;

    const OFFSET: i32 = 0;

    const HAS_FACTORS: bool = true;

    const HAS_MINIMA: bool = true;

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn fours(panel: &Self::Panel, part: usize, number: usize) -> Fours {
        nibbles(&panel.steps[part], number).map(|steps| vreinterpretq_s8_u8(steps))
    }

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn figures(panel: &Self::Panel, part: usize) -> Figures {
        let levels = &panel.levels[part];
        let (four, two) = (vdupq_n_u8(15), vdupq_n_u8(3));
        let low = load_bytes(&levels.low);
        // SAFETY: eight bytes.
        let high = unsafe { vld1_u8(levels.high.as_ptr()) };
        let high = vcombine_u8(high, vshr_n_u8::<4>(high));
        let scales = vorrq_u8(vandq_u8(low, four), vshlq_n_u8::<4>(vandq_u8(high, two)));
        let minima = vorrq_u8(
            vshrq_n_u8::<4>(low),
            vshlq_n_u8::<4>(vandq_u8(vshrq_n_u8::<2>(high), two)),
        );
        let mut figures = Figures {
            scales: load_halves(&panel.scales),
            minima: load_halves(&panel.minima),
            ..Figures::zeroed()
        };
        figures.factors[0] = widen(scales);
        for (worth, steps) in figures.minima.iter_mut().zip(widen(minima)) {
            *worth = vmulq_f32(*worth, vcvtq_f32_s32(steps));
        }
        figures
    }
}

impl Steps for BlockQ6K {
    // Each half of the inputs has a factor.
    const SPANS: usize = 2;

    // 4 · 63 · 127
    const SHORT: usize = 4;

    const OFFSET: i32 = 32;

    const HAS_FACTORS: bool = true;

    const HAS_MINIMA: bool = false;

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn fours(panel: &Self::Panel, part: usize, number: usize) -> Fours {
        let part = &panel.parts[part];
        let mut steps = nibbles(&part.low, number);
        for (step, high) in steps.iter_mut().zip(load_fours(&part.high[number / 4])) {
            let high = match number % 4 {
                0 => vshlq_n_u8::<4>(high),
                1 => vshlq_n_u8::<2>(high),
                2 => high,
                _ => vshrq_n_u8::<2>(high),
            };
            *step = vorrq_u8(*step, vandq_u8(high, vdupq_n_u8(0x30)));
        }
        steps.map(|steps| vreinterpretq_s8_u8(steps))
    }

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn figures(panel: &Self::Panel, part: usize) -> Figures {
        let mut figures = Figures {
            scales: load_halves(&panel.scales),
            ..Figures::zeroed()
        };
        let pairs = figures.factors.iter_mut().zip(&panel.parts[part].factors);
        for (factors, bytes) in pairs {
            let bytes = vreinterpretq_s8_u8(load_bytes(bytemuck::cast_ref(bytes)));
            let (low, high) = (vmovl_s8(vget_low_s8(bytes)), vmovl_high_s8(bytes));
            *factors = [
                vmovl_s16(vget_low_s16(low)),
                vmovl_high_s16(low),
                vmovl_s16(vget_low_s16(high)),
                vmovl_high_s16(high),
            ];
        }
        figures
    }
}

impl Steps for BlockMxfp4 {
    const SPANS: usize = 1;

    // 4 · 12 · 127
    const SHORT: usize = 4;

    const OFFSET: i32 = 0;

    const HAS_FACTORS: bool = false;

    const HAS_MINIMA: bool = false;

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn fours(panel: &Self::Panel, _: usize, number: usize) -> Fours {
        // SAFETY: sixteen bytes.
        let table = unsafe { vld1q_s8(MXFP4_VALUES.as_ptr()) };
        nibbles(&panel.numbers, number).map(|numbers| vqtbl1q_s8(table, numbers))
    }

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn figures(panel: &Self::Panel, _: usize) -> Figures {
        Figures {
            scales: bytemuck::cast(panel.exponents.map(mxfp4_worth)),
            ..Figures::zeroed()
        }
    }
}

/// The fours of that number: the low four bits are the first four of them, the high ones the others.
#[target_feature(enable = "neon")]
#[inline]
fn nibbles(panel: &NibblePanel, number: usize) -> [uint8x16_t; PANEL / 4] {
    load_fours(&panel[number % 4]).map(|bytes| {
        if number < 4 {
            vandq_u8(bytes, vdupq_n_u8(15))
        } else {
            vshrq_n_u8::<4>(bytes)
        }
    })
}

/// Fours of bytes of sixteen outputs.
#[target_feature(enable = "neon")]
#[inline]
fn load_fours(bytes: &[[u8; 4]; PANEL]) -> [uint8x16_t; PANEL / 4] {
    let mut fours = [vdupq_n_u8(0); PANEL / 4];
    for (fours, bytes) in fours.iter_mut().zip(bytes.as_flattened().as_chunks().0) {
        *fours = load_bytes(bytes);
    }
    fours
}

#[target_feature(enable = "neon")]
#[inline]
fn load_bytes(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: sixteen bytes.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

/// Sixteen half floats.
#[target_feature(enable = "neon")]
#[inline]
fn load_halves(halves: &[f16; PANEL]) -> [float32x4_t; PANEL / 4] {
    let mut floats = [vdupq_n_f32(0.0); PANEL / 4];
    for (floats, halves) in floats.iter_mut().zip(halves.as_chunks::<4>().0) {
        // SAFETY: four halves are as many words of sixteen bits.
        let bits = unsafe { vld1_u16(halves.as_ptr().cast()) };
        *floats = vcvt_f32_f16(vreinterpret_f16_u16(bits));
    }
    floats
}

/// Sixteen bytes as words.
#[target_feature(enable = "neon")]
#[inline]
fn widen(bytes: uint8x16_t) -> Sums {
    let (low, high) = (vmovl_u8(vget_low_u8(bytes)), vmovl_high_u8(bytes));
    [
        vmovl_u16(vget_low_u16(low)),
        vmovl_high_u16(low),
        vmovl_u16(vget_low_u16(high)),
        vmovl_high_u16(high),
    ]
    .map(|words| vreinterpretq_s32_u32(words))
}
