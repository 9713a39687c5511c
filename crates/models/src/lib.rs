//! Network architectures, tokenizers and chat templates: checkpoint in, `forward` out.
//!
//! The text half: [`Tokenizer`] turns text into ids and back.

mod error;

mod tokenizer;

pub use error::{Error, Result};
pub use tokenizer::{Special, Tokenizer};
