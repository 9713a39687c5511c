//! `Q4_K` in panels.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_and_si128, _mm_cvtsi64_si128, _mm_or_si128, _mm_set1_epi8,
    _mm_slli_epi16, _mm_srli_epi16, _mm_srli_si128, _mm_unpacklo_epi64, _mm256_cvtepi32_ps,
    _mm256_cvtepu8_epi32, _mm256_mul_ps, _mm256_or_si256, _mm256_slli_epi32, _mm512_cvtepi32_ps,
    _mm512_cvtepu8_epi32, _mm512_mul_ps,
};

use bytemuck::{Pod, Zeroable};
use half::f16;

#[cfg(target_arch = "x86_64")]
use super::avx2::{self, Figures, Steps};
#[cfg(target_arch = "x86_64")]
use super::avx512::{self, WideFigures};
use super::formats::{Block, NibblePanel, Part, nibbles, put_nibbles};
#[cfg(target_arch = "aarch64")]
use super::neon;
use crate::blocks::{BLOCK, BlockQ4K, SUPER_BLOCK};
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
    pub(super) minima: [f16; PANEL],
    pub(super) levels: [Levels; PARTS],
    pub(super) steps: [NibblePanel; PARTS],
}

const _: () = assert!(size_of::<Panel>() == PANEL * size_of::<BlockQ4K>());

/// Scales and minima of sixteen outputs, six bits each.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Levels {
    /// The low four bits of a scale, then those of a minimum.
    pub(super) low: [u8; PANEL],
    /// The high two bits of a scale, then those of a minimum, of an output; then those of the output
    /// eight further on.
    pub(super) high: [u8; PANEL / 2],
}

impl Levels {
    fn put(&mut self, output: usize, [scale, minimum]: [u8; 2]) {
        self.low[output] = scale & 15 | minimum << 4;
        self.high[output % 8] |= (scale >> 4 | minimum >> 4 << 2) << (output / 8 * 4);
    }

    fn get(&self, output: usize) -> [u8; 2] {
        let high = self.high[output % 8] >> (output / 8 * 4);
        [
            self.low[output] & 15 | (high & 3) << 4,
            self.low[output] >> 4 | (high >> 2 & 3) << 4,
        ]
    }
}

impl Block for BlockQ4K {
    const NUMBERS: usize = SUPER_BLOCK;

    type Panel = Panel;

    fn put(&self, output: usize, panel: &mut Panel) {
        panel.scales[output] = self.scale;
        panel.minima[output] = self.minimum;
        let levels = panel.levels.iter_mut().zip(&mut panel.steps);
        for (number, (levels, steps)) in levels.enumerate() {
            levels.put(output, self.level(number));
            // The file has two small blocks in the same bytes, a panel has two halves of one.
            let [first, second] = self.steps.as_chunks::<{ BLOCK / 2 }>().0[number / 2 * 2..][..2]
            else {
                unreachable!("two chunks");
            };
            let numbers = std::array::from_fn(|at| {
                if number % 2 == 0 {
                    first[at] & 15 | second[at] << 4
                } else {
                    first[at] >> 4 | second[at] & 0xf0
                }
            });
            put_nibbles(&numbers, output, steps);
        }
    }

    fn part(panel: &Panel, part: usize, output: usize) -> Part {
        let [factor, minimum] = panel.levels[part].get(output);
        Part {
            steps: nibbles(&panel.steps[part], output).map(i16::from),
            factors: [i32::from(factor); 2],
            scale: panel.scales[output].to_f32(),
            minimum: panel.minima[output].to_f32() * f32::from(minimum),
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
    const WIDE_SPANS: usize = 1;

    #[cfg(target_arch = "x86_64")]
    const WIDE_OFFSET: i16 = 0;

    #[cfg(target_arch = "x86_64")]
    const WIDE_MINIMA: bool = true;

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    #[inline]
    unsafe fn wide_fours(panel: &Panel, part: usize, number: usize) -> __m512i {
        avx512::nibbles(&panel.steps[part], number)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    #[inline]
    unsafe fn wide_figures(panel: &Panel, part: usize) -> WideFigures {
        let [scales, minima] = levels(&panel.levels[part])
            .map(|bytes| _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)));
        // A scale of eleven bits times one of six is exact.
        let scales = _mm512_mul_ps(avx512::load_halves(&panel.scales), scales);
        WideFigures {
            scales: [scales; 2],
            minima: _mm512_mul_ps(avx512::load_halves(&panel.minima), minima),
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Steps for BlockQ4K {
    // Eight pairs of at most 15 · 127 each fit sixteen bits.
    const SPANS: usize = 1;

    const SPAN: usize = 8;

    const OFFSETS: [i16; 4] = [0; 4];

    const HAS_MINIMA: bool = true;

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn fours(panel: &Panel, part: usize, number: usize) -> [__m256i; 2] {
        avx2::nibbles(&panel.steps[part], number)
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn figures(panel: &Panel, part: usize) -> Figures {
        let mut figures = Figures::zeroed();
        let [scales, minima] = levels(&panel.levels[part]);
        let halves = |bytes| [bytes, _mm_srli_si128::<8>(bytes)];
        figures.factors[0] = halves(scales).map(|bytes| {
            let once = _mm256_cvtepu8_epi32(bytes);
            _mm256_or_si256(once, _mm256_slli_epi32::<16>(once))
        });
        figures.scales = avx2::load_halves(&panel.scales);
        let worth = avx2::load_halves(&panel.minima);
        for (half, bytes) in halves(minima).into_iter().enumerate() {
            let minima = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
            figures.minima[half] = _mm256_mul_ps(worth[half], minima);
        }
        figures
    }
}

/// Scales and minima of sixteen outputs, a byte each.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn levels(levels: &Levels) -> [__m128i; 2] {
    let (four, two) = (_mm_set1_epi8(15), _mm_set1_epi8(3));
    let low = avx2::load_bytes(&levels.low);
    let high = _mm_cvtsi64_si128(i64::from_le_bytes(levels.high));
    let high = _mm_unpacklo_epi64(high, _mm_srli_epi16::<4>(high));
    let scales = _mm_or_si128(
        _mm_and_si128(low, four),
        _mm_slli_epi16::<4>(_mm_and_si128(high, two)),
    );
    let minima = _mm_or_si128(
        _mm_and_si128(_mm_srli_epi16::<4>(low), four),
        _mm_slli_epi16::<4>(_mm_and_si128(_mm_srli_epi16::<2>(high), two)),
    );
    [scales, minima]
}
