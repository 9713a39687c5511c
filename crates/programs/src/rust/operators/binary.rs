//! Operators: comparison, arithmetic, boolean and bitwise, in expressions and assignments.

use tree_sitter::Node;

use super::Site;
use crate::rust::items::field;
use crate::rust::scope::is_number;

/// What else may stand where an operator stands, with how likely that is.
fn alternatives(operator: &str) -> &'static [(&'static str, f64)] {
    match operator {
        "<" => &[
            ("<=", 0.5),
            (">", 0.3),
            (">=", 0.2),
            ("!=", 0.12),
            ("==", 0.08),
        ],
        "<=" => &[
            ("<", 0.5),
            (">=", 0.3),
            (">", 0.2),
            ("==", 0.1),
            ("!=", 0.06),
        ],
        ">" => &[
            (">=", 0.5),
            ("<", 0.3),
            ("<=", 0.2),
            ("!=", 0.12),
            ("==", 0.08),
        ],
        ">=" => &[
            (">", 0.5),
            ("<=", 0.3),
            ("<", 0.2),
            ("==", 0.1),
            ("!=", 0.06),
        ],
        "==" => &[
            ("!=", 0.4),
            (">=", 0.15),
            ("<=", 0.15),
            (">", 0.12),
            ("<", 0.12),
        ],
        "!=" => &[
            ("==", 0.4),
            (">", 0.15),
            ("<", 0.15),
            (">=", 0.06),
            ("<=", 0.06),
        ],
        "+" => &[("-", 0.35), ("*", 0.15), ("/", 0.03), ("|", 0.02)],
        "-" => &[("+", 0.35), ("*", 0.05), ("/", 0.04)],
        "*" => &[("/", 0.2), ("+", 0.15), ("%", 0.04), ("-", 0.05)],
        "/" => &[("*", 0.2), ("%", 0.2), ("-", 0.04), (">>", 0.02)],
        "%" => &[("/", 0.25), ("*", 0.05), ("&", 0.02)],
        "&&" => &[("||", 0.4)],
        "||" => &[("&&", 0.4)],
        "&" => &[("|", 0.3), ("^", 0.15), ("&&", 0.03)],
        "|" => &[("&", 0.3), ("^", 0.15), ("||", 0.03)],
        "^" => &[("|", 0.25), ("&", 0.25)],
        "<<" => &[(">>", 0.35), ("*", 0.03)],
        ">>" => &[("<<", 0.35), ("/", 0.03)],
        _ => &[],
    }
}

/// How strongly an operator binds; 0 for what is no binary operator.
fn strength(operator: &str) -> u8 {
    match operator {
        "*" | "/" | "%" => 9,
        "+" | "-" => 8,
        "<<" | ">>" => 7,
        "&" => 6,
        "^" => 5,
        "|" => 4,
        "==" | "!=" | "<" | "<=" | ">" | ">=" => 3,
        "&&" => 2,
        "||" => 1,
        _ => 0,
    }
}

pub(super) fn binary(site: &mut Site<'_, '_>, node: Node<'_>) {
    let (Some(left), Some(operator), Some(right)) = (
        field(node, "left"),
        field(node, "operator"),
        field(node, "right"),
    ) else {
        return;
    };
    let (a, op, b) = (site.text(left), site.text(operator), site.text(right));
    for &(other, prior) in alternatives(op) {
        site.replace(operator, other, "replace_operator", prior);
    }
    drop_operand(site, node, op, [a, b]);
    if matches!(op, "-" | "/" | "%" | "<<" | ">>") {
        site.replace(node, format!("{b} {op} {a}"), "swap_operands", 0.15);
    }
    regroup(site, node, [left, right], op);
    widen(site, node, op, [a, b]);
}

fn drop_operand(site: &mut Site<'_, '_>, node: Node<'_>, op: &str, [a, b]: [&str; 2]) {
    let priors = match op {
        "&&" | "||" => Some((0.2, 0.2)),
        "+" | "-" => Some((0.15, 0.08)),
        "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>" => Some((0.08, 0.05)),
        _ => None,
    };
    if let Some((keep_left, keep_right)) = priors {
        site.replace(node, a, "drop_operand", keep_left);
        site.replace(node, b, "drop_operand", keep_right);
    }
}

/// `a + b * c` and `(a + b) * c` in each other's place.
fn regroup(site: &mut Site<'_, '_>, node: Node<'_>, [left, right]: [Node<'_>; 2], op: &str) {
    let parts = |site: &Site<'_, '_>, node: Node<'_>| {
        let (l, o, r) = (
            field(node, "left")?,
            field(node, "operator")?,
            field(node, "right")?,
        );
        Some((
            site.text(l).to_owned(),
            site.text(o).to_owned(),
            site.text(r).to_owned(),
        ))
    };
    let (a, b) = (site.text(left), site.text(right));
    if right.kind() == "binary_expression"
        && strength(op) != 3
        && let Some((x, inner, y)) = parts(site, right)
        && strength(&inner) != 3
    {
        site.replace(node, format!("({a} {op} {x}) {inner} {y}"), "regroup", 0.12);
    }
    if left.kind() == "binary_expression"
        && strength(op) != 3
        && let Some((x, inner, y)) = parts(site, left)
        && strength(&inner) != 3
    {
        site.replace(node, format!("{x} {inner} ({y} {op} {b})"), "regroup", 0.12);
    }
    for (side, text) in [(left, a), (right, b)] {
        if side.kind() == "parenthesized_expression" {
            site.replace(side, &text[1..text.len() - 1], "regroup", 0.1);
        }
    }
    // `a as u32 * b` and `(a * b) as u32`, where the cast comes too early or too late.
    if left.kind() == "type_cast_expression"
        && let (Some(value), Some(kind)) = (field(left, "value"), field(left, "type"))
    {
        let (value, kind) = (site.text(value), site.text(kind));
        site.replace(
            node,
            format!("({value} {op} {b}) as {kind}"),
            "regroup",
            0.04,
        );
    }
}

/// Arithmetic that stops at the ends of its type instead of overflowing.
fn widen(site: &mut Site<'_, '_>, node: Node<'_>, op: &str, [a, b]: [&str; 2]) {
    let receiver = if a.contains(' ') {
        format!("({a})")
    } else {
        a.to_owned()
    };
    let methods: &[(&str, f64)] = match op {
        "-" => &[
            ("saturating_sub", 0.15),
            ("wrapping_sub", 0.05),
            ("abs_diff", 0.04),
        ],
        "+" => &[("saturating_add", 0.05), ("wrapping_add", 0.06)],
        "*" => &[("saturating_mul", 0.03), ("wrapping_mul", 0.05)],
        "%" => &[("rem_euclid", 0.1)],
        "/" => &[("div_euclid", 0.06), ("div_ceil", 0.08)],
        _ => &[],
    };
    for (method, prior) in methods {
        site.replace(
            node,
            format!("{receiver}.{method}({b})"),
            "guard_arithmetic",
            *prior,
        );
    }
}

pub(super) fn compound(site: &mut Site<'_, '_>, node: Node<'_>) {
    let (Some(left), Some(operator), Some(right)) = (
        field(node, "left"),
        field(node, "operator"),
        field(node, "right"),
    ) else {
        return;
    };
    let (a, op, b) = (site.text(left), site.text(operator), site.text(right));
    for &(other, prior) in alternatives(op.trim_end_matches('=')) {
        if strength(other) > 3 {
            site.replace(operator, format!("{other}="), "replace_operator", prior);
        }
    }
    site.replace(operator, "=", "replace_operator", 0.2);
    if matches!(op, "&=" | "|=" | "^=") {
        let negated = b
            .strip_prefix('!')
            .map_or_else(|| format!("!{b}"), str::to_owned);
        site.replace(right, negated, "negate", 0.25);
    }
    if op == "-=" {
        site.replace(
            node,
            format!("{a} = {a}.saturating_sub({b})"),
            "guard_arithmetic",
            0.1,
        );
    }
}

pub(super) fn assignment(site: &mut Site<'_, '_>, node: Node<'_>) {
    let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else {
        return;
    };
    let (a, b) = (site.text(left), site.text(right));
    let equals = left.end_byte()..right.start_byte();
    let kind = site.scope.kind_of(left);
    if kind.is_empty() || is_number(&kind) || kind == "bool" {
        for (operator, prior) in [
            ("+=", 0.15),
            ("-=", 0.08),
            ("|=", 0.06),
            ("*=", 0.04),
            ("&=", 0.04),
            ("^=", 0.02),
        ] {
            site.write(
                equals.clone(),
                format!(" {operator} "),
                "replace_operator",
                prior,
            );
        }
        let plain = if b.contains(' ') {
            format!("({b})")
        } else {
            b.to_owned()
        };
        for (method, prior) in [("max", 0.2), ("min", 0.2)] {
            site.replace(right, format!("{a}.{method}({b})"), "wrap_call", prior);
        }
        for (operator, prior) in [("+", 0.1), ("-", 0.06), ("*", 0.05)] {
            site.replace(
                right,
                format!("{a} {operator} {plain}"),
                "add_operand",
                prior,
            );
        }
        if kind == "bool" {
            site.replace(right, format!("!{plain}"), "negate", 0.1);
        } else {
            site.replace(right, format!("-{plain}"), "negate", 0.08);
        }
    }
    site.replace(node, format!("{b} = {a}"), "swap_operands", 0.06);
}

pub(super) fn unary(site: &mut Site<'_, '_>, node: Node<'_>) {
    let Some(inner) = node.named_child(0) else {
        return;
    };
    let prior = if site.text(node).starts_with('*') {
        0.03
    } else {
        0.3
    };
    let text = site.text(inner);
    site.replace(node, text, "drop_unary", prior);
}
