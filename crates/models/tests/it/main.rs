//! Behaviours of `models`, seen from outside.

mod adapters;
mod chat_parser;
mod chat_templates;
mod encoders;
mod exported;
mod outlines;
mod parity;
mod quantised;
mod random_text;
mod settings;
mod tokenizer_json;
mod vocabularies;
mod wan;
mod wan_checkpoints;
