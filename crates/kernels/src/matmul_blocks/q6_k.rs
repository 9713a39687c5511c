//! `Q6_K` in panels.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256i, __m512i, _mm_srli_si128, _mm256_and_si256, _mm256_blend_epi16, _mm256_cvtepi8_epi32,
    _mm256_or_si256, _mm256_set1_epi8, _mm256_slli_epi16, _mm256_slli_epi32, _mm256_srli_epi16,
    _mm512_and_si512, _mm512_cvtepi8_epi32, _mm512_cvtepi32_ps, _mm512_mul_ps, _mm512_or_si512,
    _mm512_set1_epi8, _mm512_setzero_ps, _mm512_slli_epi16, _mm512_srli_epi16,
};

use bytemuck::{Pod, Zeroable};
use half::f16;

#[cfg(target_arch = "x86_64")]
use super::avx2::{self, Figures, Steps};
#[cfg(target_arch = "x86_64")]
use super::avx512::{self, WideFigures};
use super::formats::{Block, NibblePanel, Part, nibbles};
#[cfg(target_arch = "aarch64")]
use super::neon;
use crate::blocks::{BLOCK, BlockQ6K, SUPER_BLOCK};
#[cfg(target_arch = "aarch64")]
use crate::isa::Isa;
use crate::panels::PANEL;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::quantised_rows::QuantisedRows;

const PARTS: usize = SUPER_BLOCK / BLOCK;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Panel {
    pub(super) scales: [f16; PANEL],
    pub(super) parts: [PartPanel; PARTS],
}

/// 32 inputs of sixteen outputs. All of it lies together: memory is quickest when read in order.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct PartPanel {
    /// A factor for each half of the inputs.
    pub(super) factors: [[i8; PANEL]; 2],
    /// The low four bits of the steps, which are 32 too many.
    pub(super) low: NibblePanel,
    pub(super) high: HighPanel,
}

/// The high two bits of 32 inputs of sixteen outputs: for each half of the inputs, four fours of them in
/// the bits of a byte.
type HighPanel = [[[u8; 4]; PANEL]; 2];

const _: () = assert!(size_of::<Panel>() == PANEL * size_of::<BlockQ6K>());

impl Block for BlockQ6K {
    const NUMBERS: usize = SUPER_BLOCK;

    type Panel = Panel;

    fn put(&self, output: usize, panel: &mut Panel) {
        panel.scales[output] = self.scale;
        for part in 0..PARTS {
            // Four numbers at a time, each in a byte of its own.
            let steps = self.steps(part);
            for four in 0..BLOCK / 8 {
                let low = steps[four] & 0x0f0f_0f0f | (steps[four + 4] & 0x0f0f_0f0f) << 4;
                panel.parts[part].low[four][output] = low.to_le_bytes();
            }
            for (half, steps) in steps.as_chunks::<4>().0.iter().enumerate() {
                panel.parts[part].factors[half][output] = self.levels[part * 2 + half];
                let bits = |four: usize| (steps[four] >> 4 & 0x0303_0303) << (four * 2);
                let high = bits(0) | bits(1) | bits(2) | bits(3);
                panel.parts[part].high[half][output] = high.to_le_bytes();
            }
        }
    }

    fn part(panel: &Panel, part: usize, output: usize) -> Part {
        let low = nibbles(&panel.parts[part].low, output);
        let high = |at: usize| {
            let byte = panel.parts[part].high[at / 16][output][at % 4];
            byte >> (at % 16 / 4 * 2) & 3
        };
        Part {
            steps: std::array::from_fn(|at| i16::from(low[at] | high(at) << 4) - 32),
            factors: panel.parts[part]
                .factors
                .map(|factors| i32::from(factors[output])),
            scale: panel.scales[output].to_f32(),
            minimum: 0.0,
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn tile_avx2(
        x: &QuantisedRows,
        row: usize,
        panels: &[Panel],
        made: &mut [[f32; PANEL]],
    ) {
        avx2::tile::<Self>(x, row, panels, made);
    }

    #[cfg(target_arch = "aarch64")]
    #[target_feature(enable = "neon")]
    unsafe fn tile_neon(
        isa: Isa,
        x: &QuantisedRows,
        row: usize,
        panels: &[Panel],
        made: &mut [[f32; PANEL]],
    ) {
        // SAFETY: the machine has the level, as the caller promises.
        unsafe { neon::tile::<Self>(isa, x, row, panels, made) };
    }

    #[cfg(target_arch = "x86_64")]
    const WIDE_SPANS: usize = 2;

    #[cfg(target_arch = "x86_64")]
    const WIDE_OFFSET: i16 = 32;

    #[cfg(target_arch = "x86_64")]
    const WIDE_MINIMA: bool = false;

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    #[inline]
    unsafe fn wide_fours(panel: &Panel, part: usize, number: usize) -> __m512i {
        let part = &panel.parts[part];
        let high = avx512::load_fours(&part.high[number / 4]);
        let high = match number % 4 {
            0 => _mm512_slli_epi16::<4>(high),
            1 => _mm512_slli_epi16::<2>(high),
            2 => high,
            _ => _mm512_srli_epi16::<2>(high),
        };
        let high = _mm512_and_si512(high, _mm512_set1_epi8(0x30));
        _mm512_or_si512(avx512::nibbles(&part.low, number), high)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    #[inline]
    unsafe fn wide_figures(panel: &Panel, part: usize) -> WideFigures {
        let scales = avx512::load_halves(&panel.scales);
        let factors = panel.parts[part].factors.each_ref();
        WideFigures {
            // A scale of eleven bits times one of eight is exact.
            scales: factors.map(|factors| {
                let factors = avx512::load_bytes(bytemuck::cast_ref(factors));
                let factors = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(factors));
                _mm512_mul_ps(scales, factors)
            }),
            minima: _mm512_setzero_ps(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Steps for BlockQ6K {
    // Two pairs of at most 63 · 127 each fit sixteen bits; each half of the inputs has a factor.
    const SPANS: usize = 4;

    const SPAN: usize = 2;

    // 32, in two sums for each output.
    const OFFSETS: [i16; 4] = [-16; 4];

    const HAS_MINIMA: bool = false;

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn fours(panel: &Panel, part: usize, number: usize) -> [__m256i; 2] {
        let two = _mm256_set1_epi8(0x30);
        let mut steps = avx2::nibbles(&panel.parts[part].low, number);
        let high = avx2::load_fours(&panel.parts[part].high[number / 4]);
        for (step, high) in steps.iter_mut().zip(high) {
            let high = match number % 4 {
                0 => _mm256_slli_epi16::<4>(high),
                1 => _mm256_slli_epi16::<2>(high),
                2 => high,
                _ => _mm256_srli_epi16::<2>(high),
            };
            *step = _mm256_or_si256(*step, _mm256_and_si256(high, two));
        }
        steps
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn figures(panel: &Panel, part: usize) -> Figures {
        let mut figures = Figures::zeroed();
        let pairs = figures.factors.as_chunks_mut::<2>().0;
        for (factors, bytes) in pairs.iter_mut().zip(&panel.parts[part].factors) {
            let bytes = avx2::load_bytes(bytemuck::cast_ref(bytes));
            *factors = [[bytes, _mm_srli_si128::<8>(bytes)].map(|bytes| {
                let wide = _mm256_cvtepi8_epi32(bytes);
                // The same sixteen bits twice.
                _mm256_blend_epi16::<0b1010_1010>(wide, _mm256_slli_epi32::<16>(wide))
            }); 2];
        }
        figures.scales = avx2::load_halves(&panel.scales);
        figures
    }
}
