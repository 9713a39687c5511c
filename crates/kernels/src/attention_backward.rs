//! How attention passes gradients back: a block of queries at a time against all keys that they see, so
//! that no matrix of all scores is ever made.

use std::cell::RefCell;
use std::ops::Range;

use crate::attention::Attention;
use crate::columns::Columns;
use crate::exp::exp;
use crate::isa::Isa;
use crate::levels::{at_each_level, dot_in_lanes, largest, sum_in_lanes};
use crate::matmul_float::{Panels, Strided, panels_products};
use crate::panels::PANEL;
use crate::pool::Pool;

/// Queries of a block: eight tiles of six rows.
const QUERIES: usize = 48;

/// Rows of a product at a time.
const TILE: usize = 48;

/// What attention was given, and what came back.
#[derive(Clone, Copy, Debug)]
pub struct AttentionPast<'a> {
    /// `[tokens, heads, head_dim]`.
    pub queries: &'a [f32],
    /// `[tokens, kv_heads, head_dim]`.
    pub keys: &'a [f32],
    /// `[tokens, kv_heads, head_dim]`.
    pub values: &'a [f32],
    /// How the loss depends on what came out, `[tokens, heads, head_dim]`.
    pub gradient: &'a [f32],
    /// Tokens of each sequence, one sequence after the other. Each starts at its beginning.
    pub lengths: &'a [usize],
    /// Numbers of a head.
    pub head_dim: usize,
    /// As it was computed.
    pub layer: Attention<'a>,
}

/// How the loss depends on queries, keys and values, in this order and in the shapes that they have.
/// Sums are f32; results do not depend on the number of threads.
///
/// With `P` the probabilities: `dV = Pᵀ·dY`; `dS = P ∘ (dP − Σ P ∘ dP)` with `dP = dY·Vᵀ`; `dQ = dS·K`,
/// `dK = dSᵀ·Q`, both times the scale.
/// Source: Dao et al. 2022, algorithm 4.
///
/// # Panics
/// When the shapes do not fit.
pub fn attention_backward(out: [&mut [f32]; 3], past: &AttentionPast<'_>, pool: &Pool) {
    let tokens: usize = past.lengths.iter().sum();
    let width = past.layer.heads * past.head_dim;
    let kv_width = past.keys.len() / tokens.max(1);
    assert!(past.head_dim.is_multiple_of(2), "heads of an even width");
    assert!(
        past.queries.len() == tokens * width
            && past.gradient.len() == past.queries.len()
            && past.keys.len() == past.values.len()
            && past.keys.len() == tokens * kv_width
            && kv_width.is_multiple_of(past.head_dim)
            && width.is_multiple_of(kv_width.max(1)),
        "attention of {} heads of {}",
        past.layer.heads,
        past.head_dim
    );
    if tokens == 0 {
        return;
    }
    let [dq, dk, dv] = out;
    let out = [
        Columns::new(dq, tokens, width),
        Columns::new(dk, tokens, kv_width),
        Columns::new(dv, tokens, kv_width),
    ];
    let kv_heads = kv_width / past.head_dim;
    let starts: Vec<usize> = past
        .lengths
        .iter()
        .scan(0, |start, length| {
            let this = *start;
            *start += length;
            Some(this)
        })
        .collect();
    pool.deal(past.lengths.len() * kv_heads, &|piece| {
        let (sequence, kv_head) = (piece / kv_heads, piece % kv_heads);
        let tokens = starts[sequence]..starts[sequence] + past.lengths[sequence];
        if tokens.is_empty() {
            return;
        }
        let head = Head {
            past,
            tokens,
            kv_head,
            kv_heads,
        };
        SCRATCH.with_borrow_mut(|scratch| head.run(scratch, &out));
    });
}

thread_local! {
    /// Kept from call to call, so that a steady loop allocates nothing.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Memory for one head of keys. Panels hold sixteen outputs for one input after the other.
#[derive(Default)]
struct Scratch {
    /// Keys as outputs: `[keys / 16, head_dim, 16]`.
    keys: Vec<f32>,
    /// Values as outputs.
    values: Vec<f32>,
    /// Keys as inputs: `[head_dim / 16, keys, 16]`.
    key_columns: Vec<f32>,
    /// Queries of a block as inputs: `[head_dim / 16, queries, 16]`.
    query_columns: Vec<f32>,
    /// Gradients of a block as inputs.
    gradient_columns: Vec<f32>,
    /// `[queries, keys]`, as `p`, `ds` and `dp`.
    scores: Vec<f32>,
    probabilities: Vec<f32>,
    slopes: Vec<f32>,
    /// `[keys, queries]`.
    turned: Vec<f32>,
    /// `[queries or keys, head_dim]`.
    product: Vec<f32>,
    /// `[keys, head_dim]`.
    dk: Vec<f32>,
    dv: Vec<f32>,
}

/// One head of keys in one sequence.
struct Head<'a> {
    past: &'a AttentionPast<'a>,
    tokens: Range<usize>,
    kv_head: usize,
    kv_heads: usize,
}

/// Rows of one head among those of all.
#[derive(Clone, Copy)]
struct Rows<'a> {
    numbers: &'a [f32],
    stride: usize,
    count: usize,
    dim: usize,
}

impl<'a> Rows<'a> {
    fn row(self, row: usize) -> &'a [f32] {
        &self.numbers[row * self.stride..][..self.dim]
    }
}

impl<'a> Head<'a> {
    /// The rows of head `head` of `heads` in `values`, some tokens of this sequence.
    fn rows(
        &self,
        values: &'a [f32],
        (head, heads): (usize, usize),
        part: Range<usize>,
    ) -> Rows<'a> {
        let dim = self.past.head_dim;
        let first = (self.tokens.start + part.start) * heads * dim + head * dim;
        Rows {
            numbers: &values[first..],
            stride: heads * dim,
            count: part.len(),
            dim,
        }
    }

    fn run(&self, scratch: &mut Scratch, out: &[Columns<'_>; 3]) {
        let (past, length) = (self.past, self.tokens.len());
        let dim = past.head_dim;
        let keys = self.rows(past.keys, (self.kv_head, self.kv_heads), 0..length);
        let values = self.rows(past.values, (self.kv_head, self.kv_heads), 0..length);
        as_outputs(&mut scratch.keys, keys);
        as_outputs(&mut scratch.values, values);
        as_inputs(
            &mut scratch.key_columns,
            keys,
            length.next_multiple_of(PANEL),
        );
        for sums in [&mut scratch.dk, &mut scratch.dv] {
            sums.clear();
            sums.resize(length.next_multiple_of(PANEL) * dim, 0.0);
        }
        let group = past.layer.heads / self.kv_heads;
        for first in (0..length).step_by(QUERIES) {
            let block = first..length.min(first + QUERIES);
            for head in self.kv_head * group..(self.kv_head + 1) * group {
                self.block(scratch, head, block.clone(), &out[0]);
            }
        }
        for (out, sums) in out[1..].iter().zip([&scratch.dk, &scratch.dv]) {
            for (row, sums) in sums.chunks_exact(dim).take(length).enumerate() {
                let (row, column) = (self.tokens.start + row, self.kv_head * dim);
                // SAFETY: the columns of a head belong to one piece of work in its sequence.
                unsafe { out.with(row, column, dim, |out| out.copy_from_slice(sums)) };
            }
        }
    }

    /// One block of queries of one head.
    fn block(&self, scratch: &mut Scratch, head: usize, block: Range<usize>, dq: &Columns<'_>) {
        let (past, dim) = (self.past, self.past.head_dim);
        let heads = (head, past.layer.heads);
        let queries = self.rows(past.queries, heads, block.clone());
        let gradient = self.rows(past.gradient, heads, block.clone());
        // Keys that any of the queries sees, in whole panels.
        let window = past.layer.window.unwrap_or(usize::MAX);
        let first = block.start.saturating_sub(window) / PANEL * PANEL;
        let end = block.end.saturating_add(past.layer.ahead);
        let end = end.min(self.tokens.len()).next_multiple_of(PANEL);
        let count = end - first;
        let part = first * dim..end * dim;
        times_panels(
            &mut scratch.scores,
            queries,
            &scratch.keys[part.clone()],
            dim,
        );
        times_panels(&mut scratch.slopes, gradient, &scratch.values[part], dim);
        self.differentiate(scratch, head, block.clone(), first..end);
        let slopes = Rows {
            numbers: &scratch.slopes,
            stride: count,
            count: block.len(),
            dim: count,
        };
        let keys = columns_of(&scratch.key_columns, dim, self.tokens.len(), first..end);
        times_columns(&mut scratch.product, slopes, keys, dim);
        for (row, made) in scratch
            .product
            .chunks_exact(dim)
            .take(block.len())
            .enumerate()
        {
            let (row, column) = (self.tokens.start + block.start + row, head * dim);
            // SAFETY: the columns of a head belong to one piece of work in its sequence.
            unsafe { dq.with(row, column, dim, |out| out.copy_from_slice(made)) };
        }
        as_inputs(&mut scratch.query_columns, queries, block.len());
        as_inputs(&mut scratch.gradient_columns, gradient, block.len());
        let part = first * dim..end * dim;
        for (numbers, columns, sums) in [
            (&scratch.slopes, &scratch.query_columns, &mut scratch.dk),
            (
                &scratch.probabilities,
                &scratch.gradient_columns,
                &mut scratch.dv,
            ),
        ] {
            turn(&mut scratch.turned, numbers, block.len(), count);
            let turned = Rows {
                numbers: &scratch.turned,
                stride: block.len(),
                count,
                dim: block.len(),
            };
            let columns = columns_of(columns, dim, block.len(), 0..block.len());
            times_columns(&mut scratch.product, turned, columns, dim);
            let sums = sums[part.clone()].iter_mut();
            sums.zip(&scratch.product).for_each(|(sum, x)| *sum += x);
        }
    }

    /// Scores of a block of queries become probabilities, and products with values the slopes of scores.
    fn differentiate(
        &self,
        scratch: &mut Scratch,
        head: usize,
        block: Range<usize>,
        keys: Range<usize>,
    ) {
        let layer = &self.past.layer;
        let window = layer.window.unwrap_or(usize::MAX);
        let (first, count) = (keys.start, keys.len());
        let of_layer = [
            layer.scale,
            layer.soft_cap.unwrap_or(0.0),
            layer.sinks.map_or(f32::NEG_INFINITY, |sinks| sinks[head]),
        ];
        scratch.probabilities.resize(block.len() * count, 0.0);
        for (at, query) in block.enumerate() {
            let end = query.saturating_add(layer.ahead);
            let end = end.min(self.tokens.len() - 1) + 1;
            let seen = query.saturating_sub(window).max(first) - first..end - first;
            let row = at * count..(at + 1) * count;
            differentiate(
                &mut scratch.probabilities[row.clone()],
                &mut scratch.slopes[row.clone()],
                &mut scratch.scores[row],
                [seen.start, seen.end],
                of_layer,
            );
        }
    }
}

/// Rows as the outputs of panels, with rows of zeros at the end: `[rows / 16, dim, 16]`.
fn as_outputs(out: &mut Vec<f32>, rows: Rows<'_>) {
    out.clear();
    out.resize(rows.count.next_multiple_of(PANEL) * rows.dim, 0.0);
    for (panel, out) in out.chunks_exact_mut(PANEL * rows.dim).enumerate() {
        let here = panel * PANEL..rows.count.min((panel + 1) * PANEL);
        for (output, row) in here.enumerate() {
            let places = out[output..].iter_mut().step_by(PANEL);
            places.zip(rows.row(row)).for_each(|(out, x)| *out = *x);
        }
    }
}

/// Rows as the inputs of panels of their columns: `[dim / 16, count, 16]`. Rows beyond what there are, and
/// columns beyond the last, are zeros. There is room for an even number of rows.
fn as_inputs(out: &mut Vec<f32>, rows: Rows<'_>, count: usize) {
    out.clear();
    let length = count.next_multiple_of(2) * PANEL;
    out.resize(rows.dim.div_ceil(PANEL) * length, 0.0);
    for (panel, out) in out.chunks_exact_mut(length).enumerate() {
        let columns = panel * PANEL..rows.dim.min((panel + 1) * PANEL);
        for (row, out) in out.chunks_exact_mut(PANEL).take(rows.count).enumerate() {
            out[..columns.len()].copy_from_slice(&rows.row(row)[columns.clone()]);
        }
    }
}

/// Some inputs of such panels.
struct InputPanels<'a> {
    numbers: &'a [f32],
    length: usize,
    part: Range<usize>,
}

fn columns_of(numbers: &[f32], dim: usize, rows: usize, part: Range<usize>) -> InputPanels<'_> {
    let panels = dim.div_ceil(PANEL);
    let length = numbers.len() / panels;
    debug_assert!(
        length >= rows.next_multiple_of(2) * PANEL,
        "room for all rows"
    );
    InputPanels {
        numbers,
        length,
        part,
    }
}

/// `out[r, k] = Σ rows[r, d] · panels[k, d]`: `[rows, keys]`.
fn times_panels(out: &mut Vec<f32>, rows: Rows<'_>, panels: &[f32], dim: usize) {
    let columns = panels.len() / dim;
    out.resize(rows.count * columns, 0.0);
    for (number, panel) in panels.chunks_exact(PANEL * dim).enumerate() {
        // A panel holds an even number of inputs; those of heads are even.
        products(rows, (panel, dim), |row, made| {
            out[row * columns + number * PANEL..][..PANEL].copy_from_slice(made);
        });
    }
}

/// `out[r, d] = Σ rows[r, k] · columns[k, d]`: `[rows, dim]`.
fn times_columns(out: &mut Vec<f32>, rows: Rows<'_>, columns: InputPanels<'_>, dim: usize) {
    out.resize(rows.count * dim, 0.0);
    for (number, panel) in columns.numbers.chunks_exact(columns.length).enumerate() {
        let end = columns.part.end.next_multiple_of(2) * PANEL;
        let panel = &panel[columns.part.start * PANEL..end];
        let here = number * PANEL..dim.min((number + 1) * PANEL);
        products(rows, (panel, columns.part.len()), |row, made| {
            out[row * dim..][here.clone()].copy_from_slice(&made[..here.len()]);
        });
    }
}

/// The products of rows with the first `inputs` of a panel, each handed to `take`.
fn products(
    rows: Rows<'_>,
    (panel, inputs): (&[f32], usize),
    mut take: impl FnMut(usize, &[f32; PANEL]),
) {
    let isa = Isa::current();
    let panels = Panels {
        numbers: panel,
        length: panel.len(),
        next: panel,
    };
    let mut made = [[0.0_f32; PANEL]; TILE];
    for first in (0..rows.count).step_by(TILE) {
        let made = &mut made[..TILE.min(rows.count - first)];
        let x = Strided {
            numbers: &rows.numbers[first * rows.stride..],
            stride: rows.stride,
        };
        panels_products(isa, x, inputs, panels, made);
        for (at, made) in made.iter().enumerate() {
            take(first + at, made);
        }
    }
}

/// `[rows, columns]` as `[columns, rows]`.
fn turn(out: &mut Vec<f32>, values: &[f32], rows: usize, columns: usize) {
    out.resize(rows * columns, 0.0);
    for start in (0..columns).step_by(PANEL) {
        for (row, values) in values.chunks_exact(columns).take(rows).enumerate() {
            let places = out[start * rows + row..].iter_mut().step_by(rows);
            places
                .zip(&values[start..start + PANEL])
                .for_each(|(out, x)| *out = *x);
        }
    }
}

at_each_level! {
    /// Turns scores into probabilities and `dP` into `dS`, of one query that sees the keys `seen`. `layer` is
    /// the scale, the cap of scores or zero, and the score of looking at nothing.
    fn differentiate(p: &mut [f32], slopes: &mut [f32], scores: &mut [f32], seen: [usize; 2], layer: [f32; 3]) = definition
}

#[inline(always)]
fn definition(
    p: &mut [f32],
    slopes: &mut [f32],
    scores: &mut [f32],
    [first, end]: [usize; 2],
    [scale, cap, sink]: [f32; 3],
) {
    for unseen in [&mut *p, &mut *slopes] {
        unseen[..first].fill(0.0);
        unseen[end..].fill(0.0);
    }
    let (p, slopes) = (&mut p[first..end], &mut slopes[first..end]);
    let scores = &mut scores[first..end];
    for score in scores.iter_mut() {
        *score *= scale;
    }
    if cap > 0.0 {
        for score in scores.iter_mut() {
            *score = cap * (*score / cap).tanh();
        }
    }
    let highest = largest(scores).max(sink);
    for (p, score) in p.iter_mut().zip(&*scores) {
        *p = exp(*score - highest);
    }
    let total = sum_in_lanes(p, |x| x) + exp(sink - highest);
    let share = 1.0 / total;
    for p in p.iter_mut() {
        *p *= share;
    }
    let mean = dot_in_lanes(p, slopes);
    for (slope, p) in slopes.iter_mut().zip(&*p) {
        *slope = p * (*slope - mean) * scale;
    }
    if cap > 0.0 {
        for (slope, score) in slopes.iter_mut().zip(&*scores) {
            let bent = score / cap;
            *slope *= 1.0 - bent * bent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    /// The same in f64, one score after the other.
    fn plain(past: &AttentionPast<'_>, kv_heads: usize) -> [Vec<f64>; 3] {
        let (dim, heads) = (past.head_dim, past.layer.heads);
        let mut out = [
            vec![0.0; past.queries.len()],
            vec![0.0; past.keys.len()],
            vec![0.0; past.keys.len()],
        ];
        let mut start = 0;
        for length in past.lengths {
            for (head, token) in (0..heads).flat_map(|h| (0..*length).map(move |t| (h, t))) {
                let kv = head / (heads / kv_heads);
                let q = (start + token) * heads * dim + head * dim;
                let key = |t: usize| (start + t) * kv_heads * dim + kv * dim;
                let first = past.layer.window.map_or(0, |w| token.saturating_sub(w));
                let dot = |a: &[f32], i: usize, b: &[f32], j: usize| -> f64 {
                    let pairs = a[i..i + dim].iter().zip(&b[j..j + dim]);
                    pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
                };
                let capped = |s: f64| match past.layer.soft_cap {
                    Some(cap) => f64::from(cap) * (s / f64::from(cap)).tanh(),
                    None => s,
                };
                let scale = f64::from(past.layer.scale);
                let last = token.saturating_add(past.layer.ahead).min(length - 1);
                let scores: Vec<f64> = (first..=last)
                    .map(|t| capped(dot(past.queries, q, past.keys, key(t)) * scale))
                    .collect();
                let sink = past.layer.sinks.map_or(0.0, |s| f64::from(s[head]).exp());
                let total: f64 = scores.iter().map(|s| s.exp()).sum::<f64>() + sink;
                let p: Vec<f64> = scores.iter().map(|s| s.exp() / total).collect();
                let dp: Vec<f64> = (first..=last)
                    .map(|t| dot(past.gradient, q, past.values, key(t)))
                    .collect();
                let mean: f64 = p.iter().zip(&dp).map(|(p, dp)| p * dp).sum();
                for (at, t) in (first..=last).enumerate() {
                    let mut ds = p[at] * (dp[at] - mean) * scale;
                    if let Some(cap) = past.layer.soft_cap {
                        ds *= 1.0 - (scores[at] / f64::from(cap)).powi(2);
                    }
                    for d in 0..dim {
                        out[0][q + d] += ds * f64::from(past.keys[key(t) + d]);
                        out[1][key(t) + d] += ds * f64::from(past.queries[q + d]);
                        out[2][key(t) + d] += p[at] * f64::from(past.gradient[q + d]);
                    }
                }
            }
            start += length;
        }
        out
    }

    fn check(
        lengths: &[usize],
        (heads, kv_heads, dim): (usize, usize, usize),
        layer: Attention<'_>,
    ) {
        let tokens: usize = lengths.iter().sum();
        let mut numbers = Numbers::new(11);
        let mut many = |count: usize| -> Vec<f32> { numbers.many(count).collect() };
        let (q, dy) = (many(tokens * heads * dim), many(tokens * heads * dim));
        let (k, v) = (many(tokens * kv_heads * dim), many(tokens * kv_heads * dim));
        let past = AttentionPast {
            queries: &q,
            keys: &k,
            values: &v,
            gradient: &dy,
            lengths,
            head_dim: dim,
            layer,
        };
        let mut ours = [vec![7.0; q.len()], vec![7.0; k.len()], vec![7.0; k.len()]];
        let [dq, dk, dv] = &mut ours;
        attention_backward([dq, dk, dv], &past, &Pool::of_all_cores());
        for (name, (ours, exact)) in ["dq", "dk", "dv"]
            .iter()
            .zip(ours.iter().zip(plain(&past, kv_heads)))
        {
            for (at, (ours, exact)) in ours.iter().zip(exact).enumerate() {
                let error = (f64::from(*ours) - exact).abs();
                assert!(
                    error < 2e-5 * (1.0 + exact.abs()),
                    "{name}[{at}]: {ours} for {exact}"
                );
            }
        }
    }

    #[test]
    fn gradients_are_those_of_f64() {
        let layer = Attention {
            heads: 4,
            scale: 0.3,
            window: None,
            ahead: 0,
            soft_cap: None,
            sinks: None,
        };
        check(&[1], (4, 4, 16), layer);
        check(&[5, 0, 70, 16], (4, 2, 8), layer);
        check(&[131], (4, 1, 24), layer);
        check(
            &[61, 48],
            (4, 2, 64),
            Attention {
                window: Some(13),
                ..layer
            },
        );
        let all = Attention {
            ahead: usize::MAX,
            ..layer
        };
        check(&[1, 0, 49, 130], (4, 2, 16), all);
        let near = Attention {
            ahead: 5,
            window: Some(3),
            ..layer
        };
        check(&[20, 77], (4, 4, 8), near);
        let sinks = [0.5, -1.0, 2.0, 0.0];
        let odd = Attention {
            soft_cap: Some(1.5),
            sinks: Some(&sinks),
            ..layer
        };
        check(&[50, 3], (4, 2, 10), odd);
    }
}
