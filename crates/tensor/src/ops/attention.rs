//! Attention over pages of keys and values.

use kernels::{Attention, KvPages, Sequence};

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
    assert_eq!(layer.ahead, 0, "no gradients where tokens see later ones");
    let saved = Saved {
        q: q.clone(),
        k: k.clone(),
        v: v.clone(),
        lengths: sequences.iter().map(|sequence| sequence.tokens).collect(),
        heads: layer.heads,
        head_dim: pages.head_dim(),
        scale: layer.scale,
        window: layer.window,
        soft_cap: layer.soft_cap,
        sinks: layer.sinks.map(<[f32]>::to_vec),
    };
    cx.recorded(out, &[q, k, v], false, move |cx, gradient| {
        saved.backward(cx, gradient)
    })
}

/// What the way back needs.
struct Saved {
    q: Tensor,
    k: Tensor,
    v: Tensor,
    lengths: Vec<usize>,
    heads: usize,
    head_dim: usize,
    scale: f32,
    window: Option<usize>,
    soft_cap: Option<f32>,
    sinks: Option<Vec<f32>>,
}

impl Saved {
    /// `dv = Pᵀ·dy`; `dS = P ∘ (dP - Σ P ∘ dP)`, `dP = dy·vᵀ`; `dq = dS·k`, `dk = dSᵀ·q`.
    fn backward(&self, cx: &Context, gradient: &Tensor) -> Vec<Step> {
        let mut dq = cx.zeros(self.q.shape());
        let mut dk = cx.zeros(self.k.shape());
        let mut dv = cx.zeros(self.v.shape());
        let mut start = 0;
        for length in &self.lengths {
            for head in 0..self.heads {
                for token in 0..*length {
                    let at = (start, token, head);
                    self.token_backward(at, gradient, [&mut dq, &mut dk, &mut dv]);
                }
            }
            start += length;
        }
        vec![
            Step::Input(self.q.node(), dq),
            Step::Input(self.k.node(), dk),
            Step::Input(self.v.node(), dv),
        ]
    }

    fn token_backward(
        &self,
        (start, token, head): (usize, usize, usize),
        gradient: &Tensor,
        [dq, dk, dv]: [&mut Tensor; 3],
    ) {
        let dim = self.head_dim;
        let kv_heads = self.k.width() / dim;
        let kv_head = head / (self.heads / kv_heads);
        let here = |tensor: &Tensor| -> Vec<f32> {
            tensor.row(start + token)[head * dim..][..dim].to_vec()
        };
        let (query, dy) = (here(&self.q), here(gradient));
        let first = self.window.map_or(0, |window| token.saturating_sub(window));
        let seen = start + first..start + token + 1;
        let part = |tensor: &Tensor, row: usize| -> Vec<f32> {
            tensor.row(row)[kv_head * dim..][..dim].to_vec()
        };
        let scores: Vec<f32> = seen
            .clone()
            .map(|row| dot(&query, &part(&self.k, row)) * self.scale)
            .collect();
        let capped: Vec<f32> = scores
            .iter()
            .map(|s| self.soft_cap.map_or(*s, |cap| cap * (s / cap).tanh()))
            .collect();
        let sink = self.sinks.as_ref().map(|sinks| sinks[head]);
        let largest = capped
            .iter()
            .copied()
            .chain(sink)
            .fold(f32::NEG_INFINITY, f32::max);
        let exps: Vec<f32> = capped.iter().map(|s| (s - largest).exp()).collect();
        let total = exps.iter().sum::<f32>() + sink.map_or(0.0, |sink| (sink - largest).exp());
        let from_output: Vec<f32> = seen
            .clone()
            .map(|row| dot(&dy, &part(&self.v, row)))
            .collect();
        let mean: f32 = exps
            .iter()
            .zip(&from_output)
            .map(|(e, d)| e / total * d)
            .sum();
        for (at, row) in seen.enumerate() {
            let probability = exps[at] / total;
            let mut ds = probability * (from_output[at] - mean) * self.scale;
            if let Some(cap) = self.soft_cap {
                ds *= 1.0 - (capped[at] / cap).powi(2);
            }
            let (width, column) = (kv_heads * dim, kv_head * dim);
            add(
                &mut dv.values_mut()[row * width + column..][..dim],
                probability,
                &dy,
            );
            add(
                &mut dk.values_mut()[row * width + column..][..dim],
                ds,
                &query,
            );
            let key = part(&self.k, row);
            let place = (start + token) * self.heads * dim + head * dim;
            add(&mut dq.values_mut()[place..][..dim], ds, &key);
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(out: &mut [f32], factor: f32, x: &[f32]) {
    out.iter_mut()
        .zip(x)
        .for_each(|(out, x)| *out += factor * x);
}
