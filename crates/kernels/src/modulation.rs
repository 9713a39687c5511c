//! Loops of networks that make pictures: norms that are scaled and shifted from outside, gates, activations.

use crate::exp::exp;
use crate::levels::{at_each_level, sum_in_lanes};

at_each_level! {
    /// Takes the mean from each row of `x`, divides by the standard deviation, multiplies with `1 + scale` and adds
    /// `shift`.
    /// Shapes: `x` and `out` are `[rows, hidden]`, `scale` and `shift` are `[hidden]`. Sums are f32.
    /// Source: Peebles & Xie 2023 (adaLN).
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn modulated_norm(out: &mut [f32], x: &[f32], scale: &[f32], shift: &[f32], eps: f32) = norm_definition
}

at_each_level! {
    /// Adds `y · gate` to each row of `x`.
    /// Shapes: `x` and `y` are `[rows, hidden]`, `gate` is `[hidden]`.
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn add_gated(x: &mut [f32], y: &[f32], gate: &[f32]) = gated_definition
}

at_each_level! {
    /// Scales each row of `x` to unit root mean square, then by `weight`; then `SiLU` where it `activates`. A row of
    /// zeros stays one.
    /// Shapes: `x` and `out` are `[rows, channels]`, `weight` is `[channels]`. Sums are f32.
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn unit_norm(out: &mut [f32], x: &[f32], weight: &[f32], activates: bool) = unit_definition
}

at_each_level! {
    /// `x · sigmoid(x)` in place of each `x`.
    pub fn silu(x: &mut [f32]) = silu_definition
}

at_each_level! {
    /// GELU by its tanh approximation in place of each `x`.
    /// Source: Hendrycks & Gimpel 2016.
    pub fn gelu_tanh(x: &mut [f32]) = gelu_definition
}

#[inline(always)]
fn norm_definition(out: &mut [f32], x: &[f32], scale: &[f32], shift: &[f32], eps: f32) {
    let hidden = scale.len().max(1);
    assert!(
        out.len() == x.len() && x.len().is_multiple_of(hidden) && shift.len() == scale.len(),
        "rows of {hidden}"
    );
    for (out, x) in out.chunks_exact_mut(hidden).zip(x.chunks_exact(hidden)) {
        let mean = sum_in_lanes(x, |x| x) / hidden as f32;
        let variance = sum_in_lanes(x, |x| (x - mean) * (x - mean)) / hidden as f32;
        let by = 1.0 / (variance + eps).sqrt();
        let slots = out.iter_mut().zip(x).zip(scale.iter().zip(shift));
        for ((out, x), (scale, shift)) in slots {
            *out = (x - mean) * by * (1.0 + scale) + shift;
        }
    }
}

#[inline(always)]
fn gated_definition(x: &mut [f32], y: &[f32], gate: &[f32]) {
    let hidden = gate.len().max(1);
    assert!(
        x.len() == y.len() && x.len().is_multiple_of(hidden),
        "rows of {hidden}"
    );
    for (x, y) in x.chunks_exact_mut(hidden).zip(y.chunks_exact(hidden)) {
        for ((x, y), gate) in x.iter_mut().zip(y).zip(gate) {
            *x += y * gate;
        }
    }
}

#[inline(always)]
fn unit_definition(out: &mut [f32], x: &[f32], weight: &[f32], activates: bool) {
    let channels = weight.len().max(1);
    assert!(
        out.len() == x.len() && x.len().is_multiple_of(channels),
        "rows of {channels}"
    );
    let root = (channels as f32).sqrt();
    for (out, x) in out.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
        let length = sum_in_lanes(x, |x| x * x).sqrt();
        let by = root / if length < 1e-12 { 1e-12 } else { length };
        for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
            *out = x * by * weight;
        }
        if activates {
            silu_definition(out);
        }
    }
}

#[inline(always)]
fn silu_definition(x: &mut [f32]) {
    for x in x {
        *x /= 1.0 + exp(-*x);
    }
}

#[inline(always)]
fn gelu_definition(x: &mut [f32]) {
    for x in x {
        // 0.5 (1 + tanh(t)) is sigmoid(2 t).
        let twice = 1.595_769 * (*x + 0.044_715 * *x * *x * *x);
        *x /= 1.0 + exp(-twice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    fn near(out: &[f32], exact: impl Iterator<Item = f64>) {
        for (out, exact) in out.iter().zip(exact) {
            let error = (f64::from(*out) - exact).abs();
            assert!(error <= 3e-6 * (1.0 + exact.abs()), "{out} {exact}");
        }
    }

    #[test]
    fn norms_agree_with_f64() {
        let mut numbers = Numbers::new(12);
        for width in [1, 3, 16, 33, 200] {
            let x: Vec<f32> = numbers.many(2 * width).collect();
            let (a, b): (Vec<f32>, Vec<f32>) =
                (numbers.many(width).collect(), numbers.many(width).collect());
            let mut out = vec![0.0; x.len()];
            let wide: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
            let mean = |row: &[f64]| row.iter().sum::<f64>() / width as f64;
            modulated_norm(&mut out, &x, &a, &b, 1e-3);
            near(
                &out,
                wide.chunks(width).flat_map(|row| {
                    let centre = mean(row);
                    let squares: Vec<f64> = row.iter().map(|x| (x - centre).powi(2)).collect();
                    let by = 1.0 / (mean(&squares) + 1e-3).sqrt();
                    let slots = row.iter().zip(&a).zip(&b);
                    slots.map(move |((x, a), b)| {
                        (x - centre) * by * (1.0 + f64::from(*a)) + f64::from(*b)
                    })
                }),
            );
            unit_norm(&mut out, &x, &a, true);
            near(
                &out,
                wide.chunks(width).flat_map(|row| {
                    let squares: Vec<f64> = row.iter().map(|x| x * x).collect();
                    let by = 1.0 / mean(&squares).sqrt();
                    row.iter().zip(&a).map(move |(x, a)| {
                        let y = x * by * f64::from(*a);
                        y / (1.0 + (-y).exp())
                    })
                }),
            );
        }
    }

    #[test]
    fn activations_and_gates_agree_with_f64() {
        let mut numbers = Numbers::new(13);
        let x: Vec<f32> = numbers.many(99).map(|x| x * 5.0).collect();
        let mut out = x.clone();
        gelu_tanh(&mut out);
        near(
            &out,
            x.iter().map(|x| {
                let x = f64::from(*x);
                0.5 * x
                    * (1.0
                        + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3)))
                            .tanh())
            }),
        );
        let mut zeros = vec![1.0; 4];
        unit_norm(&mut zeros, &[0.0; 4], &[1.0; 4], false);
        assert_eq!(zeros, [0.0; 4]);
        let mut sum = vec![1.0, 2.0, 3.0, 4.0];
        add_gated(&mut sum, &[1.0, 1.0, 2.0, 2.0], &[0.5, 2.0]);
        assert_eq!(sum, [1.5, 4.0, 4.0, 8.0]);
    }
}
