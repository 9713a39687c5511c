//! Turns many requests into tokens: batching, KV memory, choice of token, constrained decoding.

pub mod constrain;
pub mod sampling;
pub mod stop;

#[allow(dead_code, reason = "the scheduler that uses it comes next")]
mod cache;
mod error;
mod vocabulary;

pub use error::Error;
pub use vocabulary::{Encode, Vocabulary, Word};
