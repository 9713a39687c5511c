//! Names that give a slip away: bound and never read, set up and never changed.

use super::expr::{Expr, Level, is_inside_string, is_read};
use super::place::{Place, is_condition};
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

/// How much likelier an edit is that reads a name which nothing reads, and the most it may get.
const UNREAD: f64 = 4.0;
/// The same for a change of an attribute that only `__init__` sets.
const UNCHANGED: f64 = 8.0;
const FAVOURED_MAX: f64 = 0.45;

/// Methods that change what they are called on.
const CHANGERS: &[&str] = &[
    "append",
    "appendleft",
    "add",
    "extend",
    "insert",
    "update",
    "setdefault",
    "pop",
    "popleft",
    "popitem",
    "remove",
    "discard",
    "clear",
    "sort",
    "reverse",
    "move_to_end",
];

/// Weighs edits up that use what `function` binds and never reads.
pub(super) fn favour_unread<'t>(function: Node<'t>, pool: &mut Pool<'_>) {
    for (name, region) in unread(function) {
        pool.favour(region.span(), name, UNREAD, FAVOURED_MAX);
    }
}

/// Weighs statements up that change an attribute which only `__init__` sets.
pub(super) fn favour_unchanged(class: Node<'_>, pool: &mut Pool<'_>) {
    let methods: Vec<Node<'_>> = class
        .walk()
        .filter(|node| node.kind() == "function_definition")
        .filter(|node| {
            node.child("name")
                .is_some_and(|name| name.text() != "__init__")
        })
        .collect();
    for attribute in unchanged(class) {
        for method in &methods {
            pool.favour_statements(method.span(), attribute, UNCHANGED, FAVOURED_MAX);
        }
    }
}

/// Parameters and loop variables that are never read, each with the code that could read it.
pub(super) fn unread<'t>(function: Node<'t>) -> Vec<(&'t str, Node<'t>)> {
    let Some(body) = function.child("body") else {
        return Vec::new();
    };
    let name = function.child("name").map_or("", Node::text);
    let does_something = body.walk().any(|node| {
        matches!(
            node.kind(),
            "call" | "assignment" | "binary_operator" | "return_statement"
        )
    });
    if name.starts_with("__") && name != "__init__" || !does_something {
        return Vec::new();
    }
    let mut bound: Vec<(&str, Node<'t>)> = Vec::new();
    if let Some(parameters) = function.child("parameters") {
        for parameter in parameters.parts() {
            let named = parameter.walk().find(|node| node.kind() == "identifier");
            if !parameter.kind().contains("splat") {
                bound.extend(named.map(|named| (named.text(), function)));
            }
        }
    }
    for node in body.walk() {
        let region = match node.kind() {
            "for_statement" => Some(node),
            "for_in_clause" => node.parent(),
            _ => None,
        };
        if let (Some(region), Some(left)) = (region, node.child("left")) {
            let names = left.walk().filter(|part| part.kind() == "identifier");
            bound.extend(names.map(|name| (name.text(), region)));
        }
    }
    bound.retain(|(name, region)| {
        !name.starts_with('_')
            && !matches!(*name, "self" | "cls" | "args" | "kwargs")
            && !region.walk().any(|node| is_use(node, name))
    });
    bound
}

/// Whether `node` reads the variable `name`.
pub(super) fn is_use(node: Node<'_>, name: &str) -> bool {
    node.kind() == "identifier"
        && node.text() == name
        && (is_read(node)
            || node.field() == Some("function")
            || matches!(
                node.parent_kind(),
                "augmented_assignment" | "delete_statement" | "decorator"
            ))
}

/// `self.a` for what `__init__` sets and no method changes.
fn unchanged(class: Node<'_>) -> Vec<&str> {
    let mut set: Vec<(&str, bool)> = Vec::new();
    for node in class.walk().filter(|node| {
        node.kind() == "attribute" && node.child("object").is_some_and(|o| o.text() == "self")
    }) {
        let in_init = node
            .ancestors()
            .find(|ancestor| ancestor.kind() == "function_definition")
            .and_then(|function| function.child("name"))
            .is_some_and(|name| name.text() == "__init__");
        let is_start = in_init
            && node.field() == Some("left")
            && node
                .parent()
                .and_then(|parent| parent.child("right"))
                .is_some_and(is_start_value);
        if is_start && !set.iter().any(|(known, _)| *known == node.text()) {
            set.push((node.text(), false));
        } else if !in_init && is_changed(node) {
            match set.iter_mut().find(|(known, _)| *known == node.text()) {
                Some(entry) => entry.1 = true,
                None => set.push((node.text(), true)),
            }
        }
    }
    set.iter()
        .filter(|(_, changed)| !changed)
        .map(|(name, _)| *name)
        .collect()
}

/// What a thing starts with that is to change: nothing, none, or a literal.
fn is_start_value(value: Node<'_>) -> bool {
    matches!(
        value.kind(),
        "integer" | "float" | "true" | "false" | "none" | "list" | "dictionary"
    ) || matches!(value.text(), "set()" | "list()" | "dict()" | "deque()")
        || value.text().starts_with("defaultdict(")
        || value.text().starts_with("OrderedDict(")
}

/// Whether the code around `node` assigns it, an element of it, or calls what changes it.
pub(super) fn is_changed(node: Node<'_>) -> bool {
    let mut place = node;
    while let Some(parent) = place.parent() {
        match (parent.kind(), place.field()) {
            ("subscript", Some("value")) => place = parent,
            ("pattern_list" | "tuple_pattern", _) => place = parent,
            ("assignment" | "augmented_assignment", Some("left")) => return true,
            ("delete_statement", _) => return true,
            ("attribute", Some("object")) => {
                return parent
                    .child("attribute")
                    .is_some_and(|method| CHANGERS.contains(&method.text()));
            }
            ("argument_list", _) => {
                return parent
                    .parent()
                    .and_then(|call| call.child("function"))
                    .is_some_and(|function| function.text().contains("heap"));
            }
            _ => return false,
        }
    }
    false
}

/// `e` → `e * u` for a name `u` that is bound around `e` and never read.
pub(super) fn in_expression<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let is_whole = matches!(
        node.parent_kind(),
        "return_statement"
            | "assignment"
            | "augmented_assignment"
            | "argument_list"
            | "pair"
            | "generator_expression"
            | "list_comprehension"
            | "yield"
            | "lambda"
    );
    let is_plain = is_read(node)
        && is_whole
        && !node.is_multiline()
        && !is_inside_string(node)
        && !is_condition(node)
        && Level::of(node).is_some_and(|level| level > Level::Comparison)
        && !matches!(
            node.kind(),
            "string" | "list" | "dictionary" | "none" | "true" | "false"
        );
    if !is_plain || !place.is_in_function() {
        return;
    }
    let present = place.type_of(node);
    for (name, region) in unread(place.function) {
        if !region.holds(node) {
            continue;
        }
        let (expr, other) = (Expr::of(node), Expr::atom(name));
        if present.may_be(Ty::NUMBER) {
            for (operator, prior) in [
                ("*", 0.2),
                ("+", 0.15),
                ("-", 0.1),
                ("/", 0.06),
                ("%", 0.05),
            ] {
                let joined = expr.binary(operator, &other);
                pool.replace(node, &joined, "use_unread_name", prior);
            }
        }
        if present.may_be(Ty::COLLECTION) && node.kind() == "identifier" {
            let element = expr.postfixed(&format!("[{name}]"));
            pool.replace(node, &element, "use_unread_name", 0.12);
        }
    }
}
