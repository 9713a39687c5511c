//! Indices and slices: one too far, one too short, the wrong way round.

use super::expr::{Expr, Level, is_inside_string, is_read};
use super::place::{Place, atom_expr};
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    match node.kind() {
        "subscript" => subscript(place, node, pool),
        "slice" => slice(place, node, pool),
        _ => {}
    }
}

fn subscript<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let Some(value) = node.child("value") else {
        return;
    };
    let mut indices: Vec<Node<'t>> = node.fields("subscript").collect();
    if let [only] = indices[..]
        && only.kind() == "tuple"
    {
        indices = only.parts().collect();
    }
    if indices.len() > 1 {
        components(node, &indices, pool);
    }
    for index in &indices {
        if index.kind() != "slice" {
            shift(place, value, *index, indices.len() > 1, pool);
        }
    }
    if let [index] = indices[..]
        && index.kind() != "slice"
    {
        whole(place, node, value, index, pool);
    }
    if is_read(node) {
        // `a[i]` → `a`, or `i` where positions and values are confused.
        pool.replace(node, &Expr::of(value), "drop_subscript", 0.14);
        if let [index] = indices[..]
            && index.kind() != "slice"
            && !matches!(index.kind(), "integer" | "string")
        {
            pool.replace(node, &Expr::of(index), "drop_subscript", 0.16);
            let reversed = format!("{}[{}]", Expr::of(index).at(Level::Primary), value.text());
            if value.kind() == "identifier" && index.kind() == "identifier" {
                pool.replace(node, &Expr::atom(reversed), "swap_subscript", 0.04);
            }
        }
    }
    // `grid[i][j]` ↔ `grid[j][i]`.
    if value.kind() == "subscript"
        && let Some(first) = value.child("subscript")
        && let [second] = indices[..]
        && first.kind() != "slice"
        && second.kind() != "slice"
        && first.text() != second.text()
    {
        let between = &node.file_text()[first.end()..second.start()];
        let swapped = format!("{}{between}{}", second.text(), first.text());
        pool.splice(first.start()..second.end(), swapped, "swap_index", 0.35);
    }
}

/// `d[i, j]` ↔ `d[j, i]`.
fn components(node: Node<'_>, indices: &[Node<'_>], pool: &mut Pool<'_>) {
    for pair in indices.windows(2) {
        let between = &node.file_text()[pair[0].end()..pair[1].start()];
        let swapped = format!("{}{between}{}", pair[1].text(), pair[0].text());
        pool.splice(pair[0].start()..pair[1].end(), swapped, "swap_index", 0.4);
    }
}

/// `a[i]` → `a[i + 1]`, `a[i - 1]`, `a[-1]`, `a[0]`, `a[-i]`.
fn shift<'t>(
    place: &Place<'t, '_>,
    value: Node<'t>,
    index: Node<'t>,
    is_pair: bool,
    pool: &mut Pool<'_>,
) {
    let container = place.type_of(value);
    let ty = place.type_of(index);
    if container.is(Ty::DICT) && !is_pair && !ty.is(Ty::INT) || index.is_multiline() {
        return;
    }
    if !ty.may_be(Ty::INT) || is_inside_string(index) && index.kind() == "string" {
        return;
    }
    let known = match (container.is(Ty::INDEXED), ty.is(Ty::INT)) {
        (true, _) | (_, true) => 1.0,
        _ => 0.35,
    };
    if index.kind() != "integer" {
        let expr = Expr::of(index);
        let one = Expr::atom("1");
        pool.replace(index, &expr.binary("-", &one), "shift_index", 0.35 * known);
        pool.replace(index, &expr.binary("+", &one), "shift_index", 0.35 * known);
        pool.replace(index, &expr.minus(), "shift_index", 0.06 * known);
        let length = Expr::of(value).wrapped("len");
        let circular = if index.kind() == "identifier" {
            0.04
        } else {
            0.2
        };
        pool.replace(
            index,
            &expr.binary("%", &length),
            "circular_index",
            circular * known,
        );
        pool.replace(
            index,
            &Expr::with_level("-1", Level::Unary),
            "shift_index",
            0.12 * known,
        );
        pool.replace(index, &Expr::atom("0"), "shift_index", 0.1 * known);
    } else if index.text() == "0" {
        pool.replace(
            index,
            &Expr::with_level("-1", Level::Unary),
            "shift_index",
            0.35 * known,
        );
        pool.replace(index, &Expr::atom("1"), "shift_index", 0.4 * known);
    }
    if index.text() == "-1" {
        pool.replace(index, &Expr::atom("0"), "shift_index", 0.4);
        pool.replace(
            index,
            &Expr::with_level("-2", Level::Unary),
            "shift_index",
            0.2,
        );
    }
}

/// `d[k]` → `d.get(k)`, `a[i]` → `a[i:]`, `a[:i]`.
fn whole<'t>(
    place: &Place<'t, '_>,
    node: Node<'t>,
    value: Node<'t>,
    index: Node<'t>,
    pool: &mut Pool<'_>,
) {
    if !is_read(node) {
        return;
    }
    let container = place.type_of(value);
    let key = index.text();
    if container.may_be(Ty::DICT) {
        let known = match index.kind() {
            _ if container.is(Ty::DICT) => 1.0,
            "string" => 0.7,
            _ => 0.15,
        };
        for (tail, prior) in [
            (format!(".get({key}, 0)"), 0.2),
            (format!(".get({key})"), 0.2),
            (format!(".get({key}, [])"), 0.1),
            (format!(".get({key}, {key})"), 0.05),
            (format!(".pop({key})"), 0.03),
        ] {
            pool.replace(
                node,
                &Expr::of(value).postfixed(&tail),
                "subscript_to_get",
                prior * known,
            );
        }
    }
    if container.may_be(Ty::INDEXED) && !index.is_multiline() && index.kind() != "string" {
        let known = if container.is(Ty::INDEXED) { 1.0 } else { 0.3 };
        for (tail, prior) in [
            (format!("[{key}:]"), 0.14),
            (format!("[:{key}]"), 0.12),
            (format!("[:{} + 1]", Expr::of(index).at(Level::Sum)), 0.05),
        ] {
            pool.replace(
                node,
                &Expr::of(value).postfixed(&tail),
                "index_to_slice",
                prior * known,
            );
        }
    }
}

/// The bounds of a slice as they stand: start, stop and step.
fn bounds<'t>(node: Node<'t>) -> [Option<Node<'t>>; 3] {
    let mut bounds = [None, None, None];
    let mut slot = 0;
    for child in node.children() {
        if child.kind() == ":" {
            slot += 1;
        } else if child.kind() != "comment" && slot < 3 {
            bounds[slot] = Some(child);
        }
    }
    bounds
}

fn slice<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if node.is_multiline() {
        return;
    }
    let bounds = bounds(node);
    let mut put = |a: &str, b: &str, c: &str, prior: f64| {
        let colon = if c.is_empty() { "" } else { ":" };
        pool.splice(
            node.span(),
            format!("{a}:{b}{colon}{c}"),
            "slice_bounds",
            prior,
        );
    };
    shift_slice(bounds, &mut put);
    turn_slice(bounds, &mut put);
    let [start, stop, step] = bounds;
    let [a, b, c] = bounds.map(|bound| bound.map_or("", Node::text));
    if step.is_some() {
        put(a, b, "", 0.2);
    } else {
        put(
            a,
            b,
            "-1",
            if start.or(stop).is_none() { 0.2 } else { 0.02 },
        );
        put(a, b, "2", 0.03);
    }
    for atom in place.atoms_at(node) {
        if atom.ty.is(Ty::STR.or(Ty::LIST).or(Ty::TUPLE)) {
            // A prefix or mark takes room of its own.
            let length = atom_expr(&atom).wrapped("len");
            let prior = 0.1 * atom.weight;
            match stop {
                Some(stop) => put(a, &Expr::of(stop).binary("-", &length).text, c, prior),
                None => put(a, &length.minus().text, c, prior * 0.6),
            }
            match start {
                Some(start) => put(&Expr::of(start).binary("+", &length).text, b, c, prior),
                None => put(&length.text, b, c, prior),
            }
        }
        if !atom.ty.is(Ty::INT) {
            continue;
        }
        let prior = 0.12 * atom.weight;
        if start.is_none() {
            put(atom.text, b, c, prior);
            let next = atom_expr(&atom).binary("+", &Expr::atom("1"));
            put(&next.text, b, c, prior * 0.5);
        }
        if stop.is_none() {
            put(a, atom.text, c, prior);
        }
    }
}

type Put<'p> = &'p mut dyn FnMut(&str, &str, &str, f64);

/// Bounds one off, given up, or set where there were none.
fn shift_slice(bounds: [Option<Node<'_>>; 3], put: Put<'_>) {
    let [start, stop, step] = bounds;
    let [a, b, c] = bounds.map(|bound| bound.map_or("", Node::text));
    let shifted = |bound: Option<Node<'_>>, sign: &str| {
        let bound = bound.filter(|bound| bound.kind() != "integer")?;
        Some(Expr::of(bound).binary(sign, &Expr::atom("1")).text)
    };
    for sign in ["+", "-"] {
        if let Some(moved) = shifted(start, sign) {
            put(&moved, b, c, 0.35);
        }
        if let Some(moved) = shifted(stop, sign) {
            put(a, &moved, c, 0.35);
        }
    }
    if start.is_some() {
        put("", b, c, 0.2);
    } else {
        put("1", b, c, 0.2);
    }
    if stop.is_some() {
        put(a, "", c, 0.2);
    } else if step.is_none() {
        put(a, "-1", c, 0.16);
    }
}

/// `a[k:]` ↔ `a[:k]`, `a[i:j]` → `a[j:i]`, `a[:k]` ↔ `a[:-k]`.
fn turn_slice(bounds: [Option<Node<'_>>; 3], put: Put<'_>) {
    let [start, stop, _] = bounds;
    let [a, b, c] = bounds.map(|bound| bound.map_or("", Node::text));
    if start.is_some() != stop.is_some() {
        put(b, a, c, 0.35);
    } else if start.is_some() && a != b {
        put(b, a, c, 0.12);
        put(a, &format!("{a} + {b}"), c, 0.15);
    }
    let turned = |bound: Node<'_>| match bound.text().strip_prefix('-') {
        Some(rest) => rest.to_owned(),
        None => Expr::of(bound).minus().text,
    };
    if let Some(start) = start {
        put(&turned(start), b, c, 0.16);
    }
    if let Some(stop) = stop {
        put(a, &turned(stop), c, 0.16);
    }
}
