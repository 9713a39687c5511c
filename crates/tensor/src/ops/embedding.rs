//! Tokens to rows.

use crate::context::Context;
use crate::tensor::Tensor;
use crate::weight::Weight;

/// The rows of `weight` `[vocab, hidden]` that `tokens` name: `[tokens, hidden]`.
///
/// # Panics
/// When a token is beyond the vocabulary.
pub fn embedding(cx: &Context, weight: &Weight, tokens: &[u32]) -> Tensor {
    let hidden = weight.inputs();
    let mut out = cx.take([tokens.len(), hidden]);
    let rows = out.values_mut().chunks_exact_mut(hidden.max(1));
    for (row, token) in rows.zip(tokens) {
        weight.row(*token as usize, row);
    }
    let Some(id) = weight.id().filter(|_| cx.is_recording()) else {
        return out;
    };
    let (tokens, vocab) = (tokens.to_vec(), weight.outputs());
    cx.recorded(out, &[], true, move |cx, gradient| {
        cx.add_gradient(id, [vocab, hidden], |dw, is_known| {
            if !is_known {
                dw.fill(0.0);
            }
            for (token, dy) in tokens.iter().zip(gradient.values().chunks_exact(hidden)) {
                let row = &mut dw[*token as usize * hidden..][..hidden];
                row.iter_mut().zip(dy).for_each(|(dw, dy)| *dw += dy);
            }
        });
        Vec::new()
    })
}
