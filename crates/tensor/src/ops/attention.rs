//! Attention over pages of keys and values.

use kernels::{Attention, AttentionPast, KvPages, Sequence, attention_backward};

use crate::context::Context;
use crate::tape::Step;
use crate::tensor::Tensor;

/// Writes the keys and values of new tokens to their pages, then lets every new token attend to
/// itself and all before.
/// Shapes: `q` and the result are `[tokens, heads · head_dim]`, `k` and `v` are
/// `[tokens, kv_heads · head_dim]`; `sequences` follow one another in the tokens.
///
/// Gradients flow to the new tokens only: with a tape, sequences start at their beginning.
pub fn attention(
    cx: &Context,
    [q, k, v]: [&Tensor; 3],
    pages: &mut KvPages,
    sequences: &[Sequence<'_>],
    layer: &Attention<'_>,
) -> Tensor {
    pages.write(sequences, k.values(), v.values(), cx.pool());
    attend(cx, [q, k, v], pages, sequences, layer)
}

/// The same where the keys and values are in the pages already, as in layers that share those of
/// another layer.
pub fn attend(
    cx: &Context,
    [q, k, v]: [&Tensor; 3],
    pages: &KvPages,
    sequences: &[Sequence<'_>],
    layer: &Attention<'_>,
) -> Tensor {
    let mut out = cx.take(q.shape());
    kernels::attention(
        out.values_mut(),
        q.values(),
        pages,
        sequences,
        layer,
        cx.pool(),
    );
    if !cx.is_recording() {
        return out;
    }
    assert!(
        sequences.iter().all(|sequence| sequence.past == 0),
        "gradients flow to the start of a sequence"
    );
    let sinks = layer.sinks;
    let (layer, head_dim) = (
        Attention {
            sinks: None,
            ..*layer
        },
        pages.head_dim(),
    );
    let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.tokens).collect();
    let sinks = sinks.map(<[f32]>::to_vec);
    let saved = [q, k, v].map(Tensor::clone);
    cx.recorded(out, &[q, k, v], false, move |cx, gradient| {
        let mut made = saved.each_ref().map(|x| cx.take(x.shape()));
        let past = AttentionPast {
            queries: saved[0].values(),
            keys: saved[1].values(),
            values: saved[2].values(),
            gradient: gradient.values(),
            lengths: &lengths,
            head_dim,
            layer: Attention {
                sinks: sinks.as_deref(),
                ..layer
            },
        };
        let out = made.each_mut().map(Tensor::values_mut);
        attention_backward(out, &past, cx.pool());
        let steps = saved.iter().zip(made);
        steps
            .map(|(input, made)| Step::Input(input.node(), made))
            .collect()
    })
}
