//! `Q8_0` in panels.

use bytemuck::{Pod, Zeroable};
use half::f16;

use super::formats::{Block, Part};
use crate::blocks::{BLOCK, BlockQ8_0};
use crate::panels::PANEL;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Panel {
    scales: [f16; PANEL],
    steps: [[[u8; 4]; PANEL]; BLOCK / 4],
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

    // A byte is 16 times its high four bits and its low four bits, 128 too many: both are small enough
    // to be summed in sixteen bits.
    #[cfg(target_arch = "x86_64")]
    const SPANS: usize = 2;

    #[cfg(target_arch = "x86_64")]
    const SPAN: usize = 8;

    // All 128 · 16⁻¹ are in the high four bits, in two sums for each output.
    #[cfg(target_arch = "x86_64")]
    const OFFSETS: [i16; 4] = [0, -4, 0, 0];

    #[cfg(target_arch = "x86_64")]
    const HAS_MINIMA: bool = false;

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn prepare(panel: &Panel, _: usize, ready: &mut super::avx2::Ready) {
        use std::arch::x86_64::{
            _mm256_and_si256, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_srli_epi16,
            _mm256_xor_si256,
        };

        use super::avx2::{load_fours, load_halves};

        let (low, top) = (_mm256_set1_epi8(15), _mm256_set1_epi8(-128));
        for (four, bytes) in panel.steps.iter().enumerate() {
            for (half, bytes) in load_fours(bytes).into_iter().enumerate() {
                let bytes = _mm256_xor_si256(bytes, top);
                ready.steps[four][half] = _mm256_and_si256(bytes, low);
                let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low);
                ready.steps[four + 8][half] = high;
            }
        }
        ready.factors[0] = [_mm256_set1_epi16(1); 2];
        ready.factors[1] = [_mm256_set1_epi16(16); 2];
        ready.scales = load_halves(&panel.scales);
    }
}
