//! Behaviours of `models`, seen from outside.

mod tokenizer_json;
