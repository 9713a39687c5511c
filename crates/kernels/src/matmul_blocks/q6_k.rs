//! `Q6_K` in panels.

use bytemuck::{Pod, Zeroable};
use half::f16;

use super::formats::{Block, NibblePanel, Part, nibbles};
use crate::blocks::{BLOCK, BlockQ6K, SUPER_BLOCK};
use crate::panels::PANEL;

const PARTS: usize = SUPER_BLOCK / BLOCK;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Panel {
    scales: [f16; PANEL],
    /// A factor for each half of 32 inputs.
    factors: [[[i8; PANEL]; 2]; PARTS],
    /// The low four bits of the steps, which are 32 too many.
    low: [NibblePanel; PARTS],
    high: [HighPanel; PARTS],
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
                panel.low[part][four][output] = low.to_le_bytes();
            }
            for (half, steps) in steps.as_chunks::<4>().0.iter().enumerate() {
                panel.factors[part][half][output] = self.levels[part * 2 + half];
                let bits = |four: usize| (steps[four] >> 4 & 0x0303_0303) << (four * 2);
                let high = bits(0) | bits(1) | bits(2) | bits(3);
                panel.high[part][half][output] = high.to_le_bytes();
            }
        }
    }

    fn part(panel: &Panel, part: usize, output: usize) -> Part {
        let low = nibbles(&panel.low[part], output);
        let high = |at: usize| {
            let byte = panel.high[part][at / 16][output][at % 4];
            byte >> (at % 16 / 4 * 2) & 3
        };
        Part {
            steps: std::array::from_fn(|at| i16::from(low[at] | high(at) << 4) - 32),
            factors: panel.factors[part].map(|factors| i32::from(factors[output])),
            scale: panel.scales[output].to_f32(),
            minimum: 0.0,
        }
    }

    // Each half of the inputs has a factor. Eight products of at most 32 · 127 fit sixteen bits; that they
    // do not before 32 is taken off each weight does not matter, for sums go round.
    #[cfg(target_arch = "x86_64")]
    const SPANS: usize = 2;

    #[cfg(target_arch = "x86_64")]
    const SPAN: usize = 4;

    #[cfg(target_arch = "x86_64")]
    const OFFSETS: [i16; 4] = [-32, -32, 0, 0];

    #[cfg(target_arch = "x86_64")]
    const ARE_HALVES_APART: bool = true;

    #[cfg(target_arch = "x86_64")]
    const HAS_MINIMA: bool = false;

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn prepare(panel: &Panel, part: usize, ready: &mut super::avx2::Ready) {
        use std::arch::x86_64::{
            _mm_srli_si128, _mm256_and_si256, _mm256_blend_epi16, _mm256_cvtepi8_epi32,
            _mm256_or_si256, _mm256_set1_epi8, _mm256_slli_epi16, _mm256_slli_epi32,
            _mm256_srli_epi16,
        };

        use super::avx2::{load_bytes, load_fours, load_halves, nibbles};

        let low = nibbles(&panel.low[part]);
        let [first, second] = &panel.high[part];
        let (first, second) = (load_fours(first), load_fours(second));
        let two = _mm256_set1_epi8(0x30);
        // Written out, so that every index is a number and nothing goes through memory.
        for half in 0..2 {
            let with =
                |four: usize, bits| _mm256_or_si256(low[four][half], _mm256_and_si256(bits, two));
            let (bytes, steps) = (first[half], &mut ready.steps);
            steps[0][half] = with(0, _mm256_slli_epi16::<4>(bytes));
            steps[1][half] = with(1, _mm256_slli_epi16::<2>(bytes));
            steps[2][half] = with(2, bytes);
            steps[3][half] = with(3, _mm256_srli_epi16::<2>(bytes));
            let bytes = second[half];
            steps[4][half] = with(4, _mm256_slli_epi16::<4>(bytes));
            steps[5][half] = with(5, _mm256_slli_epi16::<2>(bytes));
            steps[6][half] = with(6, bytes);
            steps[7][half] = with(7, _mm256_srli_epi16::<2>(bytes));
        }
        for (factors, bytes) in ready.factors.iter_mut().zip(&panel.factors[part]) {
            let bytes = load_bytes(bytemuck::cast_ref(bytes));
            *factors = [bytes, _mm_srli_si128::<8>(bytes)].map(|bytes| {
                let wide = _mm256_cvtepi8_epi32(bytes);
                // The same sixteen bits twice.
                _mm256_blend_epi16::<0b1010_1010>(wide, _mm256_slli_epi32::<16>(wide))
            });
        }
        ready.scales = load_halves(&panel.scales);
    }
}
