//! Products with the matrices of a model.

use kernels::Epilogue;

use super::scale;
use crate::context::Context;
use crate::tape::Step;
use crate::tensor::Tensor;
use crate::weight::Weight;

/// `x · Wᵀ`, plus the bias when the weight has one.
/// Shapes: `x` is `[…, inputs]`, the result `[…, outputs]`.
///
/// # Panics
/// When the last axis of `x` is not the weight's inputs; so in all operations here.
pub fn linear(cx: &Context, x: &Tensor, weight: &Weight) -> Tensor {
    let [out] = linears(cx, x, [weight]);
    out
}

/// [`linear`] with several weights of one input, which is prepared for products once.
pub fn linears<const N: usize>(cx: &Context, x: &Tensor, weights: [&Weight; N]) -> [Tensor; N] {
    let mut is_prepared = false;
    weights.map(|weight| {
        let mut out = cx.take(x.shape().with_width(weight.outputs()));
        let epilogue = weight
            .bias()
            .map_or(Epilogue::Store, |bias| Epilogue::Bias(bias.values()));
        is_prepared =
            weight.multiply(cx, out.values_mut(), x, epilogue, is_prepared) || is_prepared;
        let out = on_tape(cx, out, None, x, weight);
        adapted(cx, out, x, weight)
    })
}

/// What the weight's adapter adds.
fn adapted(cx: &Context, out: Tensor, x: &Tensor, weight: &Weight) -> Tensor {
    let Some(adapter) = weight.adapter() else {
        return out;
    };
    let h = linear(cx, x, &adapter.down);
    linear_onto(cx, out, &scale(cx, h, adapter.scale), &adapter.up)
}

/// `residual + x · Wᵀ`, plus the bias when the weight has one; in the residual's own memory when
/// nobody else needs it.
pub fn linear_onto(cx: &Context, residual: Tensor, x: &Tensor, weight: &Weight) -> Tensor {
    let before = cx.is_recording().then(|| residual.clone());
    let mut out = super::own(cx, residual);
    if let Some(bias) = weight.bias() {
        for row in out.values_mut().chunks_exact_mut(bias.values().len()) {
            row.iter_mut().zip(bias.values()).for_each(|(x, b)| *x += b);
        }
    }
    weight.multiply(cx, out.values_mut(), x, Epilogue::Add, false);
    let out = on_tape(cx, out, before, x, weight);
    adapted(cx, out, x, weight)
}

fn on_tape(
    cx: &Context,
    out: Tensor,
    residual: Option<Tensor>,
    x: &Tensor,
    weight: &Weight,
) -> Tensor {
    if !cx.is_recording() {
        return out;
    }
    let inputs = [Some(x), residual.as_ref()];
    let inputs: Vec<&Tensor> = inputs.into_iter().flatten().collect();
    let is_trainable = weight.id().is_some() || weight.bias().is_some_and(|b| b.id().is_some());
    let (x_saved, weight) = (x.clone(), weight.clone());
    let residual_node = residual.as_ref().and_then(Tensor::node);
    cx.recorded(out, &inputs, is_trainable, move |cx, gradient| {
        backward(cx, gradient, &x_saved, residual_node, &weight)
    })
}

/// `dx = dy · W`, `dW = dyᵀ · x`, `db` the sum of the rows of `dy`.
pub(super) fn backward(
    cx: &Context,
    gradient: &Tensor,
    x: &Tensor,
    residual: Option<usize>,
    weight: &Weight,
) -> Vec<Step> {
    let (outputs, inputs) = (weight.outputs(), weight.inputs());
    let dy = gradient.values();
    let mut steps = vec![Step::Input(residual, gradient.clone())];
    if x.node().is_some() {
        let mut dx = cx.take(x.shape());
        weight.multiply_back(cx, dx.values_mut(), dy);
        steps.push(Step::Input(x.node(), dx));
    }
    if let Some(id) = weight.id() {
        cx.add_gradient(id, [outputs, inputs], |dw, is_known| {
            let epilogue = match is_known {
                true => Epilogue::Add,
                false => Epilogue::Store,
            };
            weight.differentiate(cx, dw, (dy, x.values()), epilogue);
        });
    }
    if let Some(id) = weight.bias().and_then(crate::Parameter::id) {
        let mut db = cx.zeros([outputs]);
        for row in dy.chunks_exact(outputs) {
            let sums = db.values_mut().iter_mut();
            sums.zip(row).for_each(|(sum, dy)| *sum += dy);
        }
        steps.push(Step::Parameter(id, db));
    }
    steps
}
