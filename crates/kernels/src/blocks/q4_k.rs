//! Four bits a number, with a scale and a minimum of six bits for each 32, as GGUF's `Q4_K`.

use half::f16;

use super::{BLOCK, SUPER_BLOCK, search};

/// Small blocks in a block.
const PARTS: usize = SUPER_BLOCK / BLOCK;

/// One block of weights as it lies in a GGUF file.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct BlockQ4K {
    /// What one step of the scales is worth.
    pub scale: f16,
    /// What one step of the minima is worth.
    pub minimum: f16,
    /// The scales and minima of the small blocks, six bits each.
    pub levels: [u8; 12],
    /// The numbers of steps: of two small blocks at a time the first in the low bits, the second in the
    /// high.
    pub steps: [u8; SUPER_BLOCK / 2],
}

const _: () = assert!(size_of::<BlockQ4K>() == 144);

impl BlockQ4K {
    /// A block near to `values`: each small one gets the scale and the minimum with the least weighted
    /// error of a range, the block then rounds those. The search is ggml's.
    pub fn quantise(values: &[f32; SUPER_BLOCK]) -> Self {
        let parts = values.as_chunks::<BLOCK>().0;
        let mut found = [search::Line::default(); PARTS];
        for (found, part) in found.iter_mut().zip(parts) {
            *found = search::line(part);
        }
        let most = |of: fn(&search::Line) -> f32| found.iter().map(of).fold(0.0, f32::max);
        let (scale, minimum) = (most(|line| line.scale), most(|line| line.minimum));
        let level = |x: f32, most: f32| {
            let inverse = if most > 0.0 { 63.0 / most } else { 0.0 };
            (x * inverse).round_ties_even().min(63.0) as u8
        };
        let levels = found.map(|line| [level(line.scale, scale), level(line.minimum, minimum)]);
        let mut block = Self {
            scale: f16::from_f32(scale / 63.0),
            minimum: f16::from_f32(minimum / 63.0),
            levels: join_levels(&levels),
            steps: [0; SUPER_BLOCK / 2],
        };
        for (number, part) in parts.iter().enumerate() {
            let [scale, minimum] = block.worths(number);
            if scale == 0.0 {
                continue;
            }
            let half = &mut block.steps[number / 2 * BLOCK..][..BLOCK];
            for (byte, x) in half.iter_mut().zip(part) {
                let step = ((x + minimum) / scale).round_ties_even().clamp(0.0, 15.0) as u8;
                *byte |= step << (number % 2 * 4);
            }
        }
        block
    }

    /// The numbers that the block stands for.
    pub fn dequantise(&self) -> [f32; SUPER_BLOCK] {
        let mut out = [0.0; SUPER_BLOCK];
        for (number, out) in out.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
            let [scale, minimum] = self.worths(number);
            let half = &self.steps[number / 2 * BLOCK..][..BLOCK];
            for (out, byte) in out.iter_mut().zip(half) {
                *out = scale * f32::from(byte >> (number % 2 * 4) & 15) - minimum;
            }
        }
        out
    }

    /// The scale and the minimum of a small block, in steps.
    pub(crate) fn level(&self, part: usize) -> [u8; 2] {
        let levels = &self.levels;
        if part < 4 {
            return [levels[part] & 63, levels[part + 4] & 63];
        }
        [
            levels[part + 4] & 15 | levels[part - 4] >> 6 << 4,
            levels[part + 4] >> 4 | levels[part] >> 6 << 4,
        ]
    }

    fn worths(&self, part: usize) -> [f32; 2] {
        let [scale, minimum] = self.level(part).map(f32::from);
        [self.scale.to_f32() * scale, self.minimum.to_f32() * minimum]
    }
}

fn join_levels(levels: &[[u8; 2]; PARTS]) -> [u8; 12] {
    let mut joined = [0; 12];
    for (part, [scale, minimum]) in levels.iter().enumerate() {
        if part < 4 {
            joined[part] |= scale;
            joined[part + 4] |= minimum;
        } else {
            joined[part + 4] = scale & 15 | minimum << 4;
            joined[part - 4] |= scale >> 4 << 6;
            joined[part] |= minimum >> 4 << 6;
        }
    }
    joined
}
