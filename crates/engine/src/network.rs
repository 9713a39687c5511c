//! What computes logits.

use std::sync::Arc;

use models::{Batch, Cache, Model};
use tensor::{CacheType, Context, Pool};

/// A network with its pages of keys and values, on the engine's thread.
///
/// The engine decides which pages a sequence reads and writes; the network holds what is in them.
pub trait Network {
    /// Tokens in a row of logits.
    fn vocab(&self) -> usize;

    /// The most tokens of a sequence, prompt and answer together.
    fn context_length(&self) -> usize;

    /// Pages that there are.
    fn pages(&self) -> usize;

    /// Computes a batch and appends the logits `[wanted, vocab]` to `logits`.
    fn forward(&mut self, batch: &Batch<'_>, logits: &mut Vec<f32>);

    /// Copies one page over another.
    fn copy_page(&mut self, from: u32, to: u32);

    /// Whether keys and values in pages are all that it keeps of a past. Where it keeps more, as
    /// recurrent layers do, no sequence can begin in the middle of another's past or step back.
    fn keeps_pages_only(&self) -> bool {
        true
    }
}

/// A model of this machine.
pub struct Local {
    model: Arc<Model>,
    cache: Cache,
    context: Context,
    pages: usize,
}

impl Local {
    /// `model` with as many pages as `cache_bytes` hold, computing on `pool`.
    pub fn new(model: Arc<Model>, cache_bytes: usize, kind: CacheType, pool: Arc<Pool>) -> Self {
        let length = model.config().context_length;
        // More pages than 64 sequences of full length could fill would never be used.
        let useful = 64 * length.div_ceil(crate::cache::PAGE);
        let pages = (cache_bytes / model.page_bytes(kind).max(1)).min(useful);
        Self {
            cache: model.cache(pages, kind),
            context: Context::new(pool),
            model,
            pages,
        }
    }
}

impl Network for Local {
    fn vocab(&self) -> usize {
        self.model.config().vocab
    }

    fn context_length(&self) -> usize {
        self.model.config().context_length
    }

    fn pages(&self) -> usize {
        self.pages
    }

    fn forward(&mut self, batch: &Batch<'_>, logits: &mut Vec<f32>) {
        let rows = self.model.forward(&self.context, batch, &mut self.cache);
        logits.extend_from_slice(rows.values());
    }

    fn copy_page(&mut self, from: u32, to: u32) {
        self.cache.copy_page(from, to);
    }
}
