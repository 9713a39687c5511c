//! Why a model is not made.

use std::path::PathBuf;

/// A `Result` of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something is not trained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read or written.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A recipe has unknown keys or contradicts itself.
    #[error("`{}`: {reason}\nhint: {hint}", path.display())]
    Recipe {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line where there is one.
        reason: String,
        /// What would help.
        hint: String,
    },
    /// Data is missing, or is not what the recipe says.
    #[error("`{}`: {reason}\nhint: {hint}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line where there is one.
        reason: String,
        /// What would help.
        hint: &'static str,
    },
    /// A vocabulary cannot be made.
    #[error("the vocabulary cannot be made: {reason}\nhint: {hint}")]
    Vocabulary {
        /// What is wrong.
        reason: String,
        /// What would help.
        hint: &'static str,
    },
    /// More memory is needed than there is.
    #[error(
        "stage `{stage}` needs about {needed_mib} MiB of memory, there are {there_mib} MiB\nhint: fewer \
         `tokens_at_once`, `adapters`, or a smaller network"
    )]
    Memory {
        /// Its name.
        stage: String,
        /// What it needs.
        needed_mib: u64,
        /// What there is.
        there_mib: u64,
    },
    /// Whoever asked for it stopped it; what was done is kept.
    #[error("stopped at step {step}; the same command goes on from there")]
    Stopped {
        /// Steps taken.
        step: u64,
    },
    /// A checkpoint cannot be loaded or written.
    #[error(transparent)]
    Model(#[from] models::Error),
    /// Numbers cannot be read or written.
    #[error(transparent)]
    Tensor(#[from] tensor::Error),
    /// A saved state is damaged, or belongs to another model or recipe.
    #[error("`{}` cannot be gone on from: {reason}\nhint: {hint}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What would help.
        hint: &'static str,
    },
    /// What is wanted of a model contradicts itself.
    #[error("the model cannot be made: {reason}\nhint: {hint}")]
    Shape {
        /// What is wrong.
        reason: String,
        /// What would help.
        hint: &'static str,
    },
    /// The numbers grew beyond all bounds.
    #[error(
        "step {step}: the loss is {loss}, the gradient {gradient_norm}; nothing was changed by this step\n\
         hint: a lower `learning_rate`, a longer `warmup` or a smaller `clip` keeps numbers in bounds"
    )]
    NotFinite {
        /// The step that was not taken.
        step: u64,
        /// What was measured.
        loss: f64,
        /// The length of the gradient.
        gradient_norm: f64,
    },
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
