//! Turns many requests into tokens: batching, KV memory, choice of token, constrained decoding.

pub mod sampling;
pub mod stop;
