//! `Q4_0` in panels.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256i, __m512i, _mm256_set1_epi16, _mm512_setzero_ps};

use bytemuck::{Pod, Zeroable};
use half::f16;

#[cfg(target_arch = "x86_64")]
use super::avx2::{self, Figures, Steps};
#[cfg(target_arch = "x86_64")]
use super::avx512::{self, WideFigures};
use super::formats::{Block, NibblePanel, Part, nibbles, put_nibbles};
#[cfg(target_arch = "aarch64")]
use super::neon;
use crate::blocks::{BLOCK, BlockQ4_0};
#[cfg(target_arch = "aarch64")]
use crate::isa::Isa;
use crate::panels::PANEL;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::quantised_rows::QuantisedRows;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Panel {
    pub(super) scales: [f16; PANEL],
    pub(super) steps: NibblePanel,
}

const _: () = assert!(size_of::<Panel>() == PANEL * size_of::<BlockQ4_0>());

impl Block for BlockQ4_0 {
    const NUMBERS: usize = BLOCK;

    type Panel = Panel;

    fn put(&self, output: usize, panel: &mut Panel) {
        panel.scales[output] = self.scale;
        put_nibbles(&self.steps, output, &mut panel.steps);
    }

    fn part(panel: &Panel, _: usize, output: usize) -> Part {
        Part {
            steps: nibbles(&panel.steps, output).map(|step| i16::from(step) - 8),
            factors: [1; 2],
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
    const WIDE_SPANS: usize = 1;

    #[cfg(target_arch = "x86_64")]
    const WIDE_OFFSET: i16 = 8;

    #[cfg(target_arch = "x86_64")]
    const WIDE_MINIMA: bool = false;

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    #[inline]
    unsafe fn wide_fours(panel: &Panel, _: usize, number: usize) -> __m512i {
        avx512::nibbles(&panel.steps, number)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    #[inline]
    unsafe fn wide_figures(panel: &Panel, _: usize) -> WideFigures {
        WideFigures {
            scales: [avx512::load_halves(&panel.scales); 2],
            minima: _mm512_setzero_ps(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Steps for BlockQ4_0 {
    // Eight pairs of at most 15 · 127 each fit sixteen bits.
    const SPANS: usize = 1;

    const SPAN: usize = 8;

    // 8, in two sums for each output.
    const OFFSETS: [i16; 4] = [-4, 0, 0, 0];

    const HAS_MINIMA: bool = false;

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn fours(panel: &Panel, _: usize, number: usize) -> [__m256i; 2] {
        avx2::nibbles(&panel.steps, number)
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn figures(panel: &Panel, _: usize) -> Figures {
        let mut figures = Figures::zeroed();
        figures.factors[0] = [_mm256_set1_epi16(1); 2];
        figures.scales = avx2::load_halves(&panel.scales);
        figures
    }
}
