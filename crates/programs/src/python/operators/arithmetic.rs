//! Arithmetic and bitwise operators, their operands and their order.

use super::expr::{Expr, Level, is_inside_string, operator_of};
use super::place::Place;
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

/// What people write by mistake for what they mean.
fn alternatives(operator: &str) -> &'static [(&'static str, f64)] {
    match operator {
        "+" => &[
            ("-", 0.5),
            ("*", 0.2),
            ("//", 0.03),
            ("|", 0.02),
            ("%", 0.02),
        ],
        "-" => &[
            ("+", 0.5),
            ("*", 0.06),
            ("//", 0.04),
            ("/", 0.03),
            ("%", 0.03),
            ("&", 0.02),
        ],
        "*" => &[
            ("+", 0.25),
            ("/", 0.25),
            ("**", 0.2),
            ("//", 0.15),
            ("-", 0.05),
            ("%", 0.02),
        ],
        "/" => &[
            ("//", 0.5),
            ("*", 0.3),
            ("%", 0.1),
            ("-", 0.04),
            ("+", 0.03),
        ],
        "//" => &[
            ("/", 0.4),
            ("%", 0.35),
            ("*", 0.2),
            ("-", 0.06),
            (">>", 0.02),
            ("+", 0.02),
        ],
        "%" => &[
            ("//", 0.4),
            ("/", 0.1),
            ("*", 0.06),
            ("-", 0.06),
            ("+", 0.03),
            ("&", 0.02),
        ],
        "**" => &[("*", 0.4), ("//", 0.03), ("+", 0.02)],
        "&" => &[
            ("|", 0.5),
            ("^", 0.4),
            ("-", 0.1),
            ("+", 0.02),
            (">>", 0.02),
        ],
        "|" => &[("&", 0.5), ("^", 0.3), ("-", 0.06), ("+", 0.06)],
        "^" => &[("&", 0.6), ("|", 0.5), ("**", 0.2), ("-", 0.05)],
        "<<" => &[(">>", 0.6), ("*", 0.05)],
        ">>" => &[("<<", 0.6), ("//", 0.1), ("&", 0.1)],
        "@" => &[("*", 0.4)],
        _ => &[],
    }
}

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    match node.kind() {
        "binary_operator" => binary(place, node, pool),
        "unary_operator" => unary(node, pool),
        "augmented_assignment" => augmented(node, pool),
        _ => {}
    }
    if super::expr::is_read(node) {
        rate(node, pool);
        adjust(place, node, pool);
    }
}

fn binary<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let (Some(left), Some(right)) = (node.child("left"), node.child("right")) else {
        return;
    };
    let operator = operator_of(node);
    let (left_ty, right_ty) = (place.type_of(left), place.type_of(right));
    let is_text = left_ty.is(Ty::INDEXED) || right_ty.is(Ty::INDEXED);
    let (first, second) = (Expr::of(left), Expr::of(right));
    for &(other, prior) in alternatives(operator) {
        let prior = if is_text { prior * 0.1 } else { prior };
        pool.replace(
            node,
            &first.binary(other, &second),
            "arithmetic_operator",
            prior,
        );
    }
    // Operands: dropped, exchanged, brought together in another order.
    let drop = if is_text { 0.2 } else { 0.22 };
    pool.replace(node, &first, "drop_operand", drop);
    pool.replace(node, &second, "drop_operand", drop * 0.9);
    if operator == "-" {
        pool.replace(node, &second.minus(), "drop_operand", 0.06);
    }
    let commutes = matches!(operator, "*" | "&" | "|" | "^") || (operator == "+" && !is_text);
    let known = left_ty.is(Ty::NUMBER) && right_ty.is(Ty::NUMBER);
    let swap = match (commutes, operator) {
        (true, "+") if !known => 0.12,
        (true, _) => 0.0,
        (false, "+") => 0.4,
        (false, "%") if left_ty.is(Ty::STR) => 0.01,
        (false, _) => 0.3,
    };
    if swap > 0.0 {
        pool.replace(
            node,
            &second.binary(operator, &first),
            "swap_operands",
            swap,
        );
    }
    reassociate(node, left, right, operator, pool);
    let floats = operator == "/" || left_ty.is(Ty::FLOAT) || right_ty.is(Ty::FLOAT);
    if matches!(operator, "/" | "//") && !floats {
        // Rounding up: `(a + b - 1) // b`, or `-(-a // b)`.
        let sum = first.binary("+", &second).binary("-", &Expr::atom("1"));
        pool.replace(node, &sum.binary("//", &second), "round_up_division", 0.08);
        let up = first.minus().binary("//", &second);
        pool.replace(node, &up.minus(), "round_up_division", 0.1);
    }
}

/// `a - b - c` ↔ `a - (b - c)`, `a + b * c` → `(a + b) * c`, and back.
fn reassociate(
    node: Node<'_>,
    left: Node<'_>,
    right: Node<'_>,
    operator: &str,
    pool: &mut Pool<'_>,
) {
    let level = Level::of_operator(operator);
    let parts = |side: Node<'_>| -> Option<(Expr, String, Expr)> {
        let inner = match side.kind() {
            "parenthesized_expression" => side.parts().next()?,
            _ => side,
        };
        if inner.kind() != "binary_operator" {
            return None;
        }
        let operator = inner.child("operator")?.kind().to_owned();
        Some((
            Expr::of(inner.child("left")?),
            operator,
            Expr::of(inner.child("right")?),
        ))
    };
    let prior = |inner: &str| match (operator, inner) {
        ("+" | "*", same) if same == operator => 0.0,
        _ if Level::of_operator(inner) == level => 0.3,
        _ => 0.25,
    };
    if let Some((a, inner, b)) = parts(left) {
        let rotated = a.binary(&inner, &b.binary(operator, &Expr::of(right)));
        if prior(&inner) > 0.0 {
            pool.replace(node, &rotated, "reassociate", prior(&inner));
        }
    }
    if let Some((b, inner, c)) = parts(right) {
        let rotated = Expr::of(left).binary(operator, &b).binary(&inner, &c);
        if prior(&inner) > 0.0 {
            pool.replace(node, &rotated, "reassociate", prior(&inner));
        }
    }
}

fn unary(node: Node<'_>, pool: &mut Pool<'_>) {
    let Some(argument) = node.child("argument") else {
        return;
    };
    pool.replace(node, &Expr::of(argument), "drop_sign", 0.4);
    if operator_of(node) == "~" {
        pool.replace(
            node,
            &Expr::of(argument).minus(),
            "arithmetic_operator",
            0.2,
        );
    }
}

fn augmented(node: Node<'_>, pool: &mut Pool<'_>) {
    let (Some(token), Some(left), Some(right)) = (
        node.child("operator"),
        node.child("left"),
        node.child("right"),
    ) else {
        return;
    };
    let operator = token.kind();
    let plain = operator.trim_end_matches('=');
    for &(other, prior) in alternatives(plain) {
        pool.splice(
            token.span(),
            format!("{other}="),
            "augmented_operator",
            prior,
        );
    }
    pool.splice(token.span(), "=", "augmented_to_plain", 0.4);
    let swapped = Expr::of(right).binary(plain, &Expr::of(left));
    if !matches!(plain, "*" | "&" | "|" | "^") {
        let text = format!("{} = {}", left.text(), swapped.text);
        pool.splice(node.span(), text, "swap_operands", 0.12);
    }
}

/// `price * tax` → `price * (1 + tax)`, `price * (1 - discount)`.
fn rate(node: Node<'_>, pool: &mut Pool<'_>) {
    let is_factor = node.parent_kind() == "binary_operator"
        && node
            .parent()
            .is_some_and(|parent| matches!(operator_of(parent), "*" | "/"));
    if !is_factor || !matches!(node.kind(), "identifier" | "attribute") {
        return;
    }
    let name = node.text().to_ascii_lowercase();
    let words = [
        "rate", "tax", "percent", "interest", "discount", "ratio", "fee", "vat", "factor",
    ];
    let is_rate = words.iter().any(|word| name.contains(word));
    let prior = if is_rate { 0.3 } else { 0.03 };
    for sign in ["+", "-"] {
        let whole = Expr::atom("1").binary(sign, &Expr::of(node));
        pool.replace(node, &whole, "rate_of_whole", prior);
    }
}

/// Whether `node` decides an order: in a sort key, or in what a heap holds.
fn orders(node: Node<'_>) -> bool {
    let tuple = node.parent().filter(|parent| parent.kind() == "tuple");
    let place = tuple.unwrap_or(node);
    match place.parent_kind() {
        "lambda" => true,
        "argument_list" => place
            .parent()
            .and_then(Node::parent)
            .and_then(|call| call.child("function"))
            .is_some_and(|function| function.text().contains("heap")),
        _ => false,
    }
}

/// `e` → `e + 1`, `e - 1`, `e // 2`, `-e` and the like where a number is wanted.
fn adjust<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let literal = matches!(node.kind(), "integer" | "float");
    if literal || node.is_multiline() || is_inside_string(node) {
        return;
    }
    // An operand of a sum is adjusted where the sum is; a comparison has its own rule.
    let in_sum = node.parent_kind() == "binary_operator"
        && node
            .parent()
            .is_some_and(|parent| Level::of_operator(operator_of(parent)) == Level::Sum);
    if in_sum || matches!(node.kind(), "parenthesized_expression" | "named_expression") {
        return;
    }
    let wanted = place.wanted(node);
    if orders(node) && wanted.may_be(Ty::NUMBER) {
        pool.replace(node, &Expr::of(node).minus(), "negate_number", 0.25);
    }
    if !wanted.may_be(Ty::NUMBER)
        || (wanted.is_unknown() && node.kind() != "identifier" && node.kind() != "call")
    {
        return;
    }
    let confidence = if wanted.is(Ty::NUMBER) { 1.0 } else { 0.3 };
    let structural = match (node.parent_kind(), node.field()) {
        ("argument_list" | "slice" | "subscript", _) => 0.2,
        ("return_statement", _) => 0.2,
        ("assignment", _) => 0.12,
        _ => 0.06,
    };
    let expr = Expr::of(node);
    let (one, two) = (Expr::atom("1"), Expr::atom("2"));
    let base = structural * confidence;
    pool.replace(node, &expr.binary("+", &one), "add_one", base);
    pool.replace(node, &expr.binary("-", &one), "subtract_one", base);
    let sign = if orders(node) { 0.25 } else { base * 0.5 };
    pool.replace(node, &expr.minus(), "negate_number", sign);
    pool.replace(node, &expr.binary("//", &two), "halve", base * 0.15);
    pool.replace(node, &expr.binary("*", &two), "double", base * 0.15);
    pool.replace(node, &expr.binary("*", &expr), "square", base * 0.12);
    pool.replace(node, &expr.binary("**", &two), "square", base * 0.12);
}
