//! Why a model cannot be kept, found or opened.

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done. Nothing is left half done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It cannot be done as asked for; asking for something else helps.
    #[error(transparent)]
    Refused(Reason),
    /// Nothing wrong was asked for: this machine, or another, failed.
    #[error(transparent)]
    Failed(Reason),
    /// The model itself cannot be used.
    #[error(transparent)]
    Model(#[from] models::Error),
    /// Its files cannot.
    #[error(transparent)]
    Files(#[from] tensor::Error),
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

    /// A machine failed.
    pub(crate) fn failed(code: &'static str, message: impl Into<String>) -> Self {
        Self::Failed(Reason {
            code,
            message: message.into(),
            hint: None,
        })
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
