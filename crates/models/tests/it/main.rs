//! Behaviours of `models`, seen from outside.

mod parity;
mod tokenizer_json;
mod vocabularies;
