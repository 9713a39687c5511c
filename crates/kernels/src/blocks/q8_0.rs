//! Numbers in blocks of 32 that share a scale: eight bits each, as GGUF's `Q8_0`.

use half::f16;

use super::BLOCK;
use crate::levels::{at_each_level, largest_of};

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
        let mut scale = 0.0;
        quantise(values, &mut block.steps, &mut scale);
        block.scale = f16::from_f32(scale);
        block
    }

    /// The numbers that the block stands for.
    pub fn dequantise(&self) -> [f32; BLOCK] {
        self.steps.map(|step| f32::from(step) * self.scale.to_f32())
    }
}

at_each_level! {
    /// Rounds `values` to steps of a common `scale`. What is not a number becomes nothing; so do numbers
    /// beside an infinity, and numbers that are hardly any.
    pub(crate) fn quantise_q8_0(values: &[f32], steps: &mut [i8], scale: &mut f32) = quantise
}

/// The definition of [`quantise_q8_0`].
#[inline(always)]
pub(crate) fn quantise(values: &[f32], steps: &mut [i8], scale: &mut f32) {
    let largest = largest_of(values, f32::abs);
    *scale = largest / 127.0;
    let inverse = 127.0 / largest;
    if !(inverse.is_finite() && scale.is_finite()) {
        steps.fill(0);
        *scale = 0.0;
        return;
    }
    for (step, value) in steps.iter_mut().zip(values) {
        let value = if value.is_nan() { 0.0 } else { *value };
        // Adding 1.5 · 2²³ rounds to a whole number, ties to even; it then stands in the low bits.
        *step = (value * inverse + 12_582_912.0).to_bits() as i8;
    }
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
            let (mut steps, mut scale) = ([0; BLOCK], 0.0);
            quantise_q8_0(&values, &mut steps, &mut scale);
            for (value, step) in values.iter().zip(steps) {
                let error = (value - f32::from(step) * scale).abs();
                assert!(error <= scale * 0.5001, "{value} as {step} of {scale}");
            }
        }
    }

    #[test]
    fn steps_are_the_nearest_ties_to_even_at_every_level() {
        let mut numbers = Numbers::new(2);
        for length in (0..70).chain([1000]) {
            let mut values: Vec<f32> = numbers
                .many(length)
                .map(|x| (x * 254.0).round() / 2.0)
                .collect();
            values.iter_mut().take(1).for_each(|x| *x = 127.0);
            let (mut out, mut plain) = (vec![0; length], vec![0; length]);
            let (mut scale, mut other) = (0.0, 0.0);
            quantise_q8_0(&values, &mut out, &mut scale);
            quantise(&values, &mut plain, &mut other);
            let exact: Vec<i8> = values.iter().map(|x| x.round_ties_even() as i8).collect();
            assert_eq!((&out, scale), (&plain, other));
            assert_eq!(out, exact);
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
        assert_eq!(
            BlockQ8_0::quantise(&[1e-44; BLOCK]).dequantise(),
            [0.0; BLOCK]
        );
        let mut unknown = [1.0; BLOCK];
        unknown[7] = f32::from_bits(0x7f80_0001);
        let steps = BlockQ8_0::quantise(&unknown).steps;
        assert_eq!((steps[6], steps[7]), (127, 0));
        let mut broken = [1.0; BLOCK];
        broken[3] = f32::INFINITY;
        assert_eq!(BlockQ8_0::quantise(&broken).dequantise(), [0.0; BLOCK]);
    }
}
