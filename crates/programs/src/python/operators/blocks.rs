//! Statements in the wrong place: before or behind a neighbour, inside or outside a loop.

use super::layout::{
    blocks, indent_of, indent_unit, is_docstring, is_jump, is_on_own_lines, is_simple,
    is_statement, line_start, reindented,
};
use super::pool::Pool;
use super::tree::Node;

pub(super) fn propose<'t>(statement: Node<'t>, pool: &mut Pool<'_>) {
    let Some(block) = statement
        .parent()
        .filter(|parent| matches!(parent.kind(), "block" | "module"))
    else {
        return;
    };
    let siblings: Vec<Node<'t>> = block.parts().filter(|part| is_statement(*part)).collect();
    let Some(at) = siblings.iter().position(|sibling| *sibling == statement) else {
        return;
    };
    if is_docstring(statement) || !is_on_own_lines(statement) {
        return;
    }
    if matches!(
        statement.kind(),
        "function_definition" | "class_definition" | "decorated_definition"
    ) {
        return;
    }
    if at > 0 {
        exchange(&siblings[at - 1..=at], pool);
    }
    if at + 1 < siblings.len() {
        exchange(&siblings[at..=at + 1], pool);
    }
    if at > 1 {
        rotate(&siblings[at - 2..=at], true, pool);
    }
    if at + 2 < siblings.len() {
        rotate(&siblings[at..=at + 2], false, pool);
    }
    if block.kind() == "block" {
        move_out(block, &siblings, at, pool);
    }
    if at > 0 {
        move_in(&siblings, at, pool);
        move_into_else(&siblings, at, pool);
    }
    if let Some(next) = siblings.get(at + 1) {
        move_down_into(statement, *next, pool);
    }
    loop_else(statement, pool);
}

fn is_movable(node: Node<'_>) -> bool {
    is_on_own_lines(node)
        && !is_docstring(node)
        && !matches!(
            node.kind(),
            "function_definition"
                | "class_definition"
                | "decorated_definition"
                | "import_statement"
                | "import_from_statement"
                | "future_import_statement"
        )
}

/// Two neighbours in the other order.
fn exchange(pair: &[Node<'_>], pool: &mut Pool<'_>) {
    let (first, second) = (pair[0], pair[1]);
    if !is_movable(first) || !is_movable(second) {
        return;
    }
    let between = &first.file_text()[first.end()..second.start()];
    let text = format!("{}{between}{}", second.text(), first.text());
    let prior = match (is_jump(second), is_simple(first) && is_simple(second)) {
        (true, _) => 0.02,
        (false, true) => 0.2,
        (false, false) => 0.14,
    };
    pool.splice(first.start()..second.end(), text, "swap_statements", prior);
}

/// One of three neighbours moved over the two others.
fn rotate(three: &[Node<'_>], is_last_to_front: bool, pool: &mut Pool<'_>) {
    if !three.iter().all(|node| is_movable(*node)) {
        return;
    }
    let text = three[0].file_text();
    let first_gap = &text[three[0].end()..three[1].start()];
    let second_gap = &text[three[1].end()..three[2].start()];
    let order = if is_last_to_front {
        [2, 0, 1]
    } else {
        [1, 2, 0]
    };
    if is_jump(three[2]) {
        return;
    }
    let rotated = format!(
        "{}{first_gap}{}{second_gap}{}",
        three[order[0]].text(),
        three[order[1]].text(),
        three[order[2]].text()
    );
    pool.splice(
        three[0].start()..three[2].end(),
        rotated,
        "move_statement",
        0.07,
    );
}

/// The header that owns `block`: the compound statement, whatever clause lies between.
fn owner(block: Node<'_>) -> Option<Node<'_>> {
    let parent = block.parent()?;
    if parent.kind().ends_with("_clause") {
        parent.parent()
    } else {
        Some(parent)
    }
}

/// The last statements of a body, dedented; the first, lifted over the header.
fn move_out(block: Node<'_>, siblings: &[Node<'_>], at: usize, pool: &mut Pool<'_>) {
    let Some(owner) = owner(block).filter(|owner| {
        matches!(
            owner.kind(),
            "if_statement"
                | "for_statement"
                | "while_statement"
                | "with_statement"
                | "try_statement"
        ) && is_on_own_lines(*owner)
    }) else {
        return;
    };
    let outer = indent_of(owner);
    let is_loop = matches!(owner.kind(), "for_statement" | "while_statement");
    let tail = siblings.len() - at;
    if at > 0 && tail <= 3 && siblings[at..].iter().all(|node| is_movable(*node)) {
        let moved: Option<Vec<String>> = siblings[at..]
            .iter()
            .map(|node| reindented(*node, outer))
            .collect();
        let Some(moved) = moved else { return };
        let written = moved.join(&format!("\n{outer}"));
        let jump = siblings[at..]
            .iter()
            .any(|node| matches!(node.kind(), "break_statement" | "continue_statement"));
        let base = if jump {
            0.1
        } else if is_loop {
            0.35
        } else {
            0.25
        };
        let prior = base / tail as f64;
        let last = siblings[siblings.len() - 1];
        if block.end() == owner.end() {
            let start = line_start(block.file_text(), siblings[at].start());
            pool.splice(
                start..last.end(),
                format!("{outer}{written}"),
                "dedent_statement",
                prior,
            );
        } else {
            let rest = &block.file_text()[last.end()..owner.end()];
            let kept = siblings[at - 1].end();
            let text = format!("{rest}\n{outer}{written}");
            pool.splice(kept..owner.end(), text, "dedent_statement", prior * 0.6);
        }
    }
    if at == 0
        && siblings.len() > 1
        && is_movable(siblings[0])
        && owner.child("body").or(owner.child("consequence")) == Some(block)
        && let Some(moved) = reindented(siblings[0], outer)
    {
        let header = &block.file_text()[owner.start()..siblings[0].start()];
        let text = format!("{moved}\n{outer}{header}");
        pool.splice(
            owner.start()..siblings[1].start(),
            text,
            "lift_statement",
            if is_loop { 0.22 } else { 0.14 },
        );
    }
}

/// A statement behind a loop or condition, taken into it at the end.
fn move_in(siblings: &[Node<'_>], at: usize, pool: &mut Pool<'_>) {
    let (owner, statement) = (siblings[at - 1], siblings[at]);
    if !is_movable(statement) || !is_on_own_lines(owner) {
        return;
    }
    let all = blocks(owner);
    let Some(last) = all.last() else { return };
    let Some(end) = last.parts().filter(|part| is_statement(*part)).last() else {
        return;
    };
    if !is_on_own_lines(end) {
        return;
    }
    let inner = indent_of(end).to_owned();
    let dead = if is_jump(end) { 0.1 } else { 1.0 };
    let base = match owner.kind() {
        "for_statement" | "while_statement" => 0.3,
        "if_statement" if is_jump(statement) => 0.15,
        "if_statement" => 0.22,
        "with_statement" | "try_statement" => 0.12,
        _ => return,
    };
    let Some(moved) = reindented(statement, &inner) else {
        return;
    };
    let start = line_start(statement.file_text(), statement.start());
    let span = start..statement.end();
    pool.splice(
        span,
        format!("{inner}{moved}"),
        "indent_statement",
        base * dead,
    );
    // Two statements together.
    if let Some(next) = siblings.get(at + 1).filter(|next| is_movable(**next))
        && let Some(second) = reindented(*next, &inner)
    {
        let text = format!("{inner}{moved}\n{inner}{second}");
        pool.splice(
            start..next.end(),
            text,
            "indent_statement",
            base * dead * 0.4,
        );
    }
    // A loop below a condition may also take it into the innermost body.
    let nested = last.parts().filter(|part| is_statement(*part)).last();
    if let Some(nested) = nested.filter(|nested| !is_simple(*nested))
        && let Some(innermost) = blocks(nested).last()
        && let Some(end) = innermost.parts().filter(|part| is_statement(*part)).last()
        && is_on_own_lines(end)
    {
        let inner = indent_of(end);
        if let Some(moved) = reindented(statement, inner) {
            pool.splice(
                start..statement.end(),
                format!("{inner}{moved}"),
                "indent_statement",
                base * 0.5,
            );
        }
    }
}

/// What stands behind `if`, `try` or a loop, only when nothing went the other way.
fn move_into_else(siblings: &[Node<'_>], at: usize, pool: &mut Pool<'_>) {
    let (owner, statement) = (siblings[at - 1], siblings[at]);
    let base = match owner.kind() {
        "if_statement" => 0.2,
        "try_statement" => 0.2,
        "for_statement" | "while_statement" => 0.12,
        _ => return,
    };
    let closed = owner
        .parts()
        .any(|part| matches!(part.kind(), "else_clause" | "finally_clause"));
    if closed || !is_movable(statement) || !is_on_own_lines(owner) {
        return;
    }
    let outer = indent_of(owner);
    let unit = indent_unit(owner.ancestors().last().unwrap_or(owner));
    let inner = format!("{outer}{unit}");
    if let Some(moved) = reindented(statement, &inner) {
        let start = line_start(statement.file_text(), statement.start());
        let text = format!("{outer}else:\n{inner}{moved}");
        pool.splice(start..statement.end(), text, "indent_into_else", base);
    }
}

/// A statement before a loop or condition, taken into it at the start.
fn move_down_into(statement: Node<'_>, next: Node<'_>, pool: &mut Pool<'_>) {
    let is_target = matches!(
        next.kind(),
        "for_statement" | "while_statement" | "if_statement"
    );
    if !is_target || !is_movable(statement) || !is_on_own_lines(next) || !is_simple(statement) {
        return;
    }
    let Some(first) = blocks(next).first().and_then(|block| block.parts().next()) else {
        return;
    };
    if !is_on_own_lines(first) || is_docstring(first) {
        return;
    }
    let inner = indent_of(first);
    let Some(moved) = reindented(statement, inner) else {
        return;
    };
    let header = &next.file_text()[next.start()..first.start()];
    let text = format!("{header}{moved}\n{inner}");
    let prior = if next.kind() == "if_statement" {
        0.1
    } else {
        0.2
    };
    pool.splice(
        statement.start()..first.start(),
        text,
        "sink_statement",
        prior,
    );
}

/// `else` of the last `if` of a loop ↔ `else` of the loop.
fn loop_else(statement: Node<'_>, pool: &mut Pool<'_>) {
    let text = statement.file_text();
    if matches!(statement.kind(), "for_statement" | "while_statement") {
        let Some(body) = statement.child("body") else {
            return;
        };
        let last = body.parts().filter(|part| is_statement(*part)).last();
        let Some(last) =
            last.filter(|last| last.kind() == "if_statement" && is_on_own_lines(*last))
        else {
            return;
        };
        let outer = indent_of(statement);
        let own = statement.child("alternative");
        let inner = last
            .fields("alternative")
            .find(|clause| clause.kind() == "else_clause");
        let (clause, target, from) = match (own, inner) {
            (None, Some(clause)) => (clause, outer.to_owned(), indent_of(last).to_owned()),
            (Some(clause), None) => (clause, indent_of(last).to_owned(), outer.to_owned()),
            _ => return,
        };
        let start = line_start(text, clause.start());
        let moved: Vec<String> = text[start..clause.end()]
            .split('\n')
            .map(|line| match line.strip_prefix(from.as_str()) {
                Some(rest) => format!("{target}{rest}"),
                None => line.to_owned(),
            })
            .collect();
        pool.splice(start..clause.end(), moved.join("\n"), "move_else", 0.25);
    }
    // `else:` taken away: its body follows in any case.
    let clause = statement
        .fields("alternative")
        .find(|clause| clause.kind() == "else_clause");
    let Some(clause) = clause.filter(|_| is_on_own_lines(statement)) else {
        return;
    };
    let Some(body) = clause.child("body") else {
        return;
    };
    let statements: Vec<_> = body.parts().filter(|part| is_statement(*part)).collect();
    if statements.iter().all(|node| is_on_own_lines(*node)) && clause.end() == statement.end() {
        let outer = indent_of(statement);
        let moved: Option<Vec<String>> = statements
            .iter()
            .map(|node| reindented(*node, outer))
            .collect();
        if let Some(moved) = moved {
            let start = line_start(text, clause.start());
            let written = format!("{outer}{}", moved.join(&format!("\n{outer}")));
            pool.splice(start..clause.end(), written, "drop_else", 0.12);
        }
    }
}
