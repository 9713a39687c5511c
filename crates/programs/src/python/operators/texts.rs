//! String literals: other words of the file, other blanks, small slips in patterns.

use super::expr::{Expr, is_inside_string, is_read};
use super::place::{Place, atom_expr, is_plain_string};
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;

/// Other literals of the file that are tried in place of one.
const OTHERS_MAX: usize = 36;

fn put_text(node: Node<'_>, text: &str, operator: &'static str, prior: f64, pool: &mut Pool<'_>) {
    pool.replace(node, &Expr::atom(text), operator, prior);
}

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let is_literal = node.kind() == "string" && is_read(node) && is_plain_string(node);
    if !is_literal || is_inside_string(node) {
        return;
    }
    let (quote, inside, close) = quoted(node.text());
    let is_key = node.parent_kind() == "subscript" || node.parent_kind() == "pair";
    for other in place.file.strings.iter().take(OTHERS_MAX) {
        if other.trim_matches(['"', '\'']) == inside {
            continue;
        }
        let alike = likeness(inside, other.trim_matches(['"', '\'']));
        let base = if is_key { 0.1 } else { 0.05 };
        put_text(node, other, "string_from_file", base + 0.25 * alike, pool);
    }
    let empty = format!("{quote}{close}");
    put_text(
        node,
        &empty,
        "string_constant",
        if inside == " " { 0.3 } else { 0.1 },
        pool,
    );
    if node.text().len() <= 4 {
        for (other, prior) in [
            (" ", 0.25),
            (",", 0.06),
            (", ", 0.08),
            ("\\n", 0.12),
            ("0", 0.03),
        ] {
            let prior = if inside.is_empty() || inside.trim() != inside {
                prior
            } else {
                prior * 0.4
            };
            put_text(
                node,
                &format!("{quote}{other}{close}"),
                "string_constant",
                prior,
                pool,
            );
        }
    }
    for (other, prior) in respaced(inside) {
        put_text(
            node,
            &format!("{quote}{other}{close}"),
            "string_constant",
            prior,
            pool,
        );
    }
    for atom in place.atoms_at(node) {
        if atom.ty.may_be(Ty::STR) {
            let known = if atom.ty.is(Ty::STR) { 0.1 } else { 0.02 };
            pool.replace(
                node,
                &atom_expr(&atom),
                "constant_to_variable",
                known * atom.weight,
            );
        }
    }
}

/// A literal in three pieces: prefix and opening quote, what is said, closing quote.
fn quoted(text: &str) -> (&str, &str, &str) {
    let prefix = text.find(['"', '\'']).unwrap_or(0);
    let bare = &text[prefix..];
    let is_long = bare.len() >= 6 && (bare.starts_with("\"\"\"") || bare.starts_with("'''"));
    let width = if is_long { 3 } else { 1 };
    let (open, end) = (prefix + width, text.len() - width);
    (&text[..open], &text[open..end], &text[end..])
}

/// The same words with other spaces, case or ends.
fn respaced(text: &str) -> Vec<(String, f64)> {
    let mut forms = vec![
        (text.trim().to_owned(), 0.2),
        (format!("{text} "), 0.08),
        (format!(" {text}"), 0.06),
        (text.to_lowercase(), 0.1),
        (text.to_uppercase(), 0.06),
    ];
    if let Some(rest) = text.strip_suffix('s') {
        forms.push((rest.to_owned(), 0.06));
    }
    if text.contains('_') {
        forms.push((text.replace('_', "-"), 0.05));
    } else if text.contains('-') {
        forms.push((text.replace('-', "_"), 0.06));
    }
    for (from, to) in [
        ("%d", "%s"),
        ("%m", "%M"),
        ("%M", "%m"),
        ("%y", "%Y"),
        ("%H", "%I"),
        ("%I", "%H"),
        ("%Y", "%y"),
    ] {
        if text.contains(from) {
            forms.push((text.replace(from, to), 0.15));
        }
    }
    if text.contains("\\d")
        || text.contains('+')
        || text.contains('*')
        || text.starts_with('^')
        || text.contains('[')
    {
        forms.extend(regex_variants(text));
    }
    forms.retain(|(other, _)| other != text && !other.ends_with('\\'));
    forms
}

/// Small slips in regular expressions: repetition and anchors.
fn regex_variants(text: &str) -> Vec<(String, f64)> {
    let mut forms = Vec::new();
    for (at, character) in text.char_indices() {
        let escaped = text[..at].ends_with('\\');
        let others: &[&str] = match character {
            _ if escaped => &[],
            '+' => &["*", "?", ""],
            '*' => &["+", "?", "*?"],
            '?' => &["", "*"],
            '.' => &["\\."],
            _ => &[],
        };
        for other in others {
            let form = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            forms.push((form, 0.12));
        }
    }
    for (from, to) in [
        ("a-z]", "a-z0-9]"),
        ("a-z]", "a-zA-Z]"),
        ("a-z0-9]", "a-z]"),
        ("A-Z]", "A-Z0-9]"),
        ("0-9]", "0-9.]"),
        ("\\d", "\\w"),
        ("\\w", "\\d"),
        ("\\w", "\\S"),
        ("[^", "["),
    ] {
        if text.contains(from) {
            forms.push((text.replace(from, to), 0.12));
        }
    }
    if !text.starts_with('^') {
        forms.push((format!("^{text}"), 0.08));
    }
    if !text.ends_with('$') {
        forms.push((format!("{text}$"), 0.12));
    }
    forms
}

fn likeness(a: &str, b: &str) -> f64 {
    let shared = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let tail = a
        .bytes()
        .rev()
        .zip(b.bytes().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let lengths = a.len().max(b.len()).max(1);
    (shared.max(tail) as f64 / lengths as f64).min(1.0)
}
