//! Where statements stand on their lines, and how to write more of them with the same indentation.

use super::expr::Level;
use super::place::is_plain_string;
use super::pool::Pool;
use super::tree::Node;

/// A place between statements of one block.
#[derive(Clone, Copy)]
pub(super) struct Gap<'t> {
    pub(super) block: Node<'t>,
    pub(super) before: Option<Node<'t>>,
    pub(super) after: Option<Node<'t>>,
}

impl<'t> Gap<'t> {
    /// Writes `statement` into the gap. Lines of `statement` after the first are indented
    /// relative to it. Nothing happens where the layout leaves no room.
    pub(super) fn insert(
        self,
        statement: &str,
        operator: &'static str,
        prior: f64,
        pool: &mut Pool<'_>,
    ) {
        let is_compound = statement.ends_with(':') || statement.contains('\n');
        match (self.before, self.after) {
            (Some(before), _) if is_simple(before) && is_on_own_lines(before) => {
                let at = line_end(before.file_text(), before.end());
                let indent = indent_of(before);
                let text = format!("\n{indent}{}", indented(statement, indent));
                pool.splice(at..at, text, operator, prior);
            }
            (_, Some(after)) if is_on_own_lines(after) => {
                let indent = indent_of(after);
                let text = format!("{}\n{indent}", indented(statement, indent));
                pool.splice(after.start()..after.start(), text, operator, prior);
            }
            (Some(before), None) if is_on_own_lines(before) => {
                let at = line_end(before.file_text(), before.end());
                let indent = indent_of(before);
                let text = format!("\n{indent}{}", indented(statement, indent));
                pool.splice(at..at, text, operator, prior);
            }
            // `if x: return y` has room for simple statements only.
            (_, Some(after)) if !is_compound && is_simple(after) => {
                let at = after.start();
                pool.splice(at..at, format!("{statement}; "), operator, prior);
            }
            (Some(before), None) if !is_compound && is_simple(before) => {
                let at = before.end();
                pool.splice(at..at, format!("; {statement}"), operator, prior);
            }
            _ => {}
        }
    }

    /// Whether control cannot come here.
    pub(super) fn is_dead(self) -> bool {
        self.before.is_some_and(is_jump)
    }
}

/// The gaps of a block, from before its first statement to behind its last.
pub(super) fn gaps(block: Node<'_>) -> Vec<Gap<'_>> {
    let statements: Vec<_> = block.parts().filter(|part| is_statement(*part)).collect();
    let mut before = None;
    let mut gaps = Vec::with_capacity(statements.len() + 1);
    for statement in statements {
        let is_docstring = before.is_none() && is_docstring(statement);
        if !is_docstring && !is_future_import(statement) {
            gaps.push(Gap {
                block,
                before,
                after: Some(statement),
            });
        }
        before = Some(statement);
    }
    gaps.push(Gap {
        block,
        before,
        after: None,
    });
    gaps
}

fn is_future_import(node: Node<'_>) -> bool {
    node.kind() == "future_import_statement"
}

pub(super) fn is_docstring(node: Node<'_>) -> bool {
    node.kind() == "expression_statement"
        && node
            .parts()
            .next()
            .is_some_and(|part| matches!(part.kind(), "string" | "concatenated_string"))
}

pub(super) fn is_statement(node: Node<'_>) -> bool {
    node.kind().ends_with("_statement")
        || matches!(
            node.kind(),
            "function_definition" | "class_definition" | "decorated_definition"
        )
}

/// Whether a statement has no statements inside.
pub(super) fn is_simple(node: Node<'_>) -> bool {
    node.kind().ends_with("_statement")
        && !matches!(
            node.kind(),
            "if_statement"
                | "for_statement"
                | "while_statement"
                | "with_statement"
                | "try_statement"
                | "match_statement"
        )
}

/// Whether what stands behind the statement in its block is never reached.
pub(super) fn is_jump(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "return_statement" | "raise_statement" | "break_statement" | "continue_statement"
    )
}

/// Whether nothing but this statement and comments stands on its lines.
pub(super) fn is_on_own_lines(node: Node<'_>) -> bool {
    let text = node.file_text();
    let line_start = line_start(text, node.start());
    let rest = text[node.end()..line_end(text, node.end())].trim_start();
    text[line_start..node.start()]
        .chars()
        .all(|c| matches!(c, ' ' | '\t'))
        && (rest.is_empty() || rest.starts_with('#'))
}

/// The white space before a statement on its own lines.
pub(super) fn indent_of(node: Node<'_>) -> &str {
    let text = node.file_text();
    &text[line_start(text, node.start())..node.start()]
}

pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where the line of byte `at` ends, before its newline.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..]
        .find('\n')
        .map_or(text.len(), |newline| at + newline);
    if text[at..end].ends_with('\r') {
        end - 1
    } else {
        end
    }
}

/// One step of indentation, as the file does it.
pub(super) fn indent_unit(root: Node<'_>) -> &str {
    root.walk()
        .filter(|node| node.kind() == "block")
        .find_map(|block| {
            let first = block
                .parts()
                .next()
                .filter(|first| is_on_own_lines(*first))?;
            let header = block.parent()?;
            let outer = &header.file_text()[line_start(header.file_text(), header.start())..];
            let outer = &outer[..outer.len() - outer.trim_start_matches([' ', '\t']).len()];
            indent_of(first)
                .strip_prefix(outer)
                .filter(|unit| !unit.is_empty())
        })
        .unwrap_or("    ")
}

/// `statement` with every line after the first moved in by `indent`.
fn indented(statement: &str, indent: &str) -> String {
    statement.replace('\n', &format!("\n{indent}"))
}

/// The text of a statement as it reads when it is moved from its indentation to `to`; `None`
/// where a string runs over its lines and would change.
pub(super) fn reindented(node: Node<'_>, to: &str) -> Option<String> {
    let from = indent_of(node);
    if !node.is_multiline() {
        return Some(node.text().to_owned());
    }
    let has_long_string = node
        .walk()
        .any(|part| part.kind() == "string" && part.is_multiline());
    if has_long_string {
        return None;
    }
    let mut text = String::with_capacity(node.text().len());
    for (at, line) in node.text().split('\n').enumerate() {
        if at > 0 {
            text.push('\n');
            match line.strip_prefix(from) {
                Some(rest) => {
                    text.push_str(to);
                    text.push_str(rest);
                }
                None if line.trim().is_empty() => {}
                None => text.push_str(line),
            }
            continue;
        }
        text.push_str(line);
    }
    Some(text)
}

/// The blocks of a compound statement and of its clauses, first to last.
pub(super) fn blocks(node: Node<'_>) -> Vec<Node<'_>> {
    let mut blocks = Vec::new();
    for part in node.parts() {
        if part.kind() == "block" {
            blocks.push(part);
        } else if part.kind().ends_with("_clause") {
            blocks.extend(part.parts().filter(|inner| inner.kind() == "block"));
        }
    }
    blocks
}

/// Names that a piece of code reads or writes.
pub(super) fn names_in<'t>(node: Node<'t>) -> impl Iterator<Item = &'t str> {
    node.walk()
        .filter(|part| {
            part.kind() == "identifier" && part.field() != Some("attribute")
                || part.kind() == "attribute"
                    && part.field() != Some("function")
                    && part.text().starts_with("self.")
        })
        .map(Node::text)
}

/// Whether a piece of code may be written down once more as it is.
pub(super) fn is_repeatable(node: Node<'_>) -> bool {
    !node.is_multiline()
        && !node.walk().any(|part| {
            part.kind() == "comment" || (part.kind() == "string" && !is_plain_string(part))
        })
        && !matches!(
            node.kind(),
            "import_statement"
                | "import_from_statement"
                | "global_statement"
                | "nonlocal_statement"
                | "pass_statement"
                | "print_statement"
        )
        && !node
            .walk()
            .any(|part| Level::of(part) == Some(Level::Lambda))
}
