//! A checkpoint, ready to compute.

use std::path::Path;

use kernels::Pool;
use tensor::files::Checkpoint;
use tensor::ops::{sum_in_pieces, weighted_cross_entropy};
use tensor::{CacheType, Context, Tensor, Weight, WeightType};

use crate::batch::{Batch, Cache, Memory};
use crate::error::Error;
use crate::gemma3::Gemma3;
use crate::gemma4::Gemma4;
use crate::gpt_oss::GptOss;
use crate::layers::{Layered, sparing_loss};
use crate::llama::Llama;
use crate::loader::Loader;
use crate::olmo::Olmo;
use crate::qwen3_5::Qwen3_5;
use crate::qwen3_moe::Qwen3Moe;
use crate::source::{Source, read_source};

/// A language model: weights and the network that they belong to. Shared between threads; whoever
/// computes brings a [`Context`] and a [`Cache`].
pub struct Model {
    network: Box<dyn Network>,
    layers: Vec<Memory>,
    config: Config,
}

/// Writes how much each token counts, zero before, by the `-log p` that each is foretold with.
pub type Weigh<'a> = dyn FnMut(&[f32], &mut [f32]) + 'a;

/// What a user asks about a model.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The family, as `config.json` or GGUF name it: `llama`, `qwen3`.
    pub architecture: String,
    /// Tokens that there are.
    pub vocab: usize,
    /// Tokens for which the model was made, prompt and answer together.
    pub context_length: usize,
    /// Layers.
    pub layers: usize,
    /// Numbers in a token's row.
    pub hidden: usize,
    /// Numbers in the matrices.
    pub parameters: u64,
    /// Bytes of the matrices as they are held.
    pub weight_bytes: u64,
    /// Those that each token meets: fewer where tokens go to some of many experts.
    pub active_parameters: u64,
    /// Their bytes.
    pub active_bytes: u64,
    /// Whether texts that begin alike can share pages, and a text can be cut back. Not where layers sum up
    /// the past: a sequence then goes on where it ended, with a first page of its own.
    pub shares_prefixes: bool,
    /// Formats of the matrices as they are held, with the bytes of each, largest first.
    pub weight_types: Vec<(String, u64)>,
}

/// How a checkpoint is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// How matrices are held.
    pub weights: WeightType,
    /// Tokens for which it is served, prompt and answer together; what the checkpoint says when none.
    /// Models that stretch positions do so for this length.
    pub context_length: Option<usize>,
}

/// One family: tokens in, logits out.
pub(crate) trait Network: Send + Sync {
    /// The states `[wanted, hidden]` of a batch whose pages are there, after the last norm.
    fn states(&self, cx: &Context, batch: &Batch<'_>, cache: &mut Cache) -> Tensor;

    /// The logits `[wanted, vocab]` of such states.
    fn logits(&self, cx: &Context, states: &Tensor) -> Tensor;

    /// The network by its layers, where they can be run one by one.
    fn layered(&self) -> Option<&dyn Layered> {
        None
    }

    /// What each layer keeps of past tokens.
    fn memory(&self) -> Vec<Memory>;

    /// All matrices, with the share of tokens that meet each.
    fn weights(&self) -> Vec<(&Weight, f64)>;
}

impl Model {
    /// Loads a folder of Hugging Face's or a GGUF file.
    ///
    /// # Errors
    /// When files are missing or damaged, the architecture is unknown, or tensors do not have the shapes
    /// that the settings ask for.
    pub fn load(path: &Path, options: LoadOptions, pool: &Pool) -> Result<Self, Error> {
        let checkpoint = Checkpoint::open(path)?;
        Self::of_checkpoint(&checkpoint, options, pool)
    }

    /// Loads an open checkpoint.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn of_checkpoint(
        checkpoint: &Checkpoint,
        options: LoadOptions,
        pool: &Pool,
    ) -> Result<Self, Error> {
        let Source {
            architecture,
            settings,
            names,
        } = read_source(checkpoint)?;
        let loader = Loader::new(checkpoint, settings, names, options, pool);
        Self::of_loader(architecture, &loader)
    }

    pub(crate) fn of_loader(architecture: String, loader: &Loader<'_>) -> Result<Self, Error> {
        let network = network(&architecture, loader)?;
        let config = Config::of(architecture, loader, &*network)?;
        Ok(Self {
            layers: network.memory(),
            network,
            config,
        })
    }

    /// What a user asks about it.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Room for `pages` pages of 64 tokens.
    pub fn cache(&self, pages: usize, kind: CacheType) -> Cache {
        Cache::new(&self.layers, pages, kind)
    }

    /// Bytes that a page of 64 tokens takes in such a cache.
    pub fn page_bytes(&self, kind: CacheType) -> usize {
        Cache::new(&self.layers, 1, kind).bytes()
    }

    /// Bytes that each sequence takes in any cache, whatever its length.
    pub fn sequence_bytes(&self) -> usize {
        let counts = self.layers.iter().filter_map(|layer| match layer {
            Memory::States(counts) => Some(counts.iter().sum::<usize>()),
            Memory::Pages { .. } => None,
        });
        counts.sum::<usize>() * size_of::<f32>()
    }

    /// The logits `[wanted, vocab]` after the wanted tokens of a batch. Keys and values of all its tokens
    /// are in the cache afterwards.
    ///
    /// # Panics
    /// When a token is beyond the vocabulary, or the batch does not hold together.
    pub fn forward(&self, cx: &Context, batch: &Batch<'_>, cache: &mut Cache) -> Tensor {
        let states = self.states(cx, batch, cache);
        self.network.logits(cx, &states)
    }

    /// How badly the wanted tokens of a batch foretell `targets`: the sum of `weight · -log p(target)`. What
    /// each is foretold with, not yet weighted, goes to `losses`. With a tape, gradients of what makes logits
    /// of states are known at once, so that all scores are never in memory.
    /// Shapes: `targets`, `weights` and `losses` are `[wanted]`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn loss(
        &self,
        cx: &Context,
        batch: &Batch<'_>,
        cache: &mut Cache,
        (targets, weights): (&[u32], &[f32]),
        losses: &mut [f32],
    ) -> Tensor {
        self.loss_by(cx, batch, cache, &mut |cx, states| {
            self.head_loss(cx, states, (targets, weights), losses)
        })
    }

    /// The same with weights that depend on how well the tokens are foretold: `weigh` gets `losses`, and writes
    /// the weights, which are zero before. The layers run once and scores are made twice, first beside the tape.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn weighed_loss(
        &self,
        cx: &Context,
        batch: &Batch<'_>,
        cache: &mut Cache,
        (targets, weigh): (&[u32], &mut Weigh<'_>),
        losses: &mut [f32],
    ) -> Tensor {
        self.loss_by(cx, batch, cache, &mut |cx, states| {
            let mut weights = vec![0.0; targets.len()];
            cx.unrecorded(|cx| self.head_loss(cx, states, (targets, &weights), losses));
            weigh(losses, &mut weights);
            self.head_loss(cx, states, (targets, &weights), losses)
        })
    }

    /// What `head` makes of the states of a batch.
    fn loss_by(
        &self,
        cx: &Context,
        batch: &Batch<'_>,
        cache: &mut Cache,
        head: &mut dyn FnMut(&Context, &Tensor) -> Tensor,
    ) -> Tensor {
        match self.network.layered() {
            Some(layered) if cx.is_recording() && cx.spares_activations() => {
                sparing_loss(layered, cx, batch, cache, head)
            }
            _ => head(cx, &self.states(cx, batch, cache)),
        }
    }

    /// The loss of such states.
    fn head_loss(
        &self,
        cx: &Context,
        states: &Tensor,
        (targets, weights): (&[u32], &[f32]),
        losses: &mut [f32],
    ) -> Tensor {
        /// Scores that are in memory at a time: as many as make products worth their packing.
        const SCORES: usize = 4 << 20;
        let rows = (SCORES / self.config.vocab.max(1)).clamp(64, 1024);
        sum_in_pieces(cx, states, rows, |cx, states, range| {
            let logits = self.network.logits(cx, states);
            let (targets, weights) = (&targets[range.clone()], &weights[range.clone()]);
            weighted_cross_entropy(cx, logits, targets, weights, &mut losses[range])
        })
    }

    /// The states `[wanted, hidden]` from which such logits are made, as models that embed texts want them.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn states(&self, cx: &Context, batch: &Batch<'_>, cache: &mut Cache) -> Tensor {
        let tokens: usize = batch.sequences.iter().map(|sequence| sequence.tokens).sum();
        assert_eq!(tokens, batch.tokens.len(), "every token is of a sequence");
        self.network.states(cx, batch, cache)
    }
}

/// The families that there are networks for, as `config.json` names them.
pub const ARCHITECTURES: [&str; 18] = [
    "gemma3",
    "gemma3_text",
    "gemma4",
    "gemma4_text",
    "gpt_oss",
    "llama",
    "mistral",
    "olmo2",
    "olmo3",
    "phi3",
    "qwen2",
    "qwen3",
    "qwen3_5",
    "qwen3_5_moe",
    "qwen3_5_moe_text",
    "qwen3_5_text",
    "qwen3_moe",
    "smollm3",
];

/// Whether there is a network for that family.
pub(crate) fn is_known(architecture: &str) -> bool {
    ARCHITECTURES.contains(&architecture)
}

/// The network of that family, one of [`ARCHITECTURES`].
fn network(architecture: &str, loader: &Loader<'_>) -> Result<Box<dyn Network>, Error> {
    Ok(match architecture {
        "llama" | "mistral" | "qwen2" | "qwen3" | "smollm3" | "phi3" => {
            Box::new(Llama::load(loader)?)
        }
        "gemma3" | "gemma3_text" => Box::new(Gemma3::load(loader)?),
        "gemma4" | "gemma4_text" => Box::new(Gemma4::load(loader)?),
        "olmo2" | "olmo3" => Box::new(Olmo::load(loader)?),
        "qwen3_5" | "qwen3_5_text" | "qwen3_5_moe" | "qwen3_5_moe_text" => {
            Box::new(Qwen3_5::load(loader)?)
        }
        "qwen3_moe" => Box::new(Qwen3Moe::load(loader)?),
        "gpt_oss" => Box::new(GptOss::load(loader)?),
        other => return Err(Error::UnknownArchitecture(other.to_owned())),
    })
}

impl Config {
    fn of(architecture: String, loader: &Loader<'_>, network: &dyn Network) -> Result<Self, Error> {
        let settings = &loader.settings;
        let context_length = loader.context_length()?;
        let mut types: Vec<(String, u64)> = Vec::new();
        let (mut parameters, mut weight_bytes) = (0, 0);
        let (mut active_parameters, mut active_bytes) = (0.0, 0.0);
        for (weight, share) in network.weights() {
            let count = (weight.outputs() * weight.inputs()) as u64;
            let bytes = weight.bytes() as u64;
            parameters += count;
            active_parameters += share * count as f64;
            active_bytes += share * bytes as f64;
            weight_bytes += bytes;
            let name = weight.dtype().name();
            match types.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += bytes,
                None => types.push((name.to_owned(), bytes)),
            }
        }
        types.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        Ok(Self {
            architecture,
            vocab: settings.count("vocab_size")?,
            context_length,
            layers: settings.layers()?,
            hidden: settings.count("hidden_size")?,
            parameters,
            weight_bytes,
            active_parameters: active_parameters as u64,
            active_bytes: active_bytes as u64,
            shares_prefixes: !network
                .memory()
                .iter()
                .any(|layer| matches!(layer, Memory::States(_))),
            weight_types: types,
        })
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
