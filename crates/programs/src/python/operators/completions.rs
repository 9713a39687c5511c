//! What is right for most values and forgets some: bounds of an index, remainders, defaults.

use std::collections::HashSet;

use super::expr::{Expr, Level, is_inside_string, is_read, operator_of};
use super::place::{Place, is_condition, is_plain_string};
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

/// Other constants of the function that are tried at one place.
const OTHERS_MAX: usize = 8;

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if node.kind() == "call" {
        texts_as_arguments(place, node, pool);
    }
    if !is_read(node) || node.is_multiline() || is_inside_string(node) {
        return;
    }
    if is_condition(node) || node.parent_kind() == "boolean_operator" {
        within_bounds(place, node, pool);
    }
    match node.kind() {
        "comparison_operator" => last_of(node, pool),
        "subscript" => or_default(place, node, pool),
        "identifier" | "attribute" | "call" => {
            remainder(place, node, pool);
            cleaned(place, node, pool);
        }
        "list" => {
            only_if_any(place, node, pool);
            started(place, node, pool);
        }
        "boolean_operator" => same_of_another(place, node, pool),
        "none" | "true" | "false" => answer(place, node, pool),
        _ => {}
    }
    if matches!(
        node.kind(),
        "identifier" | "call" | "attribute" | "subscript"
    ) {
        nothing_for_empty(place, node, pool);
    }
}

/// `s[i + 1] == c` → `i + 1 < len(s) and s[i + 1] == c`.
fn within_bounds<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if node.kind() == "boolean_operator" {
        return;
    }
    let mut seen = HashSet::new();
    for part in node.walk().filter(|part| part.kind() == "subscript") {
        let (Some(value), Some(index)) = (part.child("value"), part.child("subscript")) else {
            continue;
        };
        let is_named = matches!(value.kind(), "identifier" | "attribute");
        if !is_named || index.kind() == "slice" || !seen.insert(part.text()) {
            continue;
        }
        let (holder, at) = (value.text(), Expr::of(index).at(Level::BitOr));
        let is_back = index.kind() == "binary_operator" && operator_of(index) == "-";
        let ty = place.type_of(value);
        let mut tests: Vec<(String, f64)> = Vec::new();
        if index.kind() == "integer" || index.kind() == "unary_operator" {
            tests.push((holder.to_owned(), 0.2));
        } else if ty.may_be(Ty::INDEXED) {
            let known = if ty.is(Ty::INDEXED) { 1.0 } else { 0.5 };
            let ahead = if is_back { 0.05 } else { 0.2 };
            tests.push((format!("{at} < len({holder})"), ahead * known));
            let back = if is_back { 0.2 } else { 0.04 };
            tests.push((format!("{at} >= 0"), back * known));
            if is_back && let Some(left) = index.child("left") {
                tests.push((format!("{} > 0", left.text()), back * known));
            }
        }
        if ty.may_be(Ty::DICT) && index.kind() != "integer" {
            let known = if ty.is(Ty::DICT) { 1.0 } else { 0.3 };
            tests.push((format!("{at} in {holder}"), 0.15 * known));
        }
        for (test, prior) in tests {
            let test = Expr::with_level(test, Level::Comparison);
            let both = test.binary("and", &Expr::of(node));
            pool.replace(node, &both, "test_bounds_first", prior);
        }
    }
    with_attributes(place, node, pool);
}

/// `a.limit < x` → `a.limit is not None and a.limit < x`, `not a.done and …`.
fn with_attributes<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let mut seen = HashSet::new();
    for part in node
        .walk()
        .filter(|part| part.kind() == "attribute" && is_read(*part))
    {
        let Some(object) = part
            .child("object")
            .filter(|object| object.kind() == "identifier")
        else {
            continue;
        };
        let mut tests: Vec<(String, f64)> = Vec::new();
        if seen.insert(part.text()) && node.kind() == "comparison_operator" {
            tests.push((format!("{} is not None", part.text()), 0.12));
        }
        if seen.insert(object.text()) {
            for (flag, _, _) in place.file.flags.iter().take(4) {
                tests.push((format!("not {}.{flag}", object.text()), 0.1));
                tests.push((format!("{}.{flag}", object.text()), 0.06));
            }
        }
        for (test, prior) in tests {
            let level = if test.starts_with("not ") {
                Level::Not
            } else {
                Level::Comparison
            };
            let both = Expr::with_level(test, level).binary("and", &Expr::of(node));
            pool.replace(node, &both, "test_attribute_first", prior);
        }
    }
}

/// `attempt == attempts` → `attempt == attempts - 1`: the last of so many, counted from 0.
fn last_of(node: Node<'_>, pool: &mut Pool<'_>) {
    let parts: Vec<Node<'_>> = node.parts().collect();
    let [left, right] = parts[..] else { return };
    let asks = |child: Node<'_>| matches!(child.text(), "==" | "!=");
    if !node.children().any(asks) {
        return;
    }
    let is_one_of = |one: &str, all: &str| all == format!("{one}s") || all.starts_with("len(");
    for (one, all) in [(left, right), (right, left)] {
        if is_one_of(one.text(), all.text()) {
            for (operator, prior) in [("-", 0.5), ("+", 0.15)] {
                let last = Expr::of(all).binary(operator, &Expr::atom("1"));
                pool.replace(all, &last, "last_of_many", prior);
            }
        }
    }
}

/// `d[k]` → `d.get(k, default)` with a default that the function speaks of.
fn or_default<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let (Some(value), Some(key)) = (node.child("value"), node.child("subscript")) else {
        return;
    };
    let ty = place.type_of(value);
    if key.kind() == "slice" || !ty.may_be(Ty::DICT) || node.fields("subscript").count() > 1 {
        return;
    }
    let known = if ty.is(Ty::DICT) { 1.0 } else { 0.4 };
    let iterated = matches!(
        node.parent_kind(),
        "for_statement" | "for_in_clause" | "argument_list"
    );
    let mut defaults: Vec<(&str, f64)> = vec![("()", if iterated { 0.15 } else { 0.02 })];
    for text in literals(place) {
        defaults.push((text, 0.06));
    }
    for (default, prior) in defaults {
        let tail = format!(".get({}, {default})", Expr::of(key).at(Level::Lambda));
        let got = Expr::of(value).postfixed(&tail);
        pool.replace(node, &got, "default_for_missing", prior * known);
    }
}

/// Strings, numbers and names of parameters that may serve as an answer.
fn literals<'t>(place: &Place<'t, '_>) -> Vec<&'t str> {
    let mut found: Vec<&str> = place
        .function
        .walk()
        .filter(|node| match node.kind() {
            "string" => is_plain_string(*node) && node.text().len() < 24 && is_read(*node),
            "integer" | "float" => true,
            _ => false,
        })
        .map(Node::text)
        .collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(OTHERS_MAX);
    found
}

/// `n` → `n % 100` where the function takes remainders or compares with round numbers.
fn remainder<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let asked = matches!(
        node.parent_kind(),
        "comparison_operator" | "argument_list" | "subscript" | "return_statement" | "assignment"
    );
    let ty = place.type_of(node);
    if !asked || !ty.may_be(Ty::INT) || node.kind() == "call" {
        return;
    }
    let takes = place
        .function
        .walk()
        .filter(|part| part.kind() == "binary_operator" && operator_of(*part) == "%")
        .filter_map(|part| part.child("right"));
    let own: Vec<&str> = takes.map(Node::text).collect();
    let known = if ty.is(Ty::INT) { 1.0 } else { 0.3 };
    for modulus in ["10", "100", "2", "12", "60", "24", "7"] {
        let prior = match own.is_empty() {
            _ if own.contains(&modulus) => 0.15,
            true => 0.015,
            false => 0.06,
        };
        let rest = Expr::of(node).binary("%", &Expr::atom(modulus));
        pool.replace(node, &rest, "take_remainder", prior * known);
    }
    for holder in place
        .atoms
        .iter()
        .filter(|atom| atom.ty.is(Ty::INDEXED))
        .take(6)
    {
        if node.parent_kind() == "subscript" {
            let rest = Expr::of(node).binary("%", &Expr::atom(format!("len({})", holder.text)));
            pool.replace(node, &rest, "take_remainder", 0.06 * known * holder.weight);
        }
    }
}

/// `part` → `part.capitalize()`: methods without arguments that are called in this file.
fn cleaned<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let is_part = matches!(
        node.parent_kind(),
        "generator_expression"
            | "list_comprehension"
            | "set_comprehension"
            | "argument_list"
            | "comparison_operator"
            | "binary_operator"
            | "subscript"
            | "pair"
    );
    let ty = place.type_of(node);
    if !is_part || !ty.may_be(Ty::STR) || node.kind() == "call" {
        return;
    }
    let known = if ty.is(Ty::STR) { 1.0 } else { 0.35 };
    for method in [
        "lower",
        "upper",
        "strip",
        "rstrip",
        "capitalize",
        "title",
        "casefold",
    ] {
        let habit = if place.file.methods.contains(&method) {
            0.15
        } else {
            0.05
        };
        let called = Expr::of(node).postfixed(&format!(".{method}()"));
        pool.replace(node, &called, "clean_text", habit * known);
    }
}

/// `[x]` → `[x] if x else []`.
fn only_if_any<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let mut parts = node.parts();
    if let (Some(only), None) = (parts.next(), parts.next())
        && matches!(only.kind(), "identifier" | "attribute")
        && place.is_in_function()
    {
        let text = format!("{} if {} else []", node.text(), only.text());
        let guarded = Expr::with_level(text, Level::Conditional);
        pool.replace(node, &guarded, "only_if", 0.12);
    }
}

/// `[]` → `[start]`.
fn started<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if node.parts().next().is_some() {
        return;
    }
    for atom in place.atoms_at(node) {
        if !matches!(atom.text, "self" | "cls") && !atom.ty.is(Ty::FUNCTION) {
            let one = Expr::atom(format!("[{}]", atom.text));
            pool.replace(node, &one, "start_with_one", 0.06 * atom.weight);
        }
    }
}

/// `r < 0 or …` → `r < 0 or c < 0 or …`: what holds for one holds for its like.
fn same_of_another<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let operator = operator_of(node);
    for side in ["left", "right"] {
        let Some(operand) = node.child(side) else {
            continue;
        };
        if operand.kind() != "comparison_operator" && operand.kind() != "call" {
            continue;
        }
        let names = operand.walk().filter(|part| {
            part.kind() == "identifier" && part.field() != Some("attribute") && is_read(*part)
        });
        for name in names {
            let wanted = place.type_of(name);
            for atom in place.atoms_at(node) {
                if atom.text == name.text()
                    || atom.text.contains('.')
                    || wanted.affinity(atom.ty) < 0.35
                {
                    continue;
                }
                let (from, to) = (name.start() - operand.start(), name.end() - operand.start());
                let text = operand.text();
                let like = format!("{}{}{}", &text[..from], atom.text, &text[to..]);
                let like = Expr::with_level(like, Level::Comparison);
                let both = Expr::of(operand).binary(operator, &like);
                let prior = 0.06 * atom.weight * wanted.affinity(atom.ty);
                pool.replace(operand, &both, "same_of_another", prior);
            }
        }
    }
}

/// `return None` → `return node.right`: an answer that the function speaks of.
fn answer<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if node.parent_kind() != "return_statement" {
        return;
    }
    for donor in &place.donors {
        let prior = match (node.kind(), donor.node.kind()) {
            ("none", "attribute" | "subscript" | "call") => 0.1,
            (_, "comparison_operator" | "boolean_operator" | "call") => 0.06,
            _ => continue,
        };
        pool.replace(node, &donor.expr, "answer_from_function", prior);
    }
}

/// `tail` → `tail or None` where what may be empty is handed on.
fn nothing_for_empty<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let handed_on = matches!(
        node.parent_kind(),
        "expression_list" | "tuple" | "keyword_argument"
    ) || node.parent_kind() == "return_statement";
    if handed_on && place.type_of(node).may_be(Ty::COLLECTION) {
        let either = Expr::of(node).binary("or", &Expr::atom("None"));
        pool.replace(node, &either, "add_default", 0.05);
    }
    if node.parent_kind() == "return_statement" && place.type_of(node).may_be(Ty::NUMBER) {
        for digits in ["2", "1", "3"] {
            let rounded = Expr::atom(format!("round({}, {digits})", node.text()));
            pool.replace(
                node,
                &rounded,
                "wrap_call",
                if digits == "2" { 0.05 } else { 0.01 },
            );
        }
    }
}

/// `head.split()` → `head.split(".")` with a string of the file.
fn texts_as_arguments<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let (Some(function), Some(list)) = (node.child("function"), node.child("arguments")) else {
        return;
    };
    let method = function.child("attribute").map_or("", Node::text);
    let takes_text = matches!(
        method,
        "split" | "rsplit" | "strip" | "lstrip" | "rstrip" | "removeprefix" | "removesuffix"
    );
    if !takes_text || list.parts().next().is_some() || is_inside_string(node) {
        return;
    }
    let usual = [
        "\",\"", "\".\"", "\":\"", "\"=\"", "\" \"", "\"-\"", "\"\\n\"",
    ];
    let own = place
        .file
        .strings
        .iter()
        .copied()
        .filter(|text| text.len() <= 5);
    let own: Vec<(&str, f64)> = own.take(12).map(|text| (text, 0.1)).collect();
    for (text, prior) in own.into_iter().chain(usual.map(|text| (text, 0.05))) {
        let call = format!("{}({text})", function.text());
        pool.replace(node, &Expr::atom(call), "text_argument", prior);
    }
}
