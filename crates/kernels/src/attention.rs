//! Attention over pages of keys and values: scores, probabilities and their products a page at a
//! time, so that no matrix of all scores is ever made.

mod rows;

use std::cell::RefCell;
use std::ops::Range;

use crate::columns::Columns;
use crate::kv_pages::{KvPages, PAGE};
use crate::pool::Pool;
use rows::Rows;

/// Tokens whose queries are carried past a page together, a head's group each.
const TOKENS: usize = 8;

/// What attention there is in a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention<'a> {
    /// Heads of queries; a multiple of those of keys and values.
    pub heads: usize,
    /// What scores are multiplied with, usually one over the root of `head_dim`.
    pub scale: f32,
    /// A token sees itself and this many before it; all when none. Source: Beltagy et al. 2020.
    pub window: Option<usize>,
    /// Scores `s` become `c · tanh(s / c)`. Source: Bello et al. 2016, as in Gemma 2.
    pub soft_cap: Option<f32>,
    /// A score for each head of looking at nothing. Source: Xiao et al. 2023, as in gpt-oss.
    pub sinks: Option<&'a [f32]>,
}

/// Attention of new tokens to themselves and all before, `past` of which were there already. Their
/// own keys and values are written already.
/// Shapes: `queries` and `out` are `[tokens, heads, head_dim]`; `table` holds the pages of the
/// sequence, `⌈(past + tokens) / 64⌉` of them at least. Sums are f32.
/// Source: Milakov & Gimelshein 2018 for the running maximum; Dao et al. 2022 for the blocks.
///
/// # Panics
/// When the shapes do not fit.
pub fn attention(
    out: &mut [f32],
    queries: &[f32],
    pages: &KvPages,
    table: &[u32],
    past: usize,
    layer: &Attention<'_>,
    pool: &Pool,
) {
    let (heads, dim) = (layer.heads, pages.head_dim());
    let width = heads * dim;
    let tokens = queries.len().checked_div(width).unwrap_or(0);
    assert_eq!(
        queries.len(),
        tokens * width,
        "queries of {heads} heads of {dim}"
    );
    assert!(heads.is_multiple_of(pages.kv_heads()), "groups of one size");
    assert!(
        table.len() * PAGE >= past + tokens,
        "a page for every token"
    );
    assert!(
        layer.sinks.is_none_or(|sinks| sinks.len() == heads),
        "a sink for each head"
    );
    let out = Columns::new(out, tokens, width);
    let tiles = tokens.div_ceil(TOKENS);
    // The last tokens see most: dealing out heads first gives each thread as much of both.
    pool.split(tiles * pages.kv_heads(), 1, &|pieces: Range<usize>| {
        for piece in pieces {
            let (head, tile) = (piece / tiles, piece % tiles);
            let tokens = tile * TOKENS..((tile + 1) * TOKENS).min(tokens);
            SCRATCH.with_borrow_mut(|rows| {
                rows.gather(queries, tokens.clone(), head, pages, layer);
                rows.attend(pages, table, past + tokens.start, head, layer);
                rows.scatter(&out, tokens, head);
            });
        }
    });
}

thread_local! {
    /// Kept from call to call, so that a steady loop allocates nothing.
    static SCRATCH: RefCell<Rows> = RefCell::default();
}

#[cfg(test)]
mod tests;
