//! Statements that every program has and that are forgotten everywhere: `x.append(y)`, `i += 1`.

use super::constructors;
use super::insertion::Surroundings;
use super::layout::is_jump;
use super::pool::Pool;
use super::scope::Atom;
use super::tree::Node;
use super::ty::Ty;

pub(super) fn propose<'t>(around: &Surroundings<'t, '_>, pool: &mut Pool<'_>) {
    jumps(around, pool);
    if !around.place.is_in_function() && around.innermost_loop().is_none() {
        return;
    }
    for atom in &around.place.atoms {
        let nearness = around.nearness(atom);
        if atom.ty.is(Ty::NUMBER) {
            count(around, atom, nearness, pool);
        }
        if atom.ty.is(Ty::COLLECTION) {
            collect(around, atom, nearness, pool);
        }
        advance(around, atom, nearness, pool);
        flag(around, atom, nearness, pool);
        if around.place.is_in_function() {
            give(around, atom, nearness, pool);
        }
    }
    copies(around, pool);
    if around.place.is_in_function() {
        constructors::propose(around, pool);
    }
}

fn jumps(around: &Surroundings<'_, '_>, pool: &mut Pool<'_>) {
    let in_loop = around.innermost_loop().is_some();
    let in_branch = around.gap.block.parent().is_some_and(|owner| {
        matches!(
            owner.kind(),
            "if_statement" | "elif_clause" | "else_clause" | "except_clause"
        )
    });
    let ends = around.is_at_end();
    if in_loop && ends && in_branch {
        around.put("continue", "insert_jump", 0.2, pool);
        around.put("break", "insert_jump", 0.2, pool);
    } else if in_loop && ends {
        around.put("break", "insert_jump", 0.06, pool);
    }
    if ends && around.place.is_in_function() {
        let outer = around.gap.block.parent() == Some(around.place.function);
        let scale = if outer || in_branch { 1.0 } else { 0.4 };
        for (value, prior) in [
            ("None", 0.03),
            ("True", 0.1),
            ("False", 0.1),
            ("[]", 0.04),
            ("0", 0.04),
            ("", 0.04),
        ] {
            let text = format!("return {value}");
            around.put(text.trim_end(), "insert_return", prior * scale, pool);
        }
    }
}

/// The loop whose condition reads `atom`.
fn is_steering(around: &Surroundings<'_, '_>, atom: &Atom<'_>) -> bool {
    around.innermost_loop().is_some_and(|looping| {
        looping.kind() == "while_statement"
            && looping
                .child("condition")
                .is_some_and(|condition| reads(condition, atom.text))
    })
}

fn reads(node: Node<'_>, name: &str) -> bool {
    node.walk()
        .any(|part| matches!(part.kind(), "identifier" | "attribute") && part.text() == name)
}

fn count(around: &Surroundings<'_, '_>, atom: &Atom<'_>, nearness: f64, pool: &mut Pool<'_>) {
    let looped = around.innermost_loop().is_some();
    let base = match (is_steering(around, atom), looped) {
        (true, _) => 0.3,
        (_, true) => 0.14,
        _ => 0.05,
    };
    let end = if around.is_at_end() { 1.0 } else { 0.5 };
    let name = atom.text;
    let mut put = |text: String, operator, prior| around.put(&text, operator, prior, pool);
    let step = base * end * nearness;
    put(format!("{name} += 1"), "insert_count", step);
    put(format!("{name} -= 1"), "insert_count", step * 0.6);
    let start = if around.is_at_start() && looped {
        0.06
    } else {
        0.015
    };
    put(format!("{name} = 0"), "insert_reset", start * nearness);
    for other in around.place.atoms.iter() {
        if !other.ty.is(Ty::NUMBER) || other.text == name {
            continue;
        }
        let prior = 0.05 * end * nearness * around.nearness(other);
        let value = other.text;
        put(format!("{name} += {value}"), "insert_count", prior);
        put(format!("{name} -= {value}"), "insert_count", prior * 0.4);
        put(format!("{name} *= {value}"), "insert_count", prior * 0.5);
        put(
            format!("{name} = max({name}, {value})"),
            "insert_bound",
            prior * 0.6,
        );
        put(
            format!("{name} = min({name}, {value})"),
            "insert_bound",
            prior * 0.5,
        );
    }
}

/// `found = True`, and `current = None` where a name may hold nothing.
fn flag(around: &Surroundings<'_, '_>, atom: &Atom<'_>, nearness: f64, pool: &mut Pool<'_>) {
    let name = atom.text;
    if atom.ty.is(Ty::BOOL) {
        around.put(
            &format!("{name} = True"),
            "insert_flag",
            0.2 * nearness,
            pool,
        );
        around.put(
            &format!("{name} = False"),
            "insert_flag",
            0.2 * nearness,
            pool,
        );
    } else if !atom.ty.is_unknown() && atom.ty.and(Ty::NONE) != Ty::NOTHING {
        around.put(
            &format!("{name} = None"),
            "insert_flag",
            0.15 * nearness,
            pool,
        );
    }
}

/// Something taken into, or out of, a list, set or dictionary.
fn collect(around: &Surroundings<'_, '_>, atom: &Atom<'_>, nearness: f64, pool: &mut Pool<'_>) {
    let remembers = [
        "visited",
        "seen",
        "done",
        "used",
        "found",
        "processed",
        "marked",
    ]
    .iter()
    .any(|word| atom.text.contains(word));
    let base = if remembers { 0.4 } else { 0.13 } * nearness;
    for other in &around.place.atoms {
        if other.text == atom.text || other.ty.is(Ty::FUNCTION) {
            continue;
        }
        let near = base * around.nearness(other);
        let fit = near * atom.element.affinity(other.ty);
        if atom.ty.is(Ty::LIST) {
            into_list(around, atom.text, other, [fit, near], pool);
        } else if atom.ty.is(Ty::SET) {
            into_set(around, atom.text, other, [fit, near], pool);
        } else if atom.ty.is(Ty::DICT) {
            into_dictionary(around, atom.text, other, near, pool);
        }
    }
    alone(around, atom, base, nearness, pool);
}

fn into_list(
    around: &Surroundings<'_, '_>,
    name: &str,
    other: &Atom<'_>,
    [fit, near]: [f64; 2],
    pool: &mut Pool<'_>,
) {
    let item = other.text;
    let mut put = |text: String, operator, prior| around.put(&text, operator, prior, pool);
    put(format!("{name}.append({item})"), "insert_append", fit);
    if other.ty.is(Ty::COLLECTION.or(Ty::ITERATOR)) {
        put(
            format!("{name}.extend({item})"),
            "insert_extend",
            near * 0.4,
        );
    }
}

fn into_set(
    around: &Surroundings<'_, '_>,
    name: &str,
    other: &Atom<'_>,
    [fit, near]: [f64; 2],
    pool: &mut Pool<'_>,
) {
    let item = other.text;
    let out = if undoes(around, name) { 2.0 } else { 0.3 };
    let mut put = |text: String, operator, prior| around.put(&text, operator, prior, pool);
    put(format!("{name}.add({item})"), "insert_add", fit * 1.3);
    put(
        format!("{name}.discard({item})"),
        "insert_remove",
        fit * out * 0.6,
    );
    put(format!("{name}.remove({item})"), "insert_remove", fit * out);
    if other.ty.is(Ty::COLLECTION) {
        put(
            format!("{name}.update({item})"),
            "insert_extend",
            near * 0.35,
        );
    }
}

fn into_dictionary(
    around: &Surroundings<'_, '_>,
    name: &str,
    other: &Atom<'_>,
    near: f64,
    pool: &mut Pool<'_>,
) {
    let item = other.text;
    let mut put = |text: String, operator, prior| around.put(&text, operator, prior, pool);
    if other.ty.is(Ty::DICT) {
        put(format!("{name}.update({item})"), "insert_extend", near);
    }
    if other.ty.is(Ty::COLLECTION.without(Ty::STR.or(Ty::TUPLE))) {
        return;
    }
    let values = around.place.atoms.iter().take(12);
    for value in values.filter(|value| value.text != item && value.text != name) {
        let prior = near * 0.3 * around.nearness(value);
        if prior >= 0.01 {
            put(
                format!("{name}[{item}] = {}", value.text),
                "insert_store",
                prior,
            );
        }
    }
    put(format!("{name}[{item}] = True"), "insert_store", near * 0.1);
    let counted = format!("{name}[{item}] = {name}.get({item}, 0) + 1");
    put(counted, "insert_store", near * 0.15);
    put(
        format!("{name}.pop({item}, None)"),
        "insert_remove",
        near * 0.15,
    );
    put(format!("del {name}[{item}]"), "insert_remove", near * 0.15);
}

/// What is done to a list or dictionary without anything else.
fn alone(
    around: &Surroundings<'_, '_>,
    atom: &Atom<'_>,
    base: f64,
    nearness: f64,
    pool: &mut Pool<'_>,
) {
    let name = atom.text;
    let looped = around.is_at_start() && around.innermost_loop().is_some();
    let start = if looped { 0.1 } else { 0.03 } * nearness;
    let undo = if undoes(around, name) { 1.0 } else { 0.3 };
    let mut put = |text: String, operator, prior| around.put(&text, operator, prior, pool);
    if atom.ty.is(Ty::LIST) {
        put(format!("{name}.pop()"), "insert_remove", base * undo);
        for (tail, prior) in [
            (".sort()", 0.5),
            (".reverse()", 0.3),
            (".pop(0)", 0.2),
            (".clear()", 0.1),
        ] {
            put(format!("{name}{tail}"), "insert_method", base * prior);
        }
        put(format!("{name} = []"), "insert_reset", start);
        put(
            format!("{name} = list({name})"),
            "insert_copy",
            0.05 * nearness,
        );
        put(
            format!("{name} = sorted({name})"),
            "insert_copy",
            0.06 * nearness,
        );
    } else if atom.ty.is(Ty::DICT) {
        put(format!("{name} = {{}}"), "insert_reset", start);
        put(
            format!("{name} = dict({name})"),
            "insert_copy",
            0.04 * nearness,
        );
    } else if atom.ty.is(Ty::SET) {
        put(format!("{name} = set()"), "insert_reset", start);
    }
}

/// Whether the code around puts things into `name` and calls itself: what goes in before the
/// call has to come out behind it.
fn undoes(around: &Surroundings<'_, '_>, name: &str) -> bool {
    let function = around.place.function;
    let own = function.child("name").map_or("", |name| name.text());
    let calls = |test: &dyn Fn(Node<'_>) -> bool| {
        function
            .walk()
            .filter(|node| node.kind() == "call")
            .filter_map(|call| call.child("function"))
            .any(test)
    };
    let fills = calls(&|callee| {
        callee
            .child("object")
            .is_some_and(|object| object.text() == name)
            && callee
                .child("attribute")
                .is_some_and(|method| matches!(method.text(), "append" | "add" | "push"))
    });
    fills && calls(&|callee| callee.text().rsplit('.').next() == Some(own))
}

/// `node = node.next`: what steers a loop has to move.
fn advance(around: &Surroundings<'_, '_>, atom: &Atom<'_>, nearness: f64, pool: &mut Pool<'_>) {
    if atom.ty.is(Ty::STR) && !atom.text.contains('.') {
        for tail in [".strip()", ".lower()"] {
            around.put(
                &format!("{0} = {0}{tail}", atom.text),
                "insert_cleaning",
                0.05 * nearness,
                pool,
            );
        }
    }
    if !atom.ty.may_be(Ty::OBJECT) || around.innermost_loop().is_none() {
        return;
    }
    let steering = if is_steering(around, atom) { 0.3 } else { 0.03 };
    for attribute in around.place.file.attributes.iter().take(12) {
        let onward = matches!(
            *attribute,
            "next" | "parent" | "successor" | "left" | "right" | "prev" | "link"
        );
        let prior = steering * if onward { 1.0 } else { 0.25 } * nearness;
        if prior >= 0.01 {
            around.put(
                &format!("{0} = {0}.{attribute}", atom.text),
                "insert_advance",
                prior,
                pool,
            );
        }
    }
}

/// `return x` and `yield x`.
fn give(around: &Surroundings<'_, '_>, atom: &Atom<'_>, nearness: f64, pool: &mut Pool<'_>) {
    let function = around.place.function;
    let is_generator = function.walk().any(|part| part.kind() == "yield");
    if is_generator {
        around.put(
            &format!("yield {}", atom.text),
            "insert_yield",
            0.14 * nearness,
            pool,
        );
        if atom.ty.may_be(Ty::ITERABLE) {
            around.put(
                &format!("yield from {}", atom.text),
                "insert_yield",
                0.08 * nearness,
                pool,
            );
        }
        return;
    }
    if !around.is_at_end() {
        return;
    }
    let outer = around.gap.block.parent() == Some(function);
    let falls_off = outer && !around.gap.before.is_some_and(is_jump);
    let base = match (
        falls_off,
        function
            .walk()
            .any(|part| part.kind() == "return_statement"),
    ) {
        (true, false) => 0.3,
        (true, true) => 0.25,
        _ => 0.06,
    };
    around.put(
        &format!("return {}", atom.text),
        "insert_return",
        base * nearness,
        pool,
    );
}

/// `a = b` for variables of one kind, above all `previous = current` at the end of a round.
fn copies(around: &Surroundings<'_, '_>, pool: &mut Pool<'_>) {
    let looped = around.innermost_loop().is_some();
    let atoms = &around.place.atoms;
    for target in atoms.iter().take(20) {
        let keeps = ["prev", "last", "old", "current", "best", "max", "min"]
            .iter()
            .any(|word| target.text.contains(word));
        for value in atoms.iter().take(20) {
            let fit = target.ty.affinity(value.ty);
            if target.text == value.text || fit < 0.3 {
                continue;
            }
            let habit = match (looped && around.is_at_end(), keeps) {
                (true, true) => 0.22,
                (false, true) => 0.08,
                (true, false) => 0.05,
                _ => 0.035,
            };
            let prior = habit * fit * around.nearness(target) * around.nearness(value);
            if prior >= 0.008 {
                around.put(
                    &format!("{} = {}", target.text, value.text),
                    "insert_copy_variable",
                    prior,
                    pool,
                );
            }
        }
    }
}
