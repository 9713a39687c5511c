//! What is known of a checkpoint from its headers, before weights are read.

use std::cmp::Reverse;

use tensor::files::{Checkpoint, Dtype, View};
use tensor::{CacheType, WeightType};

use crate::batch::{Cache, Memory};
use crate::error::Error;
use crate::gemma4::Gemma4;
use crate::model::is_known;
use crate::qwen3_5;
use crate::self_attention::Heads;
use crate::settings::Settings;
use crate::source::{Source, read_source};

/// Tokens in a page of keys and values.
const PAGE: usize = 64;

/// A checkpoint's size and shape, known without loading it: what a user is shown, and what decides
/// whether it fits into memory.
#[derive(Clone, Debug)]
pub struct Outline {
    /// The family, as `config.json` or GGUF name it: `llama`, `qwen3`.
    pub architecture: String,
    /// Whether there is a network for it.
    pub is_known: bool,
    /// Tokens that there are.
    pub vocab: usize,
    /// Tokens for which the model was made, prompt and answer together.
    pub context_length: usize,
    /// Layers.
    pub layers: usize,
    /// Numbers in a token's row.
    pub hidden: usize,
    /// Numbers in all tensors.
    pub parameters: u64,
    /// The stored formats, that of the most bytes first.
    pub formats: Vec<Format>,
    matrices: Vec<Matrix>,
    memory: Vec<Memory>,
}

/// The tensors of one format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// How they are stored.
    pub dtype: Dtype,
    /// How many there are.
    pub tensors: usize,
    /// Numbers in them.
    pub parameters: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// A tensor as far as its size in memory goes.
#[derive(Clone, Copy, Debug)]
struct Matrix {
    dtype: Dtype,
    inputs: usize,
    numbers: u64,
    is_vector: bool,
}

impl Outline {
    /// Reads what the headers and `config.json` of `checkpoint` say.
    ///
    /// # Errors
    /// When the settings are missing or contradict each other.
    pub fn of_checkpoint(checkpoint: &Checkpoint) -> Result<Self, Error> {
        let Source {
            architecture,
            settings,
            ..
        } = read_source(checkpoint)?;
        let mut formats: Vec<Format> = Vec::new();
        let mut matrices = Vec::new();
        for name in checkpoint.names() {
            let view = checkpoint.view(name)?;
            let (dtype, numbers, inputs) = meant_by(name, &view);
            let format = Format {
                dtype,
                tensors: 1,
                parameters: numbers,
                bytes: view.bytes.len() as u64,
            };
            match formats.iter_mut().find(|known| known.dtype == dtype) {
                Some(known) => known.add(&format),
                None => formats.push(format),
            }
            matrices.push(Matrix {
                dtype,
                inputs,
                numbers,
                is_vector: view.shape.iter().filter(|length| **length > 1).count() < 2,
            });
        }
        formats.sort_by_key(|format| Reverse(format.bytes));
        let is_known = is_known(&architecture);
        let memory = match is_known {
            true => memory(&architecture, &settings)?,
            false => Vec::new(),
        };
        Ok(Self {
            is_known,
            vocab: settings.count_if("vocab_size")?.unwrap_or(0),
            context_length: settings
                .count_if("max_position_embeddings")?
                .unwrap_or(2048),
            layers: settings.count_if("num_hidden_layers")?.unwrap_or(0),
            hidden: settings.count_if("hidden_size")?.unwrap_or(0),
            parameters: formats.iter().map(|format| format.parameters).sum(),
            architecture,
            formats,
            matrices,
            memory,
        })
    }

    /// Bytes of all tensors in the files.
    pub fn stored_bytes(&self) -> u64 {
        self.formats.iter().map(|format| format.bytes).sum()
    }

    /// Bytes of the weights in memory, when they are held as `wanted`; but for the padding of matrices
    /// whose outputs are not whole panels.
    pub fn weight_bytes(&self, wanted: WeightType) -> u64 {
        let matrices = self.matrices.iter();
        matrices
            .map(|matrix| {
                let held = match matrix.is_vector {
                    true => Dtype::F32,
                    false => wanted.held(matrix.dtype, matrix.inputs),
                };
                matrix.numbers / held.block_len() as u64 * held.block_bytes() as u64
            })
            .sum()
    }

    /// Bytes of the cache for one conversation of `tokens` tokens.
    pub fn cache_bytes(&self, tokens: usize, kind: CacheType) -> u64 {
        let page = Cache::new(&self.memory, 1, kind).bytes() as u64;
        let states = self.memory.iter().map(|layer| match layer {
            Memory::States(counts) => counts.iter().sum(),
            Memory::Pages { .. } => 0,
        });
        let states = (states.sum::<usize>() * size_of::<f32>()) as u64;
        page * tokens.div_ceil(PAGE) as u64 + states
    }
}

impl Format {
    fn add(&mut self, other: &Self) {
        self.tensors += other.tensors;
        self.parameters += other.parameters;
        self.bytes += other.bytes;
    }
}

/// How the numbers of a tensor are stored, how many there are, and how many in a row. Folders keep MXFP4 as plain bytes: two
/// numbers each, and the scales of blocks beside them.
fn meant_by(name: &str, view: &View<'_>) -> (Dtype, u64, usize) {
    let (numbers, inputs) = (view.len() as u64, view.shape.last().copied().unwrap_or(1));
    match (view.dtype, &view.shape[..]) {
        (Dtype::U8, [.., blocks, bytes]) if name.ends_with("_blocks") => {
            (Dtype::Mxfp4, 2 * numbers, 2 * blocks * bytes)
        }
        (Dtype::U8, _) if name.ends_with("_scales") => (Dtype::Mxfp4, 0, inputs),
        (dtype, _) => (dtype, numbers, inputs),
    }
}

/// What each layer keeps of past tokens, as its network will say once it is loaded.
fn memory(architecture: &str, settings: &Settings) -> Result<Vec<Memory>, Error> {
    if architecture.starts_with("gemma4") {
        return Gemma4::memory_by(settings);
    }
    if architecture.starts_with("qwen3_5") {
        return qwen3_5::memory_by(settings);
    }
    let layers = settings.layers()?;
    Ok(vec![Heads::read(settings)?.memory(); layers])
}
