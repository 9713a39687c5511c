//! Candidates and verdicts in the runner's words.

use std::path::Path;

use serde_json::{Value, json};

use crate::edit::{Candidate, Edit};
use crate::language::{Observation, Verdict};
use crate::source::{FileId, Source, Sources};

/// The edited top-level definitions of a candidate, as `[path, first line, line count, new text]`
/// each; none where an edit lies outside of any definition.
pub(super) fn definitions(sources: &Sources, root: &Path, candidate: &Candidate) -> Option<Value> {
    let mut edits: Vec<&Edit> = candidate.edits.iter().collect();
    edits.sort_by_key(|edit| (edit.file, edit.span.start, edit.span.end));
    let mut parts: Vec<(FileId, std::ops::Range<usize>, String)> = Vec::new();
    for edit in edits {
        let source = sources.get(edit.file);
        let whole = definition_around(source, edit)?;
        match parts.last_mut() {
            Some((file, span, text)) if *file == edit.file && *span == whole => {
                let shift = text.len() as isize - span.len() as isize;
                let at = |offset: usize| ((offset - whole.start) as isize + shift) as usize;
                text.replace_range(at(edit.span.start)..at(edit.span.end), &edit.replacement);
            }
            _ => {
                let mut text = source.text[whole.clone()].to_owned();
                let from = edit.span.start - whole.start;
                text.replace_range(from..from + edit.span.len(), &edit.replacement);
                parts.push((edit.file, whole, text));
            }
        }
    }
    let parts: Vec<Value> = parts
        .into_iter()
        .map(|(file, span, text)| {
            let source = sources.get(file);
            let first = source.line_of(span.start);
            let last = source.line_of(span.end.max(span.start + 1) - 1);
            json!([root.join(&source.path), first, last - first + 1, text])
        })
        .collect();
    Some(Value::Array(parts))
}

/// The lines of the top-level function or class that holds the edit, as bytes.
fn definition_around(source: &Source, edit: &Edit) -> Option<std::ops::Range<usize>> {
    let root = source.tree.root_node();
    let mut cursor = root.walk();
    let found = root.children(&mut cursor).find(|node| {
        let span = node.byte_range();
        let is_definition = matches!(
            node.kind(),
            "function_definition" | "class_definition" | "decorated_definition"
        );
        let starts_inside = edit.span.start > span.start
            || (edit.span.start == span.start && !edit.span.is_empty());
        is_definition && starts_inside && edit.span.end <= line_end(&source.text, span.end)
    })?;
    let end = line_end(&source.text, found.end_byte());
    (found.start_position().column == 0).then(|| found.start_byte()..end)
}

/// The end of the line that holds `offset`, its line break included.
fn line_end(text: &str, offset: usize) -> usize {
    text[offset..]
        .find('\n')
        .map_or(text.len(), |at| offset + at + 1)
}

/// A verdict frame.
pub(super) fn verdict(answer: &Value) -> Verdict {
    Verdict {
        repaired: answer["repaired"].as_u64().unwrap_or(0) as usize,
        broke_passing: answer["broke"].as_bool().unwrap_or(true),
        timed_out: answer["timed_out"].as_bool().unwrap_or(false),
        symptom: answer["symptom"].as_u64().unwrap_or(0),
    }
}

/// One cell of a behaviour row.
pub(super) fn observation(cell: &Value) -> Observation {
    let kind = cell[0].as_str().unwrap_or("lost");
    let digest = cell[1].as_u64().unwrap_or(0);
    Observation {
        returned: kind == "ok",
        digest: digest ^ (u64::from(kind.as_bytes().first().copied().unwrap_or(0)) << 40),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(text: &str) -> (Sources, FileId) {
        let mut sources = Sources::default();
        let grammar = tree_sitter_python::LANGUAGE.into();
        let id = sources.add(Source::parse("m.py", text.to_owned(), &grammar));
        (sources, id)
    }

    #[test]
    fn sends_only_the_edited_definition() {
        let text = "import os\n\ndef f(a):\n    return a + 1\n\ndef g():\n    pass\n";
        let (sources, id) = sources(text);
        let plus = text.find('+').unwrap();
        let candidate = Candidate {
            edits: vec![
                Edit {
                    file: id,
                    span: plus..plus + 1,
                    replacement: "**".into(),
                },
                Edit {
                    file: id,
                    span: plus + 2..plus + 3,
                    replacement: "2".into(),
                },
            ],
            operators: vec!["x"],
            prior: 1.0,
        };
        assert_eq!(
            definitions(&sources, Path::new("/p"), &candidate),
            Some(json!([["/p/m.py", 3, 2, "def f(a):\n    return a ** 2\n"]]))
        );
    }

    #[test]
    fn an_edit_outside_of_definitions_needs_a_fresh_import() {
        let (sources, id) = sources("X = 1\n\ndef f():\n    return X\n");
        assert_eq!(
            definitions(
                &sources,
                Path::new("/p"),
                &Candidate::single(id, 4..5, "2", "x", 1.0)
            ),
            None
        );
    }
}
