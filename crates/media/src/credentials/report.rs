//! What was found of a file's credentials.

use super::facts::{Generator, Making, Source};
use super::format::Format;
use super::ingredient::Relationship;

/// What was found of a file's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What kind of file it is.
    pub format: Format,
    /// Whether they hold.
    pub status: Status,
    /// Who signed. Nothing when the signature is not one of what is said.
    pub signer: Option<SignedBy>,
    /// What was signed. Nothing when a word of it was changed since. When they do not hold, it was said of another
    /// file.
    pub content: Option<Content>,
}

/// Whether credentials hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The file and what is said of it are as they were signed.
    Valid,
    /// They are damaged, or the file was changed.
    Invalid {
        /// What is wrong.
        reason: String,
    },
    /// They use what is not known here: nothing can be said.
    Unread {
        /// What it is.
        reason: String,
    },
    /// There are none.
    Missing,
}

/// Who signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    /// The name that the certificate is for.
    pub name: Option<String>,
    /// The organisation that it is for.
    pub organisation: Option<String>,
    /// The SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
    /// From when on the certificate is good, in seconds since 1970.
    pub not_before: i64,
    /// Until when.
    pub not_after: i64,
    /// What stands behind the name.
    pub standing: Standing,
}

/// What stands behind a signer's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody who is trusted vouches for it.
    Trusted,
    /// Nobody who is trusted does: it could be anybody's.
    Unknown,
    /// The certificate is no longer good, or not yet. Somebody else says when it was signed, which is not checked
    /// here.
    Expired,
}

/// What was signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The name of these credentials, the same for no other file.
    pub label: String,
    /// What the file is called.
    pub title: Option<String>,
    /// The name of this copy of it.
    pub instance: Option<String>,
    /// What made it.
    pub generator: Option<Generator>,
    /// How its content came to be.
    pub source: Option<Source>,
    /// When the first thing was done that has a time, as RFC 3339 writes it.
    pub created_at: Option<String>,
    /// What was done to it, in order.
    pub actions: Vec<Action>,
    /// What it was made with, when we made it.
    pub making: Option<Making>,
    /// What it was made of.
    pub ingredients: Vec<Origin>,
    /// The labels of all that is said.
    pub assertions: Vec<String>,
    /// Bytes of the file that nothing is said of: they may be changed and nobody notices.
    pub uncovered_bytes: u64,
}

/// Something that was done to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What it was, as C2PA names it: `c2pa.created`.
    pub name: String,
    /// When, as RFC 3339 writes it.
    pub at: Option<String>,
    /// The program that did it.
    pub generator: Option<String>,
    /// How what it added came to be.
    pub source: Option<Source>,
    /// More of it, in words.
    pub description: Option<String>,
}

/// A file that another was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// What it was called.
    pub title: Option<String>,
    /// Its media type.
    pub format: Option<String>,
    /// What it is to the other.
    pub relationship: Option<Relationship>,
    /// Its SHA-256 in hexadecimal, when that was noted.
    pub sha256: Option<String>,
    /// The name of its credentials.
    pub label: Option<String>,
    /// Whether they were signed as they are. Whether they were its own can only be told from the file itself.
    pub status: Status,
    /// More of it, in words.
    pub description: Option<String>,
}
