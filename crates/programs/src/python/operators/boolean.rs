//! `and`, `or`, `not` and what they join.

use super::expr::{Expr, Level, is_read, operator_of};
use super::place::{Place, is_condition};
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    match node.kind() {
        "boolean_operator" => joined(node, pool),
        "not_operator" => {
            if let Some(argument) = node.child("argument") {
                pool.replace(node, &Expr::of(argument), "drop_not", 0.6);
            }
        }
        _ => {}
    }
    if is_read(node) {
        insert_not(place, node, pool);
    }
}

fn joined(node: Node<'_>, pool: &mut Pool<'_>) {
    let (Some(left), Some(right), Some(token)) = (
        node.child("left"),
        node.child("right"),
        node.child("operator"),
    ) else {
        return;
    };
    let other = if operator_of(node) == "and" {
        "or"
    } else {
        "and"
    };
    pool.splice(token.span(), other, "boolean_operator", 0.5);
    if operator_of(node) == "or"
        && !matches!(
            left.kind(),
            "comparison_operator" | "not_operator" | "boolean_operator"
        )
        && node.parent_kind() != "boolean_operator"
        && !node.is_multiline()
    {
        // `0`, `""` and `[]` are values too: only `None` asks for the default.
        let (value, default) = (Expr::of(left), Expr::of(right).at(Level::Conditional));
        let text = format!(
            "{} if {} is not None else {default}",
            value.at(Level::Or),
            value.at(Level::BitOr)
        );
        let kept = Expr::with_level(text, Level::Conditional);
        let asked = matches!(
            node.parent_kind(),
            "assignment" | "return_statement" | "argument_list"
        );
        pool.replace(
            node,
            &kept,
            "default_for_none",
            if asked { 0.25 } else { 0.06 },
        );
    }
    let swapped = Expr::of(left).binary(other, &Expr::of(right));
    // The same change seen with the parentheses that the eye had put there.
    pool.replace(node, &swapped, "boolean_operator", 0.45);
    pool.replace(node, &Expr::of(left), "drop_operand", 0.28);
    pool.replace(node, &Expr::of(right), "drop_operand", 0.28);
    if !node.is_multiline() {
        let reversed = Expr::of(right).binary(operator_of(node), &Expr::of(left));
        pool.replace(node, &reversed, "swap_operands", 0.12);
        regroup(node, left, right, pool);
    }
}

/// `a or b and c` → `(a or b) and c`, and back.
fn regroup(node: Node<'_>, left: Node<'_>, right: Node<'_>, pool: &mut Pool<'_>) {
    let inner = |side: Node<'_>| -> Option<(Expr, String, Expr)> {
        let inner = match side.kind() {
            "parenthesized_expression" => side.parts().next()?,
            _ => side,
        };
        (inner.kind() == "boolean_operator").then_some(())?;
        let operator = inner.child("operator")?.kind().to_owned();
        Some((
            Expr::of(inner.child("left")?),
            operator,
            Expr::of(inner.child("right")?),
        ))
    };
    let operator = operator_of(node);
    if let Some((a, other, b)) = inner(left)
        && other != operator
    {
        let grouped = a.binary(&other, &b.binary(operator, &Expr::of(right)));
        pool.replace(node, &grouped, "regroup", 0.25);
    }
    if let Some((b, other, c)) = inner(right)
        && other != operator
    {
        let grouped = Expr::of(left).binary(operator, &b).binary(&other, &c);
        pool.replace(node, &grouped, "regroup", 0.25);
    }
}

fn insert_not<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if matches!(
        node.kind(),
        "not_operator" | "parenthesized_expression" | "comparison_operator" | "named_expression"
    ) || Level::of(node) == Some(Level::Open)
    {
        return;
    }
    let ty = place.type_of(node);
    let prior = match (node.parent_kind(), is_condition(node)) {
        (_, true) => 0.4,
        ("boolean_operator", _) => 0.35,
        ("return_statement" | "assignment" | "argument_list" | "keyword_argument", _)
            if ty.is(Ty::BOOL) =>
        {
            0.3
        }
        ("return_statement", _) if ty.may_be(Ty::BOOL) => 0.03,
        _ => return,
    };
    pool.replace(node, &Expr::of(node).negated(), "insert_not", prior);
}
