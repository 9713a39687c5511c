//! Marks in the source that tell which lines a test runs.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::Node;

use super::items::{field, functions};
use crate::source::{FileId, Source};

/// The variable that names the file in which reached places are noted.
pub(super) const COVERAGE: &str = "FREEHOLD_COVERAGE";

/// The marks of all files: each with its file and lines.
#[derive(Debug, Default)]
pub(super) struct Probes {
    pub places: Vec<(FileId, Vec<u32>)>,
}

/// A function, by its bytes, and what to insert where in it.
pub(super) type Marked = (Range<usize>, Vec<(usize, String)>);

/// How thoroughly to mark: fewer marks where more would not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    Arms,
    Statements,
    Functions,
}

impl Probes {
    /// The text of a file with marks.
    pub fn mark(&mut self, file: FileId, source: &Source, detail: Detail) -> String {
        let mut insertions: Vec<(usize, String)> = Vec::new();
        for (_, marks) in self.marks(file, source, detail) {
            insertions.extend(marks);
        }
        insertions.sort_by_key(|(at, _)| *at);
        let mut text = String::with_capacity(source.text.len() * 2);
        let mut copied = 0;
        for (at, piece) in insertions {
            text.push_str(&source.text[copied..at]);
            text.push_str(&piece);
            copied = at;
        }
        text.push_str(&source.text[copied..]);
        text
    }

    /// The marks of each function.
    pub fn marks(&mut self, file: FileId, source: &Source, detail: Detail) -> Vec<Marked> {
        let mut all = Vec::new();
        for (function, _) in functions(source) {
            let constant = {
                let mut cursor = function.walk();
                function.children(&mut cursor).any(|child| {
                    child.kind() == "function_modifiers" && source.text_of(child).contains("const")
                })
            };
            let Some(body) = field(function, "body").filter(|_| !constant) else {
                continue;
            };
            let mut lines = vec![source.line_of(body.end_byte() - 1)];
            if detail == Detail::Functions {
                lines = (source.line_of(function.start_byte())..=source.line_of(body.end_byte()))
                    .collect();
            } else if let Some(name) = field(function, "name") {
                lines.push(source.line_of(name.start_byte()));
            }
            let mut insertions = vec![(first_place(body), self.probe(file, lines))];
            if detail != Detail::Functions {
                self.walk(file, source, body, detail, &mut insertions);
            }
            all.push((function.byte_range(), insertions));
        }
        all
    }

    fn probe(&mut self, file: FileId, lines: Vec<u32>) -> String {
        self.places.push((file, lines));
        format!(" crate::__freehold::hit({}); ", self.places.len() - 1)
    }

    fn walk(
        &mut self,
        file: FileId,
        source: &Source,
        node: Node<'_>,
        detail: Detail,
        insertions: &mut Vec<(usize, String)>,
    ) {
        if matches!(
            node.kind(),
            "function_item"
                | "macro_definition"
                | "macro_invocation"
                | "const_item"
                | "static_item"
                | "const_block"
                | "attribute_item"
        ) {
            return;
        }
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        for &child in &children {
            if node.kind() == "block" && is_statement(child) {
                let lines = own_lines(source, child);
                insertions.push((child.start_byte(), self.probe(file, lines)));
            }
            if child.kind() == "match_arm"
                && detail == Detail::Arms
                && let (Some(pattern), Some(value)) =
                    (field(child, "pattern"), field(child, "value"))
            {
                let mut lines: BTreeSet<u32> = (source.line_of(pattern.start_byte())
                    ..=source.line_of(value.start_byte()))
                    .collect();
                if value.kind() == "block" {
                    insertions.push((
                        first_place(value),
                        self.probe(file, lines.into_iter().collect()),
                    ));
                } else {
                    lines.extend(own_lines(source, value));
                    let probe = self.probe(file, lines.into_iter().collect());
                    insertions.push((value.start_byte(), format!("{{{probe}")));
                    insertions.push((value.end_byte(), " }".to_owned()));
                }
            }
            self.walk(file, source, child, detail, insertions);
        }
    }
}

/// Behind a block's opening brace and inner attributes.
fn first_place(block: Node<'_>) -> usize {
    let mut cursor = block.walk();
    block
        .named_children(&mut cursor)
        .filter(|child| child.kind() == "inner_attribute_item")
        .map(|child| child.end_byte())
        .last()
        .unwrap_or(block.start_byte() + 1)
}

fn is_statement(node: Node<'_>) -> bool {
    let has_attribute = node
        .prev_named_sibling()
        .is_some_and(|before| before.kind() == "attribute_item");
    !node.is_extra()
        && !has_attribute
        && !node.kind().ends_with("_item")
        && !matches!(
            node.kind(),
            "use_declaration"
                | "label"
                | "empty_statement"
                | "macro_definition"
                | "extern_crate_declaration"
        )
}

/// The lines of a statement without those of the blocks inside it.
fn own_lines(source: &Source, node: Node<'_>) -> Vec<u32> {
    let line = |span: &Range<usize>| (source.line_of(span.start), source.line_of(span.end));
    let (first, last) = line(&node.byte_range());
    let mut lines: BTreeSet<u32> = (first..=last).collect();
    let mut stack = vec![node];
    while let Some(inner) = stack.pop() {
        if inner != node && matches!(inner.kind(), "block" | "match_block") {
            let (start, end) = line(&inner.byte_range());
            for hidden in start + 1..end {
                lines.remove(&hidden);
            }
            continue;
        }
        let mut cursor = inner.walk();
        stack.extend(inner.named_children(&mut cursor));
    }
    lines.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_and_arm_is_marked_with_its_lines() {
        let text = "fn f(x: u8) -> u8 {\n    let y = 1;\n    if x > y {\n        return y;\n    }\n    match x {\n        0 => 1,\n        _ => {\n            2\n        }\n    }\n}\nconst fn g() {}\n";
        let source = Source::parse("a.rs", text.into(), &tree_sitter_rust::LANGUAGE.into());
        let mut probes = Probes::default();
        let marked = probes.mark(FileId(0), &source, Detail::Arms);
        let again = Source::parse("a.rs", marked.clone(), &tree_sitter_rust::LANGUAGE.into());
        assert!(!again.tree.root_node().has_error(), "{marked}");
        let mut lines: Vec<Vec<u32>> = probes.places.into_iter().map(|(_, lines)| lines).collect();
        lines.sort();
        assert_eq!(
            lines,
            [
                vec![2],
                vec![3, 5],
                vec![4],
                vec![6, 11],
                vec![7],
                vec![8],
                vec![9],
                vec![12, 1]
            ]
        );
        assert!(marked.ends_with("const fn g() {}\n"));
    }
}
