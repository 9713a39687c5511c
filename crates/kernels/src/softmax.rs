//! Scores to probabilities.

use crate::exp::exp;
use crate::levels::{at_each_level, largest, sum_in_lanes};

at_each_level! {
    /// Turns each row of `scores` into probabilities: `exp(scale · s)` over the row's sum.
    /// Shape: `[rows, columns]`, in place. A row of negative infinities becomes zeros.
    ///
    /// # Panics
    /// When `scores` does not hold whole rows.
    pub fn softmax(scores: &mut [f32], columns: usize, scale: f32) = definition
}

#[inline(always)]
fn definition(scores: &mut [f32], columns: usize, scale: f32) {
    assert!(
        scores.len().is_multiple_of(columns.max(1)),
        "rows of {columns}"
    );
    for row in scores.chunks_exact_mut(columns.max(1)) {
        for score in row.iter_mut() {
            *score *= scale;
        }
        let highest = largest(row);
        if highest == f32::NEG_INFINITY && row.iter().all(|score| !score.is_nan()) {
            row.fill(0.0);
            continue;
        }
        for score in row.iter_mut() {
            *score = exp(*score - highest);
        }
        let scale = 1.0 / sum_in_lanes(row, |x| x);
        for score in row.iter_mut() {
            *score *= scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    #[test]
    fn probabilities_are_those_of_f64_and_the_same_at_every_level() {
        let mut numbers = Numbers::new(6);
        for columns in (1..70).chain([500, 4097]) {
            let scores: Vec<f32> = numbers.many(2 * columns).map(|x| x * 30.0).collect();
            let (mut out, mut plain) = (scores.clone(), scores.clone());
            softmax(&mut out, columns, 0.5);
            definition(&mut plain, columns, 0.5);
            assert_eq!(out, plain);
            for (scores, out) in scores.chunks(columns).zip(out.chunks(columns)) {
                let powers: Vec<f64> = scores.iter().map(|s| (f64::from(*s) * 0.5).exp()).collect();
                let sum: f64 = powers.iter().sum();
                for (power, out) in powers.iter().zip(out) {
                    assert!((f64::from(*out) - power / sum).abs() <= 3e-6 * power / sum + 1e-12);
                }
            }
        }
    }

    #[test]
    fn masked_scores_have_no_share_and_a_masked_row_has_none_at_all() {
        let mut scores = [1.0, f32::NEG_INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
        softmax(&mut scores, 2, 1.0);
        assert_eq!(scores, [1.0, 0.0, 0.0, 0.0]);
        let mut scores = [f32::NAN, 1.0];
        softmax(&mut scores, 2, 1.0);
        assert!(scores.iter().all(|score| score.is_nan()));
    }
}
