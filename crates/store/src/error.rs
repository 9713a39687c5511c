//! Why something was not stored or found.

use std::io;
use std::path::{Path, PathBuf};

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done, by what the caller can do about it. Nothing is left half done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is not there: it never was, it was deleted, or its person was erased.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// The noun: `user`, `response`, …
        what: String,
        /// The name under which it was asked for.
        id: String,
    },
    /// It is there already.
    #[error("there is already a {what} `{id}`")]
    Taken {
        /// The noun.
        what: String,
        /// The name that is taken.
        id: String,
    },
    /// Somebody else changed it in between: read it again and decide anew.
    #[error("`{id}` is at version `{found}`, not at `{expected}`")]
    Version {
        /// What was to be changed.
        id: String,
        /// The version or sequence number that the caller knew.
        expected: u64,
        /// The one that it has.
        found: u64,
    },
    /// The lease is over: another works on the job, or nobody does any more. Nothing was written; stop working on it.
    #[error("the lease of job `{job}` is over")]
    Stale {
        /// The job's id.
        job: String,
    },
    /// Another server has this data folder.
    #[error(
        "another server already serves from `{data}`\nhint: open that one, or give this one a folder of its own with `--data DIR`",
        data = data.display()
    )]
    Served {
        /// The folder.
        data: PathBuf,
    },
    /// What was asked for contradicts what is stored, or cannot be stored at all.
    #[error("{reason}")]
    Refused {
        /// Why, values in backticks.
        reason: String,
    },
    /// The person was erased. Nothing of theirs is stored any more.
    #[error("`{owner}` was erased")]
    Erased {
        /// The person's id.
        owner: String,
    },
    /// The database does not answer. Reads may be tried again; a write may or may not have been done.
    #[error(
        "the database is unavailable: {reason}\nhint: it is tried again at each call; if this lasts, see whether it runs and may be reached"
    )]
    Unavailable {
        /// What the database or the network said.
        reason: String,
    },
    /// There is no room left. What was acknowledged before is safe, and reading goes on.
    #[error(
        "no room is left to store anything: {reason}\nhint: make room on the disk of the data folder or database"
    )]
    Full {
        /// What the database or the file system said.
        reason: String,
    },
    /// What was read is not what was written.
    #[error("{what} is damaged: {reason}\nhint: restore the last backup with `freehold restore`")]
    Damaged {
        /// The file, table or row.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The database is of a newer Freehold.
    #[error(
        "the database has format `{found}`, and this version knows formats up to `{known}`\nhint: start the newer version that wrote it, or restore a backup of this one"
    )]
    Newer {
        /// The format found.
        found: u64,
        /// The newest format that this version knows.
        known: u64,
    },
    /// The master key is missing, unreadable, open to others, or not the one of this database.
    #[error("the master key `{path}` cannot be used: {reason}\nhint: {hint}", path = path.display())]
    MasterKey {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What mends it.
        hint: &'static str,
    },
    /// A file or folder could not be read or written.
    #[error("cannot {operation} `{path}`: {reason}", path = path.display())]
    File {
        /// What was tried: `read`, `write`, …
        operation: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl Error {
    /// The stable code under which `docs/errors.md` explains it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "store_not_found",
            Self::Taken { .. } => "store_taken",
            Self::Version { .. } => "store_version",
            Self::Stale { .. } => "store_stale",
            Self::Served { .. } => "store_served",
            Self::Refused { .. } => "store_refused",
            Self::Erased { .. } => "store_erased",
            Self::Unavailable { .. } => "store_unavailable",
            Self::Full { .. } => "store_full",
            Self::Damaged { .. } => "store_damaged",
            Self::Newer { .. } => "store_newer",
            Self::MasterKey { .. } => "store_master_key",
            Self::File { .. } => "store_file",
        }
    }

    pub(crate) fn not_found(what: impl Into<String>, id: impl Into<String>) -> Self {
        let (what, id) = (what.into(), id.into());
        Self::NotFound { what, id }
    }

    pub(crate) fn taken(what: impl Into<String>, id: impl Into<String>) -> Self {
        let (what, id) = (what.into(), id.into());
        Self::Taken { what, id }
    }

    pub(crate) fn refusal(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Refused { reason }
    }

    pub(crate) fn unavailable(reason: impl ToString) -> Self {
        let reason = reason.to_string();
        Self::Unavailable { reason }
    }

    pub(crate) fn damaged(what: impl Into<String>, reason: impl ToString) -> Self {
        let (what, reason) = (what.into(), reason.to_string());
        Self::Damaged { what, reason }
    }

    /// A file failed; a full disk is told apart.
    pub(crate) fn file(operation: &'static str, path: &Path, error: &io::Error) -> Self {
        let full = [
            io::ErrorKind::StorageFull,
            io::ErrorKind::QuotaExceeded,
            io::ErrorKind::FileTooLarge,
        ];
        let path = path.to_owned();
        if full.contains(&error.kind()) {
            let reason = format!("`{}`: {error}", path.display());
            return Self::Full { reason };
        }
        let reason = error.to_string();
        Self::File {
            operation,
            path,
            reason,
        }
    }

    /// Whether the whole transaction is lost with it, and not one request alone.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Full { .. })
    }
}
