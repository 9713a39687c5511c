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
}
