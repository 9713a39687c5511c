//! Rust: what to edit, and how its tests are run.

mod items;
mod operators;
mod scope;

use crate::edit::Candidate;
use crate::language::{Focus, Language};
use crate::source::Sources;

/// The Rust language.
#[derive(Clone, Copy, Debug)]
pub struct Rust;

impl Language for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn grammar(&self) -> tree_sitter::Language {
        tree_sitter_rust::LANGUAGE.into()
    }

    fn batch(&self) -> usize {
        240
    }

    fn candidates(&self, sources: &Sources, focus: &Focus) -> Vec<Candidate> {
        operators::candidates(sources, focus)
    }
}
