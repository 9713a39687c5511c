//! Attention over pages of keys and values: scores, probabilities and their products a page at a
//! time, so that no matrix of all scores is ever made.

mod rows;
mod sums;

use std::cell::RefCell;
use std::ops::Range;

use half::{bf16, f16};

use crate::columns::Columns;
use crate::element::Element;
use crate::kv_pages::{CacheType, KvPages, PAGE, Sequence};
use crate::pool::Pool;
use rows::Rows;
use sums::Sums;

/// Tokens whose queries are carried past a page together, a head's group each.
const TOKENS: usize = 12;

/// Tokens of the past whose sums are made for themselves, then added to what was before. A thread may
/// make them one after the other or several threads at once: the result is the same.
const SEGMENT: usize = 512;

/// What attention there is in a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention<'a> {
    /// Heads of queries; a multiple of those of keys and values.
    pub heads: usize,
    /// What scores are multiplied with, usually one over the root of `head_dim`.
    pub scale: f32,
    /// A token sees itself and this many before it; all when none. Source: Beltagy et al. 2020.
    pub window: Option<usize>,
    /// It also sees this many after it, of the new tokens of its sequence: none in a language model, all in
    /// an encoder of texts.
    pub ahead: usize,
    /// Scores `s` become `c · tanh(s / c)`. Source: Bello et al. 2016, as in Gemma 2.
    pub soft_cap: Option<f32>,
    /// A score for each head of looking at nothing. Source: Xiao et al. 2023, as in gpt-oss.
    pub sinks: Option<&'a [f32]>,
}

/// Attention of the new tokens of some sequences, each to itself and all before it in its sequence.
/// The keys and values of new tokens are written already.
/// Shapes: `queries` and `out` are `[tokens, heads, head_dim]`, with the tokens of one sequence after
/// those of the other. Sums are f32.
///
/// Many sequences of one token and a long prompt may stand side by side: all threads are kept busy. The
/// result depends neither on the number of threads, nor on the other sequences, nor on how a prompt
/// is cut into calls.
/// Source: Milakov & Gimelshein 2018 for the running maximum; Dao et al. 2022 for the blocks; Dao et
/// al. 2023 (Flash-Decoding) for the segments.
///
/// # Panics
/// When the shapes do not fit.
pub fn attention(
    out: &mut [f32],
    queries: &[f32],
    pages: &KvPages,
    sequences: &[Sequence<'_>],
    layer: &Attention<'_>,
    pool: &Pool,
) {
    let width = layer.heads * pages.head_dim();
    let tokens: usize = sequences.iter().map(|sequence| sequence.tokens).sum();
    assert_eq!(
        queries.len(),
        tokens * width,
        "queries of {} heads of {}",
        layer.heads,
        pages.head_dim()
    );
    assert!(
        layer.heads.is_multiple_of(pages.kv_heads()),
        "groups of one size"
    );
    for sequence in sequences {
        assert!(
            sequence.table.len() * PAGE >= sequence.past + sequence.tokens,
            "a page for every token"
        );
    }
    assert!(
        layer.sinks.is_none_or(|sinks| sinks.len() == layer.heads),
        "a sink for each head"
    );
    let call = Call {
        out: Columns::new(out, tokens, width),
        queries,
        pages,
        sequences,
        layer,
    };
    match pages.cache_type() {
        CacheType::F32 => call.run::<f32>(pool),
        CacheType::Bf16 => call.run::<bf16>(pool),
        CacheType::F16 => call.run::<f16>(pool),
        CacheType::Q8 => call.run::<i8>(pool),
    }
}

thread_local! {
    /// Kept from call to call, so that a steady loop allocates nothing.
    static SCRATCH: RefCell<Rows> = RefCell::default();
    /// The sums of segments that several threads make.
    static SEGMENTS: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// One call of [`attention`].
struct Call<'a> {
    out: Columns<'a>,
    queries: &'a [f32],
    pages: &'a KvPages,
    sequences: &'a [Sequence<'a>],
    layer: &'a Attention<'a>,
}

/// New tokens of one sequence, few enough to be carried together, for one head of keys.
#[derive(Clone)]
struct Tile<'a> {
    sequence: &'a Sequence<'a>,
    head: usize,
    /// Rows of the queries and of the output.
    rows: Range<usize>,
    /// The position of the first.
    first: usize,
}

impl Tile<'_> {
    /// The position after the last that a token at `position` may see.
    fn end(&self, position: usize, layer: &Attention<'_>) -> usize {
        let length = self.sequence.past + self.sequence.tokens;
        position.saturating_add(layer.ahead).min(length - 1) + 1
    }

    /// The segments that any of the tokens may see.
    fn segments(&self, layer: &Attention<'_>) -> Range<usize> {
        let begin = layer
            .window
            .map_or(0, |window| self.first.saturating_sub(window));
        let last = self.first + self.rows.len() - 1;
        begin / SEGMENT..self.end(last, layer).div_ceil(SEGMENT)
    }
}

impl<'a> Call<'a> {
    /// All tiles; those that see most come first, so that no thread is left with one at the end.
    fn tiles(&self) -> impl Iterator<Item = Tile<'a>> {
        let kv_heads = self.pages.kv_heads();
        let mut start = 0;
        self.sequences.iter().flat_map(move |sequence| {
            let from = start;
            start += sequence.tokens;
            let count = sequence.tokens.div_ceil(TOKENS);
            (0..count * kv_heads).map(move |number| {
                let (tile, head) = (count - 1 - number / kv_heads, number % kv_heads);
                let tokens = tile * TOKENS..((tile + 1) * TOKENS).min(sequence.tokens);
                Tile {
                    sequence,
                    head,
                    rows: from + tokens.start..from + tokens.end,
                    first: sequence.past + tokens.start,
                }
            })
        })
    }

    fn run<T: Element>(&self, pool: &Pool) {
        let tiles: Vec<Tile<'_>> = self.tiles().collect();
        let segments: usize = tiles
            .iter()
            .map(|tile| tile.segments(self.layer).len())
            .sum();
        // Where tiles are enough for every thread to have several, none need be cut.
        if pool.threads() == 1 || tiles.len() >= 4 * pool.threads() || segments == tiles.len() {
            pool.deal(tiles.len(), &|number| self.whole::<T>(&tiles[number]));
        } else {
            self.cut::<T>(&tiles, segments, pool);
        }
    }

    /// A tile from its first segment to its last.
    fn whole<T: Element>(&self, tile: &Tile<'_>) {
        SCRATCH.with_borrow_mut(|rows| {
            rows.gather(self.queries, tile, self.pages, self.layer);
            for segment in tile.segments(self.layer) {
                rows.attend::<T>(self.pages, tile, segment, self.layer);
                let (total, part) = (&mut rows.total, &rows.part);
                total.add(part.view());
            }
            rows.scatter(&self.out, tile);
        });
    }

    /// Segments dealt out one by one, then added up in order.
    fn cut<T: Element>(&self, tiles: &[Tile<'_>], segments: usize, pool: &Pool) {
        let dim = self.pages.head_dim();
        let group = self.layer.heads / self.pages.kv_heads();
        let rows = tiles.iter().map(|tile| tile.rows.len()).max().unwrap_or(0) * group;
        let length = Sums::length(rows, dim);
        let places: Vec<(usize, usize)> = tiles
            .iter()
            .enumerate()
            .flat_map(|(number, tile)| tile.segments(self.layer).map(move |at| (number, at)))
            .collect();
        SEGMENTS.with_borrow_mut(|made| {
            made.resize(segments * length, 0.0);
            pool.deal_chunks(made, length, &|number, made| {
                let (tile, segment) = places[number];
                SCRATCH.with_borrow_mut(|rows| {
                    rows.gather(self.queries, &tiles[tile], self.pages, self.layer);
                    rows.attend::<T>(self.pages, &tiles[tile], segment, self.layer);
                    rows.part.save(made);
                });
            });
            let made: &[f32] = made;
            pool.deal(tiles.len(), &|number| {
                let tile = &tiles[number];
                let first = places.partition_point(|place| place.0 < number);
                let count = tile.segments(self.layer).len();
                SCRATCH.with_borrow_mut(|rows| {
                    rows.gather(self.queries, tile, self.pages, self.layer);
                    for made in made[first * length..].chunks_exact(length).take(count) {
                        rows.total
                            .add(Sums::saved(made, tile.rows.len() * group, dim));
                    }
                    rows.scatter(&self.out, tile);
                });
            });
        });
    }
}

#[cfg(test)]
mod tests;
