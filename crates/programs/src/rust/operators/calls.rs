//! Calls: arguments in another order, calls left out or put around, iterator chains.

use tree_sitter::Node;

use super::{Site, names};
use crate::rust::items::field;
use crate::rust::scope::{fit, is_number};

pub(super) fn call(site: &mut Site<'_, '_>, node: Node<'_>) {
    let (Some(function), Some(arguments)) = (field(node, "function"), field(node, "arguments"))
    else {
        return;
    };
    let mut cursor = arguments.walk();
    let arguments: Vec<Node<'_>> = arguments
        .named_children(&mut cursor)
        .filter(|child| !child.is_extra())
        .collect();
    swap(site, &arguments, "swap_arguments", 0.3);
    substitute(site, &arguments);
    let receiver = (function.kind() == "field_expression")
        .then(|| field(function, "value"))
        .flatten();
    match receiver {
        Some(receiver) => method(site, node, receiver, &arguments),
        None => {
            if arguments.len() == 1 {
                let inner = site.text(arguments[0]);
                site.replace(node, inner, "drop_call", 0.05);
            }
            if site.text(function) == "Some"
                && node
                    .parent()
                    .is_none_or(|parent| parent.kind() != "match_pattern")
            {
                site.replace(node, "None", "change_constant", 0.06);
            }
        }
    }
}

/// Each two of `parts` of which the types may be the same, exchanged.
fn swap(site: &mut Site<'_, '_>, parts: &[Node<'_>], operator: &'static str, prior: f64) {
    for (index, &a) in parts.iter().enumerate() {
        for &b in &parts[index + 1..] {
            let likeness = fit(&site.scope.kind_of(a), &site.scope.kind_of(b));
            if likeness > 0.0 {
                let (left, right) = (site.text(a), site.text(b));
                let between = &site.edits.source.text[a.end_byte()..b.start_byte()];
                let text = format!("{right}{between}{left}");
                let share = prior * likeness.max(0.5) / (parts.len() - 1) as f64;
                site.write(a.start_byte()..b.end_byte(), text, operator, share);
            }
        }
    }
}

/// An argument that is an expression, replaced by a variable of its type.
fn substitute(site: &mut Site<'_, '_>, arguments: &[Node<'_>]) {
    for &argument in arguments {
        if matches!(
            argument.kind(),
            "identifier" | "integer_literal" | "string_literal" | "closure_expression"
        ) {
            continue;
        }
        let kind = site.scope.kind_of(argument);
        let prefix = if site.text(argument).starts_with('&') {
            "&"
        } else {
            ""
        };
        let fitting: Vec<String> = site
            .scope
            .visible(argument.start_byte())
            .into_iter()
            .filter(|variable| !kind.is_empty() && fit(&variable.kind, &kind) == 1.0)
            .map(|variable| format!("{prefix}{}", variable.name))
            .collect();
        let share = (0.3 / fitting.len().max(1) as f64).min(0.08);
        for name in fitting {
            site.replace(argument, name, "replace_argument", share);
        }
    }
}

fn method(site: &mut Site<'_, '_>, node: Node<'_>, receiver: Node<'_>, arguments: &[Node<'_>]) {
    let function = field(node, "function").expect("a method call has a function");
    let name = field(function, "field").map_or("", |name| site.text(name));
    let inner = site.text(receiver);
    let drop = match name {
        "rev" | "abs" | "trim" | "skip" | "take" | "reverse" | "unwrap" => 0.2,
        "iter" | "clone" | "to_string" | "collect" | "len" => 0.02,
        _ => 0.12,
    };
    site.replace(node, inner, "drop_call", drop);
    if let [argument] = arguments {
        let text = site.text(*argument);
        if fit(
            &site.scope.kind_of(receiver),
            &site.scope.kind_of(*argument),
        ) > 0.0
        {
            let (bare, sign) = match text.strip_prefix('&') {
                Some(bare) => (bare, "&"),
                None => (text, ""),
            };
            if argument.kind() != "closure_expression"
                && !matches!(argument.kind(), "integer_literal" | "string_literal")
            {
                site.replace(
                    node,
                    format!("{bare}.{name}({sign}{inner})"),
                    "swap_arguments",
                    0.15,
                );
            }
        }
    }
    if matches!(name, "cmp" | "partial_cmp") {
        let text = site.text(node);
        let reversed = if name == "cmp" {
            format!("{text}.reverse()")
        } else {
            format!("{text}.map(|o| o.reverse())")
        };
        site.replace(node, reversed, "wrap_call", 0.15);
    }
    wrap(site, node, name, inner);
}

const SOURCES: [&str; 18] = [
    "iter",
    "iter_mut",
    "into_iter",
    "chars",
    "bytes",
    "lines",
    "char_indices",
    "keys",
    "values",
    "enumerate",
    "split",
    "split_whitespace",
    "windows",
    "chunks",
    "rev",
    "zip",
    "skip",
    "drain",
];

/// A call put behind a chain or a number.
fn wrap(site: &mut Site<'_, '_>, node: Node<'_>, name: &str, inner: &str) {
    let text = site.text(node);
    if SOURCES.contains(&name) {
        for (call, prior) in [(".rev()", 0.1), (".skip(1)", 0.08), (".take(1)", 0.01)] {
            site.replace(node, format!("{text}{call}"), "wrap_call", prior);
        }
        if name == "enumerate" {
            site.replace(
                node,
                format!("{inner}.rev().enumerate()"),
                "wrap_call",
                0.05,
            );
            site.replace(
                node,
                format!("{inner}.enumerate().skip(1)"),
                "wrap_call",
                0.05,
            );
        }
        return;
    }
    let kind = site.scope.kind_of(node);
    if is_number(&kind) {
        for (call, prior) in [(".abs()", 0.06), (".max(0)", 0.04), (".max(1)", 0.04)] {
            site.replace(node, format!("{text}{call}"), "wrap_call", prior);
        }
    }
    if matches!(kind.as_str(), "str" | "String") || matches!(name, "next" | "to_string") {
        for call in [".trim()", ".to_lowercase()"] {
            site.replace(node, format!("{text}{call}"), "wrap_call", 0.04);
        }
    }
}

/// Parameters of closures, elements of tuples and values of fields, exchanged.
pub(super) fn parts(site: &mut Site<'_, '_>, node: Node<'_>) {
    match node.kind() {
        "closure_expression" => {
            if let Some(parameters) = field(node, "parameters") {
                let mut cursor = parameters.walk();
                let parts: Vec<Node<'_>> = parameters.named_children(&mut cursor).collect();
                swap(site, &parts, "swap_arguments", 0.15);
            }
        }
        "tuple_expression" => {
            let mut cursor = node.walk();
            let parts: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
            swap(site, &parts, "swap_arguments", 0.25);
        }
        _ => {
            let Some(body) = field(node, "body") else {
                return;
            };
            let mut cursor = body.walk();
            let values: Vec<Node<'_>> = body
                .named_children(&mut cursor)
                .filter(|child| child.kind() == "field_initializer")
                .filter_map(|child| field(child, "value"))
                .collect();
            swap(site, &values, "swap_arguments", 0.2);
        }
    }
}

/// `a.0` is a field access on an integer literal's text.
pub(super) fn tuple_field(site: &mut Site<'_, '_>, node: Node<'_>) {
    if let Some(index) = field(node, "field").filter(|index| index.kind() == "integer_literal") {
        names::tuple_index(site, index);
    }
}
