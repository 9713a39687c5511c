//! Behaviours of `models`, seen from outside.

mod parity;
mod random_text;
mod tokenizer_json;
mod vocabularies;
