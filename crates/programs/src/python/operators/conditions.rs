//! Conditions: too weak, too strong, the wrong way round, about the wrong thing.

use super::expr::{Expr, Level, is_inside_string, is_read};
use super::place::{Place, atom_expr, is_condition};
use super::pool::Pool;
use super::scope::Atom;
use super::tree::Node;
use super::ty::Ty;

/// Tests joined to one condition at most.
const JOINED_MAX: usize = 120;
/// The priors of all of them together, at most.
const JOINED_SUM: f64 = 2.5;

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if is_inside_string(node) {
        return;
    }
    if !is_condition(node) {
        if is_answer(place, node) {
            join(place, node, 0.7, pool);
        }
        return;
    }
    let expr = Expr::of(node);
    negate(node, &expr, pool);
    let loops = node.parent_kind() == "while_statement";
    pool.replace(
        node,
        &Expr::atom("True"),
        "condition_to_constant",
        if loops { 0.02 } else { 0.12 },
    );
    pool.replace(node, &Expr::atom("False"), "condition_to_constant", 0.1);
    join(place, node, 1.0, pool);
}

/// Whether `node` is a truth value that the function gives back or keeps.
fn is_answer<'t>(place: &Place<'t, '_>, node: Node<'t>) -> bool {
    matches!(
        node.parent_kind(),
        "return_statement"
            | "boolean_operator"
            | "assignment"
            | "yield"
            | "parenthesized_expression"
    ) && is_read(node)
        && !matches!(node.kind(), "true" | "false" | "parenthesized_expression")
        && place.type_of(node).is(Ty::BOOL)
}

/// Other tests joined to a truth value, or put in its place.
fn join<'t>(place: &Place<'t, '_>, node: Node<'t>, weight: f64, pool: &mut Pool<'_>) {
    if node.is_multiline() {
        return;
    }
    let expr = Expr::of(node);
    let mut tests = tests(place, node);
    tests.truncate(JOINED_MAX);
    // One condition lacks one test: the more there are to choose from, the less likely is each.
    let sum: f64 = tests.iter().map(|(_, prior)| prior).sum();
    let share = (JOINED_SUM / sum).min(1.0) * weight;
    for (test, prior) in tests {
        let prior = prior * share;
        if mentions_whole(node, &test.text) {
            continue;
        }
        for operator in ["and", "or"] {
            // What guards a read must stand before it.
            let guards =
                test.text.starts_with("not ") || test.text.ends_with("None") || is_name(&test.text);
            let (first, second) = if guards { (1.0, 0.6) } else { (0.5, 1.0) };
            let before = test.binary(operator, &expr);
            let after = expr.binary(operator, &test);
            pool.replace(node, &before, "join_condition", prior * first);
            pool.replace(node, &after, "join_condition", prior * second);
        }
        pool.replace(node, &test, "replace_condition", prior * 0.7);
    }
}

fn is_name(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}

/// Whether `test` is already a part of the condition.
fn mentions_whole(node: Node<'_>, test: &str) -> bool {
    node.walk()
        .any(|part| part.text() == test && Level::of(part) != Some(Level::Primary))
        || node.text() == test
}

fn negate(node: Node<'_>, expr: &Expr, pool: &mut Pool<'_>) {
    match node.kind() {
        "not_operator" | "parenthesized_expression" => {}
        "comparison_operator" => {
            let operators: Vec<_> = node.fields("operators").collect();
            if operators.len() > 1 {
                pool.replace(node, &expr.negated(), "negate_condition", 0.2);
            }
        }
        "boolean_operator" => pool.replace(node, &expr.negated(), "negate_condition", 0.2),
        _ => pool.replace(node, &expr.negated(), "negate_condition", 0.35),
    }
}

/// Tests that people join to a condition here, best first.
fn tests<'t>(place: &Place<'t, '_>, node: Node<'t>) -> Vec<(Expr, f64)> {
    let atoms = place.atoms_at(node);
    let mut tests: Vec<(Expr, f64)> = Vec::new();
    let used: Vec<&str> = node
        .walk()
        .filter(|part| matches!(part.kind(), "identifier" | "attribute"))
        .map(Node::text)
        .collect();
    for atom in &atoms {
        let near = if used.contains(&atom.text) { 1.0 } else { 0.55 };
        for (test, prior) in of_atom(atom) {
            tests.push((test, prior * near * atom.weight));
        }
    }
    for donor in &place.donors {
        let crossing = donor.node.holds(node) || node.holds(donor.node);
        if donor.ty.is(Ty::BOOL) && !crossing {
            tests.push((donor.expr.clone(), 0.12));
            if donor.node.kind() != "boolean_operator" && donor.node.kind() != "not_operator" {
                tests.push((donor.expr.negated(), 0.06));
            }
        }
        if matches!(donor.node.kind(), "attribute") && !donor.ty.is(Ty::NUMBER) {
            tests.push((donor.expr.clone(), 0.06));
            let none = Expr::with_level(format!("{} is None", donor.expr.text), Level::Comparison);
            tests.push((none, 0.08));
        }
    }
    for (call, ty) in &place.calls {
        if ty.may_be(Ty::BOOL) {
            let known = if ty.is(Ty::BOOL) { 0.1 } else { 0.03 };
            tests.push((call.clone(), known));
            tests.push((call.negated(), known));
        }
    }
    exceptions_to_the_rule(node, &mut tests);
    for (at, left) in atoms.iter().enumerate() {
        for right in &atoms[at + 1..] {
            pairs(left, right, &used, &mut tests);
        }
    }
    tests.sort_by(|a, b| b.1.total_cmp(&a.1));
    tests
}

/// `x % 100 != 0` has its own exception: `x % 400 == 0`.
fn exceptions_to_the_rule(node: Node<'_>, tests: &mut Vec<(Expr, f64)>) {
    let parts = || -> Option<(String, i64)> {
        let left = node
            .parts()
            .next()
            .filter(|left| left.kind() == "binary_operator")?;
        let divisor = left.child("right")?.text().parse().ok()?;
        let is_rest = super::expr::operator_of(left) == "%";
        is_rest.then(|| {
            (
                left.child("left").map_or("", |n| n.text()).to_owned(),
                divisor,
            )
        })
    };
    if node.kind() == "comparison_operator"
        && let Some((dividend, divisor)) = parts()
    {
        for other in [divisor * 4, divisor * 10, divisor * 25, divisor * 100] {
            for operator in ["==", "!="] {
                let text = format!("{dividend} % {other} {operator} 0");
                tests.push((Expr::with_level(text, Level::Comparison), 0.05));
            }
        }
    }
}

/// Tests of one variable by itself.
fn of_atom(atom: &Atom<'_>) -> Vec<(Expr, f64)> {
    let name = atom_expr(atom);
    let compare = |operator: &str, right: &str| name.binary(operator, &Expr::atom(right));
    let mut tests = Vec::new();
    if !atom.ty.is(Ty::NUMBER) && !atom.ty.is(Ty::FUNCTION) {
        let known = if atom.ty.is_unknown() { 0.7 } else { 1.0 };
        tests.push((name.negated(), 0.15 * known));
        tests.push((name.clone(), 0.15 * known));
    }
    if !atom.ty.is(Ty::NUMBER) && !atom.ty.is(Ty::BOOL) {
        let known = if atom.ty.is_unknown() || atom.ty.is(Ty::OBJECT) {
            0.12
        } else {
            0.04
        };
        tests.push((compare("is", "None"), known));
        tests.push((compare("is not", "None"), known));
    }
    if atom.ty.may_be(Ty::NUMBER) {
        let known = if atom.ty.is(Ty::NUMBER) { 1.0 } else { 0.15 };
        for (operator, right, prior) in [
            ("==", "0", 0.1),
            ("!=", "0", 0.07),
            (">", "0", 0.1),
            ("<", "0", 0.1),
            ("<=", "0", 0.06),
            (">=", "0", 0.06),
            ("==", "1", 0.05),
            (">", "1", 0.05),
        ] {
            tests.push((compare(operator, right), prior * known));
        }
    }
    if atom.ty.may_be(Ty::COLLECTION) && !atom.ty.is(Ty::NUMBER) {
        let known = if atom.ty.is(Ty::COLLECTION) {
            1.0
        } else {
            0.25
        };
        let length = name.wrapped("len");
        for (operator, right, prior) in [
            ("<=", "1", 0.08),
            ("==", "1", 0.07),
            ("==", "0", 0.03),
            (">", "1", 0.06),
            ("<", "2", 0.02),
        ] {
            tests.push((length.binary(operator, &Expr::atom(right)), prior * known));
        }
    }
    tests
}

/// Tests of two variables together.
fn pairs(left: &Atom<'_>, right: &Atom<'_>, used: &[&str], tests: &mut Vec<(Expr, f64)>) {
    let near = match (used.contains(&left.text), used.contains(&right.text)) {
        (true, true) => 1.0,
        (false, false) => 0.4,
        _ => 0.7,
    } * left.weight
        * right.weight;
    let (a, b) = (atom_expr(left), atom_expr(right));
    let fit = left.ty.affinity(right.ty);
    if fit >= 0.35 && !left.ty.is(Ty::FUNCTION) {
        let ordered = if left.ty.is(Ty::NUMBER) { 0.08 } else { 0.03 };
        for (operator, prior) in [
            ("==", 0.07),
            ("!=", 0.07),
            ("<", ordered),
            ("<=", ordered),
            (">", ordered),
            (">=", ordered),
        ] {
            tests.push((a.binary(operator, &b), prior * fit * near));
        }
    }
    for (item, holder, holder_ty) in [(&a, &b, right.ty), (&b, &a, left.ty)] {
        if holder_ty.is(Ty::COLLECTION) {
            tests.push((item.binary("in", holder), 0.08 * near));
            tests.push((item.binary("not in", holder), 0.1 * near));
        }
    }
    for (number, holder) in [(left, right), (right, left)] {
        if number.ty.is(Ty::INT) && holder.ty.is(Ty::COLLECTION) {
            let length = atom_expr(holder).wrapped("len");
            for operator in ["<", ">=", "==", ">"] {
                tests.push((atom_expr(number).binary(operator, &length), 0.06 * near));
            }
        }
    }
}
