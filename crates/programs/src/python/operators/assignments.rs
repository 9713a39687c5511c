//! Assignments: the wrong target, the wrong kind, one after the other where together was meant.

use super::expr::{Expr, Level, operator_of};
use super::layout::{is_on_own_lines, is_statement};
use super::place::{Place, name_likeness};
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

pub(super) fn propose<'t>(place: &Place<'t, '_>, pool: &mut Pool<'_>) {
    let statement = place.statement;
    if statement.kind() != "expression_statement" {
        return;
    }
    let Some(node) = statement.parts().next() else {
        return;
    };
    match node.kind() {
        "assignment" => plain(place, node, pool),
        "augmented_assignment" => {
            if let (Some(left), Some(right)) = (node.child("left"), node.child("right")) {
                target(place, left, right, pool);
                swap_sides(node, left, right, pool);
            }
        }
        _ => return,
    }
    together(statement, node, pool);
}

fn plain<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let (Some(left), Some(right)) = (node.child("left"), node.child("right")) else {
        return;
    };
    if right.kind() == "assignment" {
        return kept_in_chain(node, left, right, pool);
    }
    if node.child("type").is_some() {
        return;
    }
    target(place, left, right, pool);
    swap_sides(node, left, right, pool);
    if matches!(left.kind(), "identifier" | "attribute" | "subscript") {
        accumulate(place, node, left, right, pool);
    }
    if left.kind() == "subscript" {
        keep_earlier(left, right, node, pool);
    }
    if place.is_in_function() {
        pool.splice(
            node.span(),
            format!("return {}", right.text()),
            "assignment_to_return",
            0.06,
        );
    }
    if left.kind() == "pattern_list" {
        permute(left, pool);
    }
    if right.kind() == "expression_list" {
        permute(right, pool);
    }
}

/// `d[k] = [v]` → `d.setdefault(k, []).append(v)`: what was there stays there.
fn keep_earlier(left: Node<'_>, right: Node<'_>, node: Node<'_>, pool: &mut Pool<'_>) {
    let (Some(value), Some(first), Some(last)) = (
        left.child("value"),
        left.child("subscript"),
        left.fields("subscript").last(),
    ) else {
        return;
    };
    if first.kind() == "slice" || right.is_multiline() || left.is_multiline() {
        return;
    }
    let index = &left.file_text()[first.start()..last.end()];
    let key = if first == last {
        index.to_owned()
    } else {
        format!("({index})")
    };
    let (holder, new) = (value.text(), Expr::of(right).at(Level::Lambda));
    let text = format!("{holder}.setdefault({key}, {new})");
    let empty = matches!(right.text(), "[]" | "{}" | "set()" | "list()" | "dict()");
    pool.splice(
        node.span(),
        text,
        "keep_earlier",
        if empty { 0.3 } else { 0.06 },
    );
    let mut parts = right.parts();
    if let ("list", Some(only), None) = (right.kind(), parts.next(), parts.next()) {
        let text = format!("{holder}.setdefault({key}, []).append({})", only.text());
        pool.splice(node.span(), text, "keep_earlier", 0.35);
    }
    let text = format!("{holder}.setdefault({key}, []).append({new})");
    pool.splice(node.span(), text, "keep_earlier", 0.06);
    let text = format!("{holder}[{index}].append({new})");
    pool.splice(node.span(), text, "keep_earlier", 0.12);
    let sum = format!("{holder}[{index}] = {holder}.get({key}, 0) + {new}");
    pool.splice(node.span(), sum, "keep_earlier", 0.1);
}

/// `x = d[k] = {}` → `x = d.setdefault(k, {})`.
fn kept_in_chain(node: Node<'_>, left: Node<'_>, right: Node<'_>, pool: &mut Pool<'_>) {
    let (Some(element), Some(value)) = (right.child("left"), right.child("right")) else {
        return;
    };
    let (Some(holder), Some(key)) = (element.child("value"), element.child("subscript")) else {
        return;
    };
    let is_plain = element.kind() == "subscript" && key.kind() != "slice";
    if !is_plain || element.fields("subscript").count() > 1 || node.is_multiline() {
        return;
    }
    let (holder, key) = (holder.text(), Expr::of(key).at(Level::Lambda));
    for (method, prior) in [("setdefault", 0.35), ("get", 0.06)] {
        let text = format!(
            "{} = {holder}.{method}({key}, {})",
            left.text(),
            value.text()
        );
        pool.splice(node.span(), text, "keep_earlier", prior);
    }
}

/// `x = e` → `x += e` and kin.
fn accumulate<'t>(
    place: &Place<'t, '_>,
    node: Node<'t>,
    left: Node<'t>,
    right: Node<'t>,
    pool: &mut Pool<'_>,
) {
    let ty = place.type_of(right);
    let seen_before = place.is_in_loop() || left.kind() != "identifier";
    let scale = if seen_before { 1.0 } else { 0.1 };
    let token = node.children().find(|child| child.kind() == "=");
    let Some(token) = token else { return };
    for (operator, takes, prior) in [
        ("+=", Ty::NUMBER.or(Ty::INDEXED), 0.35),
        ("-=", Ty::NUMBER, 0.1),
        ("*=", Ty::NUMBER, 0.1),
        ("|=", Ty::SET.or(Ty::BOOL), 0.1),
        ("^=", Ty::INT, 0.02),
        ("//=", Ty::INT, 0.03),
    ] {
        if ty.may_be(takes) && right.kind() != "expression_list" {
            let known = if ty.is(takes) { 1.0 } else { 0.3 };
            pool.splice(
                token.span(),
                operator,
                "plain_to_augmented",
                prior * known * scale,
            );
        }
    }
}

/// Another variable, attribute or element on the left.
fn target<'t>(place: &Place<'t, '_>, left: Node<'t>, right: Node<'t>, pool: &mut Pool<'_>) {
    let ty = place.type_of(right);
    match left.kind() {
        "identifier" | "attribute" => {
            for atom in &place.atoms {
                if atom.text == left.text() {
                    continue;
                }
                let alike = name_likeness(left.text(), atom.text);
                let same_form = atom.text.contains('.') == (left.kind() == "attribute");
                let form = if same_form { 1.0 } else { 0.4 };
                let prior = 0.22 * ty.affinity(atom.ty) * atom.weight * form * (0.8 + 0.7 * alike);
                pool.splice(left.span(), atom.text, "replace_target", prior);
            }
        }
        "subscript" => element(place, left, pool),
        _ => {}
    }
    // An element or attribute that the function speaks of elsewhere.
    for donor in &place.donors {
        let is_target = matches!(donor.node.kind(), "subscript" | "attribute");
        let is_slice = donor
            .node
            .child("subscript")
            .is_some_and(|n| n.kind() == "slice");
        if !is_target || is_slice || donor.node.text() == left.text() {
            continue;
        }
        let form = if donor.node.kind() == left.kind() {
            0.16
        } else {
            0.07
        };
        pool.splice(
            left.span(),
            donor.expr.text.clone(),
            "replace_target",
            form * ty.affinity(donor.ty).max(0.3),
        );
    }
    // `x = e` → `x[k] = e` where `x` holds things.
    if left.kind() == "identifier" && place.type_of(left).is(Ty::LIST.or(Ty::DICT)) {
        for atom in place
            .atoms
            .iter()
            .filter(|atom| !atom.ty.is(Ty::LIST))
            .take(8)
        {
            let text = format!("{}[{}]", left.text(), atom.text);
            pool.splice(left.span(), text, "replace_target", 0.05 * atom.weight);
        }
    }
}

/// `a[u, v] = …` → `b[v] = …`: containers and index forms of the function, crossed.
fn element<'t>(place: &Place<'t, '_>, left: Node<'t>, pool: &mut Pool<'_>) {
    let mut containers: Vec<&str> = Vec::new();
    let mut indices: Vec<&str> = Vec::new();
    for part in place
        .function
        .walk()
        .filter(|part| part.kind() == "subscript")
    {
        let is_slice = part
            .child("subscript")
            .is_some_and(|index| index.kind() == "slice");
        if let (Some(value), false) = (part.child("value"), is_slice) {
            if value.kind() == "identifier" && !containers.contains(&value.text()) {
                containers.push(value.text());
            }
            let last = part.fields("subscript").last();
            if let (Some(first), Some(last)) = (part.child("subscript"), last) {
                let index = &part.file_text()[first.start()..last.end()];
                if !indices.contains(&index) && index.len() < 32 {
                    indices.push(index);
                }
            }
        }
    }
    let (Some(value), Some(first), Some(last)) = (
        left.child("value"),
        left.child("subscript"),
        left.fields("subscript").last(),
    ) else {
        return;
    };
    let present = &left.file_text()[first.start()..last.end()];
    let variables = place
        .atoms
        .iter()
        .filter(|atom| !atom.ty.is(Ty::COLLECTION) && !atom.text.contains('.'));
    let variables: Vec<&str> = variables.map(|atom| atom.text).take(10).collect();
    for container in place
        .atoms
        .iter()
        .filter(|atom| atom.ty.is(Ty::DICT.or(Ty::LIST)))
    {
        if !containers.contains(&container.text) {
            containers.push(container.text);
        }
    }
    for container in containers.iter().take(8) {
        let known = place.atoms.iter().any(|atom| atom.text == *container);
        let is_same = value.text() == *container;
        for index in indices.iter().take(8).chain(&variables) {
            if !known || (is_same && *index == present) {
                continue;
            }
            let prior = match (is_same, *index == present) {
                (true, _) => 0.14,
                (_, true) => 0.2,
                _ => 0.1,
            };
            let seen = if indices.contains(index) { 1.0 } else { 0.5 };
            let text = format!("{container}[{index}]");
            pool.splice(left.span(), text, "replace_target", prior * seen);
        }
    }
}

/// `a = b` → `b = a`.
fn swap_sides(node: Node<'_>, left: Node<'_>, right: Node<'_>, pool: &mut Pool<'_>) {
    let target = |side: Node<'_>| matches!(side.kind(), "identifier" | "attribute" | "subscript");
    if !target(left) || !target(right) || left.text() == right.text() {
        return;
    }
    let between = &node.file_text()[left.end()..right.start()];
    let text = format!("{}{between}{}", right.text(), left.text());
    pool.splice(node.span(), text, "swap_sides", 0.2);
}

/// Members of `a, b` in other orders.
fn permute(list: Node<'_>, pool: &mut Pool<'_>) {
    let parts: Vec<_> = list.parts().collect();
    for a in 0..parts.len().min(4) {
        for b in a + 1..parts.len().min(4) {
            let (first, second) = (parts[a], parts[b]);
            let between = &list.file_text()[first.end()..second.start()];
            let text = format!("{}{between}{}", second.text(), first.text());
            pool.splice(first.start()..second.end(), text, "swap_values", 0.3);
        }
    }
}

/// `a = x` and `b = y` on two lines → `a, b = x, y` where `y` reads what `a` was before.
fn together(statement: Node<'_>, node: Node<'_>, pool: &mut Pool<'_>) {
    let Some(block) = statement.parent() else {
        return;
    };
    let next = block
        .parts()
        .filter(|part| is_statement(*part))
        .find(|part| part.start() >= statement.end());
    let Some(next) = next.filter(|next| next.kind() == "expression_statement") else {
        return;
    };
    let Some(second) = next.parts().next() else {
        return;
    };
    let sides = |node: Node<'_>| -> Option<(String, Expr)> {
        let (left, right) = (node.child("left")?, node.child("right")?);
        if Level::of(right)? == Level::Open
            || !matches!(left.kind(), "identifier" | "attribute" | "subscript")
        {
            return None;
        }
        match node.kind() {
            "assignment" if node.child("type").is_none() => {
                Some((left.text().to_owned(), Expr::of(right)))
            }
            "augmented_assignment" => {
                let operator = operator_of(node).trim_end_matches('=').to_owned();
                let value = Expr::of(left).binary(&operator, &Expr::of(right));
                Some((left.text().to_owned(), value))
            }
            _ => None,
        }
    };
    let (Some((a, x)), Some((b, y))) = (sides(node), sides(second)) else {
        return;
    };
    let reads_changed = second
        .child("right")
        .is_some_and(|right| right.walk().any(|part| part.text() == a));
    if !reads_changed || !is_on_own_lines(statement) || !is_on_own_lines(next) || a == b {
        return;
    }
    let text = format!(
        "{a}, {b} = {}, {}",
        x.at(Level::Lambda),
        y.at(Level::Lambda)
    );
    pool.splice(statement.start()..next.end(), text, "assign_together", 0.25);
}
