//! Rows scaled to unit root mean square.

use crate::levels::{at_each_level, sum_in_lanes};

at_each_level! {
    /// Scales each row of `x` to unit root mean square, then by `weight`.
    /// Shapes: `x` and `out` are `[tokens, hidden]`, `weight` is `[hidden]`. Sums are f32.
    /// Source: Zhang & Sennrich 2019, eq. 4; `eps` inside the root, as in Llama.
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn rms_norm(out: &mut [f32], x: &[f32], weight: &[f32], eps: f32) = definition
}

#[inline(always)]
fn definition(out: &mut [f32], x: &[f32], weight: &[f32], eps: f32) {
    let hidden = weight.len();
    assert!(
        out.len() == x.len() && x.len().is_multiple_of(hidden.max(1)),
        "rows of {hidden}"
    );
    for (out, x) in out
        .chunks_exact_mut(hidden.max(1))
        .zip(x.chunks_exact(hidden.max(1)))
    {
        let mean = sum_in_lanes(x, |x| x * x) / hidden as f32;
        let scale = 1.0 / (mean + eps).sqrt();
        for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
            *out = x * scale * weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    #[test]
    fn rows_have_unit_root_mean_square_before_the_weight() {
        let mut numbers = Numbers::new(4);
        for hidden in (1..70).chain([128, 1000]) {
            let x: Vec<f32> = numbers.many(3 * hidden).collect();
            let weight: Vec<f32> = numbers.many(hidden).collect();
            let (mut out, mut plain) = (vec![0.0; x.len()], vec![0.0; x.len()]);
            rms_norm(&mut out, &x, &weight, 1e-6);
            definition(&mut plain, &x, &weight, 1e-6);
            assert_eq!(out, plain, "every level gives the same bits");
            for (row, out) in x.chunks(hidden).zip(out.chunks(hidden)) {
                let mean = row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / hidden as f64;
                for ((x, weight), out) in row.iter().zip(&weight).zip(out) {
                    let exact = f64::from(*x) / (mean + 1e-6).sqrt() * f64::from(*weight);
                    assert!((f64::from(*out) - exact).abs() <= 1e-5 * exact.abs() + 1e-9);
                }
            }
        }
    }
}
