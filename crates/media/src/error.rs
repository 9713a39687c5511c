//! What can be wrong with bytes, and with what is asked of them.

/// Why something could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{0}")]
    File(#[from] std::io::Error),

    /// Bytes are not what they should be, or are damaged.
    #[error("this is not a readable {kind}: {reason}")]
    Unreadable {
        /// What they should be.
        kind: &'static str,
        /// What is wrong.
        reason: String,
    },

    /// More than is read.
    #[error("{what} is too large: {found}, and at most {limit} are read")]
    TooLarge {
        /// Of what there is too much.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much may be.
        limit: u64,
    },

    /// A size that the format does not have.
    #[error("{width}×{height} cannot be written as {kind}\nhint: {hint}")]
    Size {
        /// The format.
        kind: &'static str,
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
        /// What can.
        hint: &'static str,
    },

    /// A picture is not as large as those before.
    #[error("a film of {0}×{1} got a picture of {2}×{3}")]
    Changed(usize, usize, usize, usize),

    /// A film without pictures.
    #[error("a film needs at least one picture")]
    Empty,

    /// What this program was built without.
    #[error(
        "this program writes no {kind}\nhint: it does when it is built with `--features {feature}`"
    )]
    LeftOut {
        /// What.
        kind: &'static str,
        /// The feature that brings it.
        feature: &'static str,
    },

    /// An encoder or decoder failed.
    #[error("the {kind} encoder failed: {reason}")]
    Encoder {
        /// Which.
        kind: &'static str,
        /// What it said.
        reason: String,
    },
}

impl Error {
    /// Bytes that are not a `kind`.
    pub(crate) fn unreadable(kind: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |reason| Self::Unreadable {
            kind,
            reason: reason.to_string(),
        }
    }

    /// A failure of the encoder of `kind`.
    pub(crate) fn encoder(kind: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |reason| Self::Encoder {
            kind,
            reason: reason.to_string(),
        }
    }
}

/// What may go wrong here.
pub type Result<T> = std::result::Result<T, Error>;
