//! What a network is asked, and what it remembers.

use tensor::{CacheType, KvPages, Sequence, States};

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
    /// Sums over the tokens of each sequence.
    States(Vec<States>),
}

/// How a layer remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Keys and values of `kv_heads` heads of `head_dim` numbers.
    Pages { kv_heads: usize, head_dim: usize },
    /// Sums of so many numbers.
    States(Vec<usize>),
}

impl Cache {
    /// Room for `pages` pages of 64 tokens in each layer.
    pub(crate) fn new(layers: &[Memory], pages: usize, kind: CacheType) -> Self {
        let layers = layers.iter().map(|layer| match layer {
            Memory::Pages { kv_heads, head_dim } => {
                LayerCache::Pages(KvPages::new(pages, *kv_heads, *head_dim, kind))
            }
            Memory::States(counts) => {
                let states = counts.iter().map(|count| States::new(pages, *count));
                LayerCache::States(states.collect())
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
                LayerCache::States(states) => states.iter().map(States::bytes).sum(),
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
                LayerCache::States(_) => {}
            }
        }
    }

    /// Gives up what layers that sum up the past keep of the sequence whose first page this is; the pages
    /// themselves may be written anew without it.
    pub fn forget(&mut self, first_page: u32) {
        for layer in &mut self.layers {
            if let LayerCache::States(states) = layer {
                states
                    .iter_mut()
                    .for_each(|states| states.forget(first_page));
            }
        }
    }

    /// The keys and values of a layer.
    pub(crate) fn pages(&mut self, layer: usize) -> &mut KvPages {
        match &mut self.layers[layer] {
            LayerCache::Pages(pages) => pages,
            LayerCache::States(_) => panic!("layer {layer} remembers no tokens"),
        }
    }

    /// The sums of a layer.
    pub(crate) fn states(&mut self, layer: usize) -> &mut [States] {
        match &mut self.layers[layer] {
            LayerCache::States(states) => states,
            LayerCache::Pages(_) => panic!("layer {layer} sums up nothing"),
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
