//! Keys and values of past tokens, in pages.

mod half;

use self::half::Half;
use crate::aligned::Aligned;
use crate::element::Element;
use crate::panels::PANEL;
use crate::pool::Pool;

/// Tokens in a page.
pub const PAGE: usize = 64;

/// New tokens below which writing is not shared out among threads.
const FEW: usize = 16;

/// What keys and values are kept as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheType {
    /// As they come: for comparisons with a reference.
    F32,
    /// Bfloat16.
    Bf16,
    /// Half floats.
    F16,
    /// Bytes, with a scale for each token and head.
    Q8,
}

impl CacheType {
    /// Bytes that one token takes in one layer.
    pub fn bytes_per_token(self, kv_heads: usize, head_dim: usize) -> usize {
        let head = match self {
            Self::F32 => 4 * head_dim,
            Self::Bf16 | Self::F16 => 2 * head_dim,
            Self::Q8 => head_dim + size_of::<f32>(),
        };
        2 * kv_heads * head
    }
}

/// Where the new tokens of one sequence stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence<'a> {
    /// The pages of the sequence in order, `⌈(past + tokens) / 64⌉` of them at least.
    pub table: &'a [u32],
    /// Tokens that were there before.
    pub past: usize,
    /// New tokens.
    pub tokens: usize,
}

/// Pages of keys and values of one layer. A sequence owns some of them, in the order of its own
/// table; several sequences may share one.
///
/// Keys lie as weights of a product with the query do, four panels of sixteen tokens a page:
/// `[pages, kv_heads, 64 / 16, head_dim, 16]`. Values lie as weights of a product with the
/// probabilities do: `[pages, kv_heads, head_dim / 16, 64, 16]`.
#[derive(Clone)]
pub struct KvPages {
    cache_type: CacheType,
    kv_heads: usize,
    head_dim: usize,
    keys: Half,
    values: Half,
}

impl KvPages {
    /// Room for `pages` pages. Memory is taken as pages are written.
    ///
    /// # Panics
    /// When `head_dim` is not a multiple of 16.
    pub fn new(pages: usize, kv_heads: usize, head_dim: usize, cache_type: CacheType) -> Self {
        Self::in_memory(pages, [kv_heads, head_dim], cache_type, Aligned::zeroed)
    }

    /// As [`new`](Self::new), for pages all of which are written at once: in memory that the system gives in
    /// large pieces.
    ///
    /// # Panics
    /// When `head_dim` is not a multiple of 16.
    pub fn to_be_filled(
        pages: usize,
        kv_heads: usize,
        head_dim: usize,
        cache_type: CacheType,
    ) -> Self {
        let memory = Aligned::in_large_pages;
        Self::in_memory(pages, [kv_heads, head_dim], cache_type, memory)
    }

    fn in_memory(
        pages: usize,
        [kv_heads, head_dim]: [usize; 2],
        cache_type: CacheType,
        memory: fn(usize) -> Aligned,
    ) -> Self {
        assert!(
            head_dim.is_multiple_of(PANEL),
            "heads of {head_dim}, which is no multiple of 16"
        );
        // A copy of one would be a copy of zeros, which takes all the memory at once.
        let half = || Half::new(pages * kv_heads, head_dim, cache_type, memory);
        Self {
            cache_type,
            kv_heads,
            head_dim,
            keys: half(),
            values: half(),
        }
    }

    /// What keys and values are kept as.
    pub fn cache_type(&self) -> CacheType {
        self.cache_type
    }

    /// Heads of keys and values.
    pub fn kv_heads(&self) -> usize {
        self.kv_heads
    }

    /// Numbers in a head.
    pub fn head_dim(&self) -> usize {
        self.head_dim
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.keys.bytes() + self.values.bytes()
    }

    /// Writes the keys and values of the new tokens of some sequences, one sequence after the other.
    /// Shapes: `keys` and `values` are `[tokens, kv_heads, head_dim]`, with the tokens of all
    /// sequences.
    ///
    /// # Panics
    /// When a table names no page for a token, or the lengths do not fit.
    pub fn write(&mut self, sequences: &[Sequence<'_>], keys: &[f32], values: &[f32], pool: &Pool) {
        let width = self.kv_heads * self.head_dim;
        let tokens: usize = sequences.iter().map(|sequence| sequence.tokens).sum();
        assert!(
            keys.len() == tokens * width && values.len() == tokens * width,
            "keys and values of {tokens} tokens"
        );
        let (keys_to, values_to) = (self.keys.open(), self.values.open());
        let write = |head: usize| {
            let mut first = 0;
            for sequence in sequences {
                let mut done = 0;
                while done < sequence.tokens {
                    let position = sequence.past + done;
                    let slot = position % PAGE;
                    let count = (PAGE - slot).min(sequence.tokens - done);
                    let part = (first + done) * width + head * self.head_dim;
                    let run = Run {
                        block: sequence.table[position / PAGE] as usize * self.kv_heads + head,
                        slot,
                        count,
                        width,
                    };
                    // SAFETY: blocks belong to one head, and a head to one thread.
                    unsafe { keys_to.write_keys(run, &keys[part..]) };
                    // SAFETY: the same.
                    unsafe { values_to.write_values(run, &values[part..]) };
                    done += count;
                }
                first += sequence.tokens;
            }
        };
        if tokens < FEW {
            (0..self.kv_heads).for_each(write);
        } else {
            pool.deal(self.kv_heads, &write);
        }
    }

    /// Copies one page over another, as when a shared page is about to be written.
    ///
    /// # Panics
    /// When there is no such page.
    pub fn copy_page(&mut self, from: usize, to: usize) {
        for half in [&mut self.keys, &mut self.values] {
            half.copy(from * self.kv_heads, to * self.kv_heads, self.kv_heads);
        }
    }

    /// The key panels of a head in a page, four of `[head_dim, 16]`.
    pub(crate) fn keys<T: Element>(&self, page: usize, head: usize) -> &[T] {
        self.keys.block(page * self.kv_heads + head)
    }

    /// The value panels of a head in a page, one of `[64, 16]` for each sixteen of `head_dim`.
    pub(crate) fn values<T: Element>(&self, page: usize, head: usize) -> &[T] {
        self.values.block(page * self.kv_heads + head)
    }

    /// What a step of the keys and of the values of each token is worth, where they have steps.
    pub(crate) fn scales(&self, page: usize, head: usize) -> Option<[&[f32; PAGE]; 2]> {
        let block = page * self.kv_heads + head;
        Some([self.keys.scales(block)?, self.values.scales(block)?])
    }
}

/// Tokens that stand one after the other in one block.
#[derive(Clone, Copy)]
struct Run {
    block: usize,
    slot: usize,
    count: usize,
    /// How far apart the tokens are in what is written.
    width: usize,
}
