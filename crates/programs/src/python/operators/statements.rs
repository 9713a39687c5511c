//! One statement turned into another, or taken away.

use super::effects;
use super::expr::{Expr, Level};
use super::layout::{
    blocks, indent_of, is_docstring, is_on_own_lines, is_repeatable, is_simple, is_statement,
    line_start, names_in, reindented,
};
use super::place::Place;
use super::pool::Pool;
use super::tree::Node;

/// Exceptions that are raised or caught in place of one another.
const EXCEPTIONS: &[&str] = &[
    "ValueError",
    "TypeError",
    "KeyError",
    "IndexError",
    "AttributeError",
    "ZeroDivisionError",
    "StopIteration",
    "RuntimeError",
    "Exception",
    "OSError",
    "FileNotFoundError",
    "LookupError",
    "NotImplementedError",
    "OverflowError",
    "PermissionError",
    "TimeoutError",
];

pub(super) fn propose<'t>(place: &Place<'t, '_>, pool: &mut Pool<'_>) {
    let statement = place.statement;
    match statement.kind() {
        "if_statement" => branch(statement, pool),
        "while_statement" => keyword(statement, "while", "if", 0.06, pool),
        "elif_clause" => keyword(statement, "elif", "if", 0.0, pool),
        "for_statement" => unwrap_body(statement, 0.04, pool),
        "try_statement" | "with_statement" => unwrap_body(statement, 0.03, pool),
        "break_statement" => jump(
            place,
            &[("continue", 0.25), ("return", 0.06), ("pass", 0.15)],
            pool,
        ),
        "continue_statement" => jump(
            place,
            &[("break", 0.3), ("pass", 0.15), ("return", 0.03)],
            pool,
        ),
        "pass_statement" => jump(
            place,
            &[
                ("continue", 0.15),
                ("break", 0.15),
                ("return", 0.1),
                ("raise", 0.15),
            ],
            pool,
        ),
        "return_statement" => returns(place, statement, pool),
        "raise_statement" => raised(place, statement, pool),
        "except_clause" => caught(place, statement, pool),
        "expression_statement" => effects::propose(place, statement, pool),
        _ => {}
    }
    if is_statement(statement) && is_simple(statement) && !is_docstring(statement) {
        by_donor(place, statement, pool);
    }
    if is_statement(statement) {
        delete(statement, pool);
    }
}

fn keyword(node: Node<'_>, from: &str, to: &str, prior: f64, pool: &mut Pool<'_>) {
    let has_else = node.child("alternative").is_some();
    if prior > 0.0 && !has_else && node.text().starts_with(from) {
        pool.splice(
            node.start()..node.start() + from.len(),
            to,
            "change_keyword",
            prior,
        );
    }
}

/// `if` → `while`, `elif` ↔ `if`, bodies exchanged, the condition dropped.
fn branch(node: Node<'_>, pool: &mut Pool<'_>) {
    let clauses: Vec<_> = node.fields("alternative").collect();
    keyword(node, "if", "while", 0.12, pool);
    if is_on_own_lines(node) {
        for clause in clauses
            .iter()
            .filter(|clause| clause.kind() == "elif_clause")
        {
            let at = clause.start();
            pool.splice(at..at + 4, "if", "elif_to_if", 0.25);
        }
        let previous = node.parent().and_then(|block| {
            block
                .parts()
                .filter(|part| is_statement(*part))
                .take_while(|part| *part != node)
                .last()
        });
        let closed = previous.is_some_and(|previous| {
            previous.kind() == "if_statement"
                && !previous
                    .fields("alternative")
                    .any(|clause| clause.kind() == "else_clause")
                && is_on_own_lines(previous)
        });
        let adjacent = previous.is_some_and(|previous| {
            node.file_text()[previous.end()..node.start()]
                .trim()
                .is_empty()
        });
        if closed && adjacent {
            pool.splice(node.start()..node.start() + 2, "elif", "if_to_elif", 0.3);
        }
    }
    let bodies = blocks(node);
    for pair in bodies.windows(2) {
        let (first, second) = (pair[0], pair[1]);
        let alike = first.parts().next().is_some_and(is_on_own_lines)
            == second.parts().next().is_some_and(is_on_own_lines);
        if alike {
            let between = &node.file_text()[first.end()..second.start()];
            let text = format!("{}{between}{}", second.text(), first.text());
            let prior = if bodies.len() > 2 { 0.16 } else { 0.1 };
            pool.splice(first.start()..second.end(), text, "swap_branches", prior);
        }
    }
    if clauses.is_empty() {
        unwrap_body(node, 0.14, pool);
    } else if let Some(clause) = clauses.last() {
        pool.splice(before_line(*clause)..clause.end(), "", "drop_clause", 0.07);
    }
}

/// Where the line of `clause` starts, the newline before it included.
fn before_line(clause: Node<'_>) -> usize {
    line_start(clause.file_text(), clause.start()).saturating_sub(1)
}

/// The body alone, without the header above it.
fn unwrap_body(node: Node<'_>, prior: f64, pool: &mut Pool<'_>) {
    let all = blocks(node);
    let Some(body) = all.first().filter(|_| is_on_own_lines(node)) else {
        return;
    };
    let statements: Vec<_> = body.parts().filter(|part| is_statement(*part)).collect();
    if !statements.iter().all(|inner| is_on_own_lines(*inner)) {
        return;
    }
    let outer = indent_of(node);
    let moved: Option<Vec<String>> = statements
        .iter()
        .map(|inner| reindented(*inner, outer))
        .collect();
    if let Some(moved) = moved {
        let text = moved.join(&format!("\n{outer}"));
        pool.splice(node.span(), text, "unwrap_body", prior);
    }
}

fn jump<'t>(place: &Place<'t, '_>, others: &[(&'static str, f64)], pool: &mut Pool<'_>) {
    for &(other, prior) in others {
        let allowed = match other {
            "continue" | "break" => place.is_in_loop(),
            "return" => place.is_in_function(),
            "raise" => place
                .statement
                .ancestors()
                .any(|a| a.kind() == "except_clause"),
            _ => true,
        };
        if allowed {
            pool.splice(place.statement.span(), other, "change_jump", prior);
        }
    }
}

fn returns<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let is_generator = place.function.walk().any(|part| part.kind() == "yield");
    let Some(value) = node.parts().next() else {
        jump(place, &[("continue", 0.2), ("break", 0.2)], pool);
        for value in ["None", "True", "False", "[]", "0"] {
            pool.splice(node.span(), format!("return {value}"), "return_value", 0.05);
        }
        returned_atoms(place, node, None, pool);
        return;
    };
    if place.is_in_loop() {
        jump(place, &[("continue", 0.06), ("break", 0.04)], pool);
    }
    let text = value.text();
    pool.splice(
        node.span(),
        format!("yield {text}"),
        "return_to_yield",
        if is_generator { 0.3 } else { 0.04 },
    );
    if is_generator {
        pool.splice(
            node.span(),
            format!("yield from {text}"),
            "return_to_yield",
            0.2,
        );
    }
    for (other, prior) in [
        ("None", 0.06),
        ("True", 0.06),
        ("False", 0.06),
        ("0", 0.05),
        ("1", 0.03),
        ("[]", 0.05),
        ("-1", 0.03),
        ("\"\"", 0.03),
        ("{}", 0.02),
    ] {
        let kind = place.type_of(value);
        let fit = kind.affinity(match other {
            "True" | "False" => super::ty::Ty::BOOL,
            "None" => super::ty::Ty::ANY,
            "[]" => super::ty::Ty::LIST,
            "\"\"" => super::ty::Ty::STR,
            "{}" => super::ty::Ty::DICT,
            _ => super::ty::Ty::INT,
        });
        pool.replace(
            value,
            &Expr::with_level(other, Level::Unary),
            "return_value",
            prior * (0.4 + fit),
        );
    }
    returned_atoms(place, node, Some(value), pool);
}

/// `return` of each variable.
fn returned_atoms<'t>(
    place: &Place<'t, '_>,
    node: Node<'t>,
    value: Option<Node<'t>>,
    pool: &mut Pool<'_>,
) {
    let ty = value.map(|value| place.wanted(value));
    for atom in &place.atoms {
        let fit = ty.map_or(0.4, |ty| ty.affinity(atom.ty));
        let prior = 0.16 * fit * atom.weight;
        match value {
            Some(value) if value.text() != atom.text => {
                pool.replace(value, &Expr::atom(atom.text), "return_value", prior);
            }
            None => pool.splice(
                node.span(),
                format!("return {}", atom.text),
                "return_value",
                prior,
            ),
            _ => {}
        }
    }
}

fn raised<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let Some(value) = node.parts().next() else {
        return;
    };
    let class = match value.kind() {
        "call" => value.child("function"),
        _ => Some(value),
    };
    if let Some(class) = class.filter(|class| class.kind() == "identifier") {
        exceptions(place, class, 0.2, pool);
    }
    if place.is_in_function() {
        for other in [
            "return None",
            "return False",
            "return",
            "return []",
            "return 0",
        ] {
            pool.splice(node.span(), other, "raise_to_return", 0.05);
        }
    }
}

fn caught<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let header = node.parts().take_while(|part| part.kind() != "block");
    for part in header.flat_map(Node::walk) {
        if part.kind() == "identifier" && part.parent_kind() != "as_pattern_target" {
            // A narrower clause lets out what a test expects, and more.
            let catches_all = matches!(part.text(), "Exception" | "BaseException");
            exceptions(place, part, if catches_all { 0.08 } else { 0.25 }, pool);
            if part.parent_kind() != "tuple" {
                for other in EXCEPTIONS
                    .iter()
                    .take(6)
                    .filter(|other| **other != part.text())
                {
                    let text = format!("({}, {other})", part.text());
                    pool.splice(part.span(), text, "add_exception", 0.12);
                }
            }
        }
    }
}

fn exceptions<'t>(place: &Place<'t, '_>, class: Node<'t>, prior: f64, pool: &mut Pool<'_>) {
    let own = place
        .file
        .classes
        .iter()
        .filter(|name| name.ends_with("Error") || name.ends_with("Exception"));
    for (rank, other) in own.chain(EXCEPTIONS).enumerate() {
        if *other != class.text() {
            pool.splice(
                class.span(),
                *other,
                "change_exception",
                prior / (1.0 + rank as f64 * 0.15),
            );
        }
    }
}

/// A statement → another of the file that does a like thing.
fn by_donor<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let shape = |statement: Node<'_>| statement.parts().next().map(|part| part.kind().to_owned());
    let mut seen = std::collections::HashSet::new();
    let mut tried = 0;
    for &donor in &place.file.statements {
        let fits = donor.kind() == node.kind()
            && shape(donor) == shape(node)
            && donor.text() != node.text();
        if !fits || tried == 40 || !seen.insert(donor.text()) {
            continue;
        }
        let own = place.function.holds(donor);
        let known = names_in(donor).all(|name| {
            place.atoms.iter().any(|atom| atom.text == name)
                || matches!(name, "self" | "cls")
                || place
                    .file
                    .functions
                    .iter()
                    .any(|function| function.name == name)
                || !super::ty::Ty::of_call(name).is_unknown()
        });
        if known {
            tried += 1;
            let names: Vec<_> = names_in(node).collect();
            let shared = names_in(donor).filter(|name| names.contains(name)).count();
            let prior = if own { 0.05 } else { 0.04 } * (1.0 + shared.min(3) as f64 * 0.4);
            pool.splice(node.span(), donor.text(), "replace_statement", prior);
        }
    }
}

fn delete(node: Node<'_>, pool: &mut Pool<'_>) {
    let Some(block) = node.parent() else { return };
    if is_docstring(node)
        || matches!(
            node.kind(),
            "pass_statement"
                | "import_statement"
                | "import_from_statement"
                | "function_definition"
                | "class_definition"
                | "decorated_definition"
                | "future_import_statement"
        )
    {
        return;
    }
    let prior = match node.kind() {
        "return_statement" => 0.12,
        "break_statement" | "continue_statement" => 0.2,
        "if_statement" => 0.14,
        "for_statement" | "while_statement" | "try_statement" | "with_statement" => 0.03,
        "raise_statement" => 0.08,
        _ => 0.18,
    };
    let siblings = block.parts().filter(|part| is_statement(*part)).count();
    if siblings == 1 || !is_on_own_lines(node) {
        pool.splice(node.span(), "pass", "delete_statement", prior * 0.8);
        return;
    }
    let start = line_start(node.file_text(), node.start());
    let end = super::layout::line_end(node.file_text(), node.end());
    let newline = node.file_text()[end..].starts_with('\n') as usize;
    pool.splice(start..end + newline, "", "delete_statement", prior);
    if is_simple(node) && is_repeatable(node) && node.kind() == "expression_statement" {
        let text = format!("{}\n{}{}", node.text(), indent_of(node), node.text());
        pool.splice(node.span(), text, "duplicate_statement", 0.03);
    }
}
