//! Rewrites of source text: the smallest things that a search tries.

use std::ops::Range;

use crate::source::{FileId, Sources};

/// Replaces one span of one file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// The file.
    pub file: FileId,
    /// Bytes of the original text; empty for an insertion.
    pub span: Range<usize>,
    /// What stands there instead.
    pub replacement: String,
}

/// A change to the program that may repair it: one edit or a few that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Edits to the original texts; spans of one file do not overlap.
    pub edits: Vec<Edit>,
    /// The name of each edit operator used, e.g. `swap_arguments`.
    pub operators: Vec<&'static str>,
    /// How likely a repair looks like this, before any test has run: a prior in (0, 1].
    pub prior: f64,
}

impl Candidate {
    /// A candidate of one edit.
    pub fn single(
        file: FileId,
        span: Range<usize>,
        replacement: impl Into<String>,
        operator: &'static str,
        prior: f64,
    ) -> Self {
        Self {
            edits: vec![Edit {
                file,
                span,
                replacement: replacement.into(),
            }],
            operators: vec![operator],
            prior,
        }
    }

    /// The whole new text of every file that this candidate touches, in file order.
    pub fn apply(&self, sources: &Sources) -> Vec<(FileId, String)> {
        let mut edits: Vec<&Edit> = self.edits.iter().collect();
        edits.sort_by_key(|edit| (edit.file, edit.span.start, edit.span.end));
        let mut files: Vec<(FileId, String, usize)> = Vec::new();
        for edit in edits {
            let original = &sources.get(edit.file).text;
            if files.last().is_none_or(|(file, ..)| *file != edit.file) {
                files.push((edit.file, String::with_capacity(original.len() + 64), 0));
            }
            let (_, text, copied) = files.last_mut().expect("pushed above");
            assert!(
                edit.span.start >= *copied,
                "edits of one file do not overlap"
            );
            text.push_str(&original[*copied..edit.span.start]);
            text.push_str(&edit.replacement);
            *copied = edit.span.end;
        }
        files
            .into_iter()
            .map(|(file, mut text, copied)| {
                text.push_str(&sources.get(file).text[copied..]);
                (file, text)
            })
            .collect()
    }
}
