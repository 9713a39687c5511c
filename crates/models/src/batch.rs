//! What a network is asked, and what it remembers.

use tensor::{CacheType, KvPages, Sequence};

/// New tokens of one or more sequences.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The tokens of the sequences, one after the other.
    pub tokens: &'a [u32],
    /// Where each sequence stands.
    pub sequences: &'a [Sequence<'a>],
    /// The tokens, by their place in `tokens`, after which the next one is asked for.
    pub wanted: &'a [u32],
}

impl Batch<'_> {
    /// The position of each token in its sequence.
    pub(crate) fn positions(&self) -> impl Iterator<Item = usize> {
        let sequences = self.sequences.iter();
        sequences.flat_map(|sequence| sequence.past..sequence.past + sequence.tokens)
    }
}

/// What each layer keeps of past tokens.
pub struct Cache {
    pub(crate) layers: Vec<LayerCache>,
}

/// What one layer keeps.
pub(crate) enum LayerCache {
    /// Keys and values of each token.
    Pages(KvPages),
}

/// How a layer remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Keys and values of `kv_heads` heads of `head_dim` numbers.
    Pages { kv_heads: usize, head_dim: usize },
}

impl Cache {
    /// Room for `pages` pages of 64 tokens in each layer.
    pub(crate) fn new(layers: &[Memory], pages: usize, kind: CacheType) -> Self {
        let layers = layers.iter().map(|layer| match *layer {
            Memory::Pages { kv_heads, head_dim } => {
                LayerCache::Pages(KvPages::new(pages, kv_heads, head_dim, kind))
            }
        });
        Self {
            layers: layers.collect(),
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let layers = self.layers.iter();
        layers
            .map(|layer| match layer {
                LayerCache::Pages(pages) => pages.bytes(),
            })
            .sum()
    }

    /// Copies one page over another in every layer, as when a shared page is about to be written.
    ///
    /// # Panics
    /// When there is no such page.
    pub fn copy_page(&mut self, from: u32, to: u32) {
        for layer in &mut self.layers {
            match layer {
                LayerCache::Pages(pages) => pages.copy_page(from as usize, to as usize),
            }
        }
    }

    /// The keys and values of a layer.
    pub(crate) fn pages(&mut self, layer: usize) -> &mut KvPages {
        match &mut self.layers[layer] {
            LayerCache::Pages(pages) => pages,
        }
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache")
            .field("layers", &self.layers.len())
            .field("bytes", &self.bytes())
            .finish()
    }
}
