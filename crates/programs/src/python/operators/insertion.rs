//! Statements that are missing: copies of others in the file, and the usual ones.

use std::collections::HashSet;

use super::expr::is_read;
use super::layout::{Gap, is_docstring, is_jump, is_repeatable, is_simple, is_statement, names_in};
use super::place::{Place, is_visible, name_likeness};
use super::pool::Pool;
use super::scope::Atom;
use super::tree::Node;
use super::ty::Ty;

/// Statements of other functions that are tried in one gap.
const FOREIGN_MAX: usize = 40;
/// Statements of the same function that are tried in one gap.
const OWN_MAX: usize = 60;

/// What one gap offers: what stands around it and what can be named there.
pub(super) struct Surroundings<'t, 'p> {
    pub(super) gap: Gap<'t>,
    pub(super) place: &'p Place<'t, 'p>,
    /// Names that the neighbours of the gap and the header above it speak of.
    near: HashSet<&'t str>,
}

impl<'t, 'p> Surroundings<'t, 'p> {
    pub(super) fn new(gap: Gap<'t>, place: &'p Place<'t, 'p>) -> Self {
        let mut near = HashSet::new();
        for neighbour in [gap.before, gap.after].into_iter().flatten() {
            near.extend(names_in(neighbour));
        }
        if let Some(header) = gap.block.parent() {
            let parts = header.parts().filter(|part| part.kind() != "block");
            near.extend(parts.flat_map(names_in));
        }
        Self { gap, place, near }
    }

    /// How likely a new statement here speaks of `atom`.
    pub(super) fn nearness(&self, atom: &Atom<'_>) -> f64 {
        let near = if self.near.contains(atom.text) {
            1.0
        } else {
            0.4
        };
        near * atom.weight
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.gap.after.is_none()
    }

    pub(super) fn is_at_start(&self) -> bool {
        self.gap.before.is_none_or(is_docstring)
    }

    /// The loop whose body this gap belongs to, with only conditions between.
    pub(super) fn innermost_loop(&self) -> Option<Node<'t>> {
        std::iter::once(self.gap.block)
            .chain(self.gap.block.ancestors())
            .take_while(|ancestor| ancestor.kind() != "function_definition")
            .filter(|ancestor| {
                let body = ancestor.child("body");
                body.is_some_and(|body| body.holds(self.gap.block))
            })
            .find(|ancestor| matches!(ancestor.kind(), "for_statement" | "while_statement"))
    }

    pub(super) fn put(&self, text: &str, operator: &'static str, prior: f64, pool: &mut Pool<'_>) {
        let is_repeat = [self.gap.before, self.gap.after]
            .into_iter()
            .flatten()
            .any(|neighbour| neighbour.text() == text);
        let prior = if is_repeat { prior * 0.2 } else { prior };
        self.gap.insert(text, operator, prior, pool);
    }
}

/// Statements of the file that may belong here as well.
pub(super) fn donors<'t>(around: &Surroundings<'t, '_>, pool: &mut Pool<'_>) {
    let place = around.place;
    let own = place
        .function
        .walk()
        .filter(|node| is_statement(*node) && is_simple(*node) && is_repeatable(*node))
        .filter(|node| !is_docstring(*node) && *node != place.function);
    for donor in own.take(OWN_MAX) {
        if !is_visible(place.file, donor, &place.atoms) {
            renamed(around, donor, 0.05, pool);
            continue;
        }
        let prior = 0.12 * fitness(around, donor);
        if allowed(around, donor) {
            if is_flush(around, donor) {
                flush(around, donor, pool);
                renamed(around, donor, 0.2, pool);
            }
            in_step(around, donor, pool);
            around.put(donor.text(), "donor_statement", prior, pool);
            if prior >= 0.04 {
                renamed(around, donor, prior * 0.4, pool);
            }
        }
    }
    foreign(around, pool);
}

/// Whether `donor` hands something on in the loop right before the gap.
fn is_flush(around: &Surroundings<'_, '_>, donor: Node<'_>) -> bool {
    let looped = around.gap.before.filter(|before| {
        matches!(before.kind(), "for_statement" | "while_statement") && before.holds(donor)
    });
    let hands_on = donor.walk().any(|part| {
        part.kind() == "yield"
            || part.kind() == "attribute"
                && part.child("attribute").is_some_and(|method| {
                    matches!(method.text(), "append" | "add" | "extend" | "write")
                })
    });
    looped.is_some() && hands_on
}

/// What a loop hands on at each change it has to hand on once more at its end.
fn flush<'t>(around: &Surroundings<'t, '_>, donor: Node<'t>, pool: &mut Pool<'_>) {
    let unit = super::layout::indent_unit(around.place.file.tree.root());
    around.put(donor.text(), "flush_after_loop", 0.25, pool);
    let mut names: Vec<&str> = names_in(donor).collect();
    names.dedup();
    for name in names {
        for test in [name.to_owned(), format!("{name} is not None")] {
            let text = format!("if {test}:\n{unit}{}", donor.text());
            around.put(&text, "flush_after_loop", 0.12, pool);
        }
    }
}

/// How well a statement of the same function fits a gap.
fn fitness(around: &Surroundings<'_, '_>, donor: Node<'_>) -> f64 {
    let names: Vec<&str> = names_in(donor).collect();
    let near = names
        .iter()
        .filter(|name| around.near.contains(**name))
        .count();
    let share = near as f64 / names.len().max(1) as f64;
    let jump = match (is_jump(donor), around.is_at_end()) {
        (true, true) => 1.0,
        (true, false) => 0.05,
        _ => 1.0,
    };
    // What one branch does is what the other branch forgot.
    let sibling = donor
        .parent()
        .and_then(Node::parent)
        .zip(around.gap.block.parent());
    let is_sibling = sibling.is_some_and(|(there, here)| {
        there != here
            && (there.parent() == here.parent()
                || there.parent() == Some(here)
                || here.parent() == Some(there))
    });
    // What is set up before a loop may have to be set up in each round.
    let resets = around.is_at_start() && around.innermost_loop().is_some();
    let set_up = donor.walk().any(|part| {
        part.kind() == "assignment"
            && part.child("right").is_some_and(|right| {
                matches!(
                    right.kind(),
                    "integer" | "list" | "dictionary" | "string" | "none" | "true" | "false"
                )
            })
    });
    let same_block = donor.parent() == Some(around.gap.block);
    (0.3 + share)
        * jump
        * if is_sibling { 1.6 } else { 1.0 }
        * if resets && set_up { 1.6 } else { 1.0 }
        * if same_block { 0.5 } else { 1.0 }
}

/// Whether a statement means something here: loops for `continue`, functions for `return`.
fn allowed(around: &Surroundings<'_, '_>, donor: Node<'_>) -> bool {
    match donor.kind() {
        "break_statement" | "continue_statement" => around.innermost_loop().is_some(),
        "return_statement" => around.place.is_in_function(),
        _ => !donor.walk().any(|part| part.kind() == "yield") || around.place.is_in_function(),
    }
}

/// A statement with one of its names exchanged for another that can be read here.
fn renamed<'t>(around: &Surroundings<'t, '_>, donor: Node<'t>, base: f64, pool: &mut Pool<'_>) {
    let place = around.place;
    if is_jump(donor) && !around.is_at_end() {
        return;
    }
    let names: Vec<Node<'t>> = donor
        .walk()
        .filter(|part| part.kind() == "identifier" && part.field() != Some("attribute"))
        .filter(|part| place.file.scopes.variable(*part).is_some() && part.text() != "self")
        .collect();
    let hidden: Vec<_> = names
        .iter()
        .filter(|name| !place.atoms.iter().any(|atom| atom.text == name.text()))
        .collect();
    let choices: Vec<Node<'t>> = match hidden[..] {
        [] => names,
        [only] => vec![*only],
        _ => return,
    };
    if !allowed(around, donor) {
        return;
    }
    for name in choices {
        let wanted = place.type_of(name);
        for atom in &place.atoms {
            let prior = base * wanted.affinity(atom.ty) * around.nearness(atom);
            if atom.text == name.text()
                || prior < 0.012
                || (!is_read(name) && atom.text.contains('.'))
            {
                continue;
            }
            let (start, end) = (name.start() - donor.start(), name.end() - donor.start());
            let text = format!(
                "{}{}{}",
                &donor.text()[..start],
                atom.text,
                &donor.text()[end..]
            );
            around.put(&text, "donor_statement_renamed", prior, pool);
        }
    }
}

/// `merged.extend(left[i:])` → `merged.extend(right[j:])`: a sequence goes with its index.
fn in_step<'t>(around: &Surroundings<'t, '_>, donor: Node<'t>, pool: &mut Pool<'_>) {
    let pairs = |root: Node<'t>| {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for part in root.walk().filter(|part| part.kind() == "subscript") {
            let value = part
                .child("value")
                .filter(|value| value.kind() == "identifier");
            let index = part
                .child("subscript")
                .and_then(|index| index.walk().find(|inner| inner.kind() == "identifier"));
            if let (Some(value), Some(index)) = (value, index)
                && !pairs.contains(&(value.text(), index.text()))
            {
                pairs.push((value.text(), index.text()));
            }
        }
        pairs
    };
    let here = pairs(donor);
    let [(sequence, index)] = here[..] else {
        return;
    };
    for (other, other_index) in pairs(around.place.function).into_iter().take(8) {
        if other == sequence || other_index == index {
            continue;
        }
        let mut text = String::new();
        let mut at = donor.start();
        for name in donor.walk().filter(|part| part.kind() == "identifier") {
            let new = match name.text() {
                old if old == sequence => other,
                old if old == index => other_index,
                _ => continue,
            };
            text.push_str(&donor.file_text()[at..name.start()]);
            text.push_str(new);
            at = name.end();
        }
        text.push_str(&donor.file_text()[at..donor.end()]);
        around.put(&text, "donor_in_step", 0.2 * fitness(around, donor), pool);
    }
}

/// `self.size += 1` where it grows → `self.size -= 1` where it shrinks.
fn opposite(donor: Node<'_>) -> Option<String> {
    let node = donor
        .parts()
        .next()
        .filter(|part| part.kind() == "augmented_assignment")?;
    let other = match node.child("operator")?.kind() {
        "+=" => "-=",
        "-=" => "+=",
        _ => return None,
    };
    let (left, right) = (node.child("left")?, node.child("right")?);
    Some(format!("{} {other} {}", left.text(), right.text()))
}

/// Statements of other functions whose names all mean something here too.
fn foreign<'t>(around: &Surroundings<'t, '_>, pool: &mut Pool<'_>) {
    let place = around.place;
    let mut seen = HashSet::new();
    let own_name = place.function.child("name").map_or("", |name| name.text());
    let mut tried = 0;
    for function in &place.file.functions {
        if function.node.holds(place.function) || place.function.holds(function.node) {
            continue;
        }
        let related = 1.0 + name_likeness(function.name, own_name);
        for donor in function.node.walk() {
            let short = is_statement(donor)
                && (is_simple(donor) && is_repeatable(donor) || is_guard(donor))
                && !is_docstring(donor);
            if !short || tried == FOREIGN_MAX || !seen.insert(donor.text()) {
                continue;
            }
            if is_simple(donor) && donor.parent().and_then(Node::parent).is_some_and(is_guard) {
                continue;
            }
            let known = names_in(donor)
                .filter(|name| !name.contains('.'))
                .all(|name| {
                    matches!(name, "self" | "cls")
                        || place.atoms.iter().any(|atom| atom.text == name)
                        || place
                            .file
                            .functions
                            .iter()
                            .any(|function| function.name == name)
                        || name.starts_with(|c: char| c.is_ascii_uppercase())
                        || is_global(name)
                });
            if known && allowed_anywhere(around, donor) {
                tried += 1;
                // What `__init__` sets up is thrown away when it is set up once more.
                let again = if function.name == "__init__" {
                    0.15
                } else {
                    1.0
                };
                let base = if is_guard(donor) { 0.07 } else { 0.05 };
                let prior = base * fitness(around, donor) * related * again;
                let text = match is_guard(donor) {
                    true => super::layout::reindented(donor, ""),
                    false => Some(donor.text().to_owned()),
                };
                if let Some(text) = opposite(donor) {
                    around.put(&text, "donor_opposite", prior * 1.2, pool);
                }
                if let Some(text) = text {
                    around.put(&text, "donor_statement", prior, pool);
                }
            }
        }
    }
}

fn is_global(name: &str) -> bool {
    !matches!(Ty::of_call(name), Ty::ANY) || matches!(name, "print" | "max" | "min")
}

fn allowed_anywhere(around: &Surroundings<'_, '_>, donor: Node<'_>) -> bool {
    donor
        .walk()
        .filter(|part| is_statement(*part))
        .all(|part| allowed(around, part))
}

/// `if x: return y` and nothing more.
fn is_guard(node: Node<'_>) -> bool {
    node.kind() == "if_statement"
        && node.child("alternative").is_none()
        && node.end_line() - node.line() <= 1
        && node.child("consequence").is_some_and(|body| {
            body.parts().count() == 1
                && body
                    .parts()
                    .all(|part| is_jump(part) && is_repeatable(part))
        })
}
