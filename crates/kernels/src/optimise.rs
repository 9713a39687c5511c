//! Steps of optimisers over arrays of numbers.

use crate::levels::{at_each_level, sum_in_lanes};

/// One step of AdamW.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// How far a number moves at most, about.
    pub learning_rate: f32,
    /// How slowly the mean of gradients forgets.
    pub beta1: f32,
    /// How slowly the mean of their squares forgets.
    pub beta2: f32,
    /// Added to the root of that mean.
    pub eps: f32,
    /// The share of a number that is taken away, times the learning rate.
    pub weight_decay: f32,
    /// What gradients are multiplied with first, as when they are clipped.
    pub scale: f32,
    /// Which step it is, from one on.
    pub step: u32,
}

/// Moves `values` by their gradients. `mean` and `square` are kept from step to step and begin as zeros.
/// Shapes: all of one length.
/// Source: Loshchilov & Hutter 2017, algorithm 2, with the corrections of the means as PyTorch applies them.
///
/// # Panics
/// When the lengths differ.
pub fn adamw(
    values: &mut [f32],
    mean: &mut [f32],
    square: &mut [f32],
    gradient: &[f32],
    options: &AdamW,
) {
    let length = values.len();
    assert!(
        [mean.len(), square.len(), gradient.len()] == [length; 3],
        "four of one length"
    );
    let step = options.step.min(i32::MAX as u32) as i32;
    let first = 1.0 - f64::from(options.beta1).powi(step);
    let second = 1.0 - f64::from(options.beta2).powi(step);
    let factors = [
        1.0 - options.learning_rate * options.weight_decay,
        (f64::from(options.learning_rate) / first) as f32,
        second.sqrt() as f32,
        options.eps,
    ];
    let betas = [options.beta1, options.beta2, options.scale];
    moved(values, mean, square, gradient, factors, betas);
}

at_each_level! {
    fn moved(values: &mut [f32], mean: &mut [f32], square: &mut [f32], gradient: &[f32], factors: [f32; 4], betas: [f32; 3]) = move_by
}

#[inline(always)]
fn move_by(
    values: &mut [f32],
    mean: &mut [f32],
    square: &mut [f32],
    gradient: &[f32],
    [keep, rate, root, eps]: [f32; 4],
    [beta1, beta2, scale]: [f32; 3],
) {
    let moments = mean.iter_mut().zip(square);
    for ((value, gradient), (mean, square)) in values.iter_mut().zip(gradient).zip(moments) {
        let gradient = gradient * scale;
        *mean += (gradient - *mean) * (1.0 - beta1);
        *square = *square * beta2 + gradient * gradient * (1.0 - beta2);
        *value = *value * keep - rate * *mean / (square.sqrt() / root + eps);
    }
}

at_each_level! {
    /// Brings `values` nearer to `to`, by the share `share` of the way.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn approach(values: &mut [f32], to: &[f32], share: f32) = nearer
}

#[inline(always)]
fn nearer(values: &mut [f32], to: &[f32], share: f32) {
    assert_eq!(values.len(), to.len(), "two of one length");
    for (value, to) in values.iter_mut().zip(to) {
        *value += (to - *value) * share;
    }
}

/// The sum of squares, in f64 of short sums in f32: the same whatever the level.
pub fn sum_of_squares(values: &[f32]) -> f64 {
    let mut sum = 0.0;
    for part in values.chunks(1 << 10) {
        let mut short = [0.0_f32];
        squares(&mut short, part);
        sum += f64::from(short[0]);
    }
    sum
}

at_each_level! {
    fn squares(sum: &mut [f32; 1], values: &[f32]) = add_squares
}

#[inline(always)]
fn add_squares(sum: &mut [f32; 1], values: &[f32]) {
    sum[0] = sum_in_lanes(values, |x| x * x);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    #[test]
    fn steps_are_those_of_the_paper() {
        let mut numbers = Numbers::new(1);
        let options = AdamW {
            learning_rate: 0.01,
            beta1: 0.9,
            beta2: 0.95,
            eps: 1e-8,
            weight_decay: 0.1,
            scale: 0.5,
            step: 0,
        };
        let start: Vec<f32> = numbers.many(37).collect();
        let mut values = start.clone();
        let (mut mean, mut square) = (vec![0.0; 37], vec![0.0; 37]);
        let mut exact: Vec<[f64; 3]> = start.iter().map(|x| [f64::from(*x), 0.0, 0.0]).collect();
        for step in 1..=20 {
            let gradient: Vec<f32> = numbers.many(37).collect();
            let options = AdamW { step, ..options };
            adamw(&mut values, &mut mean, &mut square, &gradient, &options);
            for ([value, m, v], g) in exact.iter_mut().zip(&gradient) {
                let g = 0.5 * f64::from(*g);
                *m = 0.9 * *m + 0.1 * g;
                *v = 0.95 * *v + 0.05 * g * g;
                let (m, v) = (
                    *m / (1.0 - 0.9_f64.powi(step as i32)),
                    *v / (1.0 - 0.95_f64.powi(step as i32)),
                );
                *value = *value * (1.0 - 0.01 * 0.1) - 0.01 * m / (v.sqrt() + 1e-8);
            }
        }
        for (value, [exact, _, _]) in values.iter().zip(exact) {
            assert!(
                (f64::from(*value) - exact).abs() < 2e-6,
                "{value} for {exact}"
            );
        }
    }

    #[test]
    fn squares_add_up_and_means_come_nearer() {
        let mut numbers = Numbers::new(2);
        for length in (0..70).chain([5000]) {
            let values: Vec<f32> = numbers.many(length).collect();
            let exact: f64 = values.iter().map(|x| f64::from(*x).powi(2)).sum();
            assert!((sum_of_squares(&values) - exact).abs() <= 1e-5 * exact);
        }
        let mut values = [0.0, 1.0];
        approach(&mut values, &[1.0, 1.0], 0.25);
        assert_eq!(values, [0.25, 1.0]);
    }
}
