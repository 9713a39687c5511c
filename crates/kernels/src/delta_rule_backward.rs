//! How a loss depends on what a gated delta rule was given.
//!
//! A state is a matrix, and one for each token would fill the memory. So those at the beginning of every [`SPAN`] are kept on the way there,
//! and on the way back those between are made once more, a span at a time.

use crate::delta_rule::{DeltaHead, change_of};
use crate::levels::{at_each_level, dot_in_lanes};

/// Tokens whose states are in memory at a time.
const SPAN: usize = 64;

/// Where the gradients of one head over the tokens of one sequence go. All are set.
#[derive(Debug)]
pub struct DeltaSlopes<'a> {
    /// `[tokens, key_dim]`
    pub queries: &'a mut [f32],
    /// `[tokens, key_dim]`
    pub keys: &'a mut [f32],
    /// `[tokens, value_dim]`
    pub values: &'a mut [f32],
    /// `[tokens]` pairs, as [`DeltaHead::gates`].
    pub gates: &'a mut [[f32; 2]],
}

at_each_level! {
    /// The gradients of a [`delta_rule`](crate::delta_rule) over a whole sequence, whose state begins with zeros, from that of its result,
    /// `gradient [tokens, value_dim]`.
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn delta_rule_backward(
        slopes: &mut DeltaSlopes<'_>,
        gradient: &[f32],
        head: &DeltaHead<'_>,
    ) = backward_definition
}

#[inline(always)]
fn backward_definition(slopes: &mut DeltaSlopes<'_>, gradient: &[f32], head: &DeltaHead<'_>) {
    let tokens = head.tokens;
    if tokens == 0 {
        return;
    }
    let (key_dim, value_dim) = (slopes.keys.len() / tokens, slopes.values.len() / tokens);
    assert!(
        slopes.queries.len() == tokens * key_dim
            && slopes.keys.len() == tokens * key_dim
            && gradient.len() == tokens * value_dim
            && slopes.values.len() == tokens * value_dim
            && slopes.gates.len() == tokens,
        "a place for each gradient"
    );
    let size = key_dim * value_dim;
    let mut change = vec![0.0; value_dim];
    let mut starts = Vec::with_capacity(tokens.div_ceil(SPAN) * size);
    let mut state = vec![0.0; size];
    for token in 0..tokens {
        if token.is_multiple_of(SPAN) {
            starts.extend_from_slice(&state);
        }
        advance(&mut state, &mut change, head, token);
    }
    let mut back = Back {
        state: vec![0.0; size],
        held: vec![0.0; value_dim],
        by_change: vec![0.0; value_dim],
    };
    let mut states = vec![0.0; (SPAN.min(tokens) + 1) * size];
    for (span, start) in starts.chunks_exact(size.max(1)).enumerate().rev() {
        let here = span * SPAN..tokens.min((span + 1) * SPAN);
        states[..size].copy_from_slice(start);
        for (at, token) in here.clone().enumerate() {
            states.copy_within(at * size..(at + 1) * size, (at + 1) * size);
            let state = &mut states[(at + 1) * size..][..size];
            advance(state, &mut change, head, token);
        }
        for token in here.clone().rev() {
            let at = token - here.start;
            let states = [at, at + 1].map(|at| &states[at * size..][..size]);
            let gradient = &gradient[token * value_dim..][..value_dim];
            back.token(slopes, (states, gradient), (head, token));
        }
    }
}

/// Brings the state past a token.
#[inline(always)]
fn advance(state: &mut [f32], change: &mut [f32], head: &DeltaHead<'_>, token: usize) {
    change_of(state, change, head, token);
    let value_dim = change.len();
    let rows = state.chunks_exact_mut(value_dim.max(1));
    for (row, key) in rows.zip(&head.keys[token * head.key_stride..]) {
        let pairs = row.iter_mut().zip(&*change);
        pairs.for_each(|(state, change)| *state += key * change);
    }
}

/// What is known on the way back.
struct Back {
    /// How the loss depends on the state after the token.
    state: Vec<f32>,
    /// What the state holds at the token's key.
    held: Vec<f32>,
    /// How the loss depends on what is added there.
    by_change: Vec<f32>,
}

impl Back {
    /// Goes back past a token, from the states `[before, after]` it.
    #[inline(always)]
    fn token(
        &mut self,
        slopes: &mut DeltaSlopes<'_>,
        ([before, after], gradient): ([&[f32]; 2], &[f32]),
        (head, token): (&DeltaHead<'_>, usize),
    ) {
        let value_dim = gradient.len();
        let key_dim = before.len() / value_dim;
        let [query, key] =
            [head.queries, head.keys].map(|numbers| &numbers[token * head.key_stride..][..key_dim]);
        let value = &head.values[token * head.value_stride..][..value_dim];
        let [decay, share] = head.gates[token * head.gate_stride];
        self.held.fill(0.0);
        self.by_change.fill(0.0);
        let queries = &mut slopes.queries[token * key_dim..][..key_dim];
        for row in 0..key_dim {
            let range = row * value_dim..(row + 1) * value_dim;
            queries[row] = dot_in_lanes(&after[range.clone()], gradient);
            let slots = self.held.iter_mut().zip(&mut self.by_change);
            let states = self.state[range.clone()].iter_mut().zip(&before[range]);
            for (((state, before), dy), (held, by)) in states.zip(gradient).zip(slots) {
                *state += query[row] * dy;
                *by += *state * key[row];
                *held += decay * before * key[row];
            }
        }
        // From here on `held` is what is missing at the key.
        let pairs = self.held.iter_mut().zip(value);
        pairs.for_each(|(held, value)| *held = value - *held);
        let by_share = dot_in_lanes(&self.held, &self.by_change);
        let values = &mut slopes.values[token * value_dim..][..value_dim];
        let pairs = values.iter_mut().zip(&self.by_change);
        pairs.for_each(|(slope, by)| *slope = share * by);
        let keys = &mut slopes.keys[token * key_dim..][..key_dim];
        let mut by_decay = 0.0;
        for row in 0..key_dim {
            let range = row * value_dim..(row + 1) * value_dim;
            let (before, state) = (&before[range.clone()], &mut self.state[range]);
            keys[row] =
                share * dot_in_lanes(state, &self.held) - decay * dot_in_lanes(before, values);
            let pairs = state.iter_mut().zip(&*values);
            pairs.for_each(|(state, slope)| *state -= key[row] * slope);
            by_decay += dot_in_lanes(state, before);
            state.iter_mut().for_each(|state| *state *= decay);
        }
        slopes.gates[token] = [by_decay, by_share];
    }
}
