//! Calls: arguments in the wrong order, missing, too many, off by one.

use super::expr::{Expr, Level, is_inside_string, is_read};
use super::place::{Function, Place, atom_expr, name_likeness};
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if node.kind() == "lambda" {
        return key(place, node, pool);
    }
    if node.kind() != "call" {
        return;
    }
    let (Some(function), Some(list)) = (node.child("function"), node.child("arguments")) else {
        return;
    };
    if list.kind() != "argument_list" {
        return keywords(node, function, list, pool);
    }
    let arguments: Vec<Node<'t>> = list.parts().collect();
    reorder(place, function, &arguments, pool);
    remove(list, &arguments, pool);
    insert(place, function, list, &arguments, pool);
    keywords(node, function, list, pool);
    unwrap(node, function, &arguments, pool);
    reorder_chain(node, function, &arguments, pool);
    if is_own_call(place, function) {
        recursive(place, &arguments, pool);
    }
}

fn is_positional(argument: Node<'_>) -> bool {
    Level::of(argument).is_some()
}

/// Whether the call goes to the function that it stands in.
fn is_own_call(place: &Place<'_, '_>, function: Node<'_>) -> bool {
    let name = place.function.child("name").map_or("", |name| name.text());
    let called = match function.kind() {
        "attribute" => function.child("attribute").map_or("", |name| name.text()),
        _ => function.text(),
    };
    !name.is_empty() && name == called
}

/// The definition that a call goes to, where the file holds it.
fn definition<'p, 't>(place: &'p Place<'t, '_>, function: Node<'t>) -> Option<&'p Function<'t>> {
    let (name, is_method) = match function.kind() {
        "attribute" => (function.child("attribute")?.text(), true),
        _ => (function.text(), false),
    };
    let mut known = place
        .file
        .functions
        .iter()
        .filter(|known| known.name == name);
    known
        .clone()
        .find(|known| known.is_method == is_method)
        .or_else(|| known.next())
}

fn reorder<'t>(
    place: &Place<'t, '_>,
    function: Node<'t>,
    arguments: &[Node<'t>],
    pool: &mut Pool<'_>,
) {
    let Some(first) = arguments.first() else {
        return;
    };
    let text = first.file_text();
    let symmetric = matches!(
        function.text(),
        "max" | "min" | "zip" | "print" | "gcd" | "math.gcd"
    );
    let scale = if symmetric && !is_own_call(place, function) {
        0.1
    } else {
        1.0
    };
    let write = |order: &[usize]| -> String {
        let mut written = String::new();
        for (slot, &from) in order.iter().enumerate() {
            written.push_str(arguments[from].text());
            if let Some(next) = arguments.get(slot + 1) {
                written.push_str(&text[arguments[slot].end()..next.start()]);
            }
        }
        written
    };
    let span = first.start()..arguments[arguments.len() - 1].end();
    let parameters = definition(place, function).map_or(&[][..], |known| &known.parameters);
    for a in 0..arguments.len() {
        for b in a + 1..arguments.len() {
            if !is_positional(arguments[a]) || !is_positional(arguments[b]) {
                continue;
            }
            let fit = place
                .type_of(arguments[a])
                .affinity(place.type_of(arguments[b]));
            // The names say that each belongs where the other stands.
            let named = |argument: usize, parameter: usize| {
                parameters
                    .get(parameter)
                    .map_or(0.0, |p| name_likeness(arguments[argument].text(), p))
            };
            let hint = (named(a, b) + named(b, a) - named(a, a) - named(b, b)).clamp(0.0, 1.0);
            let mut order: Vec<usize> = (0..arguments.len()).collect();
            order.swap(a, b);
            let prior = (0.45 * fit.max(0.3) + 0.4 * hint) * scale;
            pool.splice(span.clone(), write(&order), "swap_arguments", prior);
        }
    }
    if arguments.len() >= 3 && arguments.iter().all(|argument| is_positional(*argument)) {
        let mut order: Vec<usize> = (0..arguments.len()).collect();
        order.rotate_left(1);
        pool.splice(
            span.clone(),
            write(&order),
            "rotate_arguments",
            0.15 * scale,
        );
        order.rotate_right(2);
        pool.splice(span, write(&order), "rotate_arguments", 0.15 * scale);
    }
}

fn remove(list: Node<'_>, arguments: &[Node<'_>], pool: &mut Pool<'_>) {
    for (at, argument) in arguments.iter().enumerate() {
        // The comma goes with it: the one behind, or the one before the last.
        let span = match (arguments.get(at + 1), at.checked_sub(1)) {
            (Some(next), _) => argument.start()..next.start(),
            (None, Some(before)) => arguments[before].end()..argument.end(),
            (None, None) => list.start() + 1..list.end() - 1,
        };
        let prior = if is_positional(*argument) { 0.15 } else { 0.25 };
        pool.splice(span, "", "drop_argument", prior);
    }
}

fn insert<'t>(
    place: &Place<'t, '_>,
    function: Node<'t>,
    list: Node<'t>,
    arguments: &[Node<'t>],
    pool: &mut Pool<'_>,
) {
    if is_inside_string(list) {
        return;
    }
    let known = definition(place, function);
    let parameters = known.map_or(&[][..], |known| &known.parameters);
    let missing = parameters.len().saturating_sub(arguments.len());
    let base = match known {
        Some(_) if missing > 0 => 0.35,
        Some(_) => 0.01,
        None => 0.05,
    };
    let mut positional = arguments.iter();
    let positional = positional.position(|argument| !is_positional(*argument));
    let positional = positional.unwrap_or(arguments.len());
    let scope = known.and_then(|known| place.file.scopes.function(known.name));
    for slot in 0..=positional {
        let parameter = parameters.get(slot).copied();
        let wanted = scope
            .and_then(|scope| scope.variables.iter().find(|v| Some(v.name) == parameter))
            .map_or(Ty::ANY, |variable| variable.ty);
        let weight = base * if slot == positional { 1.0 } else { 0.5 };
        for (text, prior) in fillings(place, parameter, wanted) {
            let (at, text) = match arguments.get(slot) {
                Some(argument) => (argument.start(), format!("{text}, ")),
                None if slot == 0 => (list.start() + 1, text),
                None => (arguments[slot - 1].end(), format!(", {text}")),
            };
            pool.splice(at..at, text, "insert_argument", prior * weight);
        }
    }
    if missing > 0 {
        insert_named(place, parameters, arguments, pool);
    }
}

/// What may be given for a parameter: variables, constants, and for `seats` also `order.seats`.
fn fillings<'t>(place: &Place<'t, '_>, parameter: Option<&str>, wanted: Ty) -> Vec<(String, f64)> {
    let mut fillings = Vec::new();
    for atom in &place.atoms {
        let alike = parameter.map_or(0.0, |name| name_likeness(name, atom.text));
        let prior = wanted.affinity(atom.ty) * atom.weight * (0.7 + 0.8 * alike);
        fillings.push((atom.text.to_owned(), prior));
    }
    for constant in ["0", "1", "None", "True", "False"] {
        fillings.push((constant.to_owned(), 0.3));
    }
    let Some(name) = parameter else {
        return fillings;
    };
    for donor in &place.donors {
        let attribute = donor.node.child("attribute");
        if attribute.is_some_and(|attribute| attribute.text() == name) {
            fillings.push((donor.expr.text.clone(), 1.0));
        }
    }
    if place.file.attributes.contains(&name) {
        let objects = place.atoms.iter().filter(|atom| atom.ty.may_be(Ty::OBJECT));
        for atom in objects.take(8) {
            fillings.push((format!("{}.{name}", atom.text), 0.5 * atom.weight));
        }
    }
    fillings
}

/// `f(x)` → `f(x, name=name)`.
fn insert_named<'t>(
    place: &Place<'t, '_>,
    parameters: &[&str],
    arguments: &[Node<'t>],
    pool: &mut Pool<'_>,
) {
    let Some(last) = arguments.last() else {
        return;
    };
    for name in parameters {
        let given = arguments
            .iter()
            .filter(|argument| argument.kind() == "keyword_argument")
            .filter_map(|argument| argument.child("name"))
            .any(|given| given.text() == *name);
        let mut atoms = place.atoms.iter();
        let like = atoms.find(|atom| atom.text.rsplit('.').next() == Some(name));
        if let Some(atom) = like.filter(|_| !given) {
            let text = format!(", {name}={}", atom.text);
            pool.splice(last.end()..last.end(), text, "insert_argument", 0.3);
        }
    }
}

/// `key=lambda item: -item[1]` → `(-item[1], item[0])`: what decides between equals.
fn key<'t>(place: &Place<'t, '_>, lambda: Node<'t>, pool: &mut Pool<'_>) {
    let parameter = lambda
        .child("parameters")
        .and_then(|list| list.parts().next());
    let (Some(parameter), Some(body)) = (parameter, lambda.child("body")) else {
        return;
    };
    if parameter.kind() != "identifier" || body.is_multiline() || body.kind() == "tuple" {
        return;
    }
    let (name, first) = (parameter.text(), Expr::of(body).at(Level::Lambda));
    let mut seconds = vec![name.to_owned(), format!("{name}[0]"), format!("{name}[1]")];
    for attribute in place.file.attributes.iter().take(12) {
        seconds.push(format!("{name}.{attribute}"));
    }
    let is_attribute = body.walk().any(|part| part.kind() == "attribute");
    let is_element = body.walk().any(|part| part.kind() == "subscript");
    for second in seconds
        .iter()
        .filter(|second| !body.text().contains(second.as_str()))
    {
        let fits = match second.contains('.') {
            true => is_attribute,
            false => is_element || *second == name,
        };
        if fits {
            let prior = if is_element { 0.16 } else { 0.06 };
            let (one, other) = (
                format!("({first}, {second})"),
                format!("({second}, {first})"),
            );
            pool.replace(body, &Expr::atom(one), "tie_break", prior);
            pool.replace(body, &Expr::atom(other), "tie_break", prior * 0.3);
        }
    }
}

/// Keyword arguments of well-known functions, and those that are given turned round.
fn keywords(call: Node<'_>, function: Node<'_>, list: Node<'_>, pool: &mut Pool<'_>) {
    let name = match function.kind() {
        "attribute" => function.child("attribute").map_or("", |name| name.text()),
        _ => function.text(),
    };
    let usual: &[(&str, f64)] = match name {
        "sorted" | "sort" => &[
            ("reverse=True", 0.35),
            ("key=len", 0.08),
            ("key=str.lower", 0.04),
            ("key=abs", 0.03),
            ("key=lambda item: item[0]", 0.05),
            ("key=lambda item: item[1]", 0.12),
            ("key=lambda item: (-item[1], item[0])", 0.04),
        ],
        "max" | "min" => &[
            ("default=0", 0.15),
            ("default=None", 0.12),
            ("key=len", 0.12),
            ("key=abs", 0.06),
            ("key=lambda item: item[1]", 0.08),
        ],
        "enumerate" => &[("start=1", 0.3), ("1", 0.05)],
        "split" | "rsplit" => &[("maxsplit=1", 0.08)],
        "zip" => &[("strict=True", 0.02)],
        "round" => &[("2", 0.12), ("1", 0.04)],
        "next" => &[("None", 0.25)],
        "sum" => &[("[]", 0.05)],
        "pop" => &[("0", 0.2), ("-1", 0.03)],
        "popitem" | "move_to_end" => &[("last=False", 0.3)],
        "open" => &[("encoding=\"utf-8\"", 0.06)],
        "replace" => &[("1", 0.06)],
        "int" => &[("16", 0.04), ("2", 0.06)],
        "get" | "getattr" => &[("0", 0.12), ("[]", 0.06), ("None", 0.05), ("\"\"", 0.05)],
        "dumps" => &[("sort_keys=True", 0.1), ("indent=2", 0.05)],
        "print" => &[("end=\"\"", 0.05)],
        _ => &[],
    };
    if is_inside_string(call) {
        return;
    }
    let given = list.text();
    for (keyword, prior) in usual {
        let key = keyword.split('=').next().unwrap_or(keyword);
        let is_named = keyword.contains('=');
        if is_named && given.contains(&format!("{key}=")) {
            continue;
        }
        if list.kind() == "generator_expression" {
            if is_named {
                let text = format!("({given}, {keyword})");
                pool.splice(list.span(), text, "insert_keyword", *prior);
            }
            continue;
        }
        match list.parts().last() {
            Some(last) if is_named || is_positional(last) => {
                let at = last.end();
                pool.splice(at..at, format!(", {keyword}"), "insert_keyword", *prior);
            }
            None if name != "sorted" && name != "max" && name != "min" => {
                let at = list.start() + 1;
                pool.splice(at..at, *keyword, "insert_keyword", *prior);
            }
            _ => {}
        }
    }
}

/// `f(x)` → `x`, and `f` where the value of the call was not wanted.
fn unwrap(call: Node<'_>, function: Node<'_>, arguments: &[Node<'_>], pool: &mut Pool<'_>) {
    if !is_read(call) || call.parent_kind() == "expression_statement" {
        return;
    }
    let is_recursive = call.ancestors().any(|around| {
        around.kind() == "function_definition"
            && around
                .child("name")
                .is_some_and(|name| name.text() == function.text())
    });
    for argument in arguments
        .iter()
        .filter(|argument| is_positional(**argument))
    {
        let prior = if arguments.len() == 1 { 0.2 } else { 0.15 };
        // A function that calls itself was mostly meant to.
        let prior = if is_recursive { 0.4 * prior } else { prior };
        if !argument.is_multiline() {
            pool.replace(call, &Expr::of(*argument), "unwrap_call", prior);
        }
    }
    if function.kind() == "attribute"
        && let Some(object) = function.child("object")
        && object.kind() != "identifier"
        && !object.is_multiline()
    {
        pool.replace(call, &Expr::of(object), "drop_method_call", 0.18);
    } else if let Some(object) = function.child("object") {
        pool.replace(call, &Expr::of(object), "drop_method_call", 0.12);
    }
    if arguments.is_empty() {
        pool.replace(call, &Expr::of(function), "drop_call", 0.06);
    }
}

/// `f(x).m(y)` → `f(x.m(y))`, and back.
fn reorder_chain(call: Node<'_>, function: Node<'_>, arguments: &[Node<'_>], pool: &mut Pool<'_>) {
    if call.is_multiline() || !is_read(call) {
        return;
    }
    if let (Some(object), Some(method)) = (function.child("object"), function.child("attribute"))
        && object.kind() == "call"
        && let (Some(outer), Some(list)) = (object.child("function"), object.child("arguments"))
        && let Some(first) = list.parts().next().filter(|first| is_positional(*first))
        && list.kind() == "argument_list"
    {
        let tail = &call.file_text()[method.start()..call.end()];
        let inner = Expr::of(first).postfixed(&format!(".{tail}")).text;
        let rest = &call.file_text()[first.end()..object.end()];
        let moved = Expr::atom(format!("{}({inner}{rest}", outer.text()));
        pool.replace(call, &moved, "reorder_calls", 0.18);
    }
    if let Some(first) = arguments.first()
        && first.kind() == "call"
        && let Some(inner) = first
            .child("function")
            .filter(|inner| inner.kind() == "attribute")
        && let (Some(object), Some(method)) = (inner.child("object"), inner.child("attribute"))
    {
        let tail = &call.file_text()[method.start()..first.end()];
        let rest = &call.file_text()[first.end()..call.end()];
        let moved = Expr::atom(format!(
            "{}({}{rest}.{tail}",
            function.text(),
            object.text()
        ));
        pool.replace(call, &moved, "reorder_calls", 0.12);
    }
}

/// Arguments of a call that the function makes to itself: the step of the recursion.
fn recursive<'t>(place: &Place<'t, '_>, arguments: &[Node<'t>], pool: &mut Pool<'_>) {
    let parameters: Vec<&str> = place
        .file
        .functions
        .iter()
        .find(|function| function.node == place.function)
        .map_or(Vec::new(), |function| function.parameters.clone());
    for (slot, argument) in arguments.iter().enumerate() {
        if !is_positional(*argument) || argument.is_multiline() {
            continue;
        }
        let wanted = place.wanted(*argument);
        let expr = Expr::of(*argument);
        if wanted.may_be(Ty::NUMBER) {
            let base = if wanted.is(Ty::NUMBER) { 0.4 } else { 0.06 };
            for sign in ["-", "+"] {
                pool.replace(
                    *argument,
                    &expr.binary(sign, &Expr::atom("1")),
                    "recursion_step",
                    base,
                );
                for atom in place.atoms.iter().filter(|atom| atom.ty.may_be(Ty::INT)) {
                    let known = if atom.ty.is(Ty::NUMBER) { 0.4 } else { 0.2 };
                    let stepped = expr.binary(sign, &atom_expr(atom));
                    if atom.text != argument.text() {
                        pool.replace(
                            *argument,
                            &stepped,
                            "recursion_step",
                            base * known * atom.weight,
                        );
                    }
                }
            }
        }
        if wanted.may_be(Ty::INDEXED) && !matches!(argument.kind(), "integer" | "subscript") {
            let base = if wanted.is(Ty::INDEXED) { 0.25 } else { 0.06 };
            for tail in ["[1:]", "[:-1]"] {
                pool.replace(*argument, &expr.postfixed(tail), "recursion_step", base);
            }
        }
        // The parameter itself where something derived from it was passed, or the other way round.
        if let Some(own) = parameters.get(slot)
            && *own != argument.text()
        {
            pool.replace(*argument, &Expr::atom(*own), "recursion_step", 0.2);
        }
    }
}
