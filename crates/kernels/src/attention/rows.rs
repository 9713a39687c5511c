//! The queries of some tokens for one head of keys, on their way past the pages.

use std::ops::Range;

use super::sums::Sums;
use super::{Attention, SEGMENT, Tile};
use crate::columns::Columns;
use crate::element::Element;
use crate::exp::exp;
use crate::isa::Isa;
use crate::kv_pages::{KvPages, PAGE};
use crate::levels::{at_each_level, largest, sum_in_lanes};
use crate::matmul_float::{Panels, Strided, panels_products};
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
    /// What has been gathered from the segment at hand.
    pub part: Sums,
    /// What has been gathered from those before.
    pub total: Sums,
    products: Vec<[f32; PANEL]>,
}

impl Rows {
    fn count(&self) -> usize {
        self.queries.len() / self.dim
    }

    /// Panels whose products are made before they are put where they belong.
    fn at_once(rows: usize) -> usize {
        if rows < 4 { 4 } else { 1 }
    }

    /// Takes the queries of a tile.
    pub fn gather(
        &mut self,
        queries: &[f32],
        tile: &Tile<'_>,
        pages: &KvPages,
        layer: &Attention<'_>,
    ) {
        (self.group, self.dim) = (layer.heads / pages.kv_heads(), pages.head_dim());
        let length = self.group * self.dim;
        let rows = tile.rows.len() * self.group;
        self.queries.clear();
        for row in tile.rows.clone() {
            let from = (row * layer.heads + tile.head * self.group) * self.dim;
            let queries = &queries[from..][..length];
            self.queries
                .extend(queries.iter().map(|query| query * layer.scale));
        }
        self.total.clear(rows, self.dim);
        if let Some(sinks) = layer.sinks {
            let sinks = &sinks[tile.head * self.group..][..self.group];
            for (row, sink) in sinks.iter().cycle().take(rows).enumerate() {
                (self.total.highest[row], self.total.worth[row]) = (*sink, 1.0);
            }
        }
        self.scores.resize(rows * PAGE, 0.0);
        self.products
            .resize(rows * Self::at_once(rows), [0.0; PANEL]);
    }

    /// Gathers from every page of a segment that any of the rows may see.
    pub fn attend<T: Element>(
        &mut self,
        pages: &KvPages,
        tile: &Tile<'_>,
        segment: usize,
        layer: &Attention<'_>,
    ) {
        self.part.clear(self.count(), self.dim);
        let end = tile.end(tile.first + tile.rows.len() - 1, layer);
        let begin = layer
            .window
            .map_or(0, |window| tile.first.saturating_sub(window));
        let first = begin.max(segment * SEGMENT) / PAGE;
        let last = end.min((segment + 1) * SEGMENT).div_ceil(PAGE);
        for number in first..last {
            let page = tile.sequence.table[number] as usize;
            let start = number * PAGE;
            let tokens = (end - start).min(PAGE);
            let next = (number + 1 < last).then(|| tile.sequence.table[number + 1] as usize);
            self.score::<T>(pages, page, tile.head, tokens);
            let scores = self.scores.as_chunks_mut::<PAGE>().0;
            for (row, scores) in scores.iter_mut().enumerate() {
                let position = tile.first + row / self.group;
                let oldest = layer
                    .window
                    .map_or(0, |window| position.saturating_sub(window));
                let newest = tile.end(position, layer);
                let seen = oldest.saturating_sub(start)..newest.saturating_sub(start).min(PAGE);
                weigh(
                    scores,
                    seen,
                    layer.soft_cap.unwrap_or(0.0),
                    &mut self.part.highest[row],
                    &mut self.part.worth[row],
                    &mut self.part.values[row * self.dim..][..self.dim],
                );
            }
            self.mix::<T>(pages, [page, next.unwrap_or(page)], tile.head, tokens);
        }
    }

    /// The scores of a page's first `tokens` tokens, and of others that are not looked at.
    fn score<T: Element>(&mut self, pages: &KvPages, page: usize, head: usize, tokens: usize) {
        let queries = Strided {
            numbers: &self.queries,
            stride: self.dim,
        };
        let (count, length) = (self.count(), PANEL * self.dim);
        let panels = &pages.keys::<T>(page, head)[..tokens.div_ceil(PANEL) * length];
        let next = pages.values::<T>(page, head);
        let at_once = Self::at_once(count);
        for (number, panels) in panels.chunks(at_once * length).enumerate() {
            let made = &mut self.products[..panels.len() / length * count];
            let panels = Panels {
                numbers: panels,
                length,
                next: &next[number * at_once * length..],
            };
            panels_products(Isa::current(), queries, self.dim, panels, made);
            for (panel, made) in made.chunks_exact(count).enumerate() {
                let at = number * at_once + panel;
                let rows = self.scores.as_chunks_mut::<PAGE>().0;
                for (scores, made) in rows.iter_mut().zip(made) {
                    scores.as_chunks_mut().0[at] = *made;
                }
            }
        }
        if let Some([scales, _]) = pages.scales(page, head) {
            scale(&mut self.scores, scales);
        }
    }

    /// Adds the values of a page's first `tokens` tokens, each by what its score is worth. What a page
    /// holds beyond them is of nobody, or of somebody else.
    fn mix<T: Element>(
        &mut self,
        pages: &KvPages,
        [page, next]: [usize; 2],
        head: usize,
        tokens: usize,
    ) {
        if let Some([_, scales]) = pages.scales(page, head) {
            scale(&mut self.scores, scales);
        }
        let worths = Strided {
            numbers: &self.scores,
            stride: PAGE,
        };
        let (count, length) = (self.count(), PANEL * PAGE);
        let at_once = Self::at_once(count);
        let keys = pages.keys::<T>(next, head);
        let panels = pages.values::<T>(page, head).chunks(at_once * length);
        for (number, panels) in panels.enumerate() {
            let made = &mut self.products[..panels.len() / length * count];
            let panels = Panels {
                numbers: panels,
                length,
                next: &keys[number * at_once * length..],
            };
            panels_products(Isa::current(), worths, tokens, panels, made);
            for (panel, made) in made.chunks_exact(count).enumerate() {
                let at = number * at_once + panel;
                for (values, made) in self.part.values.chunks_exact_mut(self.dim).zip(made) {
                    let values: &mut [f32; PANEL] = &mut values.as_chunks_mut().0[at];
                    values
                        .iter_mut()
                        .zip(made)
                        .for_each(|(value, made)| *value += made);
                }
            }
        }
    }

    /// Gives out what the rows have gathered.
    pub fn scatter(&self, out: &Columns<'_>, tile: &Tile<'_>) {
        let length = self.group * self.dim;
        for (number, row) in tile.rows.clone().enumerate() {
            let sums = &self.total.values[number * length..][..length];
            let worth = &self.total.worth[number * self.group..][..self.group];
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
            unsafe { out.with(row, tile.head * length, length, write) };
        }
    }
}

at_each_level! {
    /// Multiplies the scores `[rows, 64]` of a page's tokens with the scales of the tokens.
    fn scale(scores: &mut [f32], scales: &[f32; PAGE]) = scale_each
}

#[inline(always)]
fn scale_each(scores: &mut [f32], scales: &[f32; PAGE]) {
    for scores in scores.as_chunks_mut::<PAGE>().0 {
        for (score, scale) in scores.iter_mut().zip(scales) {
            *score *= scale;
        }
    }
}

at_each_level! {
    /// Turns a page's scores into worths relative to the highest score so far; what was gathered
    /// before is scaled down when that rises. Scores outside of `seen` are worth nothing.
    fn weigh(scores: &mut [f32; PAGE], seen: Range<usize>, soft_cap: f32, highest: &mut f32, worth: &mut f32, sums: &mut [f32]) = definition
}

#[inline(always)]
fn definition(
    scores: &mut [f32; PAGE],
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
