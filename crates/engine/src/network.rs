//! What computes logits.

use std::sync::Arc;

use models::{Batch, Cache, Model};
use tensor::{CacheType, Context, Pool};

use crate::cache::PAGE;
use crate::error::Error;

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
    /// recurrent layers do, no sequence can begin in the middle of another's past or step back, and a
    /// sequence is known by its first page.
    fn keeps_pages_only(&self) -> bool {
        true
    }

    /// Gives up what it keeps, besides pages, of the sequence with this first page.
    fn forget(&mut self, _first_page: u32) {}
}

/// A model of this machine.
pub struct Local {
    model: Arc<Model>,
    cache: Cache,
    context: Context,
    pages: usize,
}

/// What a model may take besides its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalOptions {
    /// Bytes of keys, values and whatever else is kept of pasts.
    pub cache_bytes: usize,
    /// How keys and values are held.
    pub cache_type: CacheType,
    /// Sequences that run at the same time.
    pub sequences: usize,
}

impl Local {
    /// `model` with as many pages as fit, computing on `pool`.
    ///
    /// # Errors
    /// [`Error::Memory`] when not even one page fits.
    pub fn new(model: Arc<Model>, options: LocalOptions, pool: Arc<Pool>) -> Result<Self, Error> {
        let length = model.config().context_length;
        let states = model.sequence_bytes() * options.sequences;
        let page = model.page_bytes(options.cache_type).max(1);
        let fitting = options.cache_bytes.saturating_sub(states) / page;
        if fitting == 0 {
            return Err(Error::Memory {
                what: "what is kept of the text".to_owned(),
                needed: states + page,
                available: options.cache_bytes,
            });
        }
        // Twice what all sequences could fill leaves room to remember as much again.
        let useful = 2 * options.sequences.max(1) * length.div_ceil(PAGE);
        let pages = fitting.min(useful);
        Ok(Self {
            cache: model.cache(pages, options.cache_type),
            context: Context::new(pool),
            model,
            pages,
        })
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

    fn keeps_pages_only(&self) -> bool {
        self.model.config().shares_prefixes
    }

    fn forget(&mut self, first_page: u32) {
        self.cache.forget(first_page);
    }
}
