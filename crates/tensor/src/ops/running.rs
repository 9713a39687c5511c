//! Operations that sum up the past of a sequence instead of remembering its tokens. They give no
//! gradients yet.

use kernels::{DeltaHead, Sequence};

use crate::context::Context;
use crate::parameter::Parameter;
use crate::states::States;
use crate::tensor::Tensor;

/// `SiLU` of a convolution over the tokens of a sequence, each channel by itself; the last tap is the token
/// itself. `states` keeps the last tokens, `(taps - 1) · channels` numbers.
/// Shapes: `x` and the result are `[tokens, channels]`, `weight` is `[taps, channels]`.
///
/// # Panics
/// When a tape runs, or the shapes do not fit.
pub fn causal_conv_silu(
    cx: &Context,
    x: &Tensor,
    weight: &Parameter,
    states: &mut States,
    sequences: &[Sequence<'_>],
) -> Tensor {
    assert!(!cx.is_recording(), "a running convolution has no gradient");
    let channels = x.width();
    let mut out = cx.take(x.shape());
    let mut tails = states.take(sequences);
    let mut start = 0;
    for (sequence, tail) in sequences.iter().zip(&mut tails) {
        let rows = start..start + sequence.tokens * channels;
        let mut seen = cx.take([tail.len() + rows.len()]);
        let (before, new) = seen.values_mut().split_at_mut(tail.len());
        before.copy_from_slice(tail);
        new.copy_from_slice(&x.values()[rows.clone()]);
        let out = &mut out.values_mut()[rows.clone()];
        kernels::causal_conv_silu(out, seen.values(), weight.values(), channels);
        tail.copy_from_slice(&seen.values()[rows.len()..]);
        start = rows.end;
    }
    states.put(sequences, tails);
    out
}

/// What a gated delta rule takes.
#[derive(Clone, Copy, Debug)]
pub struct DeltaRule<'a> {
    /// Scaled queries `[tokens, key heads · key_dim]`.
    pub queries: &'a Tensor,
    /// Keys of unit length `[tokens, key heads · key_dim]`.
    pub keys: &'a Tensor,
    /// Values `[tokens, value heads · value_dim]`.
    pub values: &'a Tensor,
    /// For each value head what its state is multiplied with, and how far the value at a key moves towards
    /// the new one: `[tokens, value heads · 2]`.
    pub gates: &'a [[f32; 2]],
    /// Heads of queries and keys.
    pub key_heads: usize,
    /// Heads of values; a multiple of those of keys, neighbours share a key.
    pub value_heads: usize,
}

/// Attention that sums up the past in a matrix for each value head. `states` keeps them, `value heads ·
/// key_dim · value_dim` numbers. The result is `[tokens, value heads · value_dim]`.
/// Source: Yang, Kautz & Hatamizadeh 2024 (Gated DeltaNet).
///
/// # Panics
/// When a tape runs, or the shapes do not fit.
pub fn delta_rule(
    cx: &Context,
    rule: &DeltaRule<'_>,
    states: &mut States,
    sequences: &[Sequence<'_>],
) -> Tensor {
    assert!(!cx.is_recording(), "a delta rule has no gradient");
    let (heads, width) = (rule.value_heads, rule.values.width());
    let value_dim = width / heads;
    let mut taken = states.take(sequences);
    // Each head of each sequence by itself, its tokens one after the other.
    let mut by_head = cx.take(rule.values.shape());
    let mut jobs = Vec::with_capacity(sequences.len() * heads);
    let (mut start, mut rest) = (0, by_head.values_mut());
    for (sequence, state) in sequences.iter().zip(&mut taken) {
        let per_head = state.len() / heads;
        for (head, state) in state.chunks_exact_mut(per_head).enumerate() {
            let (out, after) = rest.split_at_mut(sequence.tokens * value_dim);
            rest = after;
            jobs.push((rule.head(head, start, sequence.tokens), state, out));
        }
        start += sequence.tokens;
    }
    cx.pool().each_chunk(&mut jobs, 1, &|_, jobs| {
        let mut change = vec![0.0; value_dim];
        for (head, state, out) in jobs {
            kernels::delta_rule(state, out, &mut change, head);
        }
    });
    states.put(sequences, taken);
    let mut out = cx.take(rule.values.shape());
    let mut start = 0;
    for sequence in sequences {
        let rows = start * width..(start + sequence.tokens) * width;
        let heads = by_head.values()[rows.clone()].chunks_exact(sequence.tokens * value_dim);
        for (head, values) in heads.enumerate() {
            for (token, values) in values.chunks_exact(value_dim).enumerate() {
                let at = rows.start + token * width + head * value_dim;
                out.values_mut()[at..at + value_dim].copy_from_slice(values);
            }
        }
        start += sequence.tokens;
    }
    out
}

impl<'a> DeltaRule<'a> {
    /// One value head over the tokens of one sequence.
    fn head(&self, head: usize, start: usize, tokens: usize) -> DeltaHead<'a> {
        let (key_stride, value_stride) = (self.keys.width(), self.values.width());
        let key = head / (self.value_heads / self.key_heads) * (key_stride / self.key_heads);
        let value = head * (value_stride / self.value_heads);
        DeltaHead {
            tokens,
            queries: &self.queries.values()[start * key_stride + key..],
            keys: &self.keys.values()[start * key_stride + key..],
            key_stride,
            values: &self.values.values()[start * value_stride + value..],
            value_stride,
            gates: &self.gates[start * self.value_heads + head..],
            gate_stride: self.value_heads,
        }
    }
}
