//! Attention in which every query sees every key: of frames to each other, of frames to a text, of a text to
//! itself.
//!
//! Queries are carried past blocks of keys, so that no matrix of all scores is ever made. Where keys and values
//! are kept in bfloat16 and the machine multiplies pairs of it, queries and what scores are worth are rounded to
//! it as well; sums are f32 always.

use std::cell::RefCell;

use half::bf16;

use crate::columns::Columns;
use crate::element::{Element, place};
use crate::exp::exp;
use crate::levels::{at_each_level, largest, sum_in_lanes};
use crate::matmul_float::{PackedFloat, Strided, few_rows, rounds_inputs};
use crate::panels::PANEL;
use crate::pool::Pool;

/// Queries that are carried past the keys together: four tiles of the products.
const ROWS: usize = 56;

/// Keys of a block: with their values they stay in a core's second cache while the queries of a head pass.
const BLOCK: usize = 256;

/// Keys and values of some tokens, laid out for products.
#[derive(Clone)]
pub struct KeysValues<T> {
    heads: usize,
    dim: usize,
    tokens: usize,
    /// Of each head a panel for sixteen tokens.
    keys: PackedFloat<T>,
    /// Of each head a panel for sixteen numbers of the head.
    values: PackedFloat<T>,
}

/// How queries look at keys.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Looks<'a> {
    /// What scores are multiplied with.
    pub scale: f32,
    /// What is added to them by how far the key is after the query, `[heads, queries + keys - 1]`: the key at
    /// `k` and the query at `q` have `k - q + queries - 1`. Source: Raffel et al. 2020.
    pub bias: Option<&'a [f32]>,
    /// How many times the last key and value stand there; once when none.
    pub last: Option<usize>,
}

impl<T: Element> KeysValues<T> {
    /// Those of `[tokens, heads · dim]` numbers each.
    ///
    /// # Panics
    /// When they are not whole tokens, or heads are not of a multiple of 16 numbers.
    pub fn new([keys, values]: [&[f32]; 2], heads: usize, dim: usize, pool: &Pool) -> Self {
        let width = heads * dim;
        let tokens = keys.len().checked_div(width).unwrap_or(0);
        assert!(
            dim.is_multiple_of(PANEL) && keys.len() == tokens * width && values.len() == keys.len(),
            "keys and values of {heads} heads of {dim}"
        );
        let panels = tokens.div_ceil(PANEL);
        let mut kept = Self {
            heads,
            dim,
            tokens,
            keys: PackedFloat::passing(heads * panels * PANEL, dim),
            values: PackedFloat::passing(heads * dim, tokens),
        };
        kept.keys.each_panel(pool, &|number, panel| {
            let (head, first) = (number / panels, number % panels * PANEL);
            for token in first..tokens.min(first + PANEL) {
                let row = &keys[token * width + head * dim..][..dim];
                for (input, x) in row.iter().enumerate() {
                    let at = place::<T>(input, token - first);
                    T::take(&[*x], &mut panel[at..=at]);
                }
            }
        });
        kept.values.each_panel(pool, &|number, panel| {
            for token in 0..tokens {
                let row = &values[token * width + number * PANEL..][..PANEL];
                for (output, x) in row.iter().enumerate() {
                    let at = place::<T>(token, output);
                    T::take(&[*x], &mut panel[at..=at]);
                }
            }
        });
        kept
    }

    /// How many tokens there are.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Numbers of a row of keys: of all heads.
    pub fn width(&self) -> usize {
        self.heads * self.dim
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.keys.bytes() + self.values.bytes()
    }
}

thread_local! {
    /// Kept from call to call, so that a steady loop allocates nothing.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// What a thread needs for the queries at hand.
#[derive(Default)]
struct Scratch {
    /// `[rows, dim]`, scaled.
    queries: Vec<f32>,
    queries_rounded: Vec<bf16>,
    /// `[rows, keys of a block]`.
    scores: Vec<f32>,
    worths_rounded: Vec<bf16>,
    /// `[rows, dim]`: values weighed with worths relative to the highest score.
    sums: Vec<f32>,
    highest: Vec<f32>,
    worth: Vec<f32>,
    made: Vec<[f32; PANEL]>,
}

/// Lets every query look at all keys: what `out` gets is the mean of the values, weighed with `softmax` of the
/// scores.
/// Shapes: `queries` and `out` are `[tokens, heads · dim]`. The result does not depend on the number of threads.
/// Source: Milakov & Gimelshein 2018 for the running maximum; Dao et al. 2022 for the blocks.
///
/// # Panics
/// When the shapes do not fit, or there are no keys.
pub fn full_attention<T: Element>(
    out: &mut [f32],
    queries: &[f32],
    kept: &KeysValues<T>,
    looks: &Looks<'_>,
    pool: &Pool,
) {
    let width = kept.width();
    let count = queries.len() / width.max(1);
    assert!(
        queries.len() == count * width && kept.tokens > 0,
        "queries of {width}, and keys to look at"
    );
    let span = count + kept.tokens - 1;
    assert!(
        looks
            .bias
            .is_none_or(|bias| bias.len() == kept.heads * span),
        "a bias for each head and distance"
    );
    let out = Columns::new(out, count, width);
    let tiles = count.div_ceil(ROWS);
    // Neighbouring pieces share a head, whose keys are near then.
    pool.deal(tiles * kept.heads, &|number| {
        let (head, first) = (number / tiles, number % tiles * ROWS);
        let piece = Piece {
            kept,
            looks,
            head,
            first,
            rows: ROWS.min(count - first),
            count,
        };
        SCRATCH.with_borrow_mut(|scratch| {
            piece.gather(queries, scratch);
            for start in (0..kept.tokens).step_by(BLOCK) {
                piece.pass(start, scratch);
            }
            piece.scatter(&out, scratch);
        });
    });
}

/// Some queries of one head.
struct Piece<'a, T> {
    kept: &'a KeysValues<T>,
    looks: &'a Looks<'a>,
    head: usize,
    first: usize,
    rows: usize,
    count: usize,
}

impl<T: Element> Piece<'_, T> {
    fn gather(&self, queries: &[f32], scratch: &mut Scratch) {
        let (dim, width) = (self.kept.dim, self.kept.width());
        scratch.queries.clear();
        for row in self.first..self.first + self.rows {
            let row = &queries[row * width + self.head * dim..][..dim];
            let scaled = row.iter().map(|x| x * self.looks.scale);
            scratch.queries.extend(scaled);
        }
        scratch.queries_rounded.resize(self.rows * dim, bf16::ZERO);
        if rounds_inputs::<T>() {
            bf16::take(&scratch.queries, &mut scratch.queries_rounded);
        }
        scratch.scores.resize(self.rows * BLOCK, 0.0);
        scratch.worths_rounded.resize(self.rows * BLOCK, bf16::ZERO);
        scratch.made.resize(self.rows, [0.0; PANEL]);
        for (numbers, count, value) in [
            (&mut scratch.sums, self.rows * dim, 0.0),
            (&mut scratch.highest, self.rows, f32::NEG_INFINITY),
            (&mut scratch.worth, self.rows, 0.0),
        ] {
            numbers.clear();
            numbers.resize(count, value);
        }
    }

    /// Takes the queries past the block of keys that begins at `start`.
    fn pass(&self, start: usize, scratch: &mut Scratch) {
        let (kept, dim) = (self.kept, self.kept.dim);
        let keys = BLOCK.min(kept.tokens - start);
        // An odd last key has a neighbour that is worth nothing.
        let stride = keys.next_multiple_of(2);
        let panels = kept.tokens.div_ceil(PANEL);
        let Scratch {
            queries,
            queries_rounded,
            scores,
            worths_rounded,
            sums,
            highest,
            worth,
            made,
        } = scratch;
        let (scores, made) = (&mut scores[..self.rows * stride], &mut made[..self.rows]);
        for panel in 0..keys.div_ceil(PANEL) {
            let at = self.head * panels + start / PANEL + panel;
            let x = (strided(queries, dim), &queries_rounded[..]);
            few_rows(x, dim, kept.keys.panel(at), made);
            for (scores, made) in scores.chunks_exact_mut(stride).zip(&*made) {
                let scores = &mut scores[panel * PANEL..];
                let count = scores.len().min(PANEL);
                scores[..count].copy_from_slice(&made[..count]);
            }
        }
        for (row, scores) in scores.chunks_exact_mut(stride).enumerate() {
            let (scores, beyond) = scores.split_at_mut(keys);
            beyond.fill(0.0);
            self.adjust(row, start, scores);
            let sums = &mut sums[row * dim..][..dim];
            weigh(scores, &mut highest[row], &mut worth[row], sums);
        }
        let worths_rounded = &mut worths_rounded[..scores.len()];
        if rounds_inputs::<T>() {
            bf16::take(scores, worths_rounded);
        }
        for panel in 0..dim / PANEL {
            let values = kept.values.panel(self.head * (dim / PANEL) + panel);
            let x = (strided(scores, stride), &worths_rounded[..]);
            few_rows(x, stride, &values[start * PANEL..], made);
            for (sums, made) in sums.chunks_exact_mut(dim).zip(&*made) {
                let sums: &mut [f32; PANEL] = &mut sums.as_chunks_mut().0[panel];
                sums.iter_mut().zip(made).for_each(|(sum, x)| *sum += x);
            }
        }
    }

    /// Adds to the scores of a row what does not come from the products.
    fn adjust(&self, row: usize, start: usize, scores: &mut [f32]) {
        if let Some(bias) = self.looks.bias {
            let span = self.count + self.kept.tokens - 1;
            let from = self.head * span + start + self.count - 1 - (self.first + row);
            let bias = &bias[from..][..scores.len()];
            scores.iter_mut().zip(bias).for_each(|(s, bias)| *s += bias);
        }
        if let Some(times) = self.looks.last
            && start + scores.len() == self.kept.tokens
            && let Some(last) = scores.last_mut()
        {
            *last += (times as f32).ln();
        }
    }

    fn scatter(&self, out: &Columns<'_>, scratch: &Scratch) {
        let dim = self.kept.dim;
        let rows = scratch.sums.chunks_exact(dim).zip(&scratch.worth);
        for (row, (sums, worth)) in rows.enumerate() {
            let share = 1.0 / worth;
            let write = |out: &mut [f32]| {
                out.iter_mut()
                    .zip(sums)
                    .for_each(|(out, sum)| *out = sum * share);
            };
            // SAFETY: a head's part of a row belongs to one piece of work.
            unsafe { out.with(self.first + row, self.head * dim, dim, write) };
        }
    }
}

fn strided(numbers: &[f32], stride: usize) -> Strided<'_> {
    Strided { numbers, stride }
}

at_each_level! {
    /// Turns scores into worths relative to the highest score so far; what was gathered before is scaled down when
    /// that rises.
    fn weigh(scores: &mut [f32], highest: &mut f32, worth: &mut f32, sums: &mut [f32]) = definition
}

#[inline(always)]
fn definition(scores: &mut [f32], highest: &mut f32, worth: &mut f32, sums: &mut [f32]) {
    let top = largest(scores).max(*highest);
    if top > *highest {
        let share = exp(*highest - top);
        *worth *= share;
        for sum in sums.iter_mut() {
            *sum *= share;
        }
        *highest = top;
    }
    for score in scores.iter_mut() {
        *score = exp(*score - top);
    }
    *worth += sum_in_lanes(scores, |worth| worth);
}

#[cfg(test)]
mod tests;
