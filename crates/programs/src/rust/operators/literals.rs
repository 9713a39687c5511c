//! Literals: neighbours of numbers, other letters and words of the file, truth.

use tree_sitter::Node;

use super::Site;
use crate::rust::scope::is_integer;

pub(super) fn number(site: &mut Site<'_, '_>, node: Node<'_>) {
    let text = site.text(node);
    let (digits, suffix) = split_suffix(text);
    let plain = digits.replace('_', "");
    if node.kind() == "float_literal" {
        if let Ok(value) = plain.parse::<f64>() {
            for (other, prior) in [
                (value + 1.0, 0.1),
                (value - 1.0, 0.1),
                (0.0, 0.08),
                (1.0, 0.08),
                (-value, 0.06),
                (value * 2.0, 0.03),
                (value / 2.0, 0.03),
            ] {
                site.replace(node, format!("{other:?}{suffix}"), "change_constant", prior);
            }
        }
        return;
    }
    let Some(value) = integer(&plain) else { return };
    let mut put = |value: i128, prior: f64| {
        let written = if value < 0 {
            format!("({value}{suffix})")
        } else {
            format!("{value}{suffix}")
        };
        site.replace(node, written, "change_constant", prior);
    };
    put(value + 1, 0.22);
    put(value - 1, if value > 0 { 0.22 } else { 0.1 });
    put(0, 0.12);
    put(1, 0.12);
    put(2, 0.06);
    put(-value, 0.07);
    if value > 3 {
        for (other, prior) in [
            (value + 2, 0.03),
            (value - 2, 0.03),
            (value * 10, 0.04),
            (value / 10, 0.04),
            (value * 2, 0.04),
            (value / 2, 0.04),
        ] {
            put(other, prior);
        }
    }
    let others: Vec<String> = site
        .pool
        .integers
        .iter()
        .filter(|other| *other != text)
        .cloned()
        .collect();
    let share = (0.8 / others.len().max(1) as f64).min(0.06);
    for other in others {
        site.replace(node, other, "change_constant", share);
    }
    to_variable(site, node);
}

/// A number that should have been a variable; less likely where there are many.
fn to_variable(site: &mut Site<'_, '_>, node: Node<'_>) {
    let names: Vec<String> = site
        .scope
        .visible(node.start_byte())
        .into_iter()
        .filter(|variable| is_integer(&variable.kind))
        .map(|variable| variable.name.clone())
        .chain(fields_of_variables(site, node.start_byte()))
        .chain(
            site.scope
                .self_fields()
                .iter()
                .filter(|(_, kind)| is_integer(kind))
                .map(|(name, _)| format!("self.{name}")),
        )
        .collect();
    let share = (0.3 / names.len().max(1) as f64).min(0.05);
    for name in names {
        site.replace(node, name, "constant_to_variable", share);
    }
}

/// Whole numbers among the fields of variables.
fn fields_of_variables(site: &Site<'_, '_>, at: usize) -> Vec<String> {
    let mut found = Vec::new();
    for variable in site.scope.visible(at) {
        for (name, kind) in site.scope.items.fields(&variable.kind) {
            if is_integer(kind) {
                found.push(format!("{}.{name}", variable.name));
            }
        }
    }
    found
}

fn split_suffix(text: &str) -> (&str, &str) {
    let is_hex = text.starts_with("0x");
    let at = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
        "f32", "f64",
    ]
    .iter()
    .find(|suffix| text.ends_with(*suffix) && !(is_hex && suffix.starts_with('f')))
    .map_or(text.len(), |suffix| text.len() - suffix.len());
    text.split_at(at)
}

fn integer(digits: &str) -> Option<i128> {
    for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            return i128::from_str_radix(rest, radix).ok();
        }
    }
    digits.parse().ok()
}

/// Booleans, letters and texts.
pub(super) fn other(site: &mut Site<'_, '_>, node: Node<'_>) {
    let text = site.text(node);
    let pool = match node.kind() {
        "boolean_literal" => {
            site.replace(
                node,
                if text == "true" { "false" } else { "true" },
                "change_constant",
                0.4,
            );
            return;
        }
        "char_literal" => &site.pool.chars,
        _ => {
            site.replace(node, "\"\"", "change_constant", 0.04);
            for (changed, prior) in variations(text) {
                site.replace(node, changed, "change_constant", prior);
            }
            &site.pool.strings
        }
    };
    let share = (1.0 / pool.len().max(1) as f64).min(0.12);
    for other in pool {
        site.replace(node, other.clone(), "change_constant", share);
    }
    if node.kind() == "char_literal" {
        for (known, close) in [
            ("'\\n'", "'\\t'"),
            ("'\\n'", "'\\r'"),
            ("' '", "'\\n'"),
            ("' '", "'\\t'"),
            ("','", "';'"),
            ("'('", "')'"),
            ("'['", "']'"),
            ("'{'", "'}'"),
            ("'+'", "'-'"),
            ("'*'", "'/'"),
            ("'\\\\'", "'/'"),
            ("'\\''", "'\"'"),
            ("'.'", "','"),
            ("'-'", "'_'"),
            ("'0'", "'1'"),
            ("'9'", "'8'"),
            ("'a'", "'A'"),
            ("'z'", "'Z'"),
            ("'\\n'", "'\\\\'"),
        ] {
            if text == known {
                site.replace(node, close, "change_constant", 0.1);
            } else if text == close {
                site.replace(node, known, "change_constant", 0.1);
            }
        }
    }
}

/// A text with a blank more or less at its ends, or in the other case.
fn variations(text: &str) -> Vec<(String, f64)> {
    let Some(inner) = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return Vec::new();
    };
    let mut made = vec![
        (format!("{inner} "), 0.04),
        (format!(" {inner}"), 0.04),
        (format!("{inner}\\n"), 0.03),
    ];
    for (changed, prior) in [
        (inner.trim(), 0.06),
        (inner.strip_suffix("\\n").unwrap_or(inner), 0.06),
    ] {
        made.push((changed.to_owned(), prior));
    }
    if inner.chars().any(char::is_alphabetic) && inner.len() < 24 {
        made.push((inner.to_lowercase(), 0.03));
        made.push((inner.to_uppercase(), 0.03));
    }
    made.into_iter()
        .filter(|(changed, _)| changed != inner)
        .map(|(changed, prior)| (format!("\"{changed}\""), prior))
        .collect()
}
