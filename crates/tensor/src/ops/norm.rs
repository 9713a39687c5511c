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

/// Rows whose part in the gradient of the weight is summed up by itself.
const ROWS_AT_ONCE: usize = 64;

fn backward(
    cx: &Context,
    gradient: &Tensor,
    x: &Tensor,
    weight: &Parameter,
    eps: f32,
) -> Vec<Step> {
    let hidden = weight.values().len();
    let (values, dy) = (x.values(), gradient.values());
    let part = ROWS_AT_ONCE * hidden;
    let mut dx = cx.take(x.shape());
    let mut parts = cx.zeros([values.len().div_ceil(part), hidden]);
    let arrays = [(dx.values_mut(), part), (parts.values_mut(), hidden)];
    cx.pool().each_chunk_of(arrays, &|number, [dx, dw]| {
        let here = number * part..number * part + dx.len();
        let (dy, x) = (&dy[here.clone()], &values[here]);
        kernels::rms_norm_backward(dx, dw, dy, x, weight.values(), eps);
    });
    if let Some(id) = weight.id() {
        cx.add_gradient(id, [hidden], |dw, is_known| {
            if !is_known {
                dw.fill(0.0);
            }
            for part in parts.values().chunks_exact(hidden) {
                dw.iter_mut().zip(part).for_each(|(dw, part)| *dw += part);
            }
        });
    }
    vec![Step::Input(x.node(), dx)]
}
