//! Literals: numbers off by one, the wrong empty thing, `True` where a test was meant.

use super::expr::{Expr, Level, is_inside_string, is_read};
use super::place::{Place, atom_expr, is_condition};
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

/// Other literals of the file that are tried in place of one.
const OTHERS_MAX: usize = 12;

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if !is_read(node) {
        return;
    }
    match node.kind() {
        "integer" => integer(place, node, pool),
        "float" => float(place, node, pool),
        "true" | "false" => truth(place, node, pool),
        "none" => none(place, node, pool),
        "list" | "dictionary" | "tuple" | "set" | "call" => {
            empty(node, pool);
            elements(node, pool);
        }
        _ => {}
    }
}

fn put(node: Node<'_>, text: &str, operator: &'static str, prior: f64, pool: &mut Pool<'_>) {
    let level = if text.starts_with('-') {
        Level::Unary
    } else {
        Level::Primary
    };
    pool.replace(node, &Expr::with_level(text, level), operator, prior);
}

fn integer<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let digits = node.text().replace('_', "");
    let Ok(value) = digits.parse::<i64>() else {
        return other_base(node, &digits, pool);
    };
    let is_signed = node.parent_kind() == "unary_operator";
    for (other, prior) in nearby(value) {
        if other != value && prior > 0.0 && !(is_signed && other < 0) {
            put(node, &other.to_string(), "integer_constant", prior, pool);
        }
    }
    if value != 0 && !is_signed {
        put(
            node,
            &format!("-{}", node.text()),
            "negate_constant",
            0.15,
            pool,
        );
    }
    for other in place.file.integers.iter().take(OTHERS_MAX) {
        if *other != node.text() {
            put(node, other, "integer_from_file", 0.08, pool);
        }
    }
    for other in usual_neighbours(value) {
        put(node, other, "integer_constant", 0.12, pool);
    }
    if !is_inside_string(node) {
        integer_in_scope(place, node, pool);
        integer_of_another_kind(node, value, pool);
    }
}

/// Numbers that are close, in one sense or another.
fn nearby(value: i64) -> [(i64, f64); 12] {
    let is_small = value <= 2;
    let either = |small: f64, large: f64| if is_small { small } else { large };
    [
        (value.saturating_add(1), either(0.4, 0.3)),
        (value - 1, either(0.4, 0.3)),
        (0, 0.25),
        (1, if value == 0 { 0.45 } else { 0.25 }),
        (-1, if value <= 1 { 0.15 } else { 0.05 }),
        (2, either(0.15, 0.08)),
        (value.saturating_mul(10), either(0.02, 0.12)),
        (value / 10, if value >= 10 { 0.12 } else { 0.0 }),
        (value.saturating_mul(2), either(0.0, 0.06)),
        (value / 2, if value > 3 { 0.06 } else { 0.0 }),
        (value.saturating_add(2), 0.05),
        (value - 2, 0.04),
    ]
}

/// A number that was meant to be what a variable holds, or how much it holds.
fn integer_in_scope<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    for atom in place.atoms_at(node) {
        if atom.ty.may_be(Ty::INT) {
            let known = if atom.ty.is(Ty::INT) { 0.14 } else { 0.04 };
            let prior = known * atom.weight;
            pool.replace(node, &atom_expr(&atom), "constant_to_variable", prior);
        }
        if atom.ty.is(Ty::COLLECTION) {
            let length = atom_expr(&atom).wrapped("len");
            pool.replace(node, &length, "constant_to_length", 0.05 * atom.weight);
        }
    }
}

/// `0` where `None`, `[]` or the least of all numbers was meant.
fn integer_of_another_kind(node: Node<'_>, value: i64, pool: &mut Pool<'_>) {
    if node.parent_kind() == "return_statement" && matches!(value, 0 | 1) {
        put(node, "None", "constant_to_none", 0.1, pool);
        put(node, "True", "constant_to_truth", 0.04, pool);
        put(node, "False", "constant_to_truth", 0.06, pool);
        put(node, "[]", "constant_to_empty", 0.05, pool);
        put(node, "\"\"", "constant_to_empty", 0.04, pool);
    }
    if node.parent_kind() == "assignment" && value == 0 {
        for infinity in ["float(\"inf\")", "float(\"-inf\")", "None"] {
            put(node, infinity, "constant_to_extreme", 0.06, pool);
        }
    }
}

fn other_base(node: Node<'_>, digits: &str, pool: &mut Pool<'_>) {
    if let Some(hex) = digits.to_ascii_lowercase().strip_prefix("0x")
        && let Ok(value) = u64::from_str_radix(hex, 16)
    {
        for other in [
            value.wrapping_add(1),
            value.wrapping_sub(1),
            value >> 1,
            value << 1,
        ] {
            put(
                node,
                &format!("0x{other:x}"),
                "integer_constant",
                0.12,
                pool,
            );
        }
    }
}

/// Round numbers of trades that are taken for one another: units of time, calendars, alphabets.
fn usual_neighbours(value: i64) -> &'static [&'static str] {
    match value {
        7 => &["5", "30"],
        12 => &["24", "10"],
        24 => &["12", "60"],
        60 => &["3600", "24", "100"],
        3600 => &["60", "86400"],
        100 => &["1000", "400", "10"],
        400 => &["100"],
        1000 => &["1024", "1000000"],
        1024 => &["1000"],
        365 => &["366"],
        10 => &["16", "100"],
        31 => &["30"],
        _ => &[],
    }
}

fn float<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if let Ok(value) = node.text().replace('_', "").parse::<f64>() {
        for (other, prior) in [
            (value + 1.0, 0.12),
            (value - 1.0, 0.12),
            (value * 10.0, 0.15),
            (value / 10.0, 0.15),
            (value * 100.0, 0.1),
            (value / 100.0, 0.1),
            (value * 2.0, 0.1),
            (value / 2.0, 0.1),
            (1.0 - value, 0.12),
            (0.0, 0.15),
            (1.0, 0.15),
        ] {
            if other.is_finite() && other != value {
                // Ten significant digits: 0.1 * 10 is meant to read 1.0.
                let rounded: f64 = format!("{other:.10}").parse().unwrap_or(other);
                put(node, &format!("{rounded:?}"), "float_constant", prior, pool);
            }
        }
        put(
            node,
            &format!("-{}", node.text()),
            "negate_constant",
            0.1,
            pool,
        );
    }
    for other in place.file.floats.iter().take(OTHERS_MAX) {
        put(node, other, "float_from_file", 0.1, pool);
    }
    for atom in place.atoms_at(node) {
        if atom.ty.is(Ty::NUMBER) && !is_inside_string(node) {
            pool.replace(
                node,
                &atom_expr(&atom),
                "constant_to_variable",
                0.08 * atom.weight,
            );
        }
    }
}

fn truth<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let other = if node.kind() == "true" {
        "False"
    } else {
        "True"
    };
    put(node, other, "flip_truth", 0.5, pool);
    put(node, "None", "truth_to_none", 0.08, pool);
    let loops = is_condition(node) && node.parent_kind() == "while_statement";
    let answers = matches!(node.parent_kind(), "return_statement" | "assignment");
    if !loops && !answers && !is_condition(node) {
        return;
    }
    let base = if loops { 1.0 } else { 0.5 };
    for atom in place.atoms_at(node) {
        let weight = atom.weight * base;
        let name = atom_expr(&atom);
        if atom.ty.is(Ty::BOOL) {
            pool.replace(node, &name, "truth_to_predicate", 0.3 * weight);
            pool.replace(node, &name.negated(), "truth_to_predicate", 0.25 * weight);
        } else if atom.ty.is(Ty::NUMBER) {
            for (test, prior) in [
                (" == 0", 0.3),
                (" > 0", 0.2),
                (" != 0", 0.1),
                (" < 0", 0.06),
                (" >= 0", 0.06),
                (" == 1", 0.05),
            ] {
                let test = Expr::with_level(format!("{}{test}", atom.text), Level::Comparison);
                pool.replace(node, &test, "truth_to_predicate", prior * weight);
            }
        } else if atom.ty.is(Ty::COLLECTION) || atom.ty.is_unknown() {
            let known = if atom.ty.is_unknown() { 0.6 } else { 1.0 };
            pool.replace(node, &name, "truth_to_predicate", 0.4 * weight * known);
            pool.replace(
                node,
                &name.negated(),
                "truth_to_predicate",
                0.35 * weight * known,
            );
            let none = Expr::with_level(format!("{} is None", atom.text), Level::Comparison);
            pool.replace(node, &none, "truth_to_predicate", 0.1 * weight * known);
        }
    }
    for donor in &place.donors {
        if donor.ty.is(Ty::BOOL) {
            pool.replace(node, &donor.expr, "truth_to_predicate", 0.15 * base);
        }
    }
    compare_atoms(place, node, base, pool);
}

/// `True` → `a == b`, `a < b` for pairs of like variables.
fn compare_atoms<'t>(place: &Place<'t, '_>, node: Node<'t>, base: f64, pool: &mut Pool<'_>) {
    let atoms = place.atoms_at(node);
    for (at, left) in atoms.iter().enumerate().take(8) {
        for right in atoms.iter().skip(at + 1).take(8) {
            let fit = left.ty.affinity(right.ty) * left.weight * right.weight;
            if fit < 0.3 {
                continue;
            }
            for (operator, prior) in [
                ("==", 0.1),
                ("<=", 0.06),
                (">=", 0.06),
                ("<", 0.06),
                (">", 0.06),
                ("!=", 0.06),
            ] {
                let test = atom_expr(left).binary(operator, &atom_expr(right));
                pool.replace(node, &test, "truth_to_predicate", prior * fit * base);
            }
        }
    }
}

fn none<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if node.parent_kind() == "comparison_operator" {
        put(node, "0", "none_to_constant", 0.06, pool);
        return;
    }
    for (other, prior) in [
        ("0", 0.12),
        ("[]", 0.15),
        ("False", 0.15),
        ("True", 0.1),
        ("\"\"", 0.1),
        ("{}", 0.1),
        ("1", 0.05),
        ("-1", 0.08),
    ] {
        put(node, other, "none_to_constant", prior, pool);
    }
    for atom in place.atoms_at(node) {
        pool.replace(
            node,
            &atom_expr(&atom),
            "constant_to_variable",
            0.12 * atom.weight,
        );
    }
}

/// A display with one element less, or with two exchanged.
fn elements(node: Node<'_>, pool: &mut Pool<'_>) {
    let parts: Vec<_> = node.parts().collect();
    if node.kind() == "call" || parts.len() < 2 || parts.len() > 12 {
        return;
    }
    for (at, part) in parts.iter().enumerate() {
        let span = match parts.get(at + 1) {
            Some(next) => part.start()..next.start(),
            None => parts[at - 1].end()..part.end(),
        };
        // A tuple of one keeps its comma.
        if node.kind() != "tuple" || parts.len() > 2 {
            pool.splice(span, "", "drop_element", 0.06);
        }
        if let Some(next) = parts.get(at + 1)
            && matches!(node.kind(), "list" | "tuple")
        {
            let between = &node.file_text()[part.end()..next.start()];
            let swapped = format!("{}{between}{}", next.text(), part.text());
            let prior = if parts.len() == 2 { 0.2 } else { 0.08 };
            pool.splice(part.start()..next.end(), swapped, "swap_elements", prior);
        }
    }
}

fn empty(node: Node<'_>, pool: &mut Pool<'_>) {
    let now: String = node.text().chars().filter(|c| !c.is_whitespace()).collect();
    let others: &[(&str, f64)] = match now.as_str() {
        "[]" => &[
            ("[[]]", 0.35),
            ("{}", 0.12),
            ("set()", 0.12),
            ("None", 0.15),
            ("()", 0.03),
            ("\"\"", 0.06),
            ("[0]", 0.12),
            ("[1]", 0.06),
            ("0", 0.05),
        ],
        "[[]]" => &[("[]", 0.5)],
        "{}" => &[
            ("set()", 0.2),
            ("[]", 0.12),
            ("None", 0.15),
            ("dict()", 0.001),
        ],
        "()" => &[("[]", 0.1), ("None", 0.1), ("((),)", 0.1)],
        "set()" => &[("[]", 0.15), ("{}", 0.15), ("None", 0.1), ("list()", 0.001)],
        "list()" | "dict()" => &[("set()", 0.15), ("None", 0.1), ("[]", 0.001)],
        _ => return,
    };
    for (other, prior) in others {
        put(node, other, "empty_constant", *prior, pool);
    }
}
