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

at_each_level! {
    /// How the loss depends on `gate` and `up` of [`swiglu`], from how it depends on what came out. All are of
    /// one length.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn swiglu_backward(dgate: &mut [f32], dup: &mut [f32], dy: &[f32], gate: &[f32], up: &[f32]) = backward
}

#[inline(always)]
fn backward(dgate: &mut [f32], dup: &mut [f32], dy: &[f32], gate: &[f32], up: &[f32]) {
    let length = dy.len();
    assert!(
        [dgate.len(), dup.len(), gate.len(), up.len()] == [length; 4],
        "five of one length"
    );
    let slots = dgate.iter_mut().zip(dup);
    for (((dgate, dup), dy), (gate, up)) in slots.zip(dy).zip(gate.iter().zip(up)) {
        let sigmoid = 1.0 / (1.0 + exp(-gate));
        *dgate = dy * up * sigmoid * (1.0 + gate * (1.0 - sigmoid));
        *dup = dy * gate * sigmoid;
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

    #[test]
    fn gradients_are_those_of_f64() {
        let mut numbers = Numbers::new(9);
        for length in (0..40).chain([1000]) {
            let mut many =
                |scale: f32| -> Vec<f32> { numbers.many(length).map(|x| x * scale).collect() };
            let (gate, up, dy) = (many(10.0), many(1.0), many(1.0));
            let (mut dgate, mut dup) = (vec![0.0; length], vec![0.0; length]);
            swiglu_backward(&mut dgate, &mut dup, &dy, &gate, &up);
            for at in 0..length {
                let [gate, up, dy] = [gate[at], up[at], dy[at]].map(f64::from);
                let sigmoid = 1.0 / (1.0 + (-gate).exp());
                let slope = dy * up * sigmoid * (1.0 + gate * (1.0 - sigmoid));
                assert!((f64::from(dgate[at]) - slope).abs() < 1e-5);
                assert!((f64::from(dup[at]) - dy * gate * sigmoid).abs() < 1e-5);
            }
        }
    }
}
