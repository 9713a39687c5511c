//! Calls and `yield`s that stand alone: results that were thrown away, values that are shared.

use super::expr::Level;
use super::place::Place;
use super::pool::Pool;
use super::tree::Node;

/// A call or `yield` as a statement.
pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let Some(value) = node.parts().next() else {
        return;
    };
    match value.kind() {
        "yield" => yields(value, pool),
        "call" => {
            if place.is_in_function() {
                let is_last = node.parent().is_some_and(|block| block.end() == node.end());
                let own = place
                    .function
                    .child("name")
                    .is_some_and(|name| value.text().contains(name.text()));
                let prior = if own {
                    0.4
                } else if is_last {
                    0.12
                } else {
                    0.05
                };
                pool.splice(
                    node.span(),
                    format!("return {}", value.text()),
                    "return_call",
                    prior,
                );
                let is_generator = place.function.walk().any(|part| part.kind() == "yield");
                if is_generator {
                    let prior = if own { 0.5 } else { 0.1 };
                    pool.splice(
                        node.span(),
                        format!("yield from {}", value.text()),
                        "yield_call",
                        prior,
                    );
                }
            }
            kept_result(place, node, value, pool);
        }
        _ => {}
    }
}

fn yields(value: Node<'_>, pool: &mut Pool<'_>) {
    let Some(given) = value.parts().next() else {
        return;
    };
    let text = given.text();
    let is_from = value.children().any(|child| child.kind() == "from");
    let other = if is_from {
        format!("yield {text}")
    } else {
        format!("yield from {text}")
    };
    pool.splice(value.span(), other, "change_yield", 0.4);
    pool.splice(
        value.span(),
        format!("return {text}"),
        "yield_to_return",
        0.1,
    );
}

/// `f(x)` → `y = f(x)`; `a[x].update(b)` → `a[x] = b`.
fn kept_result<'t>(place: &Place<'t, '_>, node: Node<'t>, call: Node<'t>, pool: &mut Pool<'_>) {
    let (Some(function), Some(list)) = (call.child("function"), call.child("arguments")) else {
        return;
    };
    let arguments: Vec<_> = list
        .parts()
        .filter(|part| Level::of(*part).is_some())
        .collect();
    for (at, atom) in place.atoms.iter().enumerate().take(12) {
        let used = arguments
            .iter()
            .any(|argument| argument.text() == atom.text);
        let prior = if used {
            0.2
        } else {
            0.04 / (1.0 + at as f64 * 0.1)
        };
        pool.splice(
            node.span(),
            format!("{} = {}", atom.text, call.text()),
            "keep_result",
            prior,
        );
    }
    let Some(object) = function
        .child("object")
        .filter(|_| function.kind() == "attribute")
    else {
        return;
    };
    unshare(node, object, function, &arguments, pool);
    if matches!(object.kind(), "identifier" | "attribute" | "subscript") && object.text() != "self"
    {
        pool.splice(
            node.span(),
            format!("{} = {}", object.text(), call.text()),
            "keep_result",
            0.16,
        );
        if let [argument] = arguments[..] {
            for (operator, prior) in [("=", 0.22), ("+=", 0.1)] {
                let text = format!("{} {operator} {}", object.text(), argument.text());
                pool.splice(node.span(), text, "call_to_assignment", prior);
            }
        }
        if let [key, value] = arguments[..] {
            let text = format!("{}[{}] = {}", object.text(), key.text(), value.text());
            pool.splice(node.span(), text, "call_to_assignment", 0.1);
        }
    }
}

/// `x.clear()` → `x = []`: others may hold the old one.
fn unshare(
    node: Node<'_>,
    object: Node<'_>,
    function: Node<'_>,
    arguments: &[Node<'_>],
    pool: &mut Pool<'_>,
) {
    let holder = object.text();
    let method = function.child("attribute").map_or("", |name| name.text());
    let first = arguments.first().map_or("", |argument| argument.text());
    let is_target = matches!(object.kind(), "identifier" | "attribute" | "subscript");
    let others: Vec<(String, f64)> = match (method, arguments.len()) {
        _ if !is_target => Vec::new(),
        ("clear", 0) => vec![
            (format!("{holder} = []"), 0.4),
            (format!("{holder} = {{}}"), 0.3),
        ],
        ("sort", _) => vec![(format!("{holder} = sorted({holder})"), 0.25)],
        ("reverse", 0) => vec![(format!("{holder} = {holder}[::-1]"), 0.25)],
        ("append", 1) => vec![(format!("{holder} = {holder} + [{first}]"), 0.1)],
        ("extend" | "update", 1) => vec![(format!("{holder} = {holder} + {first}"), 0.06)],
        ("add", 1) => vec![(format!("{holder} = {holder} | {{{first}}}"), 0.08)],
        _ => Vec::new(),
    };
    for (text, prior) in others {
        pool.splice(node.span(), text, "unshare", prior);
    }
}
