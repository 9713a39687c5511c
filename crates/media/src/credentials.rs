//! Content credentials: what made a file, of what and when, signed and bound to every byte of it.
//!
//! They lie inside the file, in the form of C2PA 2.2, which other people's programs read as well. Nothing here opens
//! files or asks for the time. Source: <https://spec.c2pa.org/specifications/specifications/2.2/specs/C2PA_Specification.html>.

mod assertions;
mod binding;
mod cbor;
mod certificate;
mod chain;
mod content;
mod cose;
mod der;
mod digest;
mod draft;
mod error;
mod facts;
mod format;
mod ingredient;
mod input;
mod issue;
mod jumbf;
mod names;
mod report;
mod seal;
mod signer;
mod store;
mod verify;

pub use certificate::Trust;
pub use error::{Error, Result};
pub use facts::{Facts, Generator, Making, Source};
pub use format::Format;
pub use ingredient::{Ingredient, Relationship};
pub use report::{Action, Content, Origin, Report, SignedBy, Standing, Status};
pub use seal::{FilmSeal, seal};
pub use signer::{Identity, Signer};
pub use verify::verify;

#[cfg(test)]
mod tests;
