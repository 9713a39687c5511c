//! The edits that a repair of Rust tries: what programmers get wrong, undone.

mod arms;
mod atoms;
mod binary;
mod calls;
mod conditions;
mod exchanges;
mod forgotten;
mod insertions;
mod layout;
mod literals;
mod macros;
mod names;
mod ranges;
mod statements;

pub(super) use macros::arguments as macro_arguments;

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::items::{self, Items, field};
use super::scope::Scope;
use crate::edit::Candidate;
use crate::language::Focus;
use crate::source::{FileId, Source, Sources};

/// Every edit of one place in `focus`, in the order of the text.
pub(super) fn candidates(sources: &Sources, focus: &Focus) -> Vec<Candidate> {
    let items = Items::of(sources);
    let mut found = Vec::new();
    for (file, source) in sources.iter() {
        let lines: HashSet<u32> = focus
            .lines
            .iter()
            .filter(|(of, ..)| *of == file)
            .map(|(_, line, _)| *line)
            .collect();
        if lines.is_empty() {
            continue;
        }
        let pool = Pool::of(source);
        let functions = items::functions(source);
        let mut edits = Edits {
            file,
            source,
            lines: &lines,
            made: HashMap::new(),
            list: Vec::new(),
        };
        for (function, owner) in &functions {
            let function = *function;
            let first = source.line_of(function.start_byte());
            let last = source.line_of(function.end_byte());
            if !(first..=last).any(|line| lines.contains(&line)) {
                continue;
            }
            let scope = Scope::of(source, &items, function, owner.as_deref());
            let body = field(function, "body").expect("functions without a body are left out");
            let mut site = Site {
                scope: &scope,
                pool: &pool,
                body: body.byte_range(),
                edits: &mut edits,
            };
            site.visit(body);
            insertions::guards(&mut site, function);
        }
        constants(source, &pool, &items, &mut edits);
        found.append(&mut edits.list);
    }
    found
}

/// Values of constants that a suspicious line names.
fn constants(source: &Source, pool: &Pool, items: &Items, edits: &mut Edits<'_>) {
    let mut cursor = source.tree.walk();
    for item in source.tree.root_node().named_children(&mut cursor) {
        if !matches!(item.kind(), "const_item" | "static_item") {
            continue;
        }
        let (Some(name), Some(value)) = (field(item, "name"), field(item, "value")) else {
            continue;
        };
        let name = source.text_of(name);
        let is_named =
            source.text.lines().enumerate().any(|(index, line)| {
                edits.lines.contains(&(index as u32 + 1)) && line.contains(name)
            });
        if is_named {
            let lines: HashSet<u32> =
                (source.line_of(item.start_byte())..=source.line_of(item.end_byte())).collect();
            let scope = Scope::of(source, items, item, None);
            let mut inner = Edits {
                file: edits.file,
                source,
                lines: &lines,
                made: HashMap::new(),
                list: Vec::new(),
            };
            let mut site = Site {
                scope: &scope,
                pool,
                body: item.byte_range(),
                edits: &mut inner,
            };
            site.visit(value);
            edits.list.append(&mut inner.list);
        }
    }
}

/// Literals and statements of the file that may be used elsewhere in it.
#[derive(Debug, Default)]
struct Pool {
    integers: Vec<String>,
    chars: Vec<String>,
    strings: Vec<String>,
    /// Simple statements: the text with the byte where it stands.
    statements: Vec<(String, usize)>,
    /// Conditions of `if`, `while` and match guards, and their parts.
    conditions: Vec<(String, usize)>,
    /// Whole `if … { return … }` guards.
    guards: Vec<(String, usize)>,
    /// Short calls without arguments, which may be numbers.
    numbers: Vec<(String, usize)>,
}

impl Pool {
    fn of(source: &Source) -> Self {
        let mut pool = Self::default();
        for (function, _) in items::functions(source) {
            pool.read(source, function);
        }
        pool
    }

    fn read(&mut self, source: &Source, node: Node<'_>) {
        let text = source.text_of(node);
        let add = |list: &mut Vec<String>| {
            if text.len() <= 40 && !list.iter().any(|known| known == text) {
                list.push(text.to_owned());
            }
        };
        match node.kind() {
            "integer_literal" => add(&mut self.integers),
            "char_literal" => add(&mut self.chars),
            "string_literal" => add(&mut self.strings),
            "expression_statement" => self.read_statement(source, node),
            "let_declaration" => {}
            "call_expression"
                if text.len() <= 24 && text.ends_with("()") && !is_condition(source, node) =>
            {
                self.numbers.push((text.to_owned(), node.start_byte()));
            }
            "binary_expression" | "unary_expression" | "call_expression"
                if text.len() <= 60 && !text.contains('\n') && is_condition(source, node) =>
            {
                self.conditions.push((text.to_owned(), node.start_byte()));
            }
            "function_item" if node.parent().is_some_and(|parent| parent.kind() == "block") => {
                return;
            }
            _ => {}
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.read(source, child);
        }
    }

    fn read_statement(&mut self, source: &Source, node: Node<'_>) {
        let text = source.text_of(node);
        let Some(inner) = node.named_child(0) else {
            return;
        };
        match inner.kind() {
            "assignment_expression"
            | "compound_assignment_expr"
            | "call_expression"
            | "return_expression"
            | "break_expression"
            | "continue_expression"
                if text.len() <= 100 =>
            {
                let text = if text.ends_with(';') {
                    text.to_owned()
                } else {
                    format!("{text};")
                };
                self.statements.push((text, node.start_byte()));
            }
            "if_expression" if text.len() <= 200 && field(inner, "alternative").is_none() => {
                self.guards.push((text.to_owned(), node.start_byte()));
            }
            _ => {}
        }
    }
}

/// Whether an expression decides something: a condition or a part of one.
fn is_condition(source: &Source, node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else {
        return false;
    };
    match parent.kind() {
        "if_expression" | "while_expression" => field(parent, "condition") == Some(node),
        "match_pattern" => field(parent, "condition") == Some(node),
        "closure_expression" => {
            matches!(node.kind(), "binary_expression" | "unary_expression")
                && conditions::is_boolean(source, node)
        }
        "binary_expression" => {
            let operator =
                field(parent, "operator").map_or("", |operator| source.text_of(operator));
            matches!(operator, "&&" | "||")
        }
        "unary_expression" => {
            source.text_of(parent).starts_with('!') && is_condition(source, parent)
        }
        "parenthesized_expression" | "let_chain" => is_condition(source, parent),
        _ => false,
    }
}

/// The candidates of one file.
struct Edits<'a> {
    file: FileId,
    source: &'a Source,
    lines: &'a HashSet<u32>,
    made: HashMap<(usize, usize, String), usize>,
    list: Vec<Candidate>,
}

/// One function under repair.
struct Site<'a, 'e> {
    scope: &'e Scope<'a>,
    pool: &'e Pool,
    /// Bytes of the function's body.
    body: std::ops::Range<usize>,
    edits: &'e mut Edits<'a>,
}

impl<'a> Site<'a, '_> {
    fn text(&self, node: Node<'_>) -> &'a str {
        &self.edits.source.text[node.byte_range()]
    }

    /// Whether a suspicious line is among those of `node`.
    fn is_suspicious(&self, node: Node<'_>) -> bool {
        let source = self.edits.source;
        let first = source.line_of(node.start_byte());
        let last = source.line_of(node.end_byte());
        (first..=last).any(|line| self.edits.lines.contains(&line))
    }

    /// Adds the candidate that writes `text` in place of `node`.
    fn replace(
        &mut self,
        node: Node<'_>,
        text: impl Into<String>,
        operator: &'static str,
        prior: f64,
    ) {
        self.write(
            node.start_byte()..node.end_byte(),
            text.into(),
            operator,
            prior,
        );
    }

    /// Adds the candidate that writes `text` in place of `span`. The likelier of two equal ones stays.
    fn write(
        &mut self,
        span: std::ops::Range<usize>,
        text: String,
        operator: &'static str,
        prior: f64,
    ) {
        let edits = &mut *self.edits;
        let text = layout::indented(&edits.source.text, span.start, text);
        if edits.source.text[span.clone()] == text {
            return;
        }
        let key = (span.start, span.end, text.clone());
        match edits.made.get(&key) {
            Some(&at) => {
                let known = &mut edits.list[at];
                if known.prior < prior {
                    known.prior = prior;
                    known.operators = vec![operator];
                }
            }
            None => {
                edits.made.insert(key, edits.list.len());
                edits
                    .list
                    .push(Candidate::single(edits.file, span, text, operator, prior));
            }
        }
    }

    /// Walks an expression, a statement or a block.
    fn visit(&mut self, node: Node<'_>) {
        if matches!(
            node.kind(),
            "function_item"
                | "macro_definition"
                | "attribute_item"
                | "line_comment"
                | "block_comment"
        ) && node.byte_range() != self.body
        {
            return;
        }
        if !self.is_suspicious(node) {
            return;
        }
        self.expression(node);
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.visit(child);
        }
    }

    fn expression(&mut self, node: Node<'_>) {
        match node.kind() {
            "block" => {
                statements::block(self, node);
                exchanges::block(self, node);
                forgotten::block(self, node);
            }
            "binary_expression" => binary::binary(self, node),
            "compound_assignment_expr" => binary::compound(self, node),
            "assignment_expression" => binary::assignment(self, node),
            "unary_expression" => binary::unary(self, node),
            "integer_literal" | "float_literal" => literals::number(self, node),
            "boolean_literal" | "char_literal" | "string_literal" => literals::other(self, node),
            "identifier"
            | "field_identifier"
            | "shorthand_field_initializer"
            | "scoped_identifier"
            | "scoped_type_identifier" => names::name(self, node),
            "call_expression" => calls::call(self, node),
            "closure_expression" | "tuple_expression" | "struct_expression" => {
                calls::parts(self, node)
            }
            "range_expression" | "index_expression" => ranges::range(self, node),
            "if_expression" | "while_expression" => conditions::condition(self, node),
            "match_expression" => arms::arms(self, node),
            "macro_invocation" => macros::macro_call(self, node),
            _ => {}
        }
        if conditions::is_boolean(self.edits.source, node) {
            conditions::boolean(self, node);
        }
        forgotten::propose(self, node);
        ranges::off_by_one(self, node);
        if matches!(
            node.kind(),
            "identifier" | "field_expression" | "self" | "index_expression"
        ) {
            ranges::sign(self, node);
        }
    }
}

#[cfg(test)]
mod tests;
