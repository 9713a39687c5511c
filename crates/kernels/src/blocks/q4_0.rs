//! Four bits a number, as GGUF's `Q4_0`.

use half::f16;

use super::{BLOCK, Nibbles, join, parted};

/// One block of weights as it lies in a GGUF file.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct BlockQ4_0 {
    /// What one step is worth.
    pub scale: f16,
    /// The numbers of steps, 8 too many: the first sixteen in the low bits, the others in the high.
    pub steps: [u8; BLOCK / 2],
}

const _: () = assert!(size_of::<BlockQ4_0>() == 18);

impl BlockQ4_0 {
    /// The block of `values` that ggml makes: the largest becomes -8 steps.
    pub fn quantise(values: &[f32; BLOCK]) -> Self {
        let largest = values
            .iter()
            .fold(0.0_f32, |max, x| if x.abs() > max.abs() { *x } else { max });
        let scale = largest / -8.0;
        let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
        // The cast saturates, and makes nothing of what is not a number.
        let steps = values.map(|x| ((x * inverse + 8.5) as u8).min(15));
        Self {
            scale: f16::from_f32(scale),
            steps: join(&steps),
        }
    }

    /// The numbers that the block stands for.
    pub fn dequantise(&self) -> [f32; BLOCK] {
        let scale = self.scale.to_f32();
        self.parted().map(|step| (f32::from(step) - 8.0) * scale)
    }

    fn parted(&self) -> [u8; BLOCK] {
        let nibbles: &Nibbles = &self.steps;
        parted(nibbles)
    }
}
