//! Forms that are nearly right by habit: shared rows, rates taken whole, heaps used as lists.

use super::expr::{Expr, operator_of};
use super::layout::{indent_of, indent_unit, is_on_own_lines};
use super::place::Place;
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    match node.kind() {
        "call" => heaped(place, node, pool),
        "augmented_assignment" => rate_of_change(node, pool),
        "binary_operator" if !node.is_multiline() => unshared_rows(node, pool),
        _ => {}
    }
}

pub(super) fn of_statement<'t>(place: &Place<'t, '_>, pool: &mut Pool<'_>) {
    let statement = place.statement;
    let plain = is_on_own_lines(statement) && !statement.is_multiline();
    if !plain || !place.is_in_function() {
        return;
    }
    match statement.kind() {
        "return_statement" if place.is_in_loop() => return_only_if(place, statement, pool),
        "expression_statement" => keep_in_argument(statement, pool),
        _ => {}
    }
}

/// `return check(x)` in a loop → `if check(x): return True`, so that the loop goes on.
fn return_only_if<'t>(place: &Place<'t, '_>, statement: Node<'t>, pool: &mut Pool<'_>) {
    let Some(value) = statement.parts().next() else {
        return;
    };
    let ty = place.type_of(value);
    let likely = matches!(
        value.kind(),
        "call" | "comparison_operator" | "boolean_operator" | "not_operator"
    );
    if !likely || !ty.may_be(Ty::BOOL) {
        return;
    }
    let indent = indent_of(statement);
    let unit = indent_unit(place.file.tree.root());
    let expr = Expr::of(value);
    let (yes, no) = (expr.text.clone(), expr.negated().text);
    for (test, answer, prior) in [
        (&yes, "True", 0.35),
        (&no, "False", 0.35),
        (&yes, yes.as_str(), 0.08),
    ] {
        let text = format!("if {test}:\n{indent}{unit}return {answer}");
        pool.splice(statement.span(), text, "return_only_if", prior);
    }
}

/// `insert(node.left, key)` → `node.left = insert(node.left, key)`.
fn keep_in_argument(statement: Node<'_>, pool: &mut Pool<'_>) {
    let Some(call) = statement
        .parts()
        .next()
        .filter(|part| part.kind() == "call")
    else {
        return;
    };
    let arguments = call.child("arguments");
    let arguments = arguments.into_iter().flat_map(|list| list.parts());
    for argument in arguments.take(3) {
        if matches!(argument.kind(), "attribute" | "subscript") {
            let text = format!("{} = {}", argument.text(), call.text());
            pool.splice(statement.span(), text, "keep_result", 0.22);
        }
    }
}

/// `[[0] * m] * n` → `[[0] * m for _ in range(n)]`: rows that are not one and the same.
fn unshared_rows(node: Node<'_>, pool: &mut Pool<'_>) {
    let (Some(left), Some(right)) = (node.child("left"), node.child("right")) else {
        return;
    };
    let mut parts = left.parts();
    let ("*", "list", Some(row), None) =
        (operator_of(node), left.kind(), parts.next(), parts.next())
    else {
        return;
    };
    let is_shared = matches!(
        row.kind(),
        "list" | "dictionary" | "set" | "binary_operator" | "call" | "list_comprehension"
    );
    if is_shared {
        let text = format!("[{} for _ in range({})]", row.text(), right.text());
        pool.replace(node, &Expr::atom(text), "unshare_rows", 0.5);
    }
}

/// `q.append(x)` ↔ `heapq.heappush(q, x)` in a file that keeps heaps.
fn heaped<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let text = node.file_text();
    let module = match (
        text.contains("import heapq"),
        text.contains("from heapq import"),
    ) {
        (true, _) => "heapq.",
        (_, true) => "",
        _ => return,
    };
    let (Some(function), Some(list)) = (node.child("function"), node.child("arguments")) else {
        return;
    };
    let arguments: Vec<&str> = list.parts().map(Node::text).collect();
    let method = function.child("attribute").map_or("", Node::text);
    let holder = function.child("object").map_or("", Node::text);
    let is_list = place.file.scopes.expected(node).may_be(Ty::LIST) || !holder.is_empty();
    let other = match (method, &arguments[..]) {
        ("append", [item]) if is_list => format!("{module}heappush({holder}, {item})"),
        ("pop", [] | ["0"]) => format!("{module}heappop({holder})"),
        _ => match (function.text().trim_start_matches("heapq."), &arguments[..]) {
            ("heappush", [queue, item]) => format!("{queue}.append({item})"),
            ("heappop", [queue]) => format!("{queue}.pop()"),
            _ => return,
        },
    };
    pool.splice(node.span(), other, "keep_heap", 0.3);
}

/// `total *= rate` → `total *= 1 - rate`.
fn rate_of_change(node: Node<'_>, pool: &mut Pool<'_>) {
    let Some(right) = node.child("right") else {
        return;
    };
    let is_name = matches!(right.kind(), "identifier" | "attribute");
    if !is_name || !matches!(operator_of(node), "*=" | "/=" | "-=" | "+=") {
        return;
    }
    let left = node.child("left").map_or("", Node::text);
    let is_factor = matches!(operator_of(node), "*=" | "/=");
    for sign in ["-", "+"] {
        if is_factor {
            let whole = Expr::atom("1").binary(sign, &Expr::of(right));
            pool.replace(right, &whole, "rate_of_whole", 0.15);
        } else {
            let text = format!("{left} *= 1 {sign} {}", right.text());
            pool.splice(node.span(), text, "rate_of_whole", 0.04);
        }
    }
    if !is_factor {
        let share = Expr::atom(left).binary("*", &Expr::of(right));
        pool.replace(right, &share, "rate_of_whole", 0.04);
    }
}
