//! The head of a function: default arguments, and defaults that all calls share.

use super::layout::{gaps, indent_of, indent_unit, is_docstring, is_on_own_lines};
use super::pool::Pool;
use super::tree::Node;

pub(super) fn propose<'t>(function: Node<'t>, pool: &mut Pool<'_>) {
    let (Some(parameters), Some(body)) = (function.child("parameters"), function.child("body"))
    else {
        return;
    };
    for parameter in parameters.parts() {
        if !matches!(
            parameter.kind(),
            "default_parameter" | "typed_default_parameter"
        ) {
            continue;
        }
        if let (Some(name), Some(value)) = (parameter.child("name"), parameter.child("value")) {
            shared_default(name, value, body, pool);
        }
    }
}

/// What tests compare and print with: an edit there silences them rather than repair anything.
const WITNESSES: [&str; 5] = ["__eq__", "__ne__", "__hash__", "__repr__", "__str__"];

/// Weighs edits of the methods down by which tests see results at all.
pub(super) fn doubt_witnesses(function: Node<'_>, pool: &mut Pool<'_>) {
    let name = function.child("name").map_or("", Node::text);
    if WITNESSES.contains(&name) {
        pool.doubt(function.span(), 0.15);
    }
}

/// `def f(x=[])` → `def f(x=None)` with `if x is None: x = []` at the top.
fn shared_default(name: Node<'_>, value: Node<'_>, body: Node<'_>, pool: &mut Pool<'_>) {
    let is_mutable = matches!(value.kind(), "list" | "dictionary" | "set")
        || matches!(value.text(), "set()" | "list()" | "dict()");
    let first = gaps(body).first().and_then(|gap| gap.after);
    let Some(first) =
        first.filter(|first| is_mutable && is_on_own_lines(*first) && !is_docstring(*first))
    else {
        return;
    };
    let root = body.ancestors().last().unwrap_or(body);
    let (indent, unit) = (indent_of(first), indent_unit(root));
    let name = name.text();
    let between = &body.file_text()[value.end()..first.start()];
    let text = format!(
        "None{between}if {name} is None:\n{indent}{unit}{name} = {}\n{indent}",
        value.text()
    );
    pool.splice(value.start()..first.start(), text, "unshare_default", 0.6);
}
