//! What may be wrong with a document.

/// What this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a document has no words for us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is something else.
    #[error("this is no PDF\nhint: PDFs begin with `%PDF-`")]
    NotPdf,
    /// It opens with a password only.
    #[error(
        "this PDF is locked with a password\nhint: open it, and print it into a new PDF without one"
    )]
    Locked,
    /// Nothing in it can be found.
    #[error(
        "this PDF is damaged: {reason}\nhint: open it in a viewer, and print it into a new PDF"
    )]
    Damaged {
        /// What is missing.
        reason: &'static str,
    },
    /// It would take more than it may.
    #[error(
        "this PDF takes too much to read: more than `{limit}` {of}\nhint: attach the pages that matter"
    )]
    TooMuch {
        /// What there is too much of.
        of: &'static str,
        /// How much there may be.
        limit: u64,
    },
}

impl Error {
    /// The stable code under which `docs/errors.md` explains it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotPdf | Self::Damaged { .. } => "unreadable_document",
            Self::Locked => "locked_document",
            Self::TooMuch { .. } => "document_too_large",
        }
    }
}
