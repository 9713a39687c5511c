//! Reads the words out of files that people hand in.
//!
//! [`pdf`] is what there is now. Files come from anywhere: all that is done with them is bounded by [`Limits`], and what
//! they promise about themselves is believed only where it can be checked.

mod error;
mod limits;
mod pdf;

pub use error::{Error, Result};
pub use limits::Limits;
pub use pdf::{Text, pdf};
