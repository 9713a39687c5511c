//! Statements: left out, moved, exchanged.

use tree_sitter::Node;

use super::{Site, insertions};
use crate::rust::items::field;

pub(super) fn block(site: &mut Site<'_, '_>, node: Node<'_>) {
    let statements = statements_of(node);
    for (index, &statement) in statements.iter().enumerate() {
        if site.is_suspicious(statement) {
            delete(site, statement);
            leave(site, node, statement);
        }
        if let Some(&next) = statements.get(index + 1)
            && (site.is_suspicious(statement) || site.is_suspicious(next))
        {
            exchange(site, statement, next, 0.1);
            if let Some(&third) = statements.get(index + 2) {
                rotate(site, [statement, next, third]);
            }
            enter(site, statement, next);
        }
    }
    insertions::block(site, node, &statements);
}

/// The statements of a block, its value included, comments left out.
pub(super) fn statements_of(block: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = block.walk();
    block
        .named_children(&mut cursor)
        .filter(|child| {
            !child.is_extra()
                && !child.kind().ends_with("_item")
                && child.kind() != "use_declaration"
                && child.kind() != "label"
        })
        .collect()
}

/// Whether a statement has an effect that can be left out or moved.
fn is_effect(node: Node<'_>) -> bool {
    node.kind() == "expression_statement"
}

fn delete(site: &mut Site<'_, '_>, node: Node<'_>) {
    if !is_effect(node) {
        return;
    }
    let inner = node.named_child(0).map_or("", |inner| inner.kind());
    let prior = match inner {
        "call_expression"
        | "assignment_expression"
        | "compound_assignment_expr"
        | "macro_invocation" => 0.12,
        "continue_expression" | "break_expression" | "return_expression" => 0.1,
        "if_expression" => 0.1,
        "for_expression" | "while_expression" | "loop_expression" => 0.02,
        _ => 0.05,
    };
    site.replace(node, "", "delete_statement", prior);
    for (from, to, prior) in [
        ("continue_expression", "break;", 0.15),
        ("break_expression", "continue;", 0.15),
        ("break_expression", "return;", 0.04),
    ] {
        if inner == from && site.text(node).len() < 12 {
            site.replace(node, to, "change_jump", prior);
        }
    }
    // `if c { a }` made `a`, and an `else` cut off.
    if inner == "if_expression"
        && let Some(whole) = node.named_child(0)
        && let Some(alternative) = field(whole, "alternative")
        && let Some(before) = field(whole, "consequence")
    {
        site.write(
            before.end_byte()..alternative.end_byte(),
            String::new(),
            "delete_statement",
            0.06,
        );
    }
}

fn exchange(site: &mut Site<'_, '_>, a: Node<'_>, b: Node<'_>, prior: f64) {
    if !(is_effect(a) || a.kind() == "let_declaration")
        || !(is_effect(b) || b.kind() == "let_declaration")
    {
        return;
    }
    let between = &site.edits.source.text[a.end_byte()..b.start_byte()];
    let (first, second) = (site.text(a), site.text(b));
    if first.len() + second.len() < 1500 {
        site.write(
            a.start_byte()..b.end_byte(),
            format!("{second}{between}{first}"),
            "move_statement",
            prior,
        );
    }
}

/// The first of three goes behind the others, and the last before them.
fn rotate(site: &mut Site<'_, '_>, [a, b, c]: [Node<'_>; 3]) {
    if ![a, b, c]
        .into_iter()
        .all(|node| is_effect(node) || node.kind() == "let_declaration")
    {
        return;
    }
    let text = &site.edits.source.text;
    let (x, y, z) = (site.text(a), site.text(b), site.text(c));
    let (first, second) = (
        &text[a.end_byte()..b.start_byte()],
        &text[b.end_byte()..c.start_byte()],
    );
    if x.len() + y.len() + z.len() < 1500 {
        let span = a.start_byte()..c.end_byte();
        site.write(
            span.clone(),
            format!("{y}{first}{z}{second}{x}"),
            "move_statement",
            0.05,
        );
        site.write(
            span,
            format!("{z}{first}{x}{second}{y}"),
            "move_statement",
            0.05,
        );
    }
}

/// The last statement of an inner block goes behind that block, the first before it.
fn leave(site: &mut Site<'_, '_>, block: Node<'_>, statement: Node<'_>) {
    let statements = statements_of(block);
    if !is_effect(statement)
        || statement
            .named_child(0)
            .is_some_and(|inner| inner.kind().ends_with("if_expression"))
    {
        return;
    }
    let mut outer = block;
    while let Some(parent) = outer.parent() {
        if parent.kind() == "block" || parent.kind() == "function_item" {
            break;
        }
        outer = parent;
    }
    if outer.parent().is_none_or(|parent| parent.kind() != "block")
        || outer.byte_range() == block.byte_range()
    {
        return;
    }
    let text = &site.edits.source.text;
    let moved = site.text(statement);
    if statements.last() == Some(&statement) {
        let rest = format!(
            "{}{}\n{moved}",
            &text[outer.start_byte()..statement.start_byte()].trim_end(),
            &text[statement.end_byte()..outer.end_byte()]
        );
        site.write(
            outer.start_byte()..outer.end_byte(),
            rest,
            "move_statement",
            0.06,
        );
    }
    if statements.first() == Some(&statement) {
        let rest = format!(
            "{moved}\n{}{}",
            &text[outer.start_byte()..statement.start_byte()],
            text[statement.end_byte()..outer.end_byte()].trim_start()
        );
        site.write(
            outer.start_byte()..outer.end_byte(),
            rest,
            "move_statement",
            0.05,
        );
    }
}

/// A statement behind or before a block goes into it.
fn enter(site: &mut Site<'_, '_>, a: Node<'_>, b: Node<'_>) {
    let text = &site.edits.source.text;
    if let Some(body) = body_of(a).filter(|_| is_effect(b)) {
        let end = body.end_byte() - 1;
        let moved = site.text(b);
        let new = format!(
            "{}{moved} {}",
            &text[a.start_byte()..end],
            &text[end..a.end_byte()]
        );
        site.write(a.start_byte()..b.end_byte(), new, "move_statement", 0.06);
    }
    if let Some(body) = body_of(b).filter(|_| is_effect(a)) {
        let start = body.start_byte() + 1;
        let moved = site.text(a);
        let new = format!(
            "{} {moved}{}",
            &text[b.start_byte()..start],
            &text[start..b.end_byte()]
        );
        site.write(a.start_byte()..b.end_byte(), new, "move_statement", 0.06);
    }
}

/// The block of a loop or an `if`.
fn body_of(node: Node<'_>) -> Option<Node<'_>> {
    let inner = if node.kind() == "expression_statement" {
        node.named_child(0)?
    } else {
        node
    };
    field(inner, "body")
        .or_else(|| field(inner, "consequence"))
        .filter(|body| body.kind() == "block")
}
