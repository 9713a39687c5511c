//! `Q4_0` in panels.

use bytemuck::{Pod, Zeroable};
use half::f16;

use super::formats::{Block, NibblePanel, Part, nibbles, put_nibbles};
use crate::blocks::{BLOCK, BlockQ4_0};
use crate::panels::PANEL;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Panel {
    scales: [f16; PANEL],
    steps: NibblePanel,
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

    // Eight pairs of at most 15 · 127 each fit sixteen bits.
    #[cfg(target_arch = "x86_64")]
    const SPANS: usize = 1;

    #[cfg(target_arch = "x86_64")]
    const SPAN: usize = 8;

    // 8, in two sums for each output.
    #[cfg(target_arch = "x86_64")]
    const OFFSETS: [i16; 4] = [-4, 0, 0, 0];

    #[cfg(target_arch = "x86_64")]
    const HAS_MINIMA: bool = false;

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn prepare(panel: &Panel, _: usize, ready: &mut super::avx2::Ready) {
        use std::arch::x86_64::_mm256_set1_epi16;

        use super::avx2::{load_halves, nibbles};

        ready.steps[..8].copy_from_slice(&nibbles(&panel.steps));
        ready.factors[0] = [_mm256_set1_epi16(1); 2];
        ready.scales = load_halves(&panel.scales);
    }
}
