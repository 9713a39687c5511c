//! Why a request was not taken, or not finished.

/// What can go wrong between a request and its tokens.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// As many requests wait as may.
    #[error("`{waiting}` requests are waiting, which is the limit\nhint: try again in a moment")]
    Busy {
        /// Requests that wait.
        waiting: usize,
    },
    /// A figure of the request is out of range.
    #[error("the request cannot be served: {reason}")]
    Request {
        /// What does not fit, values in backticks.
        reason: String,
    },
    /// The prompt leaves no room for an answer.
    #[error("the prompt has `{tokens}` tokens, and `{limit}` are the most\nhint: {hint}")]
    TooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// The most that can be served.
        limit: usize,
        /// Which limit it is and what moves it.
        hint: &'static str,
    },
    /// The constraint cannot be met, or says something that is not supported.
    #[error("the {kind} cannot be used: {reason}")]
    Constraint {
        /// What was given: a JSON schema, a regular expression, a grammar.
        kind: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Something does not fit into memory.
    #[error(
        "{what} needs `{needed}` bytes of memory, and `{available}` may be used\nhint: raise the memory budget, or choose a smaller model or a more compact format"
    )]
    Memory {
        /// What needs it.
        what: String,
        /// Bytes it needs.
        needed: usize,
        /// Bytes it may have.
        available: usize,
    },
    /// No model of this name can be loaded.
    #[error("cannot load the model `{name}`: {reason}")]
    Load {
        /// The name asked for.
        name: String,
        /// What the loader said.
        reason: String,
    },
    /// The computation of this request broke; others went on.
    #[error("the computation broke: {reason}")]
    Broken {
        /// What was seen.
        reason: String,
    },
    /// The engine is shutting down and takes no more requests.
    #[error("the engine has stopped")]
    Stopped,
}

impl Error {
    /// The stable code under which `docs/errors.md` explains it.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Busy { .. } => "busy",
            Error::Request { .. } => "unusable_request",
            Error::TooLong { .. } => "prompt_too_long",
            Error::Constraint { .. } => "unusable_constraint",
            Error::Memory { .. } => "not_enough_memory",
            Error::Load { .. } => "model_not_loaded",
            Error::Broken { .. } => "computation_broke",
            Error::Stopped => "engine_stopped",
        }
    }
}
