//! Rows scaled to unit root mean square.

use crate::levels::{at_each_level, dot_in_lanes, sum_in_lanes};

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

at_each_level! {
    /// How the loss depends on `x` and `weight` of [`rms_norm`], from how it depends on what came out. `dw` is
    /// added to.
    /// Shapes: `dx`, `dy` and `x` are `[tokens, hidden]`, `dw` and `weight` are `[hidden]`. Sums are f32.
    ///
    /// With `r` one over the root: `dx = r · (w·dy − x · r² · mean(w·dy·x))`, `dw = Σ dy · x · r`.
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn rms_norm_backward(dx: &mut [f32], dw: &mut [f32], dy: &[f32], x: &[f32], weight: &[f32], eps: f32) = backward
}

#[inline(always)]
fn backward(dx: &mut [f32], dw: &mut [f32], dy: &[f32], x: &[f32], weight: &[f32], eps: f32) {
    let hidden = weight.len().max(1);
    assert!(
        dx.len() == x.len()
            && dy.len() == x.len()
            && dw.len() == weight.len()
            && x.len().is_multiple_of(hidden),
        "rows of {hidden}"
    );
    let rows = x.chunks_exact(hidden).zip(dy.chunks_exact(hidden));
    for (dx, (x, dy)) in dx.chunks_exact_mut(hidden).zip(rows) {
        let square = sum_in_lanes(x, |x| x * x) / hidden as f32;
        let r = 1.0 / (square + eps).sqrt();
        for ((dx, dy), weight) in dx.iter_mut().zip(dy).zip(weight) {
            *dx = dy * weight;
        }
        let pull = dot_in_lanes(dx, x) / hidden as f32 * r * r;
        for (dx, x) in dx.iter_mut().zip(x) {
            *dx = r * (*dx - x * pull);
        }
        for ((dw, dy), x) in dw.iter_mut().zip(dy).zip(x) {
            *dw += dy * x * r;
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

    #[test]
    fn gradients_are_those_of_f64() {
        let mut numbers = Numbers::new(5);
        for hidden in (1..40).chain([200]) {
            let x: Vec<f32> = numbers.many(3 * hidden).collect();
            let dy: Vec<f32> = numbers.many(3 * hidden).collect();
            let weight: Vec<f32> = numbers.many(hidden).collect();
            let mut dx = vec![0.0; x.len()];
            let mut dw = vec![1.0; hidden];
            rms_norm_backward(&mut dx, &mut dw, &dy, &x, &weight, 1e-6);
            let mut exact_dw = vec![1.0; hidden];
            for ((x, dy), dx) in x
                .chunks(hidden)
                .zip(dy.chunks(hidden))
                .zip(dx.chunks(hidden))
            {
                let wide = |x: &f32| f64::from(*x);
                let mean = x.iter().map(|x| wide(x).powi(2)).sum::<f64>() / hidden as f64;
                let r = 1.0 / (mean + 1e-6).sqrt();
                let terms = weight.iter().zip(dy).zip(x);
                let pull = terms
                    .map(|((w, dy), x)| wide(w) * wide(dy) * wide(x))
                    .sum::<f64>();
                for at in 0..hidden {
                    let a = wide(&weight[at]) * wide(&dy[at]);
                    let exact = r * (a - wide(&x[at]) * r * r * pull / hidden as f64);
                    assert!((f64::from(dx[at]) - exact).abs() < 1e-4 * (1.0 + exact.abs() + r));
                    exact_dw[at] += wide(&dy[at]) * wide(&x[at]) * r;
                }
            }
            for (ours, exact) in dw.iter().zip(exact_dw) {
                assert!((f64::from(*ours) - exact).abs() < 1e-5 * (1.0 + exact.abs()));
            }
        }
    }
}
