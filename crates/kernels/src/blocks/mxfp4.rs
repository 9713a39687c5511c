//! Four-bit floats with a power of two a block, as GGUF's `MXFP4` and gpt-oss's experts.

use super::{BLOCK, join, parted};

/// Twice what each four bits stand for: a sign, two bits of exponent, one of mantissa.
pub(crate) const VALUES: [i8; 16] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/// What makes every value positive.
#[cfg(target_arch = "x86_64")]
pub(crate) const OFFSET: i8 = 12;

/// One block of weights as it lies in a GGUF file.
/// Source: OCP Microscaling Formats 1.0.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct BlockMxfp4 {
    /// The exponent that all numbers share, 127 too many.
    pub exponent: u8,
    /// The numbers: the first sixteen in the low bits, the others in the high.
    pub numbers: [u8; BLOCK / 2],
}

const _: () = assert!(size_of::<BlockMxfp4>() == 17);

/// Half of the power of two that an exponent stands for, since [`VALUES`] are doubled.
pub(crate) fn worth(exponent: u8) -> f32 {
    let bits = match exponent {
        0 | 1 => 0x0020_0000 << exponent,
        _ => (u32::from(exponent) - 1) << 23,
    };
    f32::from_bits(bits)
}

impl BlockMxfp4 {
    /// The block of `values` that ggml makes: the exponent is that of the largest, the numbers are the
    /// nearest.
    pub fn quantise(values: &[f32; BLOCK]) -> Self {
        let largest = values.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
        let exponent = if largest > 0.0 {
            (largest.log2().floor() - 2.0 + 127.0) as u8
        } else {
            0
        };
        let scale = worth(exponent);
        let nearest = values.map(|x| {
            let error = |at: usize| (f32::from(VALUES[at]) * scale - x).abs();
            (1..16).fold(
                0,
                |best, at| if error(at) < error(best) { at } else { best },
            ) as u8
        });
        Self {
            exponent,
            numbers: join(&nearest),
        }
    }

    /// The block whose numbers lie in neighbouring bits, as in gpt-oss's own checkpoints.
    pub fn from_neighbours(exponent: u8, numbers: &[u8; BLOCK / 2]) -> Self {
        let apart = std::array::from_fn(|at| numbers[at / 2] >> (at % 2 * 4) & 15);
        Self {
            exponent,
            numbers: join(&apart),
        }
    }

    /// The numbers that the block stands for.
    pub fn dequantise(&self) -> [f32; BLOCK] {
        let scale = worth(self.exponent);
        parted(&self.numbers).map(|at| f32::from(VALUES[usize::from(at)]) * scale)
    }
}
