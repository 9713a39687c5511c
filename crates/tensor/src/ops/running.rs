//! Operations that sum up the past of a sequence instead of remembering its tokens. Gradients flow to the new tokens only: with a tape,
//! sequences start at their beginning.

use kernels::{DeltaHead, DeltaSlopes, Sequence};

use crate::context::Context;
use crate::parameter::Parameter;
use crate::states::States;
use crate::tape::Step;
use crate::tensor::Tensor;

/// `SiLU` of a convolution over the tokens of a sequence, each channel by itself; the last tap is the token
/// itself. `states` keeps the last tokens, `(taps - 1) · channels` numbers.
/// Shapes: `x` and the result are `[tokens, channels]`, `weight` is `[taps, channels]`.
///
/// # Panics
/// When the shapes do not fit, or with a tape the weight is to learn.
pub fn causal_conv_silu(
    cx: &Context,
    x: &Tensor,
    weight: &Parameter,
    states: &mut States,
    sequences: &[Sequence<'_>],
) -> Tensor {
    assert!(
        !cx.is_recording() || weight.id().is_none(),
        "taps have no gradient"
    );
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
    if !cx.is_recording() {
        return out;
    }
    let lengths = whole(sequences);
    let (x, weight) = (x.clone(), weight.clone());
    cx.recorded(out, &[&x.clone()], false, move |cx, gradient| {
        let mut dx = cx.zeros(x.shape());
        let mut start = 0;
        for tokens in lengths {
            let rows = start * channels..(start + tokens) * channels;
            conv_backward(
                &mut dx.values_mut()[rows.clone()],
                (&gradient.values()[rows.clone()], &x.values()[rows]),
                weight.values(),
                channels,
            );
            start += tokens;
        }
        vec![Step::Input(x.node(), dx)]
    })
}

/// Adds to `dx` how the loss depends on the tokens `x` of a sequence. All are `[tokens, channels]`.
fn conv_backward(dx: &mut [f32], (dy, x): (&[f32], &[f32]), weight: &[f32], channels: usize) {
    let taps = weight.len() / channels.max(1);
    let mut sums = vec![0.0; channels];
    for (token, dy) in dy.chunks_exact(channels.max(1)).enumerate() {
        // The last tap is the token itself; those before the beginning saw zeros.
        let first = (taps - 1).saturating_sub(token);
        let seen = |tap: usize| (token + tap + 1 - taps) * channels;
        sums.fill(0.0);
        for tap in first..taps {
            let weight = &weight[tap * channels..][..channels];
            let pairs = x[seen(tap)..][..channels].iter().zip(weight);
            let slots = sums.iter_mut().zip(pairs);
            slots.for_each(|(sum, (x, weight))| *sum += x * weight);
        }
        for (sum, dy) in sums.iter_mut().zip(dy) {
            let share = 1.0 / (1.0 + (-*sum).exp());
            *sum = dy * share * (1.0 + *sum * (1.0 - share));
        }
        for tap in first..taps {
            let weight = &weight[tap * channels..][..channels];
            let pairs = sums.iter().zip(weight);
            let slots = dx[seen(tap)..][..channels].iter_mut().zip(pairs);
            slots.for_each(|(dx, (slope, weight))| *dx += slope * weight);
        }
    }
}

/// The lengths of sequences that begin here.
fn whole(sequences: &[Sequence<'_>]) -> Vec<usize> {
    assert!(
        sequences.iter().all(|sequence| sequence.past == 0),
        "gradients flow to the start of a sequence"
    );
    sequences.iter().map(|sequence| sequence.tokens).collect()
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
    pub gates: &'a Tensor,
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
/// When the shapes do not fit.
pub fn delta_rule(
    cx: &Context,
    rule: &DeltaRule<'_>,
    states: &mut States,
    sequences: &[Sequence<'_>],
) -> Tensor {
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
    if !cx.is_recording() {
        return out;
    }
    let lengths = whole(sequences);
    let saved = [rule.queries, rule.keys, rule.values, rule.gates].map(Tensor::clone);
    let inputs = [rule.queries, rule.keys, rule.values, rule.gates];
    let heads = [rule.key_heads, rule.value_heads];
    cx.recorded(out, &inputs, false, move |cx, gradient| {
        rule_backward(cx, gradient, &saved, heads, &lengths)
    })
}

/// The gradients of queries, keys, values and gates.
fn rule_backward(
    cx: &Context,
    gradient: &Tensor,
    saved: &[Tensor; 4],
    [key_heads, value_heads]: [usize; 2],
    lengths: &[usize],
) -> Vec<Step> {
    let [queries, keys, values, gates] = saved;
    let rule = DeltaRule {
        queries,
        keys,
        values,
        gates,
        key_heads,
        value_heads,
    };
    let (key_dim, value_dim) = (keys.width() / key_heads, values.width() / value_heads);
    let mut jobs = Vec::new();
    let mut start = 0;
    for tokens in lengths {
        for head in 0..value_heads {
            let mut here = Vec::with_capacity(tokens * value_dim);
            for token in start..start + tokens {
                here.extend_from_slice(&gradient.row(token)[head * value_dim..][..value_dim]);
            }
            let job = Job {
                head,
                start,
                tokens: *tokens,
                keys: [0, 1].map(|_| vec![0.0; tokens * key_dim]),
                values: vec![0.0; tokens * value_dim],
                gates: vec![[0.0; 2]; *tokens],
            };
            jobs.push((job, here, rule.head(head, start, *tokens)));
        }
        start += tokens;
    }
    cx.pool().each_chunk(&mut jobs, 1, &|_, jobs| {
        for (job, gradient, head) in jobs {
            let [queries, keys] = &mut job.keys;
            let mut slopes = DeltaSlopes {
                queries,
                keys,
                values: &mut job.values,
                gates: &mut job.gates,
            };
            kernels::delta_rule_backward(&mut slopes, gradient, head);
        }
    });
    let mut made = saved.each_ref().map(|x| cx.zeros(x.shape()));
    for (job, ..) in &jobs {
        let key = job.head / (value_heads / key_heads);
        let [queries, keys, values, gates] = &mut made;
        job.add_to(queries, &job.keys[0], key);
        job.add_to(keys, &job.keys[1], key);
        job.add_to(values, &job.values, job.head);
        job.add_to(gates, job.gates.as_flattened(), job.head);
    }
    let steps = saved.iter().zip(made);
    steps
        .map(|(input, made)| Step::Input(input.node(), made))
        .collect()
}

/// The gradients of a value head of a sequence.
struct Job {
    head: usize,
    start: usize,
    tokens: usize,
    /// Of queries and of keys.
    keys: [Vec<f32>; 2],
    values: Vec<f32>,
    gates: Vec<[f32; 2]>,
}

impl Job {
    /// Adds numbers of a head, `[tokens, …]`, to those of all.
    fn add_to(&self, all: &mut Tensor, own: &[f32], head: usize) {
        let (width, own_width) = (all.width(), own.len() / self.tokens.max(1));
        for (token, own) in own.chunks_exact(own_width.max(1)).enumerate() {
            let at = (self.start + token) * width + head * own_width;
            let slots = all.values_mut()[at..][..own_width].iter_mut();
            slots.zip(own).for_each(|(sum, x)| *sum += x);
        }
    }
}

/// What a gated delta rule multiplies its states with, `exp(-exp(rate) · softplus(decay + bias))`, and how far they move, `sigmoid(share)`.
/// Shapes: `decay` and `share` are `[tokens, heads]`, `rate` and `bias` `[heads]`; the result is `[tokens, heads · 2]`, pairs.
///
/// # Panics
/// When the shapes do not fit, or with a tape the rates or biases are to learn.
pub fn delta_gates(
    cx: &Context,
    [decay, share]: [&Tensor; 2],
    [rate, bias]: [&Parameter; 2],
) -> Tensor {
    let heads = rate.values().len();
    assert!(
        decay.width() == heads && decay.shape() == share.shape() && bias.values().len() == heads,
        "a decay and a share for each of {heads} heads"
    );
    let is_fixed = rate.id().is_none() && bias.id().is_none();
    assert!(!cx.is_recording() || is_fixed, "rates have no gradient");
    let mut out = cx.take([decay.rows(), 2 * heads]);
    let (pairs, _) = out.values_mut().as_chunks_mut::<2>();
    let given = decay.values().iter().zip(share.values());
    let by_head = rate.values().iter().zip(bias.values()).cycle();
    for ((pair, (decay, share)), (rate, bias)) in pairs.iter_mut().zip(given).zip(by_head) {
        let x = decay + bias;
        let softplus = if x > 20.0 { x } else { x.exp().ln_1p() };
        *pair = [(-rate.exp() * softplus).exp(), 1.0 / (1.0 + (-share).exp())];
    }
    if !cx.is_recording() {
        return out;
    }
    let (inputs, made) = ([decay, share].map(Tensor::clone), out.clone());
    let (rate, bias) = (rate.clone(), bias.clone());
    cx.recorded(out, &[decay, share], false, move |cx, gradient| {
        let mut slopes = inputs.each_ref().map(|x| cx.take(x.shape()));
        let [by_decay, by_share] = slopes.each_mut().map(Tensor::values_mut);
        let made = made.values().chunks_exact(2);
        let pairs = made.zip(gradient.values().chunks_exact(2));
        for (at, (made, dy)) in pairs.enumerate() {
            let (rate, bias) = (rate.values()[at % heads], bias.values()[at % heads]);
            let steep = 1.0 / (1.0 + (-(inputs[0].values()[at] + bias)).exp());
            by_decay[at] = -dy[0] * made[0] * rate.exp() * steep;
            by_share[at] = dy[1] * made[1] * (1.0 - made[1]);
        }
        let steps = inputs.iter().zip(slopes);
        steps
            .map(|(input, made)| Step::Input(input.node(), made))
            .collect()
    })
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
            gates: &self.gates.values().as_chunks::<2>().0[start * self.value_heads + head..],
            gate_stride: self.value_heads,
        }
    }
}
