//! Base cases and early ends that were forgotten: `if not x: return []`.

use super::expr::operator_of;
use super::insertion::Surroundings;
use super::layout::indent_unit;
use super::place::{Place, atom_expr};
use super::pool::Pool;
use super::scope::Atom;
use super::tree::Node;
use super::types::Ty;

/// Tests and answers that are tried in one gap.
const TESTS_MAX: usize = 24;
const ANSWERS_MAX: usize = 12;

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
    for (test, test_prior, subject) in
        tests
            .iter()
            .take(if opens { TESTS_MAX } else { TESTS_MAX / 2 })
    {
        for (answer, answer_prior) in &answers {
            let prior = weight * test_prior * answer_prior;
            if prior >= 0.006 {
                let text = format!("if {test}:\n{unit}{answer}");
                around.put(&text, "insert_guard", prior, pool);
            }
        }
        // What was found empty or at its limit is given back as it is.
        if let Some(subject) = subject {
            let text = format!("if {test}:\n{unit}return {subject}");
            around.put(&text, "insert_guard", weight * test_prior * 0.35, pool);
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
    for donor in &around.place.donors {
        if donor.ty.is(Ty::BOOL) && donor.node.kind() != "boolean_operator" {
            tests.push((donor.expr.text.clone(), 0.08, None));
            tests.push((donor.expr.negated().text, 0.05, None));
        }
    }
    tests.sort_by(|a, b| b.1.total_cmp(&a.1));
    tests
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
    for node in place
        .function
        .walk()
        .filter(|node| node.kind() == "return_statement")
    {
        let Some(value) = node.parts().next() else {
            continue;
        };
        let ty = place.type_of(value);
        kinds = kinds.or(if ty.is_unknown() { Ty::NOTHING } else { ty });
        let simple = !node.is_multiline()
            && node.text().len() <= 40
            && super::place::is_visible(place.file, value, &place.atoms);
        if simple && is_plain(value) {
            add(node.text().to_owned(), 0.3);
        }
    }
    if in_loop {
        add("continue".to_owned(), 0.5);
        add("break".to_owned(), 0.3);
    }
    if is_generator {
        add("return".to_owned(), 0.5);
    }
    for (value, ty) in [
        ("[]", Ty::LIST),
        ("0", Ty::INT),
        ("False", Ty::BOOL),
        ("True", Ty::BOOL),
        ("None", Ty::ANY),
        ("\"\"", Ty::STR),
        ("{}", Ty::DICT),
        ("1", Ty::INT),
        ("-1", Ty::INT),
        ("0.0", Ty::FLOAT),
        ("set()", Ty::SET),
        ("[[]]", Ty::LIST),
    ] {
        let fit = match kinds == Ty::NOTHING {
            true => 0.5,
            false if ty == Ty::ANY => 0.6,
            false => kinds.affinity(ty),
        };
        let rare = if matches!(value, "1" | "-1" | "0.0" | "[[]]" | "set()") {
            0.4
        } else {
            1.0
        };
        if !is_generator {
            add(format!("return {value}"), 0.45 * fit * rare);
        }
    }
    let returns_nothing = kinds == Ty::NOTHING && !is_generator;
    add(
        "return".to_owned(),
        if returns_nothing { 0.35 } else { 0.05 },
    );
    for raised in place
        .file
        .tree
        .root()
        .walk()
        .filter(|node| node.kind() == "raise_statement")
        .take(6)
    {
        let visible = raised
            .parts()
            .all(|part| super::place::is_visible(place.file, part, &place.atoms));
        if !raised.is_multiline() && raised.parts().next().is_some() && visible {
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
