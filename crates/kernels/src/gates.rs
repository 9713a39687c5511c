//! Gates and activations of the families that do not use SwiGLU as Llama does.

use crate::exp::exp;
use crate::levels::at_each_level;

at_each_level! {
    /// `out = gelu(gate) · up`, with GELU by its tanh approximation. All three are of one length.
    /// Source: Hendrycks & Gimpel 2016; Shazeer 2020.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn geglu(out: &mut [f32], gate: &[f32], up: &[f32]) = geglu_definition
}

at_each_level! {
    /// `out = g · sigmoid(1.702 g) · (u + 1)`, with `g` the gate bounded above by `limit` and `u` bounded
    /// on both sides. All three are of one length.
    /// Source: gpt-oss (OpenAI 2025).
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn swiglu_clamped(out: &mut [f32], gate: &[f32], up: &[f32], limit: f32) = clamped_definition
}

at_each_level! {
    /// `out = sigmoid(gate) · x`. All three are of one length.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn sigmoid_gate(out: &mut [f32], gate: &[f32], x: &[f32]) = sigmoid_definition
}

at_each_level! {
    /// `x · Φ(x)` in place of each `x`, with Φ by an approximation within 2e-7.
    /// Source: Hendrycks & Gimpel 2016; Abramowitz & Stegun 7.1.26.
    pub fn gelu(x: &mut [f32]) = gelu_definition
}

#[inline(always)]
fn geglu_definition(out: &mut [f32], gate: &[f32], up: &[f32]) {
    each(out, gate, up, |gate, up| {
        // 0.5 (1 + tanh(t)) is sigmoid(2 t).
        let twice = 1.595_769 * (gate + 0.044_715 * gate * gate * gate);
        gate * sigmoid(twice) * up
    });
}

#[inline(always)]
fn clamped_definition(out: &mut [f32], gate: &[f32], up: &[f32], limit: f32) {
    each(out, gate, up, |gate, up| {
        let gate = if gate > limit { limit } else { gate };
        let up = if up > limit { limit } else { up };
        let up = if up < -limit { -limit } else { up };
        gate * sigmoid(1.702 * gate) * (up + 1.0)
    });
}

#[inline(always)]
fn sigmoid_definition(out: &mut [f32], gate: &[f32], x: &[f32]) {
    each(out, gate, x, |gate, x| sigmoid(gate) * x);
}

#[inline(always)]
fn gelu_definition(x: &mut [f32]) {
    for x in x {
        let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
        let t = 1.0 / (1.0 + 0.327_591_1 * z);
        let mut sum = 1.061_405_4_f32;
        sum = sum * t - 1.453_152;
        sum = sum * t + 1.421_413_7;
        sum = sum * t - 0.284_496_74;
        sum = sum * t + 0.254_829_6;
        // The share of the tail beyond |x|, and Φ on the side where x lies.
        let tail = 0.5 * sum * t * exp(-z * z);
        *x *= if *x < 0.0 { tail } else { 1.0 - tail };
    }
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn each(out: &mut [f32], gate: &[f32], up: &[f32], value: impl Fn(f32, f32) -> f32) {
    assert!(
        out.len() == gate.len() && gate.len() == up.len(),
        "three of one length"
    );
    for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
        *out = value(*gate, *up);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    type Gate = fn(&mut [f32], &[f32], &[f32]);
    type Exact = fn(f64, f64) -> f64;

    fn logistic(x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }

    #[test]
    fn gates_agree_with_f64_and_are_the_same_at_every_level() {
        let cases: [(Gate, Gate, Exact); 3] = [
            (geglu, geglu_definition, |g, u| {
                let t = (2.0 / std::f64::consts::PI).sqrt() * (g + 0.044_715 * g.powi(3));
                0.5 * g * (1.0 + t.tanh()) * u
            }),
            (sigmoid_gate, sigmoid_definition, |g, x| logistic(g) * x),
            (
                |out, gate, up| swiglu_clamped(out, gate, up, 0.5),
                |out, gate, up| clamped_definition(out, gate, up, 0.5),
                |g, u| {
                    let g = g.min(0.5);
                    g * logistic(1.702 * g) * (u.clamp(-0.5, 0.5) + 1.0)
                },
            ),
        ];
        let mut numbers = Numbers::new(8);
        for length in (0..70).chain([1000]) {
            let gate: Vec<f32> = numbers.many(length).map(|x| x * 6.0).collect();
            let up: Vec<f32> = numbers.many(length).collect();
            for (kernel, definition, exact) in cases {
                let (mut out, mut plain) = (vec![0.0; length], vec![0.0; length]);
                kernel(&mut out, &gate, &up);
                definition(&mut plain, &gate, &up);
                assert_eq!(out, plain);
                for ((gate, up), out) in gate.iter().zip(&up).zip(out) {
                    let exact = exact(f64::from(*gate), f64::from(*up));
                    let error = (f64::from(out) - exact).abs();
                    assert!(error <= 2e-6 * exact.abs() + 1e-7, "{gate} {up}: {error:e}");
                }
            }
        }
    }

    #[test]
    fn gelu_agrees_with_the_area_under_the_bell() {
        // Φ by the midpoint rule from far below.
        let mut area = 0.0_f64;
        let step = 1e-3;
        let bell = |x: f64| (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
        for number in 0..18_000 {
            let x = -9.0 + f64::from(number) * step;
            let mut value = [x as f32];
            gelu(&mut value);
            let error = (f64::from(value[0]) - x * area).abs();
            assert!(error < 1e-6, "{x}: {error:e}");
            area += bell(x + step / 2.0) * step;
        }
        let mut ends = [f32::INFINITY, 1e30, 0.0];
        gelu(&mut ends);
        assert_eq!(ends, [f32::INFINITY, 1e30, 0.0]);
    }
}
