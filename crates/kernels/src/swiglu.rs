//! The gate of today's feed-forward layers.

use crate::exp::exp;
use crate::levels::at_each_level;

at_each_level! {
    /// `out = silu(gate) · up`, with `silu(x) = x / (1 + exp(-x))`. All three are of one length.
    /// Source: Shazeer 2020.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn swiglu(out: &mut [f32], gate: &[f32], up: &[f32]) = definition
}

#[inline(always)]
fn definition(out: &mut [f32], gate: &[f32], up: &[f32]) {
    assert!(
        out.len() == gate.len() && gate.len() == up.len(),
        "three of one length"
    );
    for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
        *out = gate / (1.0 + exp(-gate)) * up;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    #[test]
    fn agrees_with_f64_and_is_the_same_at_every_level() {
        let mut numbers = Numbers::new(8);
        for length in (0..70).chain([1000]) {
            let gate: Vec<f32> = numbers.many(length).map(|x| x * 20.0).collect();
            let up: Vec<f32> = numbers.many(length).collect();
            let (mut out, mut plain) = (vec![0.0; length], vec![0.0; length]);
            swiglu(&mut out, &gate, &up);
            definition(&mut plain, &gate, &up);
            assert_eq!(out, plain);
            for ((gate, up), out) in gate.iter().zip(&up).zip(out) {
                let (gate, up) = (f64::from(*gate), f64::from(*up));
                let exact = gate / (1.0 + (-gate).exp()) * up;
                assert!((f64::from(out) - exact).abs() <= 1e-6 * exact.abs() + 1e-12);
            }
        }
        let mut out = [0.0; 2];
        swiglu(&mut out, &[1e4, -1e4], &[2.0, 2.0]);
        assert_eq!(out, [2e4, 0.0]);
    }
}
