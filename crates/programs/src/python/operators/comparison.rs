//! Comparison operators and their operands.

use super::expr::{Expr, Level};
use super::place::Place;
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

/// What people write by mistake for what they mean.
fn alternatives(operator: &str) -> &'static [(&'static str, f64)] {
    match operator {
        "<" => &[
            ("<=", 0.8),
            (">", 0.45),
            (">=", 0.35),
            ("!=", 0.15),
            ("==", 0.1),
        ],
        "<=" => &[
            ("<", 0.8),
            (">=", 0.4),
            (">", 0.35),
            ("==", 0.15),
            ("!=", 0.1),
        ],
        ">" => &[
            (">=", 0.8),
            ("<", 0.45),
            ("<=", 0.35),
            ("!=", 0.15),
            ("==", 0.1),
        ],
        ">=" => &[
            (">", 0.8),
            ("<=", 0.4),
            ("<", 0.35),
            ("==", 0.15),
            ("!=", 0.1),
        ],
        "==" => &[
            ("!=", 0.6),
            ("<=", 0.3),
            (">=", 0.3),
            ("<", 0.15),
            (">", 0.15),
            ("is", 0.05),
        ],
        "!=" => &[
            ("==", 0.6),
            ("<", 0.3),
            (">", 0.3),
            ("<=", 0.15),
            (">=", 0.15),
        ],
        "is" => &[("is not", 0.6), ("==", 0.3)],
        "is not" => &[("is", 0.6), ("!=", 0.3)],
        "in" => &[("not in", 0.6), ("==", 0.06), ("!=", 0.03)],
        "not in" => &[("in", 0.6), ("!=", 0.06), ("==", 0.03)],
        _ => &[],
    }
}

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if node.kind() == "boolean_operator" && node.parent_kind() != "boolean_operator" {
        return alike(node, pool);
    }
    if node.kind() != "comparison_operator" {
        return;
    }
    let operands: Vec<_> = node
        .parts()
        .filter(|part| Level::of(*part).is_some())
        .collect();
    let operators: Vec<_> = node.fields("operators").collect();
    if operands.len() != operators.len() + 1 {
        return;
    }
    for (at, token) in operators.iter().enumerate() {
        let (left, right) = (operands[at], operands[at + 1]);
        for &(operator, prior) in alternatives(token.kind()) {
            // `x is None` is never meant as an order.
            let fits = !(right.kind() == "none" && matches!(operator, "<" | "<=" | ">" | ">="));
            let truth = matches!(right.kind(), "true" | "false" | "none" | "string");
            let scale = if truth && operator.starts_with(['<', '>']) {
                0.1
            } else {
                1.0
            };
            if fits {
                pool.splice(token.span(), operator, "comparison_operator", prior * scale);
            }
        }
        let right_ty = place.type_of(right);
        if matches!(token.kind(), "==" | "!=") && right_ty.may_be(Ty::COLLECTION) {
            let operator = if token.kind() == "==" { "in" } else { "not in" };
            let prior = if right_ty.is(Ty::COLLECTION) {
                0.25
            } else {
                0.06
            };
            pool.splice(token.span(), operator, "comparison_operator", prior);
        }
        if matches!(token.kind(), "in" | "not in") && place.type_of(left).may_be(Ty::COLLECTION) {
            let swapped = Expr::of(right).binary(token.kind(), &Expr::of(left));
            if operators.len() == 1 {
                pool.replace(node, &swapped, "swap_comparison", 0.15);
            }
        }
    }
    if operators.len() == 1 {
        tie_break(
            place,
            node,
            operators[0].kind(),
            [operands[0], operands[1]],
            pool,
        );
        shift_boundary(
            place,
            node,
            operands[0],
            operators[0].kind(),
            operands[1],
            pool,
        );
    } else {
        let first = &node.file_text()[node.start()..operands[operands.len() - 2].end()];
        let rest = &node.file_text()[operands[1].start()..node.end()];
        for part in [first, rest] {
            let part = Expr::with_level(part, Level::Comparison);
            pool.replace(node, &part, "drop_comparison", 0.2);
        }
    }
}

/// `a <= b and c <= d` → `a < b and c < d`: one slip of thought, written more than once.
fn alike(node: Node<'_>, pool: &mut Pool<'_>) {
    let tokens: Vec<Node<'_>> = node
        .walk()
        .filter(|part| part.field() == Some("operators"))
        .collect();
    let mut kinds: Vec<&str> = tokens.iter().map(|token| token.kind()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let same: Vec<_> = tokens.iter().filter(|token| token.kind() == kind).collect();
        if same.len() < 2 {
            continue;
        }
        for (other, prior) in alternatives(kind).iter().take(3) {
            let mut text = String::new();
            let mut at = node.start();
            for token in &same {
                text.push_str(&node.file_text()[at..token.start()]);
                text.push_str(other);
                at = token.end();
            }
            text.push_str(&node.file_text()[at..node.end()]);
            pool.splice(node.span(), text, "comparison_operators", prior * 0.4);
        }
    }
}

/// `a.month < b.month` → `(a.month, a.day) < (b.month, b.day)`: what decides between equals.
fn tie_break<'t>(
    place: &Place<'t, '_>,
    node: Node<'t>,
    operator: &str,
    sides: [Node<'t>; 2],
    pool: &mut Pool<'_>,
) {
    let [left, right] = sides;
    let parts = |side: Node<'t>| {
        Some((
            side.child("object")?.text(),
            side.child("attribute")?.text(),
        ))
    };
    let (Some((a, attribute)), Some((b, other))) = (parts(left), parts(right)) else {
        return;
    };
    if attribute != other || a == b || !operator.starts_with(['<', '>']) {
        return;
    }
    let usual = match attribute {
        "year" => Some("month"),
        "month" => Some("day"),
        "hour" => Some("minute"),
        _ => None,
    };
    let others = place.file.attributes.iter().take(12).copied().chain(usual);
    for next in others.filter(|next| *next != attribute) {
        let text =
            format!("({a}.{attribute}, {a}.{next}) {operator} ({b}.{attribute}, {b}.{next})");
        let prior = if usual == Some(next) { 0.2 } else { 0.04 };
        pool.replace(
            node,
            &Expr::with_level(text, Level::Comparison),
            "tie_break",
            prior,
        );
    }
}

/// `a < b` → `a < b - 1`, `a + 1 < b` and the like, where numbers are compared.
fn shift_boundary<'t>(
    place: &Place<'t, '_>,
    node: Node<'t>,
    left: Node<'t>,
    operator: &str,
    right: Node<'t>,
    pool: &mut Pool<'_>,
) {
    let ordered = matches!(operator, "<" | "<=" | ">" | ">=");
    if !ordered && !matches!(operator, "==" | "!=") {
        return;
    }
    let (left_ty, right_ty) = (place.type_of(left), place.type_of(right));
    let numeric = left_ty.may_be(Ty::NUMBER) && right_ty.may_be(Ty::NUMBER);
    if !numeric || node.is_multiline() {
        return;
    }
    let known = left_ty.is(Ty::INT) || right_ty.is(Ty::INT);
    let base = if known { 0.18 } else { 0.06 } * if ordered { 1.0 } else { 0.8 };
    let one = Expr::atom("1");
    for (side, weight) in [(right, 1.0), (left, 0.7)] {
        if side.kind() == "integer" {
            continue;
        }
        for sign in ["-", "+"] {
            let shifted = Expr::of(side).binary(sign, &one);
            pool.replace(side, &shifted, "shift_boundary", base * weight);
        }
    }
    // `len(a) == 0` and `a <= b` in the sizes of what is held.
    for side in [left, right] {
        let other = if side == left { right } else { left };
        if place.type_of(other).is(Ty::INT) && place.type_of(side).is(Ty::COLLECTION) {
            pool.replace(side, &Expr::of(side).wrapped("len"), "wrap_call", 0.5);
        }
    }
}
