//! Why something is not permitted, or could not be decided.

use std::{io, path::Path, sync::Arc, time::Duration};

use crate::why::Verdict;

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why it was not done. Whoever is refused learns no more than they may know.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody is known by what was shown: unknown, expired, revoked or used up. Which of them is not said.
    #[error("nobody is known by what was shown")]
    Unknown,
    /// Name and password do not fit, or nobody is called so. Which of them is not said.
    #[error("name and password do not fit")]
    WrongPassword,
    /// The rules do not permit it.
    #[error("{0}")]
    Denied(Arc<Verdict>),
    /// Too much in too short a time; the same is permitted after a while.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// The store cannot.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// It cannot be done as asked for; asking for something else helps.
    #[error(transparent)]
    Refused(Reason),
    /// Nothing wrong was asked for: the machine failed.
    #[error(transparent)]
    Failed(Reason),
}

/// What was used up, and when there will be some again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Limited {
    /// What was used up, as a sentence without a full stop.
    pub what: String,
    /// When the same may be asked again; `None` where waiting does not help.
    pub retry_after: Option<Duration>,
}

/// What happened, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", hints(hint.as_deref()))]
pub struct Reason {
    /// The stable code under which `docs/errors.md` explains it.
    pub code: &'static str,
    /// What happened, values in backticks.
    pub message: String,
    /// What mends it, a line each.
    pub hint: Option<String>,
}

impl Error {
    /// It cannot be done as asked for.
    pub(crate) fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::Refused(Reason {
            code,
            message: message.into(),
            hint: None,
        })
    }

    /// The machine failed.
    pub(crate) fn failed(code: &'static str, message: impl Into<String>) -> Self {
        Self::Failed(Reason {
            code,
            message: message.into(),
            hint: None,
        })
    }

    /// The stable code under which `docs/errors.md` explains it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown_credential",
            Self::WrongPassword => "wrong_password",
            Self::Denied(_) => "denied",
            Self::Limited(_) => "limited",
            Self::Store(error) => error.code(),
            Self::Refused(reason) | Self::Failed(reason) => reason.code,
        }
    }

    /// A file could not be read or written.
    pub(crate) fn file(path: &Path, error: io::Error) -> Self {
        Self::failed("file_failed", format!("`{}`: {error}", path.display()))
    }

    /// Says what mends it, in place of what was known before.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Self::Refused(reason) | Self::Failed(reason) = &mut self {
            reason.hint = Some(hint.into());
        }
        self
    }
}

fn hints(hint: Option<&str>) -> String {
    let lines = hint.into_iter().flat_map(str::lines);
    lines.map(|line| format!("\nhint: {line}")).collect()
}
