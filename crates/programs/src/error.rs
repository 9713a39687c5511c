//! What can go wrong while code is repaired or tested.

use std::path::{Path, PathBuf};

/// What can go wrong, grouped by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project cannot be repaired as it stands: unknown language, no tests, broken syntax.
    #[error("{reason}\nhint: {hint}")]
    Unsuitable {
        /// Stable code, a section of `docs/errors.md`.
        code: &'static str,
        /// What is wrong.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// A file could not be read or written.
    #[error("cannot {operation} `{path}`: {source}")]
    Io {
        /// The operation, as a verb.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The boxed runner broke its protocol or died.
    #[error("the test runner stopped: {reason}")]
    Runner {
        /// What it last said.
        reason: String,
    },
    /// The sandbox refused or failed.
    #[error(transparent)]
    Sandbox(#[from] sandbox::Error),
    /// The run was stopped by its owner (Ctrl-C).
    #[error("stopped")]
    Stopped,
}

impl Error {
    /// Shorthand for a file operation that failed.
    pub fn io(operation: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            operation,
            path: path.to_owned(),
            source,
        }
    }

    /// Shorthand for a project that cannot be repaired as it stands.
    pub fn unsuitable(
        code: &'static str,
        reason: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::Unsuitable {
            code,
            reason: reason.into(),
            hint: hint.into(),
        }
    }
}
