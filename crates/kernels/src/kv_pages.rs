//! Keys and values of past tokens, in pages.

use half::bf16;

use crate::aligned::Aligned;
use crate::panels::PANEL;

/// Tokens in a page.
pub const PAGE: usize = 64;

/// Pages of keys and values of one layer, in bfloat16. A sequence owns some of them, in the order of
/// its own table; several sequences may share one.
///
/// Keys lie as weights of a product with the query do, four panels of sixteen tokens a page:
/// `[pages, kv_heads, 64 / 16, head_dim / 2, 16, 2]`. Values lie as weights of a product with the
/// probabilities do: `[pages, kv_heads, head_dim / 16, 64 / 2, 16, 2]`.
#[derive(Clone)]
pub struct KvPages {
    kv_heads: usize,
    head_dim: usize,
    keys: Aligned,
    values: Aligned,
}

impl KvPages {
    /// Room for `pages` pages.
    ///
    /// # Panics
    /// When `head_dim` is not a multiple of 16.
    pub fn new(pages: usize, kv_heads: usize, head_dim: usize) -> Self {
        assert!(
            head_dim.is_multiple_of(PANEL),
            "heads of {head_dim}, which is no multiple of 16"
        );
        let bytes = pages * kv_heads * PAGE * head_dim * 2;
        Self {
            kv_heads,
            head_dim,
            keys: Aligned::zeroed(bytes),
            values: Aligned::zeroed(bytes),
        }
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

    /// Writes the key and the value of the token at `slot` of `page`.
    /// Shapes: `key` and `value` are `[kv_heads, head_dim]`.
    ///
    /// # Panics
    /// When there is no such page or slot, or the lengths do not fit.
    pub fn write(&mut self, page: usize, slot: usize, key: &[f32], value: &[f32]) {
        let width = self.kv_heads * self.head_dim;
        assert!(
            slot < PAGE && key.len() == width && value.len() == width,
            "a token of a page"
        );
        let dim = self.head_dim;
        let heads = key.chunks_exact(dim).zip(value.chunks_exact(dim));
        for (head, (key, value)) in heads.enumerate() {
            let at = self.place(page, head);
            let keys = &mut self.keys.of_mut::<u16>()[at..][..PAGE * dim];
            let panel = &mut keys[slot / PANEL * PANEL * dim..][..PANEL * dim];
            for (step, pair) in panel
                .chunks_exact_mut(2 * PANEL)
                .zip(key.as_chunks::<2>().0)
            {
                for (number, key) in pair.iter().enumerate() {
                    step[slot % PANEL * 2 + number] = bf16::from_f32(*key).to_bits();
                }
            }
            let values = &mut self.values.of_mut::<u16>()[at..][..PAGE * dim];
            for (panel, values) in values
                .chunks_exact_mut(PANEL * PAGE)
                .zip(value.chunks(PANEL))
            {
                let step = &mut panel[slot / 2 * 2 * PANEL..][..2 * PANEL];
                for (number, value) in values.iter().enumerate() {
                    step[number * 2 + slot % 2] = bf16::from_f32(*value).to_bits();
                }
            }
        }
    }

    /// Copies one page over another, as when a shared page is about to be written.
    ///
    /// # Panics
    /// When there is no such page.
    pub fn copy_page(&mut self, from: usize, to: usize) {
        let length = self.kv_heads * PAGE * self.head_dim;
        for pages in [&mut self.keys, &mut self.values] {
            pages
                .of_mut::<u16>()
                .copy_within(from * length..(from + 1) * length, to * length);
        }
    }

    /// The key panels of a head in a page, each `[head_dim / 2, 16, 2]`.
    pub(crate) fn keys(&self, page: usize, head: usize) -> impl Iterator<Item = &[u16]> {
        let at = self.place(page, head);
        self.keys.of::<u16>()[at..][..PAGE * self.head_dim].chunks_exact(PANEL * self.head_dim)
    }

    /// The value panels of a head in a page, each `[64 / 2, 16, 2]`.
    pub(crate) fn values(&self, page: usize, head: usize) -> impl Iterator<Item = &[u16]> {
        let at = self.place(page, head);
        self.values.of::<u16>()[at..][..PAGE * self.head_dim].chunks_exact(PANEL * PAGE)
    }

    fn place(&self, page: usize, head: usize) -> usize {
        (page * self.kv_heads + head) * PAGE * self.head_dim
    }
}
