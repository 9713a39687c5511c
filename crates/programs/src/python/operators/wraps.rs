//! An expression inside a function, a bracket or a bound that was forgotten, or taken out of it.

use super::expr::{Expr, Level, is_inside_string, is_read, operator_of};
use super::joins;
use super::place::Place;
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

/// A function that may have been forgotten: what it takes, what it gives, how often.
const WRAPPERS: &[(&str, Ty, Ty, f64)] = &[
    ("len", Ty::COLLECTION, Ty::INT, 0.3),
    ("abs", Ty::NUMBER, Ty::NUMBER, 0.15),
    ("int", Ty::FLOAT.or(Ty::STR), Ty::INT, 0.2),
    ("float", Ty::INT.or(Ty::STR), Ty::FLOAT, 0.08),
    ("round", Ty::FLOAT, Ty::NUMBER, 0.1),
    ("str", Ty::NUMBER.or(Ty::OBJECT), Ty::STR, 0.2),
    ("sorted", Ty::ITERABLE, Ty::LIST, 0.2),
    ("list", Ty::ITERABLE, Ty::LIST, 0.2),
    (
        "set",
        Ty::LIST.or(Ty::TUPLE).or(Ty::ITERATOR),
        Ty::SET,
        0.12,
    ),
    ("tuple", Ty::LIST.or(Ty::ITERATOR), Ty::TUPLE, 0.08),
    ("dict", Ty::DICT.or(Ty::LIST), Ty::DICT, 0.1),
    ("reversed", Ty::INDEXED, Ty::ITERATOR, 0.2),
    (
        "sum",
        Ty::LIST.or(Ty::TUPLE).or(Ty::ITERATOR),
        Ty::NUMBER,
        0.1,
    ),
    (
        "max",
        Ty::LIST.or(Ty::TUPLE).or(Ty::ITERATOR),
        Ty::ANY,
        0.06,
    ),
    (
        "min",
        Ty::LIST.or(Ty::TUPLE).or(Ty::ITERATOR),
        Ty::ANY,
        0.06,
    ),
    ("bool", Ty::ANY, Ty::BOOL, 0.02),
    ("iter", Ty::COLLECTION, Ty::ITERATOR, 0.03),
    ("any", Ty::ITERATOR, Ty::BOOL, 0.1),
    ("all", Ty::ITERATOR, Ty::BOOL, 0.1),
];

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if !is_read(node)
        || node.is_multiline()
        || is_inside_string(node)
        || Level::of(node) == Some(Level::Open)
        || matches!(
            node.kind(),
            "true" | "false" | "none" | "lambda" | "parenthesized_expression"
        )
        || node.parent_kind() == "expression_statement"
        || matches!(node.text(), "self" | "cls")
    {
        return;
    }
    let present = place.type_of(node);
    let expected = place.file.scopes.expected(node);
    functions(node, present, expected, pool);
    brackets(place, node, present, expected, pool);
    if present.may_be(Ty::NUMBER) {
        bounds(place, node, present, pool);
    }
    if present.may_be(Ty::STR) && node.kind() != "integer" {
        text_methods(place, node, present, pool);
    }
    joins::propose(place, node, present, pool);
    only_if(place, node, pool);
    if matches!(node.kind(), "conditional_expression") {
        conditional(node, pool);
    }
}

fn functions(node: Node<'_>, present: Ty, expected: Ty, pool: &mut Pool<'_>) {
    if matches!(node.kind(), "integer" | "float") {
        return;
    }
    let callee = node.child("function").filter(|_| node.kind() == "call");
    let iterated = matches!(node.parent_kind(), "for_statement" | "for_in_clause");
    let returned = node.parent_kind() == "return_statement";
    let is_postfix = is_postfixed(node);
    for &(name, takes, gives, prior) in WRAPPERS {
        if callee.is_some_and(|callee| callee.text() == name) {
            continue;
        }
        let input = match present.is_unknown() {
            true if is_postfix => 0.2,
            true => 0.1,
            false if present.and(takes) == Ty::NOTHING => continue,
            false => 1.0,
        };
        let output = if gives.is_unknown() {
            0.4
        } else {
            expected.affinity(gives)
        };
        // The code asks for something that is not there: the wrap may be what is missing.
        let mismatch = !present.is_unknown()
            && !expected.is_unknown()
            && present.and(expected) == Ty::NOTHING
            && gives.and(expected) != Ty::NOTHING;
        let need = if mismatch { 2.5 } else { 1.0 };
        let habit = match name {
            "reversed" | "sorted" | "list" if iterated => 1.3,
            "len" if iterated => 0.02,
            "len" | "dict" | "sum" | "max" | "min" | "float" => 0.8,
            _ if returned => 1.3,
            _ => 0.8,
        };
        let prior = (prior * input * output * need * habit).min(0.6);
        pool.replace(node, &Expr::of(node).wrapped(name), "wrap_call", prior);
    }
    views(node, present, expected, iterated, pool);
}

/// A name, or what is read off one.
pub(super) fn is_postfixed(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "identifier" | "attribute" | "call" | "subscript"
    )
}

/// `d` → `d.items()`, `x` → `range(len(x))` where things are gone through.
fn views(node: Node<'_>, present: Ty, expected: Ty, iterated: bool, pool: &mut Pool<'_>) {
    let expr = Expr::of(node);
    let consumed = node.parent_kind() == "argument_list" && expected.is(Ty::ITERABLE);
    if consumed && present.is(Ty::DICT) {
        for (tail, prior) in [(".items()", 0.2), (".values()", 0.2), (".keys()", 0.05)] {
            pool.replace(node, &expr.postfixed(tail), "wrap_call", prior);
        }
    }
    if iterated && present.may_be(Ty::COLLECTION) {
        let known = if present.is_unknown() { 0.4 } else { 1.0 };
        let length = Expr::atom(format!("range(len({}))", expr.at(Level::Lambda)));
        pool.replace(node, &length, "wrap_call", 0.1 * known);
        pool.replace(node, &expr.wrapped("enumerate"), "wrap_call", 0.04 * known);
        for tail in [".items()", ".values()"] {
            if present.may_be(Ty::DICT) {
                pool.replace(node, &expr.postfixed(tail), "wrap_call", 0.08 * known);
            }
        }
    }
}

fn brackets<'t>(
    place: &Place<'t, '_>,
    node: Node<'t>,
    present: Ty,
    expected: Ty,
    pool: &mut Pool<'_>,
) {
    let expr = Expr::of(node);
    let bracketed = Expr::atom(format!("[{}]", expr.at(Level::Lambda)));
    let prior = match (node.parent_kind(), node.field()) {
        _ if expected.is(Ty::LIST) && !present.may_be(Ty::LIST) => 0.35,
        ("return_statement", _) => 0.1,
        ("binary_operator", _) if expected.may_be(Ty::LIST) => 0.1,
        ("argument_list", _) => 0.05,
        ("assignment", _) => 0.05,
        _ => 0.0,
    };
    if prior > 0.0 {
        pool.replace(node, &bracketed, "wrap_list", prior);
    }
    if node.kind() == "list" {
        let mut parts = node.parts();
        if let (Some(only), None) = (parts.next(), parts.next())
            && Level::of(only).is_some()
        {
            pool.replace(node, &Expr::of(only), "unwrap_list", 0.3);
        }
    }
    if present.may_be(Ty::INDEXED)
        && matches!(
            node.kind(),
            "identifier" | "attribute" | "call" | "subscript"
        )
    {
        let known = if present.is(Ty::INDEXED) { 1.0 } else { 0.25 };
        let place_weight = match node.parent_kind() {
            "return_statement" | "for_statement" | "for_in_clause" => 1.0,
            "argument_list" | "assignment" => 0.7,
            "comparison_operator" => 0.5,
            _ => 0.3,
        };
        for (tail, prior) in [
            ("[::-1]", 0.18),
            ("[1:]", 0.2),
            ("[:-1]", 0.16),
            ("[:]", 0.05),
            ("[0]", 0.12),
            ("[-1]", 0.12),
            (".copy()", 0.05),
        ] {
            let postfixed = expr.postfixed(tail);
            pool.replace(node, &postfixed, "add_slice", prior * known * place_weight);
        }
        let copies = present.is(Ty::LIST) || present.is(Ty::DICT);
        if copies
            && matches!(
                node.parent_kind(),
                "assignment" | "return_statement" | "argument_list"
            )
        {
            pool.replace(node, &expr.postfixed(".copy()"), "copy", 0.2);
            pool.replace(node, &expr.wrapped("list"), "copy", 0.15);
            pool.replace(node, &expr.postfixed("[:]"), "copy", 0.12);
        }
        slice_by_atoms(place, node, known * place_weight, pool);
    }
}

/// `x` → `x[k:]`, `x[:k]`, `x[k]` for integer variables.
fn slice_by_atoms<'t>(place: &Place<'t, '_>, node: Node<'t>, weight: f64, pool: &mut Pool<'_>) {
    for atom in place.atoms_at(node) {
        if !atom.ty.is(Ty::INT) || atom.text == node.text() {
            continue;
        }
        for (tail, prior) in [
            (format!("[{}:]", atom.text), 0.09),
            (format!("[:{}]", atom.text), 0.09),
            (format!("[{} + 1:]", atom.text), 0.05),
            (format!("[:{} + 1]", atom.text), 0.03),
            (format!("[{}]", atom.text), 0.06),
        ] {
            let postfixed = Expr::of(node).postfixed(&tail);
            pool.replace(node, &postfixed, "add_slice", prior * weight * atom.weight);
        }
    }
}

/// `max(0, e)`, `min(e, other)`, and for `t = e` also `max(t, e)`.
fn bounds<'t>(place: &Place<'t, '_>, node: Node<'t>, present: Ty, pool: &mut Pool<'_>) {
    let weight = match node.parent_kind() {
        "assignment" | "augmented_assignment" => 0.9,
        "return_statement" => 0.9,
        "argument_list" => 0.4,
        "subscript" | "slice" => 0.4,
        "binary_operator" => 0.25,
        _ => return,
    };
    if matches!(node.kind(), "integer" | "float") && node.parent_kind() != "return_statement" {
        return;
    }
    let known = if present.is(Ty::NUMBER) { 1.0 } else { 0.35 };
    let expr = Expr::of(node);
    let text = expr.at(Level::Lambda);
    let base = weight * known;
    for (bound, prior) in [("max(0, ", 0.2), ("max(1, ", 0.05), ("min(1, ", 0.02)] {
        let bounded = Expr::atom(format!("{bound}{text})"));
        pool.replace(node, &bounded, "wrap_bound", prior * base);
    }
    if let Some(parent) = node.parent()
        && parent.kind() == "assignment"
        && let Some(target) = parent.child("left")
        && matches!(target.kind(), "identifier" | "subscript" | "attribute")
        && target.text() != node.text()
    {
        let seen_before = target.kind() != "identifier" || place.is_in_loop();
        let prior = if seen_before { 0.3 } else { 0.05 };
        for function in ["max", "min"] {
            let bounded = Expr::atom(format!("{function}({}, {text})", target.text()));
            pool.replace(node, &bounded, "wrap_bound", prior * known.max(0.5));
        }
        let sum = Expr::of(target).binary("+", &expr);
        pool.replace(node, &sum, "accumulate", prior * 0.6);
    }
    for atom in place.atoms_at(node) {
        if !atom.ty.is(Ty::NUMBER) || atom.text == node.text() {
            continue;
        }
        for function in ["min", "max"] {
            let bounded = Expr::atom(format!("{function}({text}, {})", atom.text));
            pool.replace(node, &bounded, "wrap_bound", 0.06 * base * atom.weight);
        }
    }
    bounds_by_likes(place, node, &text, base, pool);
    if present.is(Ty::FLOAT) && node.parent_kind() == "return_statement" {
        let rounded = Expr::atom(format!("round({text}, 2)"));
        pool.replace(node, &rounded, "wrap_call", 0.12);
    }
}

/// `max(last.end, e.end)`: the same attribute of another thing, or a call that knows the limit.
fn bounds_by_likes<'t>(
    place: &Place<'t, '_>,
    node: Node<'t>,
    text: &str,
    base: f64,
    pool: &mut Pool<'_>,
) {
    let mut limits: Vec<(String, f64)> = Vec::new();
    if let (Some(object), Some(name)) = (node.child("object"), node.child("attribute")) {
        for atom in place.atoms_at(node) {
            if atom.ty.may_be(Ty::OBJECT) && atom.text != object.text() {
                limits.push((format!("{}.{}", atom.text, name.text()), 0.25 * atom.weight));
            }
        }
    }
    for (call, ty) in &place.calls {
        if ty.may_be(Ty::NUMBER) {
            limits.push((
                call.text.clone(),
                if ty.is(Ty::NUMBER) { 0.16 } else { 0.08 },
            ));
        }
    }
    for donor in &place.donors {
        let is_like = donor.node.kind() == "attribute" || donor.node.text().starts_with("len(");
        if is_like && donor.ty.may_be(Ty::NUMBER) && donor.node.text() != node.text() {
            limits.push((
                donor.expr.text.clone(),
                if donor.ty.is(Ty::NUMBER) { 0.12 } else { 0.04 },
            ));
        }
    }
    for (limit, prior) in limits {
        for function in ["min", "max"] {
            let bounded = Expr::atom(format!("{function}({text}, {limit})"));
            pool.replace(node, &bounded, "wrap_bound", prior * base);
        }
    }
}

fn text_methods<'t>(place: &Place<'t, '_>, node: Node<'t>, present: Ty, pool: &mut Pool<'_>) {
    if !matches!(
        node.kind(),
        "identifier" | "attribute" | "call" | "subscript"
    ) {
        return;
    }
    let known = if present.is(Ty::STR) { 1.0 } else { 0.15 };
    for (tail, prior) in [
        (".strip()", 0.2),
        (".lower()", 0.2),
        (".upper()", 0.1),
        (".rstrip()", 0.04),
        (".lstrip()", 0.03),
        (".title()", 0.02),
        (".split()", 0.06),
    ] {
        let name = &tail[1..tail.len() - 2];
        let habit = if place.file.methods.contains(&name) {
            1.5
        } else {
            0.7
        };
        if !node.text().ends_with(tail) {
            let called = Expr::of(node).postfixed(tail);
            pool.replace(node, &called, "wrap_method", prior * known * habit);
        }
    }
}

/// `max(x)` → `max(x) if x else None`, where an empty `x` has no greatest.
fn only_if<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let may_fail = match node.kind() {
        "call" => node.child("function").is_some_and(|function| {
            matches!(
                function.text(),
                "max" | "min" | "next" | "mean" | "statistics.mean"
            )
        }),
        "subscript" => true,
        "binary_operator" => operator_of(node).starts_with(['/', '%']),
        "attribute" => true,
        _ => false,
    };
    let asked = matches!(
        node.parent_kind(),
        "return_statement" | "assignment" | "keyword_argument"
    );
    if !may_fail || !asked {
        return;
    }
    let base = if matches!(node.kind(), "attribute" | "subscript") {
        0.05
    } else {
        0.14
    };
    for atom in place.atoms_at(node) {
        let is_part = node.walk().any(|part| part.text() == atom.text);
        if !is_part || atom.text == node.text() {
            continue;
        }
        for (otherwise, prior) in [
            ("None", 1.0),
            ("0", 1.0),
            ("[]", 0.3),
            ("\"\"", 0.3),
            ("0.0", 0.6),
        ] {
            let text = format!(
                "{} if {} else {otherwise}",
                Expr::of(node).at(Level::Or),
                atom.text
            );
            let guarded = Expr::with_level(text, Level::Conditional);
            pool.replace(node, &guarded, "only_if", base * prior * atom.weight);
        }
    }
}

/// `a if c else b` → `b if c else a`, `a`, `b`.
fn conditional(node: Node<'_>, pool: &mut Pool<'_>) {
    let parts: Vec<_> = node.parts().collect();
    let [body, condition, otherwise] = parts[..] else {
        return;
    };
    let swapped = Expr::with_level(
        format!(
            "{} if {} else {}",
            Expr::of(otherwise).at(Level::Or),
            condition.text(),
            body.text()
        ),
        Level::Conditional,
    );
    pool.replace(node, &swapped, "swap_branches", 0.35);
    pool.replace(node, &Expr::of(body), "drop_branch", 0.2);
    pool.replace(node, &Expr::of(otherwise), "drop_branch", 0.2);
}
