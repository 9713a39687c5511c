//! `Q8_0` in panels.

#[cfg(target_arch = "x86_64")]
mod signs;

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m512i, _mm512_set1_epi8, _mm512_setzero_ps, _mm512_xor_si512};

use bytemuck::{Pod, Zeroable};
use half::f16;

#[cfg(target_arch = "x86_64")]
use super::avx512::{self, WideFigures};
use super::formats::{Block, Part};
#[cfg(target_arch = "aarch64")]
use super::neon;
use crate::blocks::{BLOCK, BlockQ8_0};
#[cfg(target_arch = "aarch64")]
use crate::isa::Isa;
use crate::panels::PANEL;
#[cfg(target_arch = "x86_64")]
use crate::quantised_rows::GROUP;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::quantised_rows::QuantisedRows;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Panel {
    pub(super) scales: [f16; PANEL],
    pub(super) steps: [[[u8; 4]; PANEL]; BLOCK / 4],
}

const _: () = assert!(size_of::<Panel>() == PANEL * size_of::<BlockQ8_0>());

impl Block for BlockQ8_0 {
    const NUMBERS: usize = BLOCK;

    type Panel = Panel;

    fn put(&self, output: usize, panel: &mut Panel) {
        panel.scales[output] = self.scale;
        for (four, steps) in panel.steps.iter_mut().zip(self.steps.as_chunks::<4>().0) {
            four[output] = bytemuck::cast(*steps);
        }
    }

    fn part(panel: &Panel, _: usize, output: usize) -> Part {
        Part {
            steps: std::array::from_fn(|at| i16::from(panel.steps[at / 4][output][at % 4] as i8)),
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
        for (group, made) in made.chunks_mut(GROUP).enumerate() {
            signs::rows(x.group(row + group * GROUP), panels, made);
        }
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
    const WIDE_OFFSET: i16 = 128;

    #[cfg(target_arch = "x86_64")]
    const WIDE_MINIMA: bool = false;

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    #[inline]
    unsafe fn wide_fours(panel: &Panel, _: usize, number: usize) -> __m512i {
        // One bit more and none of them is negative.
        let high = _mm512_set1_epi8(i8::MIN);
        _mm512_xor_si512(avx512::load_fours(&panel.steps[number]), high)
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
