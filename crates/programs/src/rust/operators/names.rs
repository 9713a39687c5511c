//! Names: another variable, field, function, method or variant that fits.

use tree_sitter::Node;

use super::Site;
use crate::rust::items::{field, head};
use crate::rust::scope::fit;

pub(super) fn name(site: &mut Site<'_, '_>, node: Node<'_>) {
    let Some(parent) = node.parent() else { return };
    match node.kind() {
        "identifier" if is_call_of(parent, node) => free_function(site, node),
        "identifier" if is_value(parent, node) => variable(site, node),
        "field_identifier" if parent.kind() == "field_expression" => {
            if parent.parent().is_some_and(|call| is_call_of(call, parent)) {
                method(site, parent, node);
            } else {
                field_name(site, parent, node);
            }
        }
        "field_identifier" if parent.kind() == "integer_literal" => {}
        "shorthand_field_initializer" => shorthand(site, node),
        "scoped_identifier" => variant(site, node),
        _ => {}
    }
}

fn is_call_of(call: Node<'_>, function: Node<'_>) -> bool {
    call.kind() == "call_expression" && field(call, "function") == Some(function)
}

/// Whether an identifier in this place reads or writes a variable.
fn is_value(parent: Node<'_>, node: Node<'_>) -> bool {
    match parent.kind() {
        "let_declaration" | "for_expression" => field(parent, "value") == Some(node),
        "let_condition" | "match_expression" | "field_initializer" => {
            field(parent, "value") == Some(node)
        }
        "parameter"
        | "closure_parameters"
        | "tuple_pattern"
        | "tuple_struct_pattern"
        | "struct_pattern"
        | "field_pattern"
        | "ref_pattern"
        | "reference_pattern"
        | "mut_pattern"
        | "or_pattern"
        | "scoped_identifier"
        | "macro_invocation"
        | "const_item"
        | "function_item"
        | "captured_pattern"
        | "slice_pattern"
        | "token_tree"
        | "label" => false,
        "match_pattern" => field(parent, "condition") == Some(node),
        _ => true,
    }
}

/// Everything of type `kind` that can be named at `at`, with how well it fits.
fn candidates(site: &Site<'_, '_>, at: usize, kind: &str, but: &str) -> Vec<(String, f64)> {
    let scope = site.scope;
    let mut found = Vec::new();
    for variable in scope.visible(at) {
        found.push((variable.name.clone(), fit(&variable.kind, kind)));
        if !kind.is_empty() {
            for (name, of) in scope.items.fields(&variable.kind) {
                found.push((
                    format!("{}.{name}", variable.name),
                    0.4 * fit(of, kind).floor(),
                ));
            }
        }
    }
    for (name, of) in scope.self_fields() {
        found.push((format!("self.{name}"), 0.7 * fit(of, kind)));
    }
    for (name, of) in &scope.items.constants {
        found.push((name.clone(), 0.6 * fit(of, kind).floor()));
    }
    found.retain(|(name, fit)| name != but && *fit > 0.0);
    found
}

fn spread(
    site: &mut Site<'_, '_>,
    node: Node<'_>,
    found: Vec<(String, f64)>,
    operator: &'static str,
    mass: f64,
) {
    let total: f64 = found.iter().map(|(_, fit)| fit).sum();
    for (name, fit) in found {
        let prior = (mass * fit / total.max(1.0)).min(0.18) + 0.05 * fit;
        site.replace(node, name, operator, prior);
    }
}

fn variable(site: &mut Site<'_, '_>, node: Node<'_>) {
    let text = site.text(node);
    let at = node.start_byte();
    let is_constant = site
        .scope
        .items
        .constants
        .iter()
        .any(|(name, _)| name == text);
    if site.scope.variable(text, at).is_none() && !is_constant {
        return;
    }
    let kind = site.scope.kind_of(node);
    let mut found = candidates(site, at, &kind, text);
    // A name like the one that stands there is easily taken for it.
    for (name, fit) in &mut found {
        if kind.is_empty() && name.len() == 1 && text.len() == 1 {
            *fit = fit.max(0.6);
        }
    }
    spread(site, node, found, "replace_variable", 0.8);
}

fn field_name(site: &mut Site<'_, '_>, whole: Node<'_>, node: Node<'_>) {
    let Some(value) = field(whole, "value") else {
        return;
    };
    let text = site.text(node);
    let owner = site.scope.kind_of(value);
    let kind = site
        .scope
        .items
        .field(&owner, text)
        .unwrap_or_default()
        .to_owned();
    let mut fields: Vec<(String, f64)> = site
        .scope
        .items
        .fields(&owner)
        .iter()
        .map(|(name, of)| (name.clone(), fit(of, &kind)))
        .collect();
    if owner.is_empty() {
        // The owner is not known: any structure that has this field may be it.
        for all in site.scope.items.structs.values() {
            if let Some((_, kind)) = all.iter().find(|(name, _)| name == text) {
                fields.extend(
                    all.iter()
                        .map(|(name, of)| (name.clone(), 0.7 * fit(of, kind))),
                );
            }
        }
    }
    fields.retain(|(name, fit)| name != text && *fit > 0.0);
    spread(site, node, fields, "replace_field", 0.8);
    let whole_text = site.text(whole);
    let found = candidates(site, whole.start_byte(), &kind, whole_text);
    if !kind.is_empty() {
        spread(site, whole, found, "replace_variable", 0.4);
    }
}

/// `.0` and `.1` in each other's place.
pub(super) fn tuple_index(site: &mut Site<'_, '_>, node: Node<'_>) {
    for other in ["0", "1", "2"] {
        site.replace(node, other, "replace_field", 0.2);
    }
}

fn free_function(site: &mut Site<'_, '_>, node: Node<'_>) {
    let text = site.text(node);
    let items = site.scope.items;
    let known = items
        .functions
        .iter()
        .find(|function| function.name == text && function.owner.is_none());
    match known {
        Some(known) => {
            let others: Vec<String> = items
                .functions
                .iter()
                .filter(|other| {
                    other.owner.is_none()
                        && other.parameters == known.parameters
                        && other.result == known.result
                        && other.name != text
                })
                .map(|other| other.name.clone())
                .collect();
            let share = (0.8 / others.len().max(1) as f64).min(0.3);
            for other in others {
                site.replace(node, other, "replace_function", share);
            }
        }
        None => {
            for (other, prior) in [("Some", "Ok"), ("Ok", "Err"), ("Err", "Ok")]
                .iter()
                .filter(|(from, _)| *from == text)
                .map(|(_, to)| (*to, 0.03))
            {
                site.replace(node, other, "replace_function", prior);
            }
        }
    }
}

/// Methods that are easily taken for each other.
const FAMILIES: [&[&str]; 44] = [
    &["any", "all"],
    &["min", "max"],
    &["first", "last"],
    &["front", "back"],
    &["front_mut", "back_mut"],
    &["first_mut", "last_mut"],
    &["split_first", "split_last"],
    &["first_key_value", "last_key_value"],
    &["pop_first", "pop_last"],
    &["min_by_key", "max_by_key"],
    &["min_by", "max_by"],
    &["find", "rfind"],
    &["take", "skip"],
    &["take_while", "skip_while"],
    &["position", "rposition"],
    &["push", "push_back", "push_front", "push_str", "insert"],
    &["push_back", "push_front"],
    &["pop", "pop_front", "pop_back"],
    &["pop_front", "pop_back"],
    &["starts_with", "ends_with", "contains"],
    &["trim", "trim_start", "trim_end"],
    &["trim_start_matches", "trim_end_matches", "trim_matches"],
    &["strip_prefix", "strip_suffix"],
    &["floor", "ceil", "round", "trunc"],
    &["floor_div", "div_euclid"],
    &["to_lowercase", "to_uppercase"],
    &["to_ascii_lowercase", "to_ascii_uppercase"],
    &[
        "is_lowercase",
        "is_uppercase",
        "is_alphabetic",
        "is_alphanumeric",
        "is_numeric",
        "is_whitespace",
    ],
    &[
        "is_ascii_lowercase",
        "is_ascii_uppercase",
        "is_ascii_alphabetic",
        "is_ascii_alphanumeric",
        "is_ascii_digit",
        "is_ascii_punctuation",
    ],
    &["is_some", "is_none"],
    &["is_ok", "is_err"],
    &["saturating_sub", "wrapping_sub", "abs_diff"],
    &["saturating_add", "wrapping_add"],
    &["checked_add", "checked_sub", "checked_mul", "checked_div"],
    &[
        "union",
        "intersection",
        "difference",
        "symmetric_difference",
    ],
    &["is_subset", "is_superset", "is_disjoint"],
    &["keys", "values", "iter"],
    &["sum", "product", "count"],
    &["split_once", "rsplit_once"],
    &["split", "rsplit"],
    &["chunks", "windows"],
    &[
        "leading_zeros",
        "trailing_zeros",
        "count_zeros",
        "leading_ones",
        "trailing_ones",
        "count_ones",
    ],
    &["chars", "bytes"],
    &["is_lt", "is_le", "is_gt", "is_ge", "is_eq", "is_ne"],
];

fn method(site: &mut Site<'_, '_>, whole: Node<'_>, node: Node<'_>) {
    let text = site.text(node);
    let mut others: Vec<(&str, f64)> = Vec::new();
    for family in FAMILIES.iter().filter(|family| family.contains(&text)) {
        let share = if family.len() == 2 {
            0.35
        } else {
            0.5 / family.len() as f64
        };
        others.extend(
            family
                .iter()
                .filter(|other| **other != text)
                .map(|other| (*other, share)),
        );
    }
    for (other, prior) in others {
        site.replace(node, other, "replace_method", prior);
    }
    let owner = field(whole, "value").map_or(String::new(), |value| site.scope.kind_of(value));
    let items = site.scope.items;
    let Some(known) = items.methods(&owner).find(|method| method.name == text) else {
        return;
    };
    let fitting: Vec<String> = items
        .methods(&owner)
        .filter(|other| {
            other.parameters == known.parameters
                && other.result == known.result
                && other.name != text
                && other.owner == known.owner
        })
        .map(|other| other.name.clone())
        .collect();
    let share = (0.8 / fitting.len().max(1) as f64).min(0.3);
    for other in fitting {
        site.replace(node, other, "replace_method", share);
    }
    if known.parameters.is_empty()
        && let (Some(value), Some(call)) = (field(whole, "value"), whole.parent())
    {
        // A field of the same type in place of what computes it.
        let result = known.result.clone();
        let value = site.text(value);
        for (name, of) in items.fields(&owner) {
            if *of == result {
                site.replace(call, format!("{value}.{name}"), "replace_method", 0.06);
            }
        }
    }
}

/// `Point { x, y }` where `x` should have had another value.
fn shorthand(site: &mut Site<'_, '_>, node: Node<'_>) {
    let text = site.text(node);
    let kind = site
        .scope
        .variable(text, node.start_byte())
        .map_or(String::new(), |variable| variable.kind.clone());
    for (name, fit) in candidates(site, node.start_byte(), &kind, text) {
        site.replace(
            node,
            format!("{text}: {name}"),
            "replace_variable",
            0.12 * fit,
        );
    }
    for (value, prior) in [("0", 0.06), ("1", 0.03), ("false", 0.03), ("true", 0.03)] {
        site.replace(node, format!("{text}: {value}"), "change_constant", prior);
    }
    site.replace(node, format!("{text}: {text} + 1"), "off_by_one", 0.05);
    site.replace(node, format!("{text}: {text} - 1"), "off_by_one", 0.05);
}

/// Another variant of the same enumeration, or another constant of the same type.
fn variant(site: &mut Site<'_, '_>, node: Node<'_>) {
    let (Some(path), Some(name)) = (field(node, "path"), field(node, "name")) else {
        return;
    };
    let path = site.text(path);
    let path = if path == "Self" {
        site.scope.owner.unwrap_or(path)
    } else {
        head(path)
    };
    let text = site.text(name);
    let standard: &[&str] = match path {
        "Ordering" => &["Less", "Greater", "Equal"],
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" | "f64"
            if text.starts_with("M") =>
        {
            &["MAX", "MIN"]
        }
        _ => &[],
    };
    let mut others: Vec<String> = standard.iter().map(|other| (*other).to_owned()).collect();
    if let Some(variants) = site.scope.items.unit_variants.get(path)
        && variants.iter().any(|variant| variant == text)
    {
        others.extend(variants.iter().cloned());
    }
    others.retain(|other| other != text);
    let share = (0.7 / others.len().max(1) as f64).min(0.3);
    for other in others {
        site.replace(name, other, "replace_variant", share);
    }
}
