//! Six bits a number, with a scale of eight bits for each 16, as GGUF's `Q6_K`.

use half::f16;

use super::{BLOCK, SUPER_BLOCK, search};

/// Numbers that share a scale.
const PART: usize = 16;

/// One block of weights as it lies in a GGUF file.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct BlockQ6K {
    /// The low four bits of the numbers of steps, 32 too many: of each 128 numbers, two quarters in the
    /// low bits and two in the high.
    pub low: [u8; SUPER_BLOCK / 2],
    /// The high two bits: of each 128 numbers, a quarter in each two bits.
    pub high: [u8; SUPER_BLOCK / 4],
    /// The scales, in steps.
    pub levels: [i8; SUPER_BLOCK / PART],
    /// What one step of the scales is worth.
    pub scale: f16,
}

const _: () = assert!(size_of::<BlockQ6K>() == 210);

impl BlockQ6K {
    /// A block near to `values`: each sixteen get the scale with the least weighted error of a range, the
    /// block then rounds those. The search is ggml's.
    pub fn quantise(values: &[f32; SUPER_BLOCK]) -> Self {
        let parts = values.as_chunks::<PART>().0;
        let mut scales = [0.0_f32; SUPER_BLOCK / PART];
        for (scale, part) in scales.iter_mut().zip(parts) {
            *scale = search::scale(part, 32.0);
        }
        let largest = scales
            .iter()
            .fold(0.0_f32, |max, x| if x.abs() > max.abs() { *x } else { max });
        let inverse = if largest.abs() < 1e-15 {
            0.0
        } else {
            -128.0 / largest
        };
        let mut block = Self {
            low: [0; SUPER_BLOCK / 2],
            high: [0; SUPER_BLOCK / 4],
            levels: scales.map(|scale| (scale * inverse).round_ties_even().min(127.0) as i8),
            scale: f16::from_f32(if inverse == 0.0 { 0.0 } else { 1.0 / inverse }),
        };
        for (number, part) in parts.iter().enumerate() {
            let scale = block.scale.to_f32() * f32::from(block.levels[number]);
            for (at, x) in part.iter().enumerate() {
                let step = if scale == 0.0 { 0.0 } else { x / scale };
                let step = step.round_ties_even().clamp(-32.0, 31.0) as i8;
                block.put(number * PART + at, (step + 32) as u8);
            }
        }
        block
    }

    /// The numbers that the block stands for.
    pub fn dequantise(&self) -> [f32; SUPER_BLOCK] {
        let scale = self.scale.to_f32();
        let mut out = [0.0; SUPER_BLOCK];
        for (part, out) in out.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
            let steps = self.steps(part).into_iter().flat_map(u32::to_le_bytes);
            for (at, (out, step)) in out.iter_mut().zip(steps).enumerate() {
                let scale = scale * f32::from(self.levels[part * 2 + at / PART]);
                *out = scale * (f32::from(step) - 32.0);
            }
        }
        out
    }

    /// The steps of 32 numbers, 32 too many, four in a word.
    #[inline]
    pub(crate) fn steps(&self, part: usize) -> [u32; BLOCK / 4] {
        let (low, shift, high, quarter) = places(part * BLOCK);
        let low = self.low[low..][..BLOCK].as_chunks::<4>().0;
        let high = self.high[high..][..BLOCK].as_chunks::<4>().0;
        std::array::from_fn(|four| {
            let low = u32::from_le_bytes(low[four]) >> shift & 0x0f0f_0f0f;
            let high = u32::from_le_bytes(high[four]) >> (2 * quarter) & 0x0303_0303;
            low | high << 4
        })
    }

    fn put(&mut self, at: usize, step: u8) {
        let (low, shift, high, quarter) = places(at);
        self.low[low] |= (step & 15) << shift;
        self.high[high] |= step >> 4 << (2 * quarter);
    }
}

/// Where the bits of a number are: the byte of the low ones and their shift, the byte of the high ones
/// and which two.
fn places(at: usize) -> (usize, u32, usize, u32) {
    let (half, quarter, byte) = (at / 128, at % 128 / 32, at % 32);
    (
        half * 64 + quarter % 2 * 32 + byte,
        (quarter / 2 * 4) as u32,
        half * 32 + byte,
        quarter as u32,
    )
}
