//! Base cases and early ends that were forgotten: `if not x: return []`.

use super::expr::operator_of;
use super::insertion::Surroundings;
use super::layout::{indent_of, indent_unit, is_docstring, is_on_own_lines, is_simple};
use super::place::{Place, atom_expr, is_visible};
use super::pool::Pool;
use super::scope::Atom;
use super::tree::Node;
use super::ty::Ty;

/// What functions give back when there is nothing to work on.
const ANSWERS: &[(&str, Ty, f64)] = &[
    ("[]", Ty::LIST, 0.45),
    ("0", Ty::INT, 0.45),
    ("False", Ty::BOOL, 0.45),
    ("True", Ty::BOOL, 0.45),
    ("None", Ty::ANY, 0.45),
    ("\"\"", Ty::STR, 0.45),
    ("{}", Ty::DICT, 0.45),
    ("0.0", Ty::FLOAT, 0.4),
    ("1", Ty::INT, 0.18),
    ("-1", Ty::INT, 0.18),
    ("set()", Ty::SET, 0.3),
    ("[[]]", Ty::LIST, 0.18),
];

/// Tests and answers that are tried in one gap.
const TESTS_MAX: usize = 24;
const ANSWERS_MAX: usize = 12;
/// The priors of all guards of one gap together, at most, and of one, at least.
const GUARDS_SUM: f64 = 1.6;
const PRIOR_MIN: f64 = 0.004;

pub(super) fn propose<'t>(around: &Surroundings<'t, '_>, pool: &mut Pool<'_>) {
    let place = around.place;
    if around.is_at_end() || !place.is_in_function() {
        return;
    }
    let unit = indent_unit(place.file.tree.root());
    let opens = around.is_at_start() && around.gap.block.parent() == Some(place.function);
    let in_loop = around.innermost_loop().is_some();
    let tests = tests(around);
    let answers = answers(place, in_loop);
    let weight = match (opens, in_loop) {
        (true, _) => 1.0,
        (false, true) => 0.45,
        (false, false) => 0.35,
    };
    let mut found: Vec<(String, f64)> = Vec::new();
    let count = if opens { TESTS_MAX } else { TESTS_MAX / 2 };
    for (test, test_prior, subject) in tests.iter().take(count) {
        for (answer, answer_prior) in &answers {
            found.push((
                format!("if {test}:\n{unit}{answer}"),
                test_prior * answer_prior,
            ));
        }
        // What was found empty or at its limit is given back as it is.
        if let Some(subject) = subject {
            let text = format!("if {test}:\n{unit}return {subject}");
            found.push((text, test_prior * 0.35));
        }
    }
    // One guard is missing: the more there are to choose from, the less likely is each.
    let sum: f64 = found.iter().map(|(_, prior)| prior).sum();
    let share = (GUARDS_SUM / sum).min(1.0) * weight;
    for (text, prior) in found {
        if prior * share >= PRIOR_MIN {
            around.put(&text, "insert_guard", prior * share, pool);
        }
    }
    under_condition(around, &tests, unit, pool);
}

/// `x` → `if test: x` for a statement that should not always run.
fn under_condition<'t>(
    around: &Surroundings<'t, '_>,
    tests: &[(String, f64, Option<&'t str>)],
    unit: &str,
    pool: &mut Pool<'_>,
) {
    let Some(statement) = around.gap.after.filter(|after| is_simple(*after)) else {
        return;
    };
    let plain = is_on_own_lines(statement) && !is_docstring(statement);
    if !plain || statement.is_multiline() || statement.kind() == "pass_statement" {
        return;
    }
    let indent = indent_of(statement);
    let text = statement.text();
    let common = match statement.kind() {
        "expression_statement" | "raise_statement" => 0.35,
        "return_statement" | "break_statement" | "continue_statement" => 0.25,
        _ => 0.1,
    };
    // What stands alone under a condition has one already.
    let is_lone = around.gap.before.is_none() && around.gap.block.parts().count() == 1;
    let is_guarded = is_lone && around.gap.block.parent_kind() == "if_statement";
    let common = if is_guarded { common * 0.4 } else { common };
    for (test, prior, _) in tests.iter().take(TESTS_MAX) {
        let negated = match test.strip_prefix("not ") {
            Some(positive) if !positive.contains(' ') => positive.to_owned(),
            _ if test.ends_with("is None") => test.replace("is None", "is not None"),
            _ if test.contains(" not in ") => test.replace(" not in ", " in "),
            _ if test.contains(" in ") => test.replace(" in ", " not in "),
            _ if test.contains(" == ") => test.replace(" == ", " != "),
            _ if test.contains(' ') => continue,
            _ => format!("not {test}"),
        };
        for (condition, scale) in [(negated.as_str(), 1.0), (test.as_str(), 0.4)] {
            let wrapped = format!("if {condition}:\n{indent}{unit}{text}");
            pool.splice(
                statement.span(),
                wrapped,
                "insert_condition",
                prior * common * scale,
            );
        }
    }
}

/// Tests with their priors and the variable that each is about, best first.
fn tests<'t>(around: &Surroundings<'t, '_>) -> Vec<(String, f64, Option<&'t str>)> {
    let atoms = &around.place.atoms;
    let mut tests = Vec::new();
    let divisors = divisors(around);
    for atom in atoms {
        let nearness = around.nearness(atom);
        if divisors.contains(&atom.text) {
            tests.push((format!("{} == 0", atom.text), 0.6, Some(atom.text)));
            tests.push((format!("not {}", atom.text), 0.5, Some(atom.text)));
        }
        for (test, prior) in of_atom(atom) {
            tests.push((test, prior * nearness, Some(atom.text)));
        }
    }
    for (at, left) in atoms.iter().enumerate().take(12) {
        for right in atoms[at + 1..].iter().take(12) {
            let near = around.nearness(left) * around.nearness(right);
            let fit = left.ty.affinity(right.ty);
            if fit >= 0.5 {
                for (operator, prior) in [
                    ("==", 0.14),
                    (">", 0.08),
                    ("<", 0.08),
                    (">=", 0.05),
                    ("!=", 0.04),
                ] {
                    let ordered = if operator == "==" || left.ty.is(Ty::NUMBER) {
                        1.0
                    } else {
                        0.3
                    };
                    let test = format!("{} {operator} {}", left.text, right.text);
                    tests.push((test, prior * fit * near * ordered, Some(left.text)));
                }
            }
            if left.ty.is(Ty::COLLECTION) && right.ty.is(Ty::COLLECTION) {
                for (operator, prior) in [(">", 0.08), ("!=", 0.1), ("<", 0.08)] {
                    let test = format!("len({}) {operator} len({})", left.text, right.text);
                    tests.push((test, prior * near, None));
                }
            }
            for (item, holder) in [(left, right), (right, left)] {
                if holder.ty.is(Ty::SET.or(Ty::DICT).or(Ty::LIST)) && !item.ty.is(Ty::COLLECTION) {
                    tests.push((
                        format!("{} in {}", item.text, holder.text),
                        0.16 * near,
                        None,
                    ));
                    tests.push((
                        format!("{} not in {}", item.text, holder.text),
                        0.14 * near,
                        None,
                    ));
                }
            }
        }
    }
    lengths(around, &mut tests);
    for donor in &around.place.donors {
        if donor.ty.is(Ty::BOOL) && donor.node.kind() != "boolean_operator" {
            tests.push((donor.expr.text.clone(), 0.08, None));
            tests.push((donor.expr.negated().text, 0.05, None));
        }
    }
    tests.sort_by(|a, b| b.1.total_cmp(&a.1));
    tests
}

/// `len(a) > len(b)` where the function asks for the length of one of them.
fn lengths<'t>(around: &Surroundings<'t, '_>, tests: &mut Vec<(String, f64, Option<&'t str>)>) {
    let atoms = &around.place.atoms;
    let measured: Vec<&str> = around
        .place
        .donors
        .iter()
        .filter_map(|donor| donor.expr.text.strip_prefix("len(")?.strip_suffix(')'))
        .filter(|name| atoms.iter().any(|atom| atom.text == *name))
        .collect();
    for name in measured {
        for other in atoms.iter().filter(|other| other.text != name) {
            if other.ty.may_be(Ty::COLLECTION) {
                let known = if other.ty.is(Ty::COLLECTION) {
                    1.0
                } else {
                    0.5
                };
                let prior = 0.2 * known * around.nearness(other);
                for (operator, share) in [(">", 1.0), ("!=", 1.0), ("<", 1.0)] {
                    let test = format!("len({name}) {operator} len({})", other.text);
                    tests.push((test, prior * share, None));
                }
            }
        }
    }
}

/// What the statement behind the gap divides by: names, and what `len` is taken of.
fn divisors<'t>(around: &Surroundings<'t, '_>) -> Vec<&'t str> {
    let Some(after) = around.gap.after else {
        return Vec::new();
    };
    after
        .walk()
        .filter(|node| matches!(node.kind(), "binary_operator" | "augmented_assignment"))
        .filter(|node| operator_of(*node).starts_with(['/', '%']))
        .filter_map(|node| node.child("right"))
        .flat_map(Node::walk)
        .filter(|node| matches!(node.kind(), "identifier" | "attribute"))
        .map(Node::text)
        .collect()
}

fn of_atom(atom: &Atom<'_>) -> Vec<(String, f64)> {
    let name = atom.text;
    let mut tests = Vec::new();
    if atom.ty.is(Ty::NUMBER) {
        for (test, prior) in [
            ("== 0", 0.3),
            ("<= 0", 0.14),
            ("< 0", 0.2),
            ("== 1", 0.12),
            ("<= 1", 0.12),
            ("< 1", 0.06),
            ("< 2", 0.06),
        ] {
            tests.push((format!("{name} {test}"), prior));
        }
        return tests;
    }
    if atom.ty.is(Ty::FUNCTION) {
        return tests;
    }
    let known = if atom.ty.is_unknown() { 0.8 } else { 1.0 };
    tests.push((atom_expr(atom).negated().text, 0.35 * known));
    tests.push((
        format!("{name} is None"),
        if atom.ty.is(Ty::COLLECTION) {
            0.1
        } else {
            0.22
        },
    ));
    if atom.ty.is(Ty::COLLECTION) {
        tests.push((format!("len({name}) <= 1"), 0.14));
        tests.push((format!("len({name}) == 1"), 0.12));
        tests.push((format!("len({name}) < 2"), 0.06));
    }
    if atom.ty.is(Ty::BOOL) || atom.ty.is_unknown() {
        tests.push((name.to_owned(), 0.1));
    }
    if atom.ty.is_unknown() {
        tests.push((format!("{name} == 0"), 0.06));
    }
    tests
}

/// What a guard may do: end as the function ends elsewhere, skip a round, or refuse.
fn answers(place: &Place<'_, '_>, in_loop: bool) -> Vec<(String, f64)> {
    let mut answers: Vec<(String, f64)> = Vec::new();
    let mut add = |text: String, prior: f64| {
        if !answers.iter().any(|(known, _)| *known == text) {
            answers.push((text, prior));
        }
    };
    let is_generator = place.function.walk().any(|part| part.kind() == "yield");
    let mut kinds = Ty::NOTHING;
    let values = place
        .function
        .walk()
        .filter(|node| node.kind() == "return_statement")
        .filter_map(|node| node.parts().next());
    for value in values {
        let ty = place.type_of(value);
        kinds = kinds.or(if ty.is_unknown() { Ty::NOTHING } else { ty });
        let is_short = !value.is_multiline() && value.text().len() <= 36;
        if is_short && is_plain(value) && is_visible(place.file, value, &place.atoms) {
            add(format!("return {}", value.text()), 0.3);
        }
    }
    if in_loop {
        add("continue".to_owned(), 0.5);
        add("break".to_owned(), 0.3);
    }
    if is_generator {
        add("return".to_owned(), 0.5);
    }
    for &(value, ty, prior) in ANSWERS {
        let fit = match kinds == Ty::NOTHING {
            true => 0.5,
            false if ty == Ty::ANY => 0.6,
            false => kinds.affinity(ty),
        };
        if !is_generator {
            add(format!("return {value}"), prior * fit);
        }
    }
    let returns_nothing = kinds == Ty::NOTHING && !is_generator;
    let bare = if returns_nothing { 0.35 } else { 0.05 };
    add("return".to_owned(), bare);
    for raised in place.file.raises.iter().take(6) {
        if is_visible(place.file, *raised, &place.atoms) {
            add(raised.text().to_owned(), 0.2);
        }
    }
    add("raise ValueError".to_owned(), 0.12);
    answers.sort_by(|a, b| b.1.total_cmp(&a.1));
    answers.truncate(ANSWERS_MAX);
    answers
}

fn is_plain(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "identifier"
            | "integer"
            | "float"
            | "string"
            | "true"
            | "false"
            | "none"
            | "list"
            | "dictionary"
            | "tuple"
            | "attribute"
            | "unary_operator"
    )
}
