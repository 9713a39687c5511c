//! Why a model is not made.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

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
    /// A run cannot be released.
    #[error("`{}` cannot be released: {reason}\nhint: {hint}", path.display())]
    Release {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What would help.
        hint: String,
    },
    /// Something is there already.
    #[error("`{}` is there already\nhint: {hint}", path.display())]
    Exists {
        /// The file or folder.
        path: PathBuf,
        /// What would help.
        hint: &'static str,
    },
    /// A key cannot be used.
    #[error("`{}` {reason}\nhint: {hint}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What would help.
        hint: &'static str,
    },
    /// A release has no signature.
    #[error("`{}` is not signed: there is no `model.sig` in it\nhint: `freehold release sign` signs a release", path.display())]
    Unsigned {
        /// The folder.
        path: PathBuf,
    },
    /// A signature is damaged, or by another key.
    #[error("the signature `{}` does not hold: {reason}\nhint: {hint}", path.display())]
    Signature {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What would help.
        hint: &'static str,
    },
    /// A release is not what was signed.
    #[error(
        "`{}` is not what was signed: {reason}\n\
         hint: do not use it; get the release again from where it came",
        path.display()
    )]
    Changed {
        /// The folder.
        path: PathBuf,
        /// What is changed, missing or added.
        reason: String,
    },
    /// What is wanted of a model contradicts itself.
    #[error("the model cannot be made: {reason}\nhint: {hint}")]
    Shape {
        /// What is wrong.
        reason: String,
        /// What would help.
        hint: &'static str,
    },
    /// Another of the processes that train together has gone.
    #[error(
        "rank {rank} is gone: {reason}\nhint: the ranks end together; the same command goes on from the newest \
         state"
    )]
    Rank {
        /// Its number.
        rank: usize,
        /// What is known of it.
        reason: &'static str,
    },
    /// The processes that are to train together do not find each other.
    #[error("no ranks: {reason}\nhint: {hint}")]
    Ranks {
        /// What is wrong.
        reason: String,
        /// What would help.
        hint: &'static str,
    },
    /// Slurm cannot be told something, or says what nobody can read.
    #[error("Slurm: {reason}\nhint: {hint}")]
    Slurm {
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
    /// A step's loss stood out.
    #[error(
        "step {step}: the loss is {loss:.3}, of the steps before it was at most about {usual:.3}; nothing was \
         changed by this step\n\
         hint: look at the data; a lower `learning_rate` or a longer `warmup` helps too"
    )]
    Spike {
        /// The step that was not taken.
        step: u64,
        /// What was measured.
        loss: f64,
        /// What was to be expected at most.
        usual: f64,
    },
}

/// Writes a file whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_added_extension("part");
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let written = written.and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        // What is left of it serves nobody.
        let _ = std::fs::remove_file(&part);
    }
    written.map_err(Error::file(path))
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
