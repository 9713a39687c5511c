//! Statements that names call for: read and never bound, tested and never filled, never used.

use std::collections::HashSet;

use super::clues::{is_changed, is_use, unread};
use super::insertion::Surroundings;
use super::place::File;
use super::pool::Pool;
use super::scope::Atom;
use super::tree::Node;
use super::ty::Ty;

/// Names that the language itself provides and programs read.
const BUILT_IN: &[&str] = &[
    "abs",
    "all",
    "any",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "hasattr",
    "hash",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "classmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "self",
    "cls",
    "NotImplemented",
    "Ellipsis",
];

/// Statements that such names call for.
pub(super) fn propose<'t>(around: &Surroundings<'t, '_>, pool: &mut Pool<'_>) {
    let place = around.place;
    if !place.is_in_function() {
        return;
    }
    for (name, region) in unread(place.function) {
        if region.holds(around.gap.block) {
            use_in_step(around, name, pool);
        }
    }
    fill(around, pool);
    bind(around, pool);
    mark(around, pool);
    scale(around, pool);
}

/// `delay *= factor` for a `factor` that nothing reads.
fn use_in_step(around: &Surroundings<'_, '_>, name: &str, pool: &mut Pool<'_>) {
    let place = around.place;
    let is_changed = |atom: &&Atom<'_>| {
        atom.text != name
            && place.function.walk().any(|node| {
                matches!(node.kind(), "assignment" | "augmented_assignment")
                    && node
                        .child("left")
                        .is_some_and(|left| left.text() == atom.text)
            })
    };
    for atom in place.atoms.iter().filter(is_changed).take(8) {
        if !atom.ty.may_be(Ty::NUMBER) {
            continue;
        }
        for (operator, prior) in [("*=", 0.12), ("+=", 0.12), ("-=", 0.08)] {
            let text = format!("{} {operator} {name}", atom.text);
            around.put(
                &text,
                "use_unread_name",
                prior * around.nearness(atom),
                pool,
            );
        }
    }
}

/// `seen.add(x)` behind `x in seen`.
fn fill<'t>(around: &Surroundings<'t, '_>, pool: &mut Pool<'_>) {
    let place = around.place;
    let mut tried: HashSet<(&str, &str)> = HashSet::new();
    for test in place
        .function
        .walk()
        .filter(|node| node.kind() == "comparison_operator")
    {
        let parts: Vec<Node<'t>> = test.parts().collect();
        let is_membership = test
            .children()
            .any(|child| matches!(child.text(), "in" | "not in"));
        let [item, holder] = parts[..] else { continue };
        if !is_membership
            || !matches!(holder.kind(), "identifier" | "attribute")
            || item.is_multiline()
            || test.start() > around.gap.after.map_or(usize::MAX, Node::start)
            || !tried.insert((item.text(), holder.text()))
        {
            continue;
        }
        let ty = place.type_of(holder);
        let is_filled = place
            .function
            .walk()
            .any(|node| node.text() == holder.text() && is_changed(node));
        // Right behind the guard, or first under it.
        let guard = around.gap.before.is_some_and(|before| before.holds(test))
            || around.gap.block.parent().is_some_and(|owner| {
                owner
                    .child("condition")
                    .is_some_and(|condition| condition.holds(test))
            });
        let prior = if is_filled { 0.1 } else { 0.4 } * if guard { 1.0 } else { 0.35 };
        let (item, name) = (item.text(), holder.text());
        if ty.may_be(Ty::SET) && !ty.is(Ty::LIST) {
            let text = if item.starts_with('(') {
                format!("{name}.add({item})")
            } else {
                format!("{name}.add({})", unlisted(item))
            };
            around.put(&text, "fill_tested", prior, pool);
        }
        if ty.may_be(Ty::LIST) {
            around.put(
                &format!("{name}.append({item})"),
                "fill_tested",
                prior * 0.7,
                pool,
            );
        }
        if ty.may_be(Ty::DICT) {
            around.put(
                &format!("{name}[{item}] = True"),
                "fill_tested",
                prior * 0.4,
                pool,
            );
        }
    }
}

/// `a, b` as one argument.
fn unlisted(item: &str) -> String {
    if item.contains(", ") && !item.contains(['(', '[', '{']) {
        format!("({item})")
    } else {
        item.to_owned()
    }
}

/// `found = []` for a name that is read and bound nowhere.
fn bind<'t>(around: &Surroundings<'t, '_>, pool: &mut Pool<'_>) {
    let place = around.place;
    let Some(after) = around.gap.after else {
        return;
    };
    for (name, first) in unbound(place.file, place.function) {
        // Before the first use, in a block that holds it.
        if first.start() < after.start() || !around.gap.block.holds(first) {
            continue;
        }
        let outer = first.parent().filter(|parent| parent.kind() == "attribute");
        let method = outer
            .and_then(|outer| outer.child("attribute"))
            .map_or("", Node::text);
        let likely = match (method, first.parent_kind()) {
            ("append" | "extend" | "insert" | "sort", _) => "[]",
            ("add" | "discard", _) => "set()",
            ("items" | "keys" | "values" | "setdefault" | "get", _) => "{}",
            (_, "subscript") => "{}",
            (_, "augmented_assignment") => "0",
            _ => "",
        };
        for value in ["[]", "{}", "set()", "0", "\"\"", "None", "False", "1"] {
            let prior = if value == likely { 0.5 } else { 0.12 };
            around.put(&format!("{name} = {value}"), "bind_name", prior, pool);
        }
    }
}

/// Names that `function` reads and nothing binds, with the first place each is read at.
fn unbound<'t>(file: &File<'t>, function: Node<'t>) -> Vec<(&'t str, Node<'t>)> {
    let mut found: Vec<(&str, Node<'t>)> = Vec::new();
    let mut known: Option<HashSet<&str>> = None;
    for node in function.walk().filter(|node| node.kind() == "identifier") {
        let name = node.text();
        if !is_use(node, name)
            || BUILT_IN.contains(&name)
            || name.starts_with(|first: char| first.is_ascii_uppercase())
            || found.iter().any(|(other, _)| *other == name)
        {
            continue;
        }
        let known = known.get_or_insert_with(|| {
            let root = file.tree.root().walk();
            let names = root.filter(|node| node.kind() == "identifier" && binds(*node));
            let names = names.filter(|node| {
                // What another function binds is not seen here.
                let scope = node
                    .ancestors()
                    .find(|ancestor| ancestor.kind() == "function_definition");
                node.field() == Some("name")
                    || scope.is_none_or(|scope| scope.holds(function) || function.holds(scope))
            });
            names.map(Node::text).collect()
        });
        if !known.contains(name) {
            found.push((name, node));
        }
    }
    found
}

/// Whether `node` may bind its name, imports and definitions included.
fn binds(node: Node<'_>) -> bool {
    let is_attribute =
        node.field() == Some("attribute") || node.parent_kind() == "keyword_argument";
    !is_attribute && !is_use(node, node.text())
}

/// `task.done = True` for an attribute that starts as `False`.
fn mark(around: &Surroundings<'_, '_>, pool: &mut Pool<'_>) {
    let place = around.place;
    for (attribute, start, is_changed) in &place.file.flags {
        for atom in place.atoms.iter().take(12) {
            let is_object = atom.ty.may_be(Ty::OBJECT) && !atom.text.contains('.');
            if is_object {
                let text = format!(
                    "{}.{attribute} = {}",
                    atom.text,
                    if *start { "False" } else { "True" }
                );
                let prior = if *is_changed { 0.06 } else { 0.25 };
                around.put(&text, "insert_mark", prior * around.nearness(atom), pool);
            }
        }
    }
}

/// `value /= 1024` where `value < 1024` is asked in each round.
fn scale<'t>(around: &Surroundings<'t, '_>, pool: &mut Pool<'_>) {
    let place = around.place;
    if around.innermost_loop().is_none() {
        return;
    }
    let mut seen = HashSet::new();
    for test in place
        .function
        .walk()
        .filter(|node| node.kind() == "comparison_operator")
    {
        let parts: Vec<Node<'t>> = test.parts().collect();
        let [left, right] = parts[..] else { continue };
        let is_bound = matches!(
            right.kind(),
            "integer" | "float" | "identifier" | "attribute"
        );
        let is_known = place.atoms.iter().any(|atom| atom.text == left.text());
        if !is_bound || !is_known || !seen.insert((left.text(), right.text())) {
            continue;
        }
        let is_number =
            place.type_of(left).may_be(Ty::NUMBER) && place.type_of(right).may_be(Ty::NUMBER);
        let is_still = !place
            .function
            .walk()
            .any(|node| node.text() == left.text() && node.parent_kind() == "augmented_assignment");
        let base = if is_still { 0.15 } else { 0.04 };
        if is_number && !matches!(right.text(), "0" | "1") {
            for (operator, prior) in [
                ("-=", 1.0),
                ("/=", 0.8),
                ("//=", 0.8),
                ("%=", 0.5),
                ("+=", 0.5),
                ("*=", 0.5),
            ] {
                let text = format!("{} {operator} {}", left.text(), right.text());
                around.put(&text, "scale_by_bound", base * prior, pool);
            }
        }
    }
}

/// Attributes that start as a truth value, which, and whether any code changes them.
pub(super) fn flags<'t>(root: Node<'t>) -> Vec<(&'t str, bool, bool)> {
    let mut flags: Vec<(&str, bool, bool)> = Vec::new();
    for node in root.walk().filter(|node| node.kind() == "assignment") {
        let (Some(left), Some(right)) = (node.child("left"), node.child("right")) else {
            continue;
        };
        let Some(name) = left.child("attribute") else {
            continue;
        };
        let in_init = node
            .ancestors()
            .find(|ancestor| ancestor.kind() == "function_definition")
            .and_then(|function| function.child("name"))
            .is_some_and(|name| name.text() == "__init__");
        match flags.iter_mut().find(|(known, ..)| *known == name.text()) {
            Some(flag) => flag.2 |= !in_init,
            None if in_init && matches!(right.kind(), "true" | "false") => {
                flags.push((name.text(), right.kind() == "true", false));
            }
            None => {}
        }
    }
    flags
}
