//! Two values of one expression, each where the other should be.

use tree_sitter::Node;

use super::Site;
use super::statements::statements_of;
use crate::rust::items::field;
use crate::rust::scope::fit;

/// Values of one statement that are compared with each other at most.
const VALUES_MAX: usize = 7;

/// Exchanges like values within each statement of a block.
pub(super) fn block(site: &mut Site<'_, '_>, block: Node<'_>) {
    for statement in statements_of(block) {
        if !site.is_suspicious(statement) {
            continue;
        }
        let mut values = Vec::new();
        collect(statement, &mut values);
        for (index, &a) in values.iter().enumerate().take(VALUES_MAX) {
            for &b in values[index + 1..].iter().take(VALUES_MAX) {
                exchange(site, a, b, "swap_operands", 0.05);
            }
        }
        let mut names = Vec::new();
        methods(statement, &mut names);
        for pair in names.windows(2) {
            exchange(site, pair[0], pair[1], "swap_calls", 0.06);
        }
    }
}

fn exchange(site: &mut Site<'_, '_>, a: Node<'_>, b: Node<'_>, operator: &'static str, prior: f64) {
    let (a, b) = if a.start_byte() < b.start_byte() {
        (a, b)
    } else {
        (b, a)
    };
    let (first, second) = (site.text(a), site.text(b));
    if first == second || a.end_byte() > b.start_byte() {
        return;
    }
    let likeness = if operator == "swap_calls" {
        1.0
    } else {
        fit(&site.scope.kind_of(a), &site.scope.kind_of(b))
    };
    if likeness > 0.0 {
        let between = &site.edits.source.text[a.end_byte()..b.start_byte()];
        site.write(
            a.start_byte()..b.end_byte(),
            format!("{second}{between}{first}"),
            operator,
            prior * likeness,
        );
    }
}

/// Names, fields and indexed values, blocks inside left out.
fn collect<'t>(node: Node<'t>, values: &mut Vec<Node<'t>>) {
    match node.kind() {
        "block" | "match_block" | "macro_invocation" | "closure_parameters" | "generic_type"
        | "scoped_identifier" => return,
        "index_expression" | "field_expression"
            if node
                .parent()
                .is_none_or(|parent| field(parent, "function") != Some(node)) =>
        {
            values.push(node);
            return;
        }
        "identifier"
            if node.parent().is_none_or(|parent| {
                field(parent, "function") != Some(node) && field(parent, "pattern") != Some(node)
            }) =>
        {
            values.push(node);
        }
        _ => {}
    }
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        collect(child, values);
    }
}

/// The names of the methods of a chain, the last first.
fn methods<'t>(node: Node<'t>, names: &mut Vec<Node<'t>>) {
    if matches!(node.kind(), "block" | "match_block" | "macro_invocation") {
        return;
    }
    if node.kind() == "call_expression"
        && let Some(function) = field(node, "function")
        && let Some(name) = field(function, "field")
    {
        names.push(name);
    }
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        methods(child, names);
    }
}
