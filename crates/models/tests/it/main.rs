//! Behaviours of `models`, seen from outside.

mod chat_parser;
mod chat_templates;
mod outlines;
mod encoders;
mod parity;
mod random_text;
mod tokenizer_json;
mod vocabularies;
