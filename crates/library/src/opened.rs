//! A model as it is served: into which memory it is loaded, and with which cache.

use std::path::Path;
use std::sync::Arc;

use models::{LoadOptions, Model, Outline};
use tensor::files::Checkpoint;
use tensor::{CacheType, Pool, WeightType};

use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::quantity;

/// How keys and values are kept when a model is served.
pub const CACHE: CacheType = CacheType::Bf16;

/// Bytes that computing takes beside weights and cache: buffers of a step and its logits.
pub const WORK_BYTES: u64 = 256 << 20;

/// A checkpoint that was opened and looked at, but not loaded.
pub struct Opened {
    /// Its tensors.
    pub checkpoint: Checkpoint,
    /// Its sizes.
    pub outline: Outline,
}

impl Opened {
    /// Opens what lies at `path`.
    pub fn at(path: &Path) -> Result<Self> {
        let checkpoint = Checkpoint::open(path)?;
        let outline = Outline::of_checkpoint(&checkpoint)?;
        Ok(Self {
            checkpoint,
            outline,
        })
    }

    /// Refuses an architecture for which there is no network.
    pub fn check_known(&self) -> Result<()> {
        match self.outline.is_known {
            true => Ok(()),
            false => {
                let architecture = self.outline.architecture.clone();
                Err(models::Error::UnknownArchitecture(architecture).into())
            }
        }
    }

    /// Refuses what this machine's memory cannot hold, before anything is loaded.
    pub fn check_memory(
        &self,
        weights: WeightType,
        (tokens, cache): (usize, CacheType),
    ) -> Result<()> {
        let needed = Needs::of(&self.outline, weights, (tokens, cache)).all();
        let Memory { available, .. } = Memory::read();
        if needed <= available {
            return Ok(());
        }
        let what = format!(
            "the model needs {} of memory for {tokens} tokens of context, and {} are available",
            quantity::bytes(needed),
            quantity::bytes(available)
        );
        Err(Error::refused("not_enough_memory", what).hint(
            "`freehold model show` says what it needs at which context; a smaller format, a shorter \
             context or a smaller model needs less",
        ))
    }

    /// Loads the weights.
    pub fn load(&self, options: LoadOptions, pool: &Pool) -> Result<Model> {
        self.check_known()?;
        Ok(Model::of_checkpoint(&self.checkpoint, options, pool)?)
    }
}

/// Memory that a served model takes, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// For the weights.
    pub weights: u64,
    /// For keys and values.
    pub cache: u64,
    /// For what is computed.
    pub work: u64,
}

impl Needs {
    /// With weights held so, and a cache for that many tokens.
    pub fn of(outline: &Outline, weights: WeightType, (tokens, cache): (usize, CacheType)) -> Self {
        Self {
            weights: outline.weight_bytes(weights),
            cache: outline.cache_bytes(tokens, cache),
            work: WORK_BYTES,
        }
    }

    /// Together.
    pub fn all(&self) -> u64 {
        self.weights + self.cache + self.work
    }
}

/// The threads that compute.
pub fn pool() -> Arc<Pool> {
    Arc::new(Pool::of_all_cores())
}
