//! Ranges, indexes and the ends of everything: one too few, one too many.

use tree_sitter::Node;

use super::atoms::names_are_known;
use super::{Site, calls};
use crate::rust::items::field;
use crate::rust::scope::{fit, is_integer, is_number};

pub(super) fn range(site: &mut Site<'_, '_>, node: Node<'_>) {
    if node.kind() == "index_expression" {
        swap_indexes(site, node);
        return;
    }
    let mut cursor = node.walk();
    let Some(dots) = node
        .children(&mut cursor)
        .find(|child| matches!(child.kind(), ".." | "..="))
    else {
        return;
    };
    let start = node
        .named_child(0)
        .filter(|child| child.end_byte() <= dots.start_byte());
    let end = node
        .named_child(node.named_child_count().saturating_sub(1) as u32)
        .filter(|child| child.start_byte() >= dots.end_byte());
    match (start, end) {
        (Some(start), Some(end)) => {
            let other = if dots.kind() == ".." { "..=" } else { ".." };
            site.replace(dots, other, "change_range", 0.4);
            let (a, b) = (site.text(start), site.text(end));
            if node
                .parent()
                .is_some_and(|parent| parent.kind() == "for_expression")
            {
                site.replace(
                    node,
                    format!("({}).rev()", site.text(node)),
                    "wrap_call",
                    0.12,
                );
                site.replace(
                    node,
                    format!("({}).step_by(2)", site.text(node)),
                    "wrap_call",
                    0.02,
                );
            }
            if node
                .parent()
                .is_some_and(|parent| parent.kind() == "index_expression")
            {
                site.replace(node, format!("{a}.."), "change_range", 0.06);
                site.replace(node, format!("..{b}"), "change_range", 0.06);
            }
        }
        (Some(start), None) => {
            let text = site.text(start);
            site.replace(node, format!("..{text}"), "change_range", 0.25);
            site.replace(node, format!("..={text}"), "change_range", 0.06);
        }
        (None, Some(end)) => {
            let text = site.text(end);
            site.replace(node, format!("{text}.."), "change_range", 0.25);
            let other = if dots.kind() == ".." { "..=" } else { ".." };
            site.replace(dots, other, "change_range", 0.25);
        }
        (None, None) => {}
    }
}

/// `grid[a][b]` and `grid[b][a]`.
fn swap_indexes(site: &mut Site<'_, '_>, node: Node<'_>) {
    let (Some(inner), Some(second)) = (node.named_child(0), node.named_child(1)) else {
        return;
    };
    if inner.kind() == "index_expression"
        && let (Some(base), Some(first)) = (inner.named_child(0), inner.named_child(1))
    {
        let text = format!(
            "{}[{}][{}]",
            site.text(base),
            site.text(second),
            site.text(first)
        );
        site.replace(node, text, "swap_arguments", 0.2);
    }
}

/// One more and one less, where a whole number is used.
pub(super) fn off_by_one(site: &mut Site<'_, '_>, node: Node<'_>) {
    if node.kind() == "field_expression" {
        calls::tuple_field(site, node);
    }
    if !matches!(
        node.kind(),
        "identifier"
            | "field_expression"
            | "call_expression"
            | "index_expression"
            | "binary_expression"
            | "parenthesized_expression"
            | "type_cast_expression"
            | "try_expression"
    ) {
        return;
    }
    let Some(prior) = place(site, node) else {
        return;
    };
    let kind = site.scope.kind_of(node);
    let sure = match () {
        () if is_integer(&kind) => 1.0,
        () if kind.is_empty() => 0.3,
        () => return,
    };
    let text = site.text(node);
    let needs_group =
        node.kind() == "binary_expression" && text.contains(['&', '|', '^', '<', '>']);
    if node.kind() == "binary_expression" && site.scope.kind_of(node) == "bool" {
        return;
    }
    let text = if needs_group {
        format!("({text})")
    } else {
        text.to_owned()
    };
    site.replace(node, format!("{text} + 1"), "off_by_one", prior * sure);
    site.replace(node, format!("{text} - 1"), "off_by_one", prior * sure);
    if prior >= 0.06 {
        further_operand(site, node, &text, &kind);
    }
}

/// How likely an off-by-one is where `node` stands; none where it is not the whole of a place.
fn place(site: &Site<'_, '_>, node: Node<'_>) -> Option<f64> {
    let parent = node.parent()?;
    let is = |name: &str| field(parent, name) == Some(node);
    match parent.kind() {
        "index_expression" => (parent.named_child(1) == Some(node)).then_some(0.2),
        "range_expression" => Some(0.2),
        "binary_expression" => {
            let operator = field(parent, "operator").map_or("", |operator| site.text(operator));
            match operator {
                "<" | "<=" | ">" | ">=" | "==" | "!=" => Some(0.1),
                "*" | "/" | "%"
                    if node.kind() == "parenthesized_expression" || is("left") || is("right") =>
                {
                    // Sums bind less than products and need their own brackets there.
                    None
                }
                "+" | "-" => Some(0.06),
                _ => None,
            }
        }
        "arguments" => Some(0.15),
        "let_declaration" | "field_initializer" | "let_condition" => is("value").then_some(0.08),
        "assignment_expression" | "compound_assignment_expr" => is("right").then_some(0.1),
        "return_expression" | "block" => Some(0.1),
        "tuple_expression" | "array_expression" => Some(0.06),
        "match_arm" => is("value").then_some(0.08),
        "closure_expression" => is("body").then_some(0.06),
        // The argument of a macro, which is parsed on its own.
        "parenthesized_expression"
            if parent
                .parent()
                .is_some_and(|outer| matches!(outer.kind(), "block" | "expression_statement")) =>
        {
            Some(0.1)
        }
        _ => None,
    }
}

/// A number to which another should have been added, or from which it should have been taken.
fn further_operand(site: &mut Site<'_, '_>, node: Node<'_>, text: &str, kind: &str) {
    let at = node.start_byte();
    let mut others: Vec<String> = site
        .scope
        .visible(at)
        .into_iter()
        .filter(|variable| {
            (is_number(&variable.kind) || variable.kind.is_empty())
                && fit(&variable.kind, kind) > 0.0
        })
        .map(|variable| variable.name.clone())
        .take(6)
        .collect();
    let fields = site.scope.self_fields().iter().filter(|(_, of)| of == kind);
    others.extend(fields.map(|(name, _)| format!("self.{name}")));
    let near = site
        .pool
        .numbers
        .iter()
        .filter(|(other, place)| site.body.contains(place) && names_are_known(site, other, at));
    others.extend(near.map(|(other, _)| other.clone()).take(6));
    others.retain(|other| other != text);
    others.dedup();
    let share = (0.2 / others.len().max(1) as f64).min(0.03);
    for other in others {
        for (made, prior) in [
            (format!("{text} + {other}"), 1.0),
            (format!("{text} - {other}"), 1.0),
            (format!("{other} - {text}"), 0.6),
            (format!("{other} * {text}"), 0.6),
        ] {
            site.replace(node, made, "add_operand", share * prior);
        }
    }
}

/// A minus sign or an absolute value that is missing.
pub(super) fn sign(site: &mut Site<'_, '_>, node: Node<'_>) {
    let Some(parent) = node.parent() else { return };
    let is_operand = matches!(
        parent.kind(),
        "binary_expression"
            | "arguments"
            | "return_expression"
            | "block"
            | "assignment_expression"
            | "field_initializer"
            | "tuple_expression"
            | "let_declaration"
            | "match_arm"
            | "closure_expression"
    );
    if !is_operand
        || field(parent, "pattern") == Some(node)
        || field(parent, "left") == Some(node) && parent.kind() == "assignment_expression"
    {
        return;
    }
    let kind = site.scope.kind_of(node);
    let is_unsigned = kind.starts_with('u');
    let is_other = matches!(kind.as_str(), "bool" | "char" | "str" | "String")
        || kind.starts_with(['V', 'H', 'B', 'O']);
    if is_unsigned || is_other {
        return;
    }
    let share = if is_number(&kind) { 1.0 } else { 0.4 };
    let text = site.text(node);
    site.replace(node, format!("-{text}"), "negate", 0.04 * share);
    site.replace(node, format!("{text}.abs()"), "wrap_call", 0.05 * share);
}
