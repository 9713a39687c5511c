//! Why a model does not answer.

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a model cannot be talked to, or this cannot be said to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The conversation does not fit into the context.
    #[error("the prompt has `{tokens}` tokens, and the context holds `{context}`\nhint: {hint}")]
    TooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// Tokens of prompt and answer together.
        context: usize,
        /// What mends it.
        hint: String,
    },
    /// More context was asked for than the model was made for.
    #[error(
        "the model was made for `{most}` tokens of context, not `{asked}`\nhint: `{most}` is the most"
    )]
    Context {
        /// What was asked for.
        asked: usize,
        /// What there is.
        most: usize,
    },
    /// The tokenizer belongs to another model.
    #[error(
        "the tokenizer has `{tokens}` tokens, and the weights have rows for `{rows}`\n\
         hint: is `tokenizer.json` the one that came with these weights?"
    )]
    Tokenizer {
        /// Those of the tokenizer.
        tokens: usize,
        /// Those of the weights.
        rows: usize,
    },
    /// Tools are to be called in a way that cannot be had.
    #[error(
        "`tool_choice` cannot be met: {reason}\nhint: let the model choose, with `\"tool_choice\": \"auto\"`"
    )]
    Calls {
        /// What stands against it.
        reason: String,
    },
    /// The built-in model is asked for what larger models do.
    #[error(
        "the built-in tool model calls Freehold's own tools, and neither others nor by other schemas\n\
         hint: `freehold model add hub:Qwen/Qwen3-0.6B` adds a model that does"
    )]
    ToolsOnly,
    /// The built-in model's answer was too long to be a list of calls.
    #[error(
        "the built-in model did not understand this\nhint: say it in fewer words, one thing at a time"
    )]
    NoCalls,
    /// The model cannot be opened, or is too large for this machine.
    #[error(transparent)]
    Library(#[from] library::Error),
    /// The model, its tokenizer or its template cannot be used.
    #[error(transparent)]
    Model(#[from] models::Error),
    /// The engine refuses, or broke.
    #[error(transparent)]
    Engine(#[from] engine::Error),
}

impl Error {
    /// The stable code under which `docs/errors.md` explains it. What [`Error::Library`] and
    /// [`Error::Model`] hold tells more.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "prompt_too_long",
            Self::Context { .. } => "context_too_long",
            Self::Tokenizer { .. } => "unusable_tokenizer",
            Self::Calls { .. } => "unusable_tool_choice",
            Self::ToolsOnly => "tools_only",
            Self::NoCalls => "not_understood",
            Self::Engine(error) => error.code(),
            Self::Library(_) | Self::Model(_) => "unusable_model",
        }
    }
}
