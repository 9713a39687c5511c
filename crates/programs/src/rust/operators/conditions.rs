//! Conditions: negated, strengthened, weakened.

use tree_sitter::Node;

use super::{Site, atoms};
use crate::rust::items::field;
use crate::source::Source;

/// Whether the text shows that an expression is true or false.
pub(super) fn is_boolean(source: &Source, node: Node<'_>) -> bool {
    match node.kind() {
        "binary_expression" => {
            let operator = field(node, "operator").map_or("", |operator| source.text_of(operator));
            matches!(
                operator,
                "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||"
            )
        }
        "unary_expression" => source.text_of(node).starts_with('!'),
        "macro_invocation" => source.text_of(node).starts_with("matches!"),
        _ => false,
    }
}

/// The condition of an `if` or `while`.
pub(super) fn condition(site: &mut Site<'_, '_>, node: Node<'_>) {
    let Some(condition) = field(node, "condition") else {
        return;
    };
    if matches!(condition.kind(), "let_condition" | "let_chain") {
        return;
    }
    decide(site, condition, 1.0);
    if node.kind() == "if_expression" {
        site.replace(condition, "true", "change_condition", 0.06);
    }
    site.replace(condition, "false", "change_condition", 0.05);
}

/// A truth value that is no condition of an `if`: what a function or closure returns, a guard.
pub(super) fn boolean(site: &mut Site<'_, '_>, node: Node<'_>) {
    let Some(parent) = node.parent() else { return };
    match parent.kind() {
        "block"
        | "closure_expression"
        | "return_expression"
        | "let_declaration"
        | "match_pattern"
        | "assignment_expression" => decide(site, node, 0.7),
        "binary_expression"
        | "parenthesized_expression"
        | "arguments"
        | "field_initializer"
        | "match_arm" => negate(site, node, 0.1),
        _ => {}
    }
}

fn negate(site: &mut Site<'_, '_>, node: Node<'_>, prior: f64) {
    let text = site.text(node);
    let negated = if node.kind() == "binary_expression" {
        format!("!({text})")
    } else {
        format!("!{text}")
    };
    // The negation of a comparison is the comparison's own opposite.
    let is_comparison =
        node.kind() == "binary_expression" && !text.contains("&&") && !text.contains("||");
    if !is_comparison && !text.starts_with('!') {
        site.replace(node, negated, "negate", prior);
    }
}

fn decide(site: &mut Site<'_, '_>, node: Node<'_>, share: f64) {
    negate(site, node, 0.3 * share);
    let text = site.text(node);
    let found = atoms::atoms(site, node.start_byte());
    let total: f64 = found.iter().map(|(_, weight)| weight).sum();
    let operator = field(node, "operator")
        .filter(|_| node.kind() == "binary_expression")
        .map_or("", |operator| site.text(operator));
    for (atom, weight) in found {
        if text.contains(&atom) {
            continue;
        }
        let prior = share * (0.7 * weight / total.max(1.0) + 0.02 * weight);
        let (left, with_or) = if operator == "||" {
            (format!("({text})"), text.to_owned())
        } else {
            (text.to_owned(), text.to_owned())
        };
        site.replace(
            node,
            format!("{left} && {atom}"),
            "strengthen_condition",
            prior,
        );
        site.replace(
            node,
            format!("{with_or} || {atom}"),
            "weaken_condition",
            prior,
        );
        site.replace(node, atom, "change_condition", prior * 0.3);
    }
}
