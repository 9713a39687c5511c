//! Repair candidates for Python: every single edit of a suspicious line that a programmer might
//! have to make, with how likely each is.
//!
//! A file is flattened once into a [`tree::Tree`]; each suspicious statement becomes a
//! [`place::Place`], which knows the names and expressions in reach; the families below propose
//! edits of its nodes, and a [`pool::Pool`] keeps one of each effect.

mod arithmetic;
mod assignments;
mod blocks;
mod boolean;
mod calls;
mod clues;
mod comparison;
mod completions;
mod conditions;
mod constants;
mod constructors;
mod effects;
mod expr;
mod functions;
mod guards;
mod habits;
mod inference;
mod insertion;
mod joins;
mod layout;
mod loops;
mod names;
mod omissions;
mod place;
mod pool;
mod scope;
mod statements;
mod strings;
mod subscripts;
mod templates;
mod texts;
mod tree;
mod ty;
mod variants;
mod wraps;

#[cfg(test)]
mod clue_tests;
#[cfg(test)]
mod family_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use self::expr::is_inside_string;
use self::place::{File, Place};
use self::pool::Pool;
use self::tree::{Node, Tree};
use crate::edit::Candidate;
use crate::language::Focus;
use crate::source::{FileId, Sources};

/// Every single-edit candidate that touches a line of `focus`.
pub(crate) fn candidates(sources: &Sources, focus: &Focus) -> Vec<Candidate> {
    let mut lines: BTreeMap<FileId, HashSet<u32>> = BTreeMap::new();
    for (file, line, _) in &focus.lines {
        lines.entry(*file).or_default().insert(*line);
    }
    let mut candidates = Vec::new();
    for (id, lines) in lines {
        let source = sources.get(id);
        let tree = Tree::new(&source.text, &source.tree);
        let file = File::new(&tree);
        let mut pool = Pool::new(id, &source.text);
        for unit in tree.root().walk().filter(|node| is_unit(*node)) {
            let head = head_lines(unit);
            if lines.iter().any(|line| head.contains(line)) {
                propose(&Place::new(&file, unit), &mut pool);
            }
        }
        for block in tree.root().walk().filter(|node| node.kind() == "block") {
            fill_gaps(&file, block, &lines, &mut pool);
        }
        for function in &file.functions {
            let body = function.node.line()..=function.node.end_line();
            if lines.iter().any(|line| body.contains(line)) {
                functions::propose(function.node, &mut pool);
                clues::favour_unread(function.node, &mut pool);
                functions::doubt_witnesses(function.node, &mut pool);
            }
        }
        let classes = tree.root().walk();
        for class in classes.filter(|node| node.kind() == "class_definition") {
            clues::favour_unchanged(class, &mut pool);
        }
        candidates.extend(pool.into_candidates());
    }
    candidates
}

/// Whether `node` is a statement, or a clause of one that has a condition or name of its own.
fn is_unit(node: Node<'_>) -> bool {
    layout::is_statement(node)
        || node.kind().ends_with("_clause") && !matches!(node.kind(), "if_clause" | "for_in_clause")
}

/// The lines of a unit without those of the blocks inside it.
fn head_lines(unit: Node<'_>) -> std::ops::RangeInclusive<u32> {
    let mut last = unit.line();
    for part in head(unit) {
        last = last.max(part.end_line());
    }
    unit.line()..=last
}

/// What belongs to a unit itself: everything but blocks, clauses and nested definitions.
fn head<'t>(unit: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    unit.children().filter(|part| {
        !matches!(
            part.kind(),
            "block" | "function_definition" | "class_definition"
        ) && !is_unit(*part)
    })
}

/// Edits of one statement and of the expressions in it.
fn propose<'t>(place: &Place<'t, '_>, pool: &mut Pool<'_>) {
    let unit = place.statement;
    let is_header = matches!(
        unit.kind(),
        "import_statement"
            | "import_from_statement"
            | "future_import_statement"
            | "global_statement"
            | "nonlocal_statement"
    );
    if is_header || layout::is_docstring(unit) {
        return;
    }
    loops::propose(place, unit, pool);
    for part in head(unit) {
        for node in part.walk() {
            in_expression(place, node, pool);
        }
    }
    if matches!(
        unit.kind(),
        "function_definition" | "class_definition" | "decorated_definition"
    ) {
        return;
    }
    assignments::propose(place, pool);
    statements::propose(place, pool);
    habits::of_statement(place, pool);
    blocks::propose(unit, pool);
}

fn in_expression<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    if node.kind() == "comment"
        || node
            .ancestors()
            .take(8)
            .any(|ancestor| ancestor.kind() == "type")
    {
        return;
    }
    comparison::propose(place, node, pool);
    boolean::propose(place, node, pool);
    names::propose(place, node, pool);
    subscripts::propose(place, node, pool);
    arithmetic::propose(place, node, pool);
    strings::propose(place, node, pool);
    if is_inside_string(node) {
        return;
    }
    constants::propose(place, node, pool);
    texts::propose(place, node, pool);
    calls::propose(place, node, pool);
    conditions::propose(place, node, pool);
    wraps::propose(place, node, pool);
    clues::in_expression(place, node, pool);
    completions::propose(place, node, pool);
    habits::propose(place, node, pool);
    if node.kind() != "for_statement" {
        loops::propose(place, node, pool);
    }
}

/// New statements before, between and behind the suspicious statements of `block`.
fn fill_gaps<'t>(file: &File<'t>, block: Node<'t>, lines: &HashSet<u32>, pool: &mut Pool<'_>) {
    let is_class = block.parent_kind() == "class_definition";
    if is_class
        || !block
            .ancestors()
            .any(|ancestor| ancestor.kind() == "function_definition")
    {
        return;
    }
    let suspicious =
        |node: Node<'_>| (node.line()..=node.end_line()).any(|line| lines.contains(&line));
    for gap in layout::gaps(block) {
        let near = gap.before.is_some_and(suspicious) || gap.after.is_some_and(suspicious);
        let neighbour = gap.after.or(gap.before);
        let Some(neighbour) = neighbour.filter(|_| near && !gap.is_dead()) else {
            continue;
        };
        let mut place = Place::new(file, neighbour);
        if gap.after.is_none() {
            // Behind the last statement its own targets can be read as well.
            place = Place::behind(file, neighbour);
        }
        let around = insertion::Surroundings::new(gap, &place);
        insertion::donors(&around, pool);
        variants::propose(&around, pool);
        omissions::propose(&around, pool);
        templates::propose(&around, pool);
        guards::propose(&around, pool);
    }
}
