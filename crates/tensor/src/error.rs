//! What can go wrong, grouped by what the caller can do about it.

use std::io;
use std::path::PathBuf;

/// Why a file of tensors was not read or written, or an operation not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused to open, read or write.
    #[error("cannot {operation} `{}`: {cause}", path.display())]
    Io {
        /// What was being done.
        operation: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Something else lies there: point at a model.
    #[error("`{}` {reason}\nhint: {hint}", path.display())]
    NotAModel {
        /// What was looked at.
        path: PathBuf,
        /// What it is instead.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// A part is not there: fetch it again.
    #[error("`{}` is incomplete: {reason}\nhint: {hint}", path.display())]
    Incomplete {
        /// The file or folder.
        path: PathBuf,
        /// What is missing, and how much of it.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// The file contradicts itself: fetch it again, and distrust where it came from.
    #[error(
        "`{}` is damaged: {reason}\nhint: fetch it again and compare its sha256 with the publisher's",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first contradiction.
        reason: String,
    },
    /// The file may be sound, but this version cannot use it: take another variant.
    #[error("`{}` {reason}\nhint: {hint}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is not supported.
        reason: String,
        /// What is.
        hint: String,
    },
    /// There is no room for what would be written; nothing of it is left.
    #[error("no room for the {bytes} bytes of `{}`\nhint: free some space, or choose another folder", path.display())]
    NoRoom {
        /// The file that would have been written.
        path: PathBuf,
        /// How many bytes it would hold.
        bytes: u64,
    },
    /// The format cannot hold what was given: give something else.
    #[error("`{}` cannot hold this: {reason}", path.display())]
    Unwritable {
        /// The file that would have been written.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// No tensor or key of that name.
    #[error("`{}` has no {what} `{name}`", path.display())]
    Missing {
        /// The file or folder.
        path: PathBuf,
        /// What kind of thing was asked for.
        what: &'static str,
        /// By which name.
        name: String,
    },
}

impl Error {
    /// What the system said about `operation` on `path`.
    pub(crate) fn io(
        operation: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Io {
            operation,
            path,
            cause,
        }
    }
}
