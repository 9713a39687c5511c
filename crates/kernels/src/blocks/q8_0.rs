//! Numbers in blocks of 32 that share a scale: eight bits each, as GGUF's `Q8_0`.

use half::f16;

use super::BLOCK;

/// One block of weights as it lies in a GGUF file.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct BlockQ8_0 {
    /// What one step is worth.
    pub scale: f16,
    /// The numbers of steps.
    pub steps: [i8; BLOCK],
}

const _: () = assert!(size_of::<BlockQ8_0>() == 34);

impl BlockQ8_0 {
    /// The nearest block to `values`.
    pub fn quantise(values: &[f32; BLOCK]) -> Self {
        let mut block = Self {
            scale: f16::ZERO,
            steps: [0; BLOCK],
        };
        let scale = quantise(values, &mut block.steps);
        block.scale = f16::from_f32(scale);
        block
    }

    /// The numbers that the block stands for.
    pub fn dequantise(&self) -> [f32; BLOCK] {
        self.steps.map(|step| f32::from(step) * self.scale.to_f32())
    }
}

/// Rounds `values` to steps of a common scale, which is returned. What is not a number becomes
/// nothing; a block that holds an infinity has no usable scale and becomes nothing as well.
pub(crate) fn quantise(values: &[f32], steps: &mut [i8]) -> f32 {
    let largest = values
        .iter()
        .fold(0.0_f32, |max, value| max.max(value.abs()));
    let scale = largest / 127.0;
    if scale == 0.0 || !scale.is_finite() {
        steps.fill(0);
        return 0.0;
    }
    let inverse = 127.0 / largest;
    for (step, value) in steps.iter_mut().zip(values) {
        // As a float the number of steps is within ±127, and the cast saturates besides.
        *step = (value * inverse).round_ties_even() as i8;
    }
    scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    #[test]
    fn a_block_is_within_half_a_step_of_its_numbers() {
        let mut numbers = Numbers::new(1);
        for size in [1e-20, 1e-3, 1.0, 3e4] {
            let values: [f32; BLOCK] = std::array::from_fn(|_| numbers.next() * size);
            let mut steps = [0; BLOCK];
            let scale = quantise(&values, &mut steps);
            for (value, step) in values.iter().zip(steps) {
                let error = (value - f32::from(step) * scale).abs();
                assert!(error <= scale * 0.5001, "{value} as {step} of {scale}");
            }
        }
    }

    #[test]
    fn blocks_keep_their_exact_numbers_and_nothing_stays_nothing() {
        let steps: [i8; BLOCK] = std::array::from_fn(|at| (at as i8 - 16) * 8 + 1);
        let block = BlockQ8_0 {
            scale: f16::from_f32(0.5),
            steps,
        };
        assert_eq!(block.dequantise()[0], -63.5);
        assert_eq!(
            BlockQ8_0::quantise(&[0.0; BLOCK]).dequantise(),
            [0.0; BLOCK]
        );
        let mut broken = [1.0; BLOCK];
        broken[3] = f32::INFINITY;
        assert_eq!(BlockQ8_0::quantise(&broken).dequantise(), [0.0; BLOCK]);
    }
}
