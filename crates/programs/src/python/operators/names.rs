//! Names: the wrong variable, the wrong attribute, the wrong function, the wrong expression.

use super::expr::{Expr, is_inside_string, is_read};
use super::place::{Place, atom_expr, is_condition, name_likeness};
use super::pool::Pool;
use super::scope::Atom;
use super::tree::Node;
use super::ty::Ty;

/// The priors of all donors in one place together, at most.
const DONATED_SUM: f64 = 1.2;

/// Methods and functions that are taken for one another, each with all of its row.
const FAMILIES: &[&[&str]] = &[
    &["append", "extend", "insert", "appendleft", "add"],
    &["extend", "append", "extendleft", "update"],
    &["add", "update", "discard", "append"],
    &["pop", "popleft", "popitem"],
    &["append", "appendleft"],
    &["remove", "discard", "pop"],
    &["min", "max", "sum"],
    &["any", "all"],
    &["startswith", "endswith"],
    &["removeprefix", "removesuffix"],
    &["strip", "lstrip", "rstrip"],
    &["upper", "lower", "title", "capitalize", "swapcase"],
    &["lower", "casefold"],
    &["find", "rfind", "index", "rindex", "count"],
    &["keys", "values", "items"],
    &["get", "setdefault", "pop"],
    &["sorted", "reversed", "list", "set"],
    &["floor", "ceil", "round", "trunc", "int"],
    &["split", "rsplit", "splitlines", "partition", "rpartition"],
    &["partition", "rpartition"],
    &[
        "union",
        "intersection",
        "difference",
        "symmetric_difference",
    ],
    &["issubset", "issuperset", "isdisjoint"],
    &[
        "isdigit",
        "isalpha",
        "isalnum",
        "isnumeric",
        "isdecimal",
        "isspace",
    ],
    &["isupper", "islower", "istitle"],
    &["ljust", "rjust", "center", "zfill"],
    &["heappush", "heappop", "heappushpop", "heapreplace"],
    &["bisect_left", "bisect_right", "bisect", "insort"],
    &["nlargest", "nsmallest"],
    &["match", "search", "fullmatch", "findall"],
    &["group", "groups"],
    &[
        "days",
        "seconds",
        "total_seconds",
        "hours",
        "minutes",
        "weeks",
    ],
    &["year", "month", "day", "hour", "minute", "second"],
    &["weekday", "isoweekday"],
    &["read", "readline", "readlines"],
    &["write", "writelines"],
    &["int", "float", "str", "round", "bool"],
    &["list", "tuple", "set"],
    &["str", "repr"],
    &[
        "permutations",
        "combinations",
        "product",
        "combinations_with_replacement",
    ],
    &["sin", "cos", "tan"],
    &["log", "log2", "log10", "log1p"],
    &["setdefault", "get"],
    &["mean", "median", "mode"],
    &["acquire", "release"],
    &["enter", "exit"],
    &["left", "right"],
    &["first", "last"],
    &["head", "tail"],
    &["start", "end", "stop"],
    &["next", "prev", "previous"],
    &["width", "height"],
    &["row", "col", "column"],
    &["x", "y", "z"],
    &["key", "value"],
    &["parent", "child", "children"],
    &["source", "target"],
    &["src", "dst"],
    &["floordiv", "mod"],
    &["isinstance", "issubclass"],
    &["iter", "next"],
    &["encode", "decode"],
    &["dumps", "loads"],
    &["copy", "deepcopy"],
    &["sort", "reverse"],
    &["gcd", "lcm"],
];

/// How often two names of one family are taken for one another, 0 if they are not.
fn family(a: &str, b: &str) -> f64 {
    FAMILIES
        .iter()
        .filter(|row| row.contains(&a) && row.contains(&b))
        .map(|row| 1.0 / (row.len() as f64 - 1.0).sqrt())
        .fold(0.0, f64::max)
}

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    match node.kind() {
        "call" => callee(place, node, pool),
        "attribute" if node.field() != Some("function") => attribute(place, node, pool),
        _ => {}
    }
    if !is_read(node) {
        return;
    }
    match node.kind() {
        "identifier" => variable(place, node, pool),
        "attribute" | "subscript" | "call" | "binary_operator" => by_atom(place, node, pool),
        _ => {}
    }
    if !matches!(
        node.kind(),
        "integer" | "float" | "string" | "true" | "false" | "none"
    ) {
        by_donor(place, node, pool);
    }
}

/// How much reading one name where another was meant hurts more in some places than in others.
fn position_weight(node: Node<'_>) -> f64 {
    match (node.parent_kind(), node.field()) {
        ("attribute", Some("object")) => 0.7,
        ("argument_list" | "keyword_argument", _) => 1.0,
        ("return_statement", _) => 1.0,
        _ => 0.9,
    }
}

fn variable<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if matches!(node.text(), "self" | "cls" | "super") {
        return;
    }
    let wanted = place.wanted(node);
    let atoms = place.atoms_at(node);
    let crowd = (8.0 / atoms.len().max(8) as f64).sqrt();
    for atom in &atoms {
        if atom.text == node.text() {
            continue;
        }
        let alike = name_likeness(node.text(), atom.text).max(family(node.text(), atom.text));
        let fit = wanted.affinity(atom.ty);
        let prior = 0.42 * fit * atom.weight * crowd * position_weight(node) * (0.8 + 0.6 * alike);
        pool.replace(node, &atom_expr(atom), "replace_variable", prior);
    }
    // `x` → `self.x`, `x` → `other.x`.
    for attribute in &place.file.attributes {
        let alike = name_likeness(node.text(), attribute);
        if alike < 0.8 || is_inside_string(node) {
            continue;
        }
        for atom in atoms
            .iter()
            .filter(|atom| atom.ty.may_be(Ty::OBJECT))
            .take(6)
        {
            if !atom.text.contains('.') {
                let expr = Expr::atom(format!("{}.{attribute}", atom.text));
                pool.replace(node, &expr, "add_attribute", 0.08);
            }
        }
    }
    // `node` → `node.value`, where the file reads that attribute of something.
    if !is_inside_string(node) && place.type_of(node).may_be(Ty::OBJECT) {
        for attribute in place.file.attributes.iter().take(16) {
            let ty = place.file.scopes.attributes.get(attribute).copied();
            let fit = wanted.affinity(ty.unwrap_or(Ty::ANY));
            let known = if reads_attributes(place, node.text()) {
                0.12
            } else {
                0.02
            };
            let expr = Expr::atom(format!("{}.{attribute}", node.text()));
            pool.replace(node, &expr, "add_attribute", known * fit);
        }
    }
}

/// Whether the function reads an attribute of the variable `name` anywhere.
fn reads_attributes(place: &Place<'_, '_>, name: &str) -> bool {
    place.donors.iter().any(|donor| {
        donor.node.kind() == "attribute"
            && donor
                .node
                .child("object")
                .is_some_and(|object| object.text() == name)
    })
}

/// The attribute, or the receiver, of `a.b`.
fn attribute<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let (Some(object), Some(name)) = (node.child("object"), node.child("attribute")) else {
        return;
    };
    let is_module = object.kind() == "identifier" && place.file.scopes.variable(object).is_none();
    let own = object.text() == "self" || object.text() == "cls";
    let wanted = place.type_of(node);
    for other in place.file.attributes.iter().take(40) {
        if *other == name.text() || (is_module && !own) {
            continue;
        }
        // `self` has the attributes of its class and no others.
        if own
            && !place
                .atoms
                .iter()
                .any(|atom| atom.text.strip_prefix("self.") == Some(other))
        {
            continue;
        }
        let ty = place
            .file
            .scopes
            .attributes
            .get(other)
            .copied()
            .unwrap_or(Ty::ANY);
        let alike = name_likeness(name.text(), other).max(family(name.text(), other));
        let prior = 0.3 * wanted.affinity(ty) * (0.5 + 1.2 * alike);
        pool.splice(name.span(), *other, "replace_attribute", prior);
    }
    for &row in FAMILIES.iter().filter(|row| row.contains(&name.text())) {
        for other in row.iter().filter(|other| **other != name.text()) {
            pool.splice(name.span(), *other, "replace_attribute", 0.04);
        }
    }
    if is_read(node) && !own && !is_module {
        pool.replace(node, &Expr::of(object), "drop_attribute", 0.12);
    }
}

/// The function or method that is called.
fn callee<'t>(place: &Place<'t, '_>, call: Node<'t>, pool: &mut Pool<'_>) {
    let Some(function) = call.child("function") else {
        return;
    };
    let arguments = call
        .child("arguments")
        .map_or(0, |list| list.parts().count());
    match function.kind() {
        "identifier" => {
            for other in FAMILIES
                .iter()
                .filter(|row| row.contains(&function.text()))
                .copied()
                .flatten()
            {
                let likely = family(function.text(), other);
                if *other != function.text() && is_builtin(other) {
                    pool.splice(function.span(), *other, "replace_function", 0.5 * likely);
                }
            }
            for other in &place.file.functions {
                if other.is_method || other.name == function.text() {
                    continue;
                }
                let alike = name_likeness(function.text(), other.name)
                    .max(family(function.text(), other.name));
                let fit = if other.parameters.len() == arguments {
                    1.0
                } else {
                    0.25
                };
                pool.splice(
                    function.span(),
                    other.name,
                    "replace_function",
                    (0.15 + 0.35 * alike) * fit,
                );
            }
            for atom in place.atoms.iter().filter(|atom| atom.ty.is(Ty::FUNCTION)) {
                pool.splice(function.span(), atom.text, "replace_function", 0.25);
            }
        }
        "attribute" => method(place, function, arguments, pool),
        _ => {}
    }
}

fn method<'t>(place: &Place<'t, '_>, function: Node<'t>, arguments: usize, pool: &mut Pool<'_>) {
    let (Some(object), Some(name)) = (function.child("object"), function.child("attribute")) else {
        return;
    };
    for other in FAMILIES
        .iter()
        .filter(|row| row.contains(&name.text()))
        .copied()
        .flatten()
    {
        let likely = family(name.text(), other);
        let fits = !is_builtin(other) || *other == "format";
        if *other != name.text() && fits && !matches!(*other, "insert" | "isinstance") {
            pool.splice(name.span(), *other, "replace_method", 0.45 * likely);
        }
    }
    let own = matches!(object.text(), "self" | "cls");
    for other in &place.file.functions {
        if !other.is_method || other.name == name.text() || other.name.starts_with("__") {
            continue;
        }
        let alike = name_likeness(name.text(), other.name).max(family(name.text(), other.name));
        let fit = if other.parameters.len() == arguments {
            1.0
        } else {
            0.25
        };
        let receiver = if own || place.type_of(object).may_be(Ty::OBJECT) {
            1.0
        } else {
            0.2
        };
        pool.splice(
            name.span(),
            other.name,
            "replace_method",
            (0.12 + 0.35 * alike) * fit * receiver,
        );
    }
    for other in place.file.methods.iter().take(24) {
        let likely = Ty::with_method(name.text()).affinity(Ty::with_method(other));
        if *other != name.text() && !other.starts_with("__") {
            pool.splice(name.span(), *other, "replace_method", 0.03 * likely);
        }
    }
    receiver(place, name, object, pool);
}

/// Another object that is called: its own variables are proposed where the name is read.
fn receiver<'t>(place: &Place<'t, '_>, name: Node<'t>, object: Node<'t>, pool: &mut Pool<'_>) {
    let own = matches!(object.text(), "self" | "cls");
    let needs = Ty::with_method(name.text());
    if own {
        // `self.take(x)` where another account was to take it.
        let is_own_receiver =
            |atom: &&Atom<'_>| atom.ty.may_be(Ty::OBJECT) && !atom.ty.is_unknown();
        for atom in place.atoms.iter().filter(is_own_receiver) {
            pool.splice(
                object.span(),
                atom.text,
                "replace_receiver",
                0.25 * atom.weight,
            );
        }
        for atom in place.atoms.iter().filter(|atom| atom.ty.is_unknown()) {
            pool.splice(
                object.span(),
                atom.text,
                "replace_receiver",
                0.12 * atom.weight,
            );
        }
    } else if object.kind() == "identifier" && has_self(place) {
        pool.splice(object.span(), "self", "replace_receiver", 0.12);
    }
    if object.kind() != "identifier" && !needs.is_unknown() {
        for atom in place.atoms.iter().filter(|atom| atom.text != object.text()) {
            let prior = 0.2 * needs.affinity(atom.ty) * atom.weight;
            pool.splice(object.span(), atom.text, "replace_receiver", prior);
        }
    }
}

/// Whether the function is a method of an object.
fn has_self(place: &Place<'_, '_>) -> bool {
    place
        .function
        .child("parameters")
        .and_then(|parameters| parameters.parts().next())
        .is_some_and(|first| first.text() == "self")
}

fn is_builtin(name: &str) -> bool {
    matches!(
        name,
        "min"
            | "max"
            | "sum"
            | "any"
            | "all"
            | "sorted"
            | "reversed"
            | "list"
            | "set"
            | "tuple"
            | "int"
            | "float"
            | "str"
            | "repr"
            | "round"
            | "bool"
            | "iter"
            | "next"
            | "isinstance"
            | "issubclass"
            | "len"
            | "abs"
    )
}

/// A whole expression → a variable.
fn by_atom<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if node.parent_kind() == "expression_statement" || is_condition(node) {
        return;
    }
    let wanted = place.wanted(node);
    for atom in place.atoms_at(node) {
        if atom.text == node.text() {
            continue;
        }
        let inner = node
            .walk()
            .any(|part| part.kind() == "identifier" && part.text() == atom.text);
        let base = if inner { 0.25 } else { 0.14 };
        let alike = 1.0 + name_likeness(node.text(), atom.text);
        let prior = base * wanted.affinity(atom.ty) * atom.weight * alike;
        pool.replace(node, &atom_expr(&atom), "expression_to_variable", prior);
    }
}

/// An expression → a call of a function of the file.
fn by_call<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let wanted = place.wanted(node);
    for (call, ty) in &place.calls {
        // What the call takes is often what stands here now.
        let takes = call.text.contains(node.text());
        let prior = if takes { 0.14 } else { 0.05 } * wanted.affinity(*ty);
        if call.text != node.text() && prior >= 0.008 {
            pool.replace(node, call, "call_of_file", prior);
        }
    }
}

/// An expression → another one that the function already uses.
fn by_donor<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if is_inside_string(node) || node.parent_kind() == "expression_statement" {
        return;
    }
    by_call(place, node, pool);
    let wanted = place.wanted(node);
    let mut found: Vec<(&Expr, f64)> = Vec::new();
    for donor in &place.donors {
        if donor.node.text() == node.text() {
            continue;
        }
        let kin = if donor.node.kind() == node.kind() {
            0.22
        } else {
            0.08
        };
        let crossing = donor.node.holds(node);
        let shares = node.kind() == "identifier"
            && donor
                .node
                .walk()
                .any(|part| part.kind() == "identifier" && part.text() == node.text());
        let shape = match (crossing, shares) {
            (true, _) => 0.15,
            (_, true) => 2.0,
            _ => 1.0,
        };
        let misfit = is_condition(node) && !donor.ty.is(Ty::BOOL);
        let truth = if misfit { 0.3 } else { 1.0 };
        let alike = 0.8 + 0.6 * name_likeness(node.text(), donor.node.text());
        found.push((
            &donor.expr,
            kin * wanted.affinity(donor.ty) * shape * truth * alike,
        ));
    }
    let sum: f64 = found.iter().map(|(_, prior)| prior).sum();
    let share = (DONATED_SUM / sum).min(1.0);
    for (expr, prior) in found {
        if prior * share >= 0.006 {
            pool.replace(node, expr, "donor_expression", prior * share);
        }
    }
}
