//! Statements of the same function once more, with one thing changed throughout.

use super::insertion::Surroundings;
use super::layout::{is_docstring, is_repeatable, is_simple, is_statement, reindented};
use super::place::is_plain_string;
use super::pool::Pool;
use super::tree::Node;

/// Statements of a function that are varied, and variants of each, at most.
const DONORS_MAX: usize = 40;
const VARIANTS_MAX: usize = 12;

pub(super) fn propose<'t>(around: &Surroundings<'t, '_>, pool: &mut Pool<'_>) {
    let function = around.place.function;
    if !around.place.is_in_function() {
        return;
    }
    let donors = function.walk().filter(|node| {
        is_statement(*node) && is_simple(*node) && is_repeatable(*node) && !is_docstring(*node)
    });
    for donor in donors.take(DONORS_MAX) {
        if matches!(donor.kind(), "expression_statement") && donor.text().contains(['=', '(']) {
            other_literal(around, donor, pool);
            renamed_throughout(around, donor, donor.text(), pool);
        }
    }
    let guards = function.walk().filter(|node| {
        node.kind() == "if_statement"
            && node.child("alternative").is_none()
            && node.end_line() == node.line() + 1
            && node.text().len() <= 80
    });
    for guard in guards.take(VARIANTS_MAX) {
        let jumps = guard
            .child("consequence")
            .and_then(|body| body.parts().next())
            .is_some_and(|first| {
                matches!(first.kind(), "return_statement" | "raise_statement")
                    || first.kind() == "continue_statement" && around.innermost_loop().is_some()
            });
        if let Some(text) = reindented(guard, "").filter(|_| jumps) {
            around.put(&text, "repeat_guard", 0.04, pool);
            renamed_throughout(around, guard, &text, pool);
        }
    }
}

/// `state[node] = "open"` → `state[node] = "closed"`, where the function speaks of both.
fn other_literal<'t>(around: &Surroundings<'t, '_>, donor: Node<'t>, pool: &mut Pool<'_>) {
    let kind_of = |node: Node<'t>| match node.kind() {
        "string" if is_plain_string(node) => Some("string"),
        "integer" => Some("integer"),
        "true" | "false" => Some("truth"),
        _ => None,
    };
    for literal in donor.walk() {
        let Some(kind) = kind_of(literal) else {
            continue;
        };
        let mut others: Vec<&str> = around
            .place
            .function
            .walk()
            .filter(|node| kind_of(*node) == Some(kind) && node.text() != literal.text())
            .map(Node::text)
            .collect();
        if kind == "truth" {
            others.push(if literal.kind() == "true" {
                "False"
            } else {
                "True"
            });
        }
        others.sort_unstable();
        others.dedup();
        others.truncate(VARIANTS_MAX);
        for other in &others {
            let (from, to) = (
                literal.start() - donor.start(),
                literal.end() - donor.start(),
            );
            let text = format!("{}{other}{}", &donor.text()[..from], &donor.text()[to..]);
            let prior = 0.25 / (1.0 + others.len() as f64);
            around.put(&text, "donor_other_literal", prior, pool);
        }
    }
}

/// `count[a] = count.get(a, 0) + 1` → the same of `b`.
fn renamed_throughout<'t>(
    around: &Surroundings<'t, '_>,
    donor: Node<'t>,
    written: &str,
    pool: &mut Pool<'_>,
) {
    let place = around.place;
    let mut names: Vec<Node<'t>> = Vec::new();
    for part in donor.walk() {
        let is_name = part.kind() == "identifier"
            && part.field() != Some("attribute")
            && part.text() != "self"
            && place.file.scopes.variable(part).is_some()
            && !names.iter().any(|known| known.text() == part.text());
        if is_name {
            names.push(part);
        }
    }
    let is_hidden = |name: &Node<'t>| !place.atoms.iter().any(|atom| atom.text == name.text());
    let hidden: Vec<Node<'t>> = names
        .iter()
        .copied()
        .filter(|name| is_hidden(name))
        .collect();
    let choices = match hidden[..] {
        [] => names,
        [only] => vec![only],
        _ => return,
    };
    for name in choices {
        let wanted = place.type_of(name);
        let candidates = place.atoms.iter().filter(|atom| atom.text != name.text());
        for atom in candidates.take(VARIANTS_MAX) {
            let prior = 0.09 * wanted.affinity(atom.ty) * around.nearness(atom);
            if prior >= 0.015 {
                let text = replaced(written, name.text(), atom.text);
                around.put(&text, "donor_renamed_throughout", prior, pool);
            }
        }
    }
}

/// `text` with every word `from` that is not an attribute exchanged for `to`.
fn replaced(text: &str, from: &str, to: &str) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, _) in text.match_indices(from) {
        let before = text[..at].chars().next_back();
        let after = text[at + from.len()..].chars().next();
        let is_whole = !before.is_some_and(|c| is_word(c) || matches!(c, '.' | '"' | '\''))
            && !after.is_some_and(is_word);
        if is_whole && at >= copied {
            result.push_str(&text[copied..at]);
            result.push_str(to);
            copied = at + from.len();
        }
    }
    result.push_str(&text[copied..]);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_are_renamed() {
        assert_eq!(
            replaced("a.b = ab + b + \"b\"", "b", "c"),
            "a.b = ab + c + \"b\""
        );
    }
}
