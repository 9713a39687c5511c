//! Rows brought to one size.

use crate::context::Context;
use crate::parameter::Parameter;
use crate::tape::Step;
use crate::tensor::Tensor;

/// Scales each row to unit root mean square, then by `weight`.
/// Shapes: `x` and the result are `[…, hidden]`; `weight` is `[hidden]`. Rows may be shorter than
/// those of `x` when they divide it: heads of a token, each scaled for itself.
/// Source: Zhang & Sennrich 2019, eq. 4.
pub fn rms_norm(cx: &Context, x: &Tensor, weight: &Parameter, eps: f32) -> Tensor {
    let mut out = cx.take(x.shape());
    let hidden = weight.values().len();
    let values = x.values();
    super::in_chunks(cx, out.values_mut(), hidden, |range, out| {
        kernels::rms_norm(out, &values[range], weight.values(), eps);
    });
    if !cx.is_recording() {
        return out;
    }
    let (saved, scale) = (x.clone(), weight.clone());
    cx.recorded(out, &[x], weight.id().is_some(), move |cx, gradient| {
        backward(cx, gradient, &saved, &scale, eps)
    })
}

/// With `r` one over the root: `dx = r · (w·dy - x · r² · mean(w·dy·x))`, `dw = Σ dy · x · r`.
fn backward(
    cx: &Context,
    gradient: &Tensor,
    x: &Tensor,
    weight: &Parameter,
    eps: f32,
) -> Vec<Step> {
    let hidden = weight.values().len();
    let mut dx = cx.take(x.shape());
    let mut dw = cx.zeros([hidden]);
    let rows = x.values().chunks_exact(hidden);
    let rows = rows.zip(gradient.values().chunks_exact(hidden));
    for ((x, dy), dx) in rows.zip(dx.values_mut().chunks_exact_mut(hidden)) {
        let square = x.iter().map(|x| x * x).sum::<f32>() / hidden as f32;
        let r = 1.0 / (square + eps).sqrt();
        let weighted = || weight.values().iter().zip(dy).map(|(w, dy)| w * dy);
        let mean = weighted().zip(x).map(|(a, x)| a * x).sum::<f32>() / hidden as f32;
        for ((dx, a), x) in dx.iter_mut().zip(weighted()).zip(x) {
            *dx = r * (a - x * r * r * mean);
        }
        for ((dw, dy), x) in dw.values_mut().iter_mut().zip(dy).zip(x) {
            *dw += dy * x * r;
        }
    }
    let mut steps = vec![Step::Input(x.node(), dx)];
    if let Some(id) = weight.id() {
        steps.push(Step::Parameter(id, dw));
    }
    steps
}
