//! What networks that make pictures do between products. It gives no gradients.

use super::{in_chunks, own};
use crate::context::Context;
use crate::parameter::Parameter;
use crate::tensor::Tensor;

/// One of several rows `[hidden]` for each token: few rows serve many tokens, as all of a frame.
#[derive(Clone, Debug)]
pub struct Shared<'a> {
    /// `[kinds, hidden]`.
    pub rows: &'a Tensor,
    /// Tokens that take the first row, before those that take the second; all when there is one.
    pub first: usize,
}

impl<'a> Shared<'a> {
    /// The row of a token, for all threads.
    fn of_tokens(&self) -> impl Fn(usize) -> &'a [f32] + Sync + use<'a> {
        let (rows, hidden, first) = (self.rows.values(), self.rows.width(), self.first);
        let kinds = self.rows.rows();
        move |token| {
            let kind = usize::from(token >= first).min(kinds - 1);
            &rows[kind * hidden..][..hidden]
        }
    }
}

/// Takes the mean from each row of `x`, divides by the standard deviation, multiplies with `1 + scale` and adds
/// `shift`.
/// Shapes: `x` and the result are `[tokens, hidden]`.
/// Source: Peebles & Xie 2023 (adaLN).
///
/// # Panics
/// When a tape runs; as in all operations, when shapes do not fit.
pub fn modulated_norm(
    cx: &Context,
    x: &Tensor,
    [scale, shift]: [&Shared<'_>; 2],
    eps: f32,
) -> Tensor {
    assert!(!cx.is_recording(), "a modulated norm has no gradient");
    let hidden = x.width();
    let mut out = cx.take(x.shape());
    let values = x.values();
    let (scale, shift) = (scale.of_tokens(), shift.of_tokens());
    in_chunks(cx, out.values_mut(), hidden, |range, out| {
        let first = range.start / hidden;
        let rows = values[range].chunks_exact(hidden);
        for (at, (x, out)) in rows.zip(out.chunks_exact_mut(hidden)).enumerate() {
            let token = first + at;
            kernels::modulated_norm(out, x, scale(token), shift(token), eps);
        }
    });
    out
}

/// `x + y · gate`, in the memory of `x` when nobody else needs it.
/// Shapes: `x`, `y` and the result are `[tokens, hidden]`.
///
/// # Panics
/// As [`modulated_norm`].
pub fn add_gated(cx: &Context, x: Tensor, y: &Tensor, gate: &Shared<'_>) -> Tensor {
    assert!(!cx.is_recording(), "a gated sum has no gradient");
    assert_eq!(x.shape(), y.shape(), "a sum of one shape");
    let (hidden, values) = (x.width(), y.values());
    let gate = gate.of_tokens();
    let mut out = own(cx, x);
    in_chunks(cx, out.values_mut(), hidden, |range, out| {
        let first = range.start / hidden;
        let rows = values[range].chunks_exact(hidden);
        for (at, (y, out)) in rows.zip(out.chunks_exact_mut(hidden)).enumerate() {
            kernels::add_gated(out, y, gate(first + at));
        }
    });
    out
}

/// Scales each row of `x` to unit root mean square, then by `weight`; then `SiLU` where it `activates`. A row of
/// zeros stays one.
/// Shapes: `x` and the result are `[…, channels]`, `weight` is `[channels]`.
///
/// # Panics
/// As [`modulated_norm`].
pub fn unit_norm(cx: &Context, x: &Tensor, weight: &Parameter, activates: bool) -> Tensor {
    assert!(!cx.is_recording(), "a unit norm has no gradient");
    let mut out = cx.take(x.shape());
    let values = x.values();
    in_chunks(cx, out.values_mut(), x.width(), |range, out| {
        kernels::unit_norm(out, &values[range], weight.values(), activates);
    });
    out
}

/// `x · sigmoid(x)`, in the memory of `x` when nobody else needs it.
///
/// # Panics
/// As [`modulated_norm`].
pub fn silu(cx: &Context, x: Tensor) -> Tensor {
    in_place(cx, x, kernels::silu)
}

/// GELU by its tanh approximation, in the memory of `x` when nobody else needs it.
///
/// # Panics
/// As [`modulated_norm`].
pub fn gelu_tanh(cx: &Context, x: Tensor) -> Tensor {
    in_place(cx, x, kernels::gelu_tanh)
}

/// Numbers below nothing become nothing, in the memory of `x` when nobody else needs it.
///
/// # Panics
/// As [`modulated_norm`].
pub fn relu(cx: &Context, x: Tensor) -> Tensor {
    in_place(cx, x, |x| x.iter_mut().for_each(|x| *x = x.max(0.0)))
}

fn in_place(cx: &Context, x: Tensor, work: impl Fn(&mut [f32]) + Sync) -> Tensor {
    assert!(
        !cx.is_recording(),
        "an activation of pictures has no gradient"
    );
    let mut out = own(cx, x);
    in_chunks(cx, out.values_mut(), 1, |_, out| work(out));
    out
}
