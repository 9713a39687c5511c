//! Reductions over the scores of a whole vocabulary, a figure a block, so that what chooses a token
//! looks closely at few blocks only.

use crate::exp::exp;
use crate::levels::{at_each_level, largest, sum_in_lanes};

/// Scores in a block; the last block of a vocabulary may hold fewer.
pub const SCORES: usize = 64;

at_each_level! {
    /// The largest score of each block. What is not a number is passed over.
    /// Shapes: `scores` is `[vocabulary]`, `out` is `[⌈vocabulary / 64⌉]`.
    ///
    /// # Panics
    /// When `out` does not hold a place for each block.
    pub fn block_maxima(out: &mut [f32], scores: &[f32]) = maxima
}

at_each_level! {
    /// `exp(scale · (score − highest))` of each score, and their sum in each block.
    /// Shapes: `out` and `scores` are `[vocabulary]`, `sums` is `[⌈vocabulary / 64⌉]`.
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn block_exponentials(out: &mut [f32], sums: &mut [f32], scores: &[f32], highest: f32, scale: f32) = exponentials
}

#[inline(always)]
fn maxima(out: &mut [f32], scores: &[f32]) {
    assert_eq!(out.len(), scores.len().div_ceil(SCORES), "a place a block");
    for (out, block) in out.iter_mut().zip(scores.chunks(SCORES)) {
        *out = largest(block);
    }
}

#[inline(always)]
fn exponentials(out: &mut [f32], sums: &mut [f32], scores: &[f32], highest: f32, scale: f32) {
    assert_eq!(out.len(), scores.len(), "a place a score");
    assert_eq!(sums.len(), scores.len().div_ceil(SCORES), "a place a block");
    let blocks = out.chunks_mut(SCORES).zip(scores.chunks(SCORES));
    for ((out, block), sum) in blocks.zip(sums) {
        for (out, score) in out.iter_mut().zip(block) {
            *out = exp(scale * (*score - highest));
        }
        *sum = sum_in_lanes(out, |x| x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    #[test]
    fn each_block_has_its_maximum_and_its_sum_the_same_at_every_level() {
        let mut numbers = Numbers::new(9);
        for length in (0..70).chain([128, 1000, 4099]) {
            let scores: Vec<f32> = numbers.many(length).map(|x| x * 20.0).collect();
            let blocks = length.div_ceil(SCORES);
            let (mut out, mut plain) = (vec![0.0; blocks], vec![0.0; blocks]);
            block_maxima(&mut out, &scores);
            maxima(&mut plain, &scores);
            assert_eq!(out, plain);
            let exact: Vec<f32> = scores
                .chunks(SCORES)
                .map(|block| block.iter().copied().fold(f32::NEG_INFINITY, f32::max))
                .collect();
            assert_eq!(out, exact);

            let (mut powers, mut powers_plain) = (vec![0.0; length], vec![0.0; length]);
            let (mut sums, mut sums_plain) = (vec![0.0; blocks], vec![0.0; blocks]);
            block_exponentials(&mut powers, &mut sums, &scores, 20.0, 0.5);
            exponentials(&mut powers_plain, &mut sums_plain, &scores, 20.0, 0.5);
            for (block, (sum, plain)) in scores.chunks(SCORES).zip(sums.iter().zip(&sums_plain)) {
                let exact: f64 = block
                    .iter()
                    .map(|x| (0.5 * (f64::from(*x) - 20.0)).exp())
                    .sum();
                assert!(
                    (f64::from(*sum) - exact).abs() <= 1e-5 * exact,
                    "{sum} {exact}"
                );
                assert!((sum - plain).abs() <= 1e-6 * sum, "{sum} {plain}");
            }
        }
    }

    #[test]
    fn what_is_masked_weighs_nothing() {
        let mut scores = vec![f32::NEG_INFINITY; 65];
        scores[64] = 3.0;
        let (mut out, mut sums) = (vec![1.0; 65], vec![1.0; 2]);
        block_exponentials(&mut out, &mut sums, &scores, 3.0, 1.0);
        assert_eq!(sums, [0.0, 1.0]);
        assert_eq!(out[0], 0.0);
    }
}
