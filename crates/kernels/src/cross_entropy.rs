//! How wrong the scores of a vocabulary are, and how that depends on each of them.

use crate::exp::exp;
use crate::levels::{at_each_level, largest, sum_in_lanes};

at_each_level! {
    /// Writes `-log softmax(row)[target]` of each row to `losses`, not yet times the row's weight, and puts
    /// in place of the scores how the sum of `weight · loss` depends on them: `weight · (softmax − target)`.
    /// A row of weight zero gets zeros, and is measured all the same.
    /// Shapes: `scores` is `[rows, vocab]`; `targets`, `weights` and `losses` are `[rows]`. Sums are f32.
    ///
    /// # Panics
    /// When the lengths do not fit or a target is beyond the vocabulary.
    pub fn cross_entropy(scores: &mut [f32], targets: &[u32], weights: &[f32], losses: &mut [f32]) = definition
}

#[inline(always)]
fn definition(scores: &mut [f32], targets: &[u32], weights: &[f32], losses: &mut [f32]) {
    let rows = targets.len();
    assert!(
        weights.len() == rows
            && losses.len() == rows
            && scores.len().is_multiple_of(rows.max(1))
            && (rows > 0 || scores.is_empty()),
        "scores of {rows} rows"
    );
    let vocab = scores.len() / rows.max(1);
    for (at, row) in scores.chunks_exact_mut(vocab.max(1)).enumerate() {
        let (target, weight) = (targets[at] as usize, weights[at]);
        let highest = largest(row);
        let wanted = row[target] - highest;
        for score in row.iter_mut() {
            *score = exp(*score - highest);
        }
        let total = sum_in_lanes(row, |x| x);
        losses[at] = total.ln() - wanted;
        let share = weight / total;
        for score in row.iter_mut() {
            *score *= share;
        }
        row[target] -= weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    #[test]
    fn losses_and_gradients_are_those_of_f64() {
        let mut numbers = Numbers::new(2);
        for vocab in (1..40).chain([1000]) {
            let scores: Vec<f32> = numbers.many(3 * vocab).map(|x| x * 8.0).collect();
            let targets = [0, vocab as u32 / 2, vocab as u32 - 1];
            let weights = [1.0, 0.25, 0.0];
            let (mut slopes, mut losses) = (scores.clone(), [0.0; 3]);
            cross_entropy(&mut slopes, &targets, &weights, &mut losses);
            for (row, scores) in scores.chunks(vocab).enumerate() {
                let total: f64 = scores.iter().map(|s| f64::from(*s).exp()).sum();
                let target = targets[row] as usize;
                let loss = total.ln() - f64::from(scores[target]);
                assert!((f64::from(losses[row]) - loss).abs() < 1e-4);
                for (at, score) in scores.iter().enumerate() {
                    let one = f64::from(u8::from(at == target));
                    let slope = f64::from(weights[row]) * (f64::from(*score).exp() / total - one);
                    assert!((f64::from(slopes[row * vocab + at]) - slope).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn what_is_not_a_number_is_seen() {
        let mut losses = [0.0];
        cross_entropy(&mut [0.0, f32::NAN], &[0], &[1.0], &mut losses);
        assert!(losses[0].is_nan());
    }
}
