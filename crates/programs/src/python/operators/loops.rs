//! `range`, `zip`, `enumerate` and what a loop runs over.

use super::expr::{Expr, Level};
use super::place::{Place, atom_expr};
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    match node.kind() {
        "call" => {
            let name = node
                .child("function")
                .map_or("", |function| function.text());
            if name == "range" {
                range(place, node, pool);
            }
        }
        "for_statement" | "for_in_clause" => {
            let (Some(left), Some(right)) = (node.child("left"), node.child("right")) else {
                return;
            };
            if node.kind() == "for_statement" && left.parts().count() == 2 {
                targets(left, pool);
            }
            iterable(place, right, pool);
        }
        _ => {}
    }
}

/// The forms of `range(start, stop, step)`.
fn range<'t>(place: &Place<'t, '_>, call: Node<'t>, pool: &mut Pool<'_>) {
    let Some(list) = call.child("arguments") else {
        return;
    };
    let is_bound = |part: &Node<'t>| Level::of(*part).is_some();
    let arguments: Vec<Node<'t>> = list.parts().filter(is_bound).collect();
    let (start, stop, step) = match arguments[..] {
        [stop] => (None, stop, None),
        [start, stop] => (Some(start), stop, None),
        [start, stop, step] => (Some(start), stop, Some(step)),
        _ => return,
    };
    let from = start.map_or(Expr::atom("0"), Expr::of);
    let stride = step.map(Node::text);
    let mut put = |from: &Expr, end: &Expr, step: Option<&str>, prior: f64| {
        let (from, end) = (from.at(Level::Lambda), end.at(Level::Lambda));
        let text = match step {
            Some(step) => format!("range({from}, {end}, {step})"),
            None if from == "0" => format!("range({end})"),
            None => format!("range({from}, {end})"),
        };
        pool.replace(call, &Expr::atom(text), "range_bounds", prior);
    };
    shift_range(&from, &Expr::of(stop), stride, &mut put);
    turn_range(&from, &Expr::of(stop), stride, &mut put);
    let one = Expr::atom("1");
    let end = Expr::of(stop);
    let atoms = place.atoms_at(call);
    for atom in atoms.iter().filter(|atom| atom.ty.is(Ty::INT)) {
        let name = atom_expr(atom);
        if step.is_none() {
            put(&from, &end, Some(atom.text), 0.04 * atom.weight);
        }
        if start.is_none() {
            put(&name, &end, stride, 0.22 * atom.weight);
            put(&name.binary("+", &one), &end, stride, 0.16 * atom.weight);
        }
    }
    // `range(len(x))` → `x`.
    if start.is_none()
        && stop.kind() == "call"
        && let Some(held) = stop.child("arguments").and_then(|list| list.parts().next())
    {
        pool.replace(call, &Expr::of(held), "range_to_iterable", 0.15);
    }
}

type Put<'p> = &'p mut dyn FnMut(&Expr, &Expr, Option<&str>, f64);

/// Bounds one off, or two.
fn shift_range(from: &Expr, end: &Expr, stride: Option<&str>, put: Put<'_>) {
    let one = Expr::atom("1");
    put(from, &end.binary("+", &one), stride, 0.55);
    put(from, &end.binary("-", &one), stride, 0.45);
    put(from, &end.binary("+", &Expr::atom("2")), stride, 0.05);
    if from.text == "0" {
        put(&one, end, stride, 0.45);
        put(&Expr::atom("2"), end, stride, 0.1);
        put(&one, &end.binary("+", &one), stride, 0.35);
    } else {
        put(&from.binary("+", &one), end, stride, 0.35);
        put(&from.binary("-", &one), end, stride, 0.3);
        put(&Expr::atom("0"), end, stride, 0.25);
        put(&from.binary("+", &one), &end.binary("+", &one), stride, 0.2);
        put(end, from, stride, 0.06);
    }
}

/// Another stride, or the other direction.
fn turn_range(from: &Expr, end: &Expr, stride: Option<&str>, put: Put<'_>) {
    let below = Expr::with_level("-1", Level::Unary);
    match stride {
        Some("-1") => {
            put(from, end, None, 0.1);
            put(from, &below, stride, 0.35);
            put(from, &Expr::atom("0"), stride, 0.2);
        }
        Some(_) => put(from, end, None, 0.2),
        None => {
            let one = Expr::atom("1");
            let before = if from.text == "0" {
                below
            } else {
                from.binary("-", &one)
            };
            put(from, end, Some("2"), 0.1);
            put(&end.binary("-", &one), &before, Some("-1"), 0.12);
            put(end, from, Some("-1"), 0.1);
        }
    }
}

/// Another thing to loop over: like variables, slices, the other way round.
fn iterable<'t>(place: &Place<'t, '_>, right: Node<'t>, pool: &mut Pool<'_>) {
    for atom in place.atoms_at(right) {
        if !atom.ty.may_be(Ty::ITERABLE) || atom.text == right.text() {
            continue;
        }
        let known = if atom.ty.is(Ty::ITERABLE) { 1.0 } else { 0.25 };
        let prior = 0.25 * known * atom.weight;
        pool.replace(right, &atom_expr(&atom), "replace_iterable", prior);
        if right.kind() == "call" && right.text().starts_with("range(") {
            let length = Expr::atom(format!("range(len({}))", atom.text));
            pool.replace(right, &length, "replace_iterable", prior * 0.5);
        }
    }
    for donor in &place.donors {
        let iterable = donor.ty.is(Ty::ITERABLE);
        if iterable && donor.node.text() != right.text() {
            pool.replace(right, &donor.expr, "replace_iterable", 0.1);
        }
    }
    if right.kind() == "call" && right.text().starts_with("range(") {
        pool.replace(
            right,
            &Expr::of(right).wrapped("reversed"),
            "reverse_iteration",
            0.2,
        );
    }
    if right.kind() == "call"
        && let Some(function) = right.child("function")
        && function.kind() == "attribute"
        && matches!(
            function.child("attribute").map_or("", |name| name.text()),
            "keys" | "values" | "items"
        )
        && let Some(object) = function.child("object")
    {
        pool.replace(right, &Expr::of(object), "replace_iterable", 0.15);
        let copied = Expr::of(right).wrapped("list");
        pool.replace(right, &copied, "copy", 0.15);
    }
}

/// `for a, b in` → `for b, a in`.
fn targets(left: Node<'_>, pool: &mut Pool<'_>) {
    let mut parts = left.parts();
    if let (Some(first), Some(second)) = (parts.next(), parts.next()) {
        let between = &left.file_text()[first.end()..second.start()];
        let swapped = format!("{}{between}{}", second.text(), first.text());
        pool.splice(first.start()..second.end(), swapped, "swap_targets", 0.25);
    }
}
