//! The queries of some tokens for one head of keys, on their way past the pages.

use std::ops::Range;

use super::Attention;
use crate::columns::Columns;
use crate::exp::exp;
use crate::isa::Isa;
use crate::kv_pages::{KvPages, PAGE};
use crate::levels::{at_each_level, largest, sum_in_lanes};
use crate::matmul_bf16::panel_products;
use crate::panels::PANEL;

/// Rows `[tokens, group]` of one head of keys.
#[derive(Default)]
pub(super) struct Rows {
    group: usize,
    dim: usize,
    /// `[rows, dim]`, scaled.
    queries: Vec<f32>,
    /// `[rows, 64]`: scores of a page, then what they are worth.
    scores: Vec<f32>,
    /// `[rows, dim]`: what has been gathered.
    sums: Vec<f32>,
    /// For each row the highest score and the sum of worths so far.
    highest: Vec<f32>,
    worth: Vec<f32>,
    products: Vec<[f32; PANEL]>,
}

impl Rows {
    fn count(&self) -> usize {
        self.highest.len()
    }

    /// Takes the queries of `tokens` for the group of `head`.
    pub fn gather(
        &mut self,
        queries: &[f32],
        tokens: Range<usize>,
        head: usize,
        pages: &KvPages,
        layer: &Attention<'_>,
    ) {
        (self.group, self.dim) = (layer.heads / pages.kv_heads(), pages.head_dim());
        let length = self.group * self.dim;
        self.queries.clear();
        self.highest.clear();
        self.worth.clear();
        for token in tokens {
            let from = (token * layer.heads + head * self.group) * self.dim;
            let scaled = queries[from..][..length]
                .iter()
                .map(|query| query * layer.scale);
            self.queries.extend(scaled);
            for row in 0..self.group {
                let sink = layer.sinks.map(|sinks| sinks[head * self.group + row]);
                self.highest.push(sink.unwrap_or(f32::NEG_INFINITY));
                self.worth.push(if sink.is_some() { 1.0 } else { 0.0 });
            }
        }
        let rows = self.count();
        self.sums.clear();
        self.sums.resize(rows * self.dim, 0.0);
        self.scores.resize(rows * PAGE, 0.0);
        self.products.resize(rows, [0.0; PANEL]);
    }

    /// Looks at every page that any of the rows may see; the first row is of the token at `first`.
    pub fn attend(
        &mut self,
        pages: &KvPages,
        table: &[u32],
        first: usize,
        head: usize,
        layer: &Attention<'_>,
    ) {
        let isa = Isa::current();
        let tokens = self.count() / self.group;
        let begin = layer
            .window
            .map_or(0, |window| first.saturating_sub(window));
        for (number, page) in table
            .iter()
            .enumerate()
            .take((first + tokens).div_ceil(PAGE))
        {
            let start = number * PAGE;
            if start + PAGE <= begin {
                continue;
            }
            let page = *page as usize;
            for (panel, pairs) in pages.keys(page, head).enumerate() {
                panel_products(isa, &self.queries, self.dim, pairs, &mut self.products);
                for (scores, made) in self.scores.chunks_exact_mut(PAGE).zip(&self.products) {
                    scores[panel * PANEL..][..PANEL].copy_from_slice(made);
                }
            }
            for row in 0..self.count() {
                let position = first + row / self.group;
                let oldest = layer
                    .window
                    .map_or(0, |window| position.saturating_sub(window));
                let seen =
                    oldest.saturating_sub(start)..(position + 1).saturating_sub(start).min(PAGE);
                weigh(
                    &mut self.scores[row * PAGE..][..PAGE],
                    seen,
                    layer.soft_cap.unwrap_or(0.0),
                    &mut self.highest[row],
                    &mut self.worth[row],
                    &mut self.sums[row * self.dim..][..self.dim],
                );
            }
            for (panel, pairs) in pages.values(page, head).enumerate() {
                panel_products(isa, &self.scores, PAGE, pairs, &mut self.products);
                for (sums, made) in self.sums.chunks_exact_mut(self.dim).zip(&self.products) {
                    for (sum, made) in sums[panel * PANEL..].iter_mut().zip(made) {
                        *sum += made;
                    }
                }
            }
        }
    }

    /// Gives out what the rows have gathered.
    pub fn scatter(&self, out: &Columns<'_>, tokens: Range<usize>, head: usize) {
        let length = self.group * self.dim;
        for (number, token) in tokens.enumerate() {
            let sums = &self.sums[number * length..][..length];
            let worth = &self.worth[number * self.group..][..self.group];
            let write = |out: &mut [f32]| {
                let rows = out
                    .chunks_exact_mut(self.dim)
                    .zip(sums.chunks_exact(self.dim));
                for ((out, sums), worth) in rows.zip(worth) {
                    let share = if *worth > 0.0 { 1.0 / worth } else { *worth };
                    out.iter_mut()
                        .zip(sums)
                        .for_each(|(out, sum)| *out = sum * share);
                }
            };
            // SAFETY: a head's group of a token belongs to one piece of work.
            unsafe { out.with(token, head * length, length, write) };
        }
    }
}

at_each_level! {
    /// Turns a page's scores into worths relative to the highest score so far; what was gathered
    /// before is scaled down when that rises. Scores outside of `seen` are worth nothing.
    fn weigh(scores: &mut [f32], seen: Range<usize>, soft_cap: f32, highest: &mut f32, worth: &mut f32, sums: &mut [f32]) = definition
}

#[inline(always)]
fn definition(
    scores: &mut [f32],
    seen: Range<usize>,
    soft_cap: f32,
    highest: &mut f32,
    worth: &mut f32,
    sums: &mut [f32],
) {
    let seen = seen.start.min(seen.end)..seen.end;
    if soft_cap > 0.0 {
        for score in &mut scores[seen.clone()] {
            // tanh(x) = 1 - 2 / (exp(2x) + 1)
            *score = soft_cap * (1.0 - 2.0 / (exp(*score * (2.0 / soft_cap)) + 1.0));
        }
    }
    scores[..seen.start].fill(f32::NEG_INFINITY);
    scores[seen.end..].fill(f32::NEG_INFINITY);
    let top = largest(scores).max(*highest);
    if top == f32::NEG_INFINITY && scores.iter().all(|score| !score.is_nan()) {
        scores.fill(0.0);
        return;
    }
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
