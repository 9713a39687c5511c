//! Attention that sums up the past in a matrix of fixed size, and the short convolution before it.

use crate::exp::exp;
use crate::levels::at_each_level;

/// One head of the gated delta rule over the new tokens of one sequence. The slices begin at the first
/// token's part for this head; the strides lead from one token to the next.
#[derive(Clone, Copy, Debug)]
pub struct DeltaHead<'a> {
    /// Tokens.
    pub tokens: usize,
    /// Queries of `key_dim` numbers, scaled.
    pub queries: &'a [f32],
    /// Keys of `key_dim` numbers and unit length.
    pub keys: &'a [f32],
    /// From one token's query or key to the next one's.
    pub key_stride: usize,
    /// Values of `value_dim` numbers.
    pub values: &'a [f32],
    /// From one token's value to the next one's.
    pub value_stride: usize,
    /// Pairs of what the state is multiplied with, and how far the value at a key moves towards the new
    /// one.
    pub gates: &'a [[f32; 2]],
    /// From one token's gates to the next one's.
    pub gate_stride: usize,
}

at_each_level! {
    /// For each token: the state shrinks by its decay, what it holds at the token's key moves towards the
    /// token's value, and is read at the token's query.
    /// Shapes: `state` is `[key_dim, value_dim]`, `out` `[tokens, value_dim]`, `change` `[value_dim]` is
    /// scratch.
    /// Source: Yang, Kautz & Hatamizadeh 2024 (Gated DeltaNet), eq. 10.
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn delta_rule(
        state: &mut [f32],
        out: &mut [f32],
        change: &mut [f32],
        head: &DeltaHead<'_>,
    ) = delta_definition
}

at_each_level! {
    /// `out = silu(conv(x))`, each channel by itself: the sum over the taps of the weight times the token
    /// at that tap, the last of which is the token itself.
    /// Shapes: `x` is `[taps - 1 + tokens, channels]`, `weight` `[taps, channels]`, `out` `[tokens,
    /// channels]`.
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn causal_conv_silu(out: &mut [f32], x: &[f32], weight: &[f32], channels: usize) = conv_definition
}

#[inline(always)]
fn delta_definition(state: &mut [f32], out: &mut [f32], change: &mut [f32], head: &DeltaHead<'_>) {
    let value_dim = change.len();
    let key_dim = state.len() / value_dim.max(1);
    assert!(
        state.len() == key_dim * value_dim && out.len() == head.tokens * value_dim,
        "a state of {key_dim} by {value_dim}"
    );
    for (token, out) in out.chunks_exact_mut(value_dim.max(1)).enumerate() {
        let query = &head.queries[token * head.key_stride..][..key_dim];
        let key = &head.keys[token * head.key_stride..][..key_dim];
        change_of(state, change, head, token);
        out.fill(0.0);
        let rows = state.chunks_exact_mut(value_dim);
        for ((row, key), query) in rows.zip(key).zip(query) {
            for ((state, change), out) in row.iter_mut().zip(&*change).zip(&mut *out) {
                *state += key * change;
                *out += *state * query;
            }
        }
    }
}

/// Shrinks the state by the token's decay; what is to be added at its key.
#[inline(always)]
pub(crate) fn change_of(state: &mut [f32], change: &mut [f32], head: &DeltaHead<'_>, token: usize) {
    let value_dim = change.len();
    let value = &head.values[token * head.value_stride..][..value_dim];
    let [decay, share] = head.gates[token * head.gate_stride];
    change.fill(0.0);
    let rows = state.chunks_exact_mut(value_dim);
    for (row, key) in rows.zip(&head.keys[token * head.key_stride..]) {
        for (state, held) in row.iter_mut().zip(&mut *change) {
            *state *= decay;
            *held += *state * key;
        }
    }
    for (change, value) in change.iter_mut().zip(value) {
        *change = (value - *change) * share;
    }
}

#[inline(always)]
fn conv_definition(out: &mut [f32], x: &[f32], weight: &[f32], channels: usize) {
    let (taps, tokens) = (weight.len() / channels.max(1), out.len() / channels.max(1));
    assert!(
        taps > 0 && x.len() == (taps - 1 + tokens) * channels,
        "{tokens} tokens of {channels} channels and {taps} taps"
    );
    for (token, out) in out.chunks_exact_mut(channels).enumerate() {
        out.fill(0.0);
        let seen = x[token * channels..].chunks_exact(channels);
        for (x, weight) in seen.zip(weight.chunks_exact(channels)) {
            for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
                *out += x * weight;
            }
        }
        out.iter_mut().for_each(|x| *x /= 1.0 + exp(-*x));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    /// By the recurrence as it is written, in f64: `S = α S - β k (α Sᵀk - v)ᵀ`, `o = Sᵀ q`.
    fn exact(state: &mut [Vec<f64>], head: &DeltaHead<'_>, value_dim: usize) -> Vec<f64> {
        let mut out = Vec::new();
        for token in 0..head.tokens {
            let part = |values: &[f32], at: usize| f64::from(values[at]);
            let [decay, share] = head.gates[token * head.gate_stride].map(f64::from);
            for column in 0..value_dim {
                let held: f64 = (0..state.len())
                    .map(|row| {
                        decay * state[row][column] * part(head.keys, token * head.key_stride + row)
                    })
                    .sum();
                let value = part(head.values, token * head.value_stride + column);
                let mut sum = 0.0;
                for (number, row) in state.iter_mut().enumerate() {
                    let key = part(head.keys, token * head.key_stride + number);
                    row[column] = decay * row[column] + share * key * (value - held);
                    sum += row[column] * part(head.queries, token * head.key_stride + number);
                }
                out.push(sum);
            }
        }
        out
    }

    #[test]
    fn the_delta_rule_agrees_with_f64_however_tokens_are_cut() {
        let (tokens, key_dim, value_dim, heads) = (9, 16, 24, 2);
        let mut numbers = Numbers::new(5);
        let mut many = |count| numbers.many(count).map(|x| 0.3 * x).collect::<Vec<f32>>();
        let [queries, keys] = [0, 1].map(|_| many(tokens * heads * key_dim));
        let values = many(tokens * heads * value_dim);
        let gates: Vec<[f32; 2]> = many(2 * tokens * heads)
            .chunks(2)
            .map(|pair| [0.7 + pair[0], 0.5 + pair[1]])
            .collect();
        let head = |from: usize, tokens: usize, head: usize| DeltaHead {
            tokens,
            queries: &queries[(from * heads + head) * key_dim..],
            keys: &keys[(from * heads + head) * key_dim..],
            key_stride: heads * key_dim,
            values: &values[(from * heads + head) * value_dim..],
            value_stride: heads * value_dim,
            gates: &gates[from * heads + head..],
            gate_stride: heads,
        };
        for number in 0..heads {
            let (mut state, mut plain) = (vec![0.0; key_dim * value_dim], Vec::new());
            plain.resize(key_dim * value_dim, 0.0);
            let mut change = vec![0.0; value_dim];
            let mut out = vec![0.0; tokens * value_dim];
            let mut whole = out.clone();
            let (first, rest) = out.split_at_mut(4 * value_dim);
            delta_rule(&mut state, first, &mut change, &head(0, 4, number));
            delta_rule(&mut state, rest, &mut change, &head(4, tokens - 4, number));
            delta_definition(
                &mut plain,
                &mut whole,
                &mut change,
                &head(0, tokens, number),
            );
            assert_eq!((&out, &state), (&whole, &plain), "the same bits");
            let mut exact_state = vec![vec![0.0; value_dim]; key_dim];
            let expected = exact(&mut exact_state, &head(0, tokens, number), value_dim);
            for (ours, exact) in out.iter().zip(expected) {
                assert!((f64::from(*ours) - exact).abs() < 1e-5, "{ours} {exact}");
            }
        }
    }

    #[test]
    fn the_convolution_sees_the_tokens_before() {
        let (taps, channels, tokens) = (4, 21, 6);
        let mut numbers = Numbers::new(6);
        let x: Vec<f32> = numbers.many((taps - 1 + tokens) * channels).collect();
        let weight: Vec<f32> = numbers.many(taps * channels).collect();
        let (mut out, mut plain) = (vec![0.0; tokens * channels], vec![0.0; tokens * channels]);
        causal_conv_silu(&mut out, &x, &weight, channels);
        conv_definition(&mut plain, &x, &weight, channels);
        assert_eq!(out, plain);
        for token in 0..tokens {
            for channel in 0..channels {
                let sum: f64 = (0..taps)
                    .map(|tap| {
                        f64::from(x[(token + tap) * channels + channel])
                            * f64::from(weight[tap * channels + channel])
                    })
                    .sum();
                let exact = sum / (1.0 + (-sum).exp());
                let ours = f64::from(out[token * channels + channel]);
                assert!((ours - exact).abs() < 1e-6);
            }
        }
    }
}
