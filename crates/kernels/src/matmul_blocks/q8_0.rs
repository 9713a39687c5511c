//! `Q8_0` in panels.

#[cfg(target_arch = "x86_64")]
mod signs;

use bytemuck::{Pod, Zeroable};
use half::f16;

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
}
