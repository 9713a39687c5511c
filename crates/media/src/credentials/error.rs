//! What stands in the way of making credentials, and what may be wrong with those of a file.

use std::io;

/// Why credentials could not be made or looked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{0}")]
    File(#[from] io::Error),

    /// A file of a kind that is not known here.
    #[error("this is neither GIF, JPEG, MP4, PNG nor WebP\nhint: credentials are for these")]
    Format,

    /// A file that cannot take credentials.
    #[error("this {format} cannot be sealed: {reason}")]
    Damaged {
        /// What kind of file it is.
        format: &'static str,
        /// What is wrong with it.
        reason: String,
    },

    /// A key or certificate that cannot be signed or trusted with.
    #[error("the {what} cannot be used: {reason}\nhint: {hint}")]
    Key {
        /// What it is.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
        /// What would help.
        hint: &'static str,
    },

    /// Facts that credentials have no place for.
    #[error("credentials cannot say that: {reason}")]
    Facts {
        /// What is wrong with them.
        reason: String,
    },
}

/// What may go wrong here.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the credentials of a file do not hold.
#[derive(Debug)]
pub(super) enum Fault {
    /// The file could not be read.
    File(io::Error),
    /// They are damaged, or the file is not what they were made for.
    Invalid(String),
    /// They use what is not known here, so that nothing can be said.
    Unread(String),
}

/// A check that may find a fault.
pub(super) type Checked<T> = std::result::Result<T, Fault>;

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// A fault of what is damaged.
pub(super) fn invalid<T>(reason: impl Into<String>) -> Checked<T> {
    Err(Fault::Invalid(reason.into()))
}

/// A fault of what is not known here.
pub(super) fn unread<T>(reason: impl Into<String>) -> Checked<T> {
    Err(Fault::Unread(reason.into()))
}

/// What somebody else wrote, short and without what a terminal would obey.
pub(super) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}
