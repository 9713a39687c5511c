//! What can go wrong between a folder of files and a model that answers.

use std::{io, path::PathBuf};

/// A `Result` of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a checkpoint's files cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file is missing or cannot be read.
    #[error("`{}` cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The vocabulary, its rules or its settings contradict each other or are not understood.
    #[error("the tokenizer cannot be used: {reason}\nhint: {hint}")]
    Tokenizer {
        /// What is wrong, with the place.
        reason: String,
        /// What would help.
        hint: &'static str,
    },
    /// A conversation cannot be rendered, or its parts are malformed.
    #[error("the chat template: {reason}\nhint: {hint}")]
    Chat {
        /// What is wrong, in the template's own words if it has any.
        reason: String,
        /// What would help.
        hint: &'static str,
    },
    /// The settings of the network are missing, of a wrong type or contradict each other.
    #[error(
        "the model's settings cannot be used: {0}\nhint: is `config.json` the one that came with these weights?"
    )]
    Config(String),
    /// A family that there is no network for.
    #[error(
        "the architecture `{0}` is not known\nhint: `freehold model list --architectures` names those that are"
    )]
    UnknownArchitecture(String),
    /// A family whose networks cannot learn here.
    #[error(
        "networks of the architecture `{0}` cannot be trained so\nhint: those of `llama`, `mistral`, `qwen2`, `qwen3`, `qwen3_moe`, \
         `gemma3`, `olmo2`, `phi3` and `smollm3` can, and with `adapters` those of `gpt_oss`, `gemma4` and `qwen3_5`, from a folder of safetensors"
    )]
    Untrainable(String),
    /// A tensor has another shape than the settings ask for.
    #[error(
        "tensor `{name}` has shape {found:?}, the settings ask for {expected:?}\nhint: is `config.json` the one that came with these weights?"
    )]
    Shape {
        /// Its stored name.
        name: String,
        /// The shape that it has.
        found: Vec<usize>,
        /// The shape that it should have.
        expected: Vec<usize>,
    },
    /// A weight is infinite or no number, so that nothing could come of it.
    #[error(
        "tensor `{0}` holds numbers that are not finite\nhint: fetch its file again and compare its sha256 with the publisher's"
    )]
    NotFinite(String),
    /// An adapter does not belong to the network.
    #[error("the adapter cannot be added: {0}\nhint: is it one for this network, in safetensors?")]
    Adapter(String),
    /// GGUF has no words for something that changes answers.
    #[error(
        "the model cannot be written as GGUF: {reason}\nhint: it can be used as it is, and \
         `freehold chat --weights Q8_0` holds it in eight bits"
    )]
    Export {
        /// For what.
        reason: String,
    },
    /// Whoever asked for it ended it.
    #[error("stopped; nothing of it is left")]
    Stopped,
    /// The files of the weights cannot be used.
    #[error(transparent)]
    Files(#[from] tensor::Error),
}

impl Error {
    pub(crate) fn export(reason: String) -> Self {
        Self::Export { reason }
    }

    pub(crate) fn chat(reason: String, hint: &'static str) -> Self {
        Self::Chat { reason, hint }
    }

    pub(crate) fn tokenizer(reason: String, hint: &'static str) -> Self {
        Self::Tokenizer { reason, hint }
    }
}
