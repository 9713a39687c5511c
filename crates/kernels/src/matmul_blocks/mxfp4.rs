//! `MXFP4` in panels.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256i, __m512i, _mm256_broadcastsi128_si256, _mm256_set1_epi16, _mm256_shuffle_epi8,
    _mm512_broadcast_i32x4, _mm512_setzero_ps, _mm512_shuffle_epi8,
};

use bytemuck::{Pod, Zeroable};

#[cfg(target_arch = "x86_64")]
use super::avx2::{self, Figures, Steps};
#[cfg(target_arch = "x86_64")]
use super::avx512::{self, WideFigures};
use super::formats::{Block, NibblePanel, Part, nibbles, put_nibbles};
#[cfg(target_arch = "aarch64")]
use super::neon;
#[cfg(target_arch = "x86_64")]
use crate::blocks::MXFP4_OFFSET;
use crate::blocks::{BLOCK, BlockMxfp4, MXFP4_VALUES, mxfp4_worth};
#[cfg(target_arch = "aarch64")]
use crate::isa::Isa;
use crate::panels::PANEL;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::quantised_rows::QuantisedRows;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Panel {
    pub(super) exponents: [u8; PANEL],
    pub(super) numbers: NibblePanel,
}

/// What a number is worth, made so large that none is negative.
#[cfg(target_arch = "x86_64")]
const STEPS: [u8; 16] = {
    let mut steps = [0; 16];
    let mut at = 0;
    while at < 16 {
        steps[at] = (MXFP4_VALUES[at] + MXFP4_OFFSET) as u8;
        at += 1;
    }
    steps
};

const _: () = assert!(size_of::<Panel>() == PANEL * size_of::<BlockMxfp4>());

impl Block for BlockMxfp4 {
    const NUMBERS: usize = BLOCK;

    type Panel = Panel;

    fn put(&self, output: usize, panel: &mut Panel) {
        panel.exponents[output] = self.exponent;
        put_nibbles(&self.numbers, output, &mut panel.numbers);
    }

    fn part(panel: &Panel, _: usize, output: usize) -> Part {
        let numbers = nibbles(&panel.numbers, output);
        Part {
            steps: numbers.map(|number| i16::from(MXFP4_VALUES[usize::from(number)])),
            factors: [1; 2],
            scale: mxfp4_worth(panel.exponents[output]),
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
    const WIDE_SPANS: usize = 1;

    #[cfg(target_arch = "x86_64")]
    const WIDE_OFFSET: i16 = MXFP4_OFFSET as i16;

    #[cfg(target_arch = "x86_64")]
    const WIDE_MINIMA: bool = false;

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    #[inline]
    unsafe fn wide_fours(panel: &Panel, _: usize, number: usize) -> __m512i {
        let table = _mm512_broadcast_i32x4(avx512::load_bytes(&STEPS));
        _mm512_shuffle_epi8(table, avx512::nibbles(&panel.numbers, number))
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    #[inline]
    unsafe fn wide_figures(panel: &Panel, _: usize) -> WideFigures {
        WideFigures {
            scales: [avx512::load(&panel.exponents.map(mxfp4_worth)); 2],
            minima: _mm512_setzero_ps(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Steps for BlockMxfp4 {
    // Four pairs of at most 24 · 127 each fit sixteen bits, eight would not.
    const SPANS: usize = 2;

    const SPAN: usize = 4;

    // 12, in two sums for each output and span.
    const OFFSETS: [i16; 4] = [-3, -3, 0, 0];

    const HAS_MINIMA: bool = false;

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn fours(panel: &Panel, _: usize, number: usize) -> [__m256i; 2] {
        let table = _mm256_broadcastsi128_si256(avx2::load_bytes(&STEPS));
        let [first, second] = avx2::nibbles(&panel.numbers, number);
        [
            _mm256_shuffle_epi8(table, first),
            _mm256_shuffle_epi8(table, second),
        ]
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn figures(panel: &Panel, _: usize) -> Figures {
        let mut figures = Figures::zeroed();
        figures.factors = [[_mm256_set1_epi16(1); 2]; 4];
        figures.scales = bytemuck::cast(panel.exponents.map(mxfp4_worth));
        figures
    }
}
