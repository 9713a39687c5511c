//! Arguments of well-known macros, which the grammar leaves as tokens: parsed as expressions.

use tree_sitter::{Node, Parser, Tree};

use super::Site;
use crate::rust::items::field;

/// Macros whose arguments are expressions.
const KNOWN: [&str; 19] = [
    "write",
    "writeln",
    "format",
    "print",
    "println",
    "eprint",
    "eprintln",
    "vec",
    "matches",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "panic",
    "unreachable",
    "min",
    "max",
    "todo",
];
const OPENING: &str = "fn f(){(";

pub(super) fn macro_call(site: &mut Site<'_, '_>, node: Node<'_>) {
    let Some(name) = field(node, "macro") else {
        return;
    };
    if !KNOWN.contains(&site.text(name)) {
        return;
    }
    let mut cursor = node.walk();
    let Some(tokens) = node
        .children(&mut cursor)
        .find(|child| child.kind() == "token_tree")
    else {
        return;
    };
    for span in arguments(tokens) {
        if let Some(tree) = parse(site.edits.source.text.as_str(), span.clone()) {
            let mut inner = Site {
                scope: site.scope,
                pool: site.pool,
                body: site.body.clone(),
                edits: &mut *site.edits,
            };
            if let Some(expression) = tree
                .root_node()
                .descendant_for_byte_range(span.start, span.end)
            {
                visit(&mut inner, expression, &span);
            }
        }
    }
}

fn visit(site: &mut Site<'_, '_>, node: Node<'_>, span: &std::ops::Range<usize>) {
    if node.start_byte() >= span.start && node.end_byte() <= span.end {
        site.visit(node);
        return;
    }
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        if child.end_byte() > span.start && child.start_byte() < span.end {
            visit(site, child, span);
        }
    }
}

/// The spans between the commas and semicolons of the outermost level.
pub(in crate::rust) fn arguments(tokens: Node<'_>) -> Vec<std::ops::Range<usize>> {
    let mut spans = Vec::new();
    let mut start = None;
    let mut end = 0;
    let mut cursor = tokens.walk();
    let children: Vec<Node<'_>> = tokens.children(&mut cursor).collect();
    let Some((_, inner)) = children.split_last() else {
        return spans;
    };
    for child in inner.iter().skip(1) {
        if matches!(child.kind(), "," | ";") {
            spans.extend(start.take().map(|start| start..end));
        } else {
            start.get_or_insert(child.start_byte());
            end = child.end_byte();
        }
    }
    spans.extend(start.map(|start| start..end));
    spans
}

/// Parses one expression so that its bytes keep their places.
fn parse(text: &str, span: std::ops::Range<usize>) -> Option<Tree> {
    let start = span.start.checked_sub(OPENING.len())?;
    let mut padded = Vec::with_capacity(span.end + 4);
    padded.resize(start, b' ');
    padded.extend_from_slice(OPENING.as_bytes());
    padded.extend_from_slice(&text.as_bytes()[span]);
    padded.extend_from_slice(b");}");
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_rust::LANGUAGE.into())
        .ok()?;
    let tree = parser.parse(&padded, None)?;
    (!tree.root_node().has_error()).then_some(tree)
}
