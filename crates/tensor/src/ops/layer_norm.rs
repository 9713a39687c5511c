//! Rows brought to mean zero and unit variance.

use crate::context::Context;
use crate::parameter::Parameter;
use crate::tape::Step;
use crate::tensor::Tensor;

/// Takes the mean from each row of `x`, divides by the standard deviation, scales by `weight` and adds
/// `bias`, where there is one.
/// Shapes: `x` and the result are `[rows, hidden]`, `weight` and `bias` are `[hidden]`.
/// Source: Ba, Kiros & Hinton 2016.
pub fn layer_norm(
    cx: &Context,
    x: &Tensor,
    weight: &Parameter,
    bias: Option<&Parameter>,
    eps: f32,
) -> Tensor {
    let hidden = weight.values().len();
    let mut out = cx.take(x.shape());
    let values = x.values();
    super::in_chunks(cx, out.values_mut(), hidden, |range, out| {
        let rows = values[range].chunks_exact(hidden);
        for (x, out) in rows.zip(out.chunks_exact_mut(hidden)) {
            let (mean, scale) = moments(x, eps);
            let slots = out.iter_mut().zip(x).zip(weight.values());
            slots.for_each(|((out, x), weight)| *out = (x - mean) * scale * weight);
            if let Some(bias) = bias {
                let slots = out.iter_mut().zip(bias.values());
                slots.for_each(|(out, bias)| *out += bias);
            }
        }
    });
    if !cx.is_recording() {
        return out;
    }
    let (saved, weight, bias) = (x.clone(), weight.clone(), bias.and_then(Parameter::id));
    let is_trainable = weight.id().is_some() || bias.is_some();
    cx.recorded(out, &[x], is_trainable, move |cx, gradient| {
        let mut dx = cx.take(saved.shape());
        let (mut dw, mut db) = (cx.zeros([hidden]), cx.zeros([hidden]));
        let rows = saved.values().chunks_exact(hidden);
        let rows = rows.zip(gradient.values().chunks_exact(hidden));
        for ((x, dy), dx) in rows.zip(dx.values_mut().chunks_exact_mut(hidden)) {
            let sums = [dw.values_mut(), db.values_mut()];
            row_backward(dx, x, dy, weight.values(), sums, eps);
        }
        let mut steps = vec![Step::Input(saved.node(), dx)];
        steps.extend(weight.id().map(|id| Step::Parameter(id, dw)));
        steps.extend(bias.map(|id| Step::Parameter(id, db)));
        steps
    })
}

/// The mean, and one over the standard deviation.
fn moments(x: &[f32], eps: f32) -> (f32, f32) {
    let count = x.len() as f32;
    let mean = x.iter().sum::<f32>() / count;
    let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count;
    (mean, 1.0 / (variance + eps).sqrt())
}

fn row_backward(
    dx: &mut [f32],
    x: &[f32],
    dy: &[f32],
    weight: &[f32],
    [dw, db]: [&mut [f32]; 2],
    eps: f32,
) {
    let count = x.len() as f32;
    let (mean, scale) = moments(x, eps);
    let normal = |x: f32| (x - mean) * scale;
    let weighted = || weight.iter().zip(dy).map(|(weight, dy)| weight * dy);
    let flat = weighted().sum::<f32>() / count;
    let along = weighted().zip(x).map(|(d, x)| d * normal(*x)).sum::<f32>() / count;
    for ((dx, d), x) in dx.iter_mut().zip(weighted()).zip(x) {
        *dx = scale * (d - flat - normal(*x) * along);
    }
    for (((dw, db), dy), x) in dw.iter_mut().zip(db).zip(dy).zip(x) {
        *dw += dy * normal(*x);
        *db += dy;
    }
}
