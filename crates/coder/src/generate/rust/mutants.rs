//! Faults for Rust code, by rewriting spans of its text.

use std::ops::Range;

use tree_sitter::Node;

use crate::generate::mutant::Mutant;
use programs::Source;
use programs::rust::items::{field, functions, is_test_code};

/// Mutants of one file at most; beyond, an even sample is taken.
const MUTANTS_MAX: usize = 900;

/// Functions and methods that are mistaken for each other.
const SWAPS: [(&str, &str); 52] = [
    ("min", "max"),
    ("max", "min"),
    ("any", "all"),
    ("all", "any"),
    ("first", "last"),
    ("last", "first"),
    ("is_some", "is_none"),
    ("is_none", "is_some"),
    ("is_ok", "is_err"),
    ("is_err", "is_ok"),
    ("saturating_add", "saturating_sub"),
    ("saturating_sub", "saturating_add"),
    ("wrapping_add", "wrapping_sub"),
    ("wrapping_sub", "wrapping_add"),
    ("checked_add", "checked_sub"),
    ("checked_sub", "checked_add"),
    ("floor", "ceil"),
    ("ceil", "floor"),
    ("round", "floor"),
    ("to_uppercase", "to_lowercase"),
    ("to_lowercase", "to_uppercase"),
    ("to_ascii_uppercase", "to_ascii_lowercase"),
    ("to_ascii_lowercase", "to_ascii_uppercase"),
    ("trim_start", "trim_end"),
    ("trim_end", "trim_start"),
    ("starts_with", "ends_with"),
    ("ends_with", "starts_with"),
    ("find", "rfind"),
    ("rfind", "find"),
    ("split_once", "rsplit_once"),
    ("rsplit_once", "split_once"),
    ("pop_front", "pop_back"),
    ("pop_back", "pop_front"),
    ("push_front", "push_back"),
    ("push_back", "push_front"),
    ("front", "back"),
    ("back", "front"),
    ("skip", "take"),
    ("take", "skip"),
    ("skip_while", "take_while"),
    ("take_while", "skip_while"),
    ("min_by_key", "max_by_key"),
    ("max_by_key", "min_by_key"),
    ("min_by", "max_by"),
    ("max_by", "min_by"),
    ("sum", "product"),
    ("position", "rposition"),
    ("rotate_left", "rotate_right"),
    ("rotate_right", "rotate_left"),
    ("rem_euclid", "div_euclid"),
    ("div_euclid", "rem_euclid"),
    ("is_alphabetic", "is_alphanumeric"),
];

/// Methods that can be left out of a chain.
const NEEDLESS: [&str; 14] = [
    "rev",
    "abs",
    "trim",
    "trim_start",
    "trim_end",
    "to_lowercase",
    "to_uppercase",
    "to_ascii_lowercase",
    "to_ascii_uppercase",
    "floor",
    "ceil",
    "round",
    "not",
    "peekable",
];

/// Every fault of the file's functions and constants.
pub(super) fn mutants(source: &Source) -> Vec<Mutant> {
    let mut maker = Maker {
        source,
        found: Vec::new(),
    };
    for (function, _) in functions(source) {
        let is_nested = {
            let mut outer = function.parent();
            while let Some(node) = outer {
                if node.kind() == "function_item" {
                    break;
                }
                outer = node.parent();
            }
            outer.is_some()
        };
        if let Some(body) = field(function, "body").filter(|_| !is_nested) {
            maker.result(function, body);
            maker.visit(body);
        }
    }
    let root = source.tree.root_node();
    let mut cursor = root.walk();
    for item in root.named_children(&mut cursor) {
        if item.kind() == "const_item"
            && !is_test_code(source, item)
            && let Some(value) = field(item, "value")
        {
            maker.visit(value);
        }
    }
    let mut found = maker.found;
    let mut seen = std::collections::HashSet::new();
    found.retain(|mutant| seen.insert((mutant.span.clone(), mutant.text.clone())));
    if found.len() > MUTANTS_MAX {
        let step = found.len() as f64 / MUTANTS_MAX as f64;
        found = (0..MUTANTS_MAX)
            .map(|at| found[(at as f64 * step) as usize].clone())
            .collect();
    }
    found
}

struct Maker<'a> {
    source: &'a Source,
    found: Vec<Mutant>,
}

impl<'a> Maker<'a> {
    fn text(&self, node: Node<'_>) -> &'a str {
        &self.source.text[node.byte_range()]
    }

    fn push(&mut self, at: Node<'_>, span: Range<usize>, text: impl Into<String>) {
        let text = text.into();
        if self.source.text[span.clone()] != text {
            self.found.push(Mutant {
                lines: lines_of(self.source, at),
                span,
                text,
            });
        }
    }

    fn replace(&mut self, node: Node<'_>, text: impl Into<String>) {
        self.push(node, node.byte_range(), text);
    }

    fn visit(&mut self, node: Node<'a>) {
        if matches!(
            node.kind(),
            "macro_definition"
                | "attribute_item"
                | "line_comment"
                | "block_comment"
                | "use_declaration"
        ) || is_test_code(self.source, node)
        {
            return;
        }
        self.mutate(node);
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            // Types, and patterns other than their literals, decide nothing on their own.
            let is_type = ["type", "return_type", "trait"]
                .iter()
                .any(|name| field(node, name) == Some(child) && node.kind() != "match_arm");
            if !is_type {
                self.visit(child);
            }
        }
    }

    fn mutate(&mut self, node: Node<'a>) {
        match node.kind() {
            "binary_expression" => self.binary(node),
            "compound_assignment_expr" => self.compound(node),
            "unary_expression" => {
                if let Some(inner) = node.named_child(0)
                    && !self.text(node).starts_with('*')
                {
                    self.replace(node, self.text(inner));
                }
            }
            "integer_literal" => self.integer(node),
            "float_literal" => self.float(node),
            "boolean_literal" => {
                let other = if self.text(node) == "true" {
                    "false"
                } else {
                    "true"
                };
                self.replace(node, other);
            }
            "char_literal" => self.replace(
                node,
                if self.text(node) == "'x'" {
                    "'y'"
                } else {
                    "'x'"
                },
            ),
            "string_literal" => self.string(node),
            "range_expression" => self.range(node),
            "if_expression" | "while_expression" => self.condition(node),
            "match_arm" => self.arm(node),
            "expression_statement" => self.statement(node),
            "call_expression" => self.call(node),
            "index_expression" => self.index(node),
            _ => {}
        }
    }

    fn operator(&self, node: Node<'a>) -> Option<(Node<'a>, &'a str)> {
        let operator = field(node, "operator")?;
        Some((operator, self.text(operator)))
    }

    fn binary(&mut self, node: Node<'a>) {
        let Some((operator, sign)) = self.operator(node) else {
            return;
        };
        let others: &[&str] = match sign {
            "+" => &["-", "*"],
            "-" => &["+", "/"],
            "*" => &["+", "/"],
            "/" => &["*", "%"],
            "%" => &["/", "*"],
            "<" => &["<=", ">=", "!="],
            "<=" => &["<", ">", "=="],
            ">" => &[">=", "<=", "!="],
            ">=" => &[">", "<", "=="],
            "==" => &["!=", "<=", ">="],
            "!=" => &["==", "<", ">"],
            "&&" => &["||"],
            "||" => &["&&"],
            "&" => &["|", "^"],
            "|" => &["&", "^"],
            "^" => &["&", "|"],
            "<<" => &[">>"],
            ">>" => &["<<"],
            _ => &[],
        };
        for other in others {
            self.push(node, operator.byte_range(), *other);
        }
        if let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) {
            match sign {
                "&&" | "||" => {
                    self.replace(node, self.text(left));
                    self.replace(node, self.text(right));
                }
                "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" => {
                    self.replace(node, self.text(left));
                }
                _ => {}
            }
        }
    }

    fn compound(&mut self, node: Node<'a>) {
        let Some((operator, sign)) = self.operator(node) else {
            return;
        };
        let others: &[&str] = match sign {
            "+=" => &["-=", "*="],
            "-=" => &["+=", "*="],
            "*=" => &["+=", "/="],
            "/=" => &["*=", "%="],
            "%=" => &["/=", "*="],
            "&=" => &["|=", "^="],
            "|=" => &["&=", "^="],
            "^=" => &["&=", "|="],
            "<<=" => &[">>="],
            ">>=" => &["<<="],
            _ => &[],
        };
        for other in others {
            self.push(node, operator.byte_range(), *other);
        }
    }

    fn integer(&mut self, node: Node<'a>) {
        let text = self.text(node);
        let digits: String = text
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '_')
            .collect();
        let suffix = &text[digits.len()..];
        if suffix.starts_with(['x', 'b', 'o']) {
            self.replace(node, "0");
            return;
        }
        if let Ok(value) = digits.replace('_', "").parse::<u128>() {
            self.replace(node, format!("{}{suffix}", value.saturating_add(1)));
            if value > 0 {
                self.replace(node, format!("{}{suffix}", value - 1));
            }
            if value > 1 {
                self.replace(node, format!("0{suffix}"));
            }
        }
    }

    fn float(&mut self, node: Node<'a>) {
        let text = self.text(node);
        let number = text
            .trim_end_matches("f64")
            .trim_end_matches("f32")
            .trim_end_matches('_');
        let suffix = &text[number.len()..];
        if let Ok(value) = number.replace('_', "").parse::<f64>() {
            self.replace(node, format!("{:?}{suffix}", value + 1.0));
            self.replace(
                node,
                if value == 0.0 {
                    format!("1.0{suffix}")
                } else {
                    format!("0.0{suffix}")
                },
            );
        }
    }

    fn string(&mut self, node: Node<'a>) {
        let text = self.text(node);
        if text.starts_with('"') {
            self.replace(node, if text == "\"\"" { "\"XX\"" } else { "\"\"" });
        }
    }

    fn range(&mut self, node: Node<'a>) {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                ".." if node.child_count() == 3 => self.push(node, child.byte_range(), "..="),
                "..=" => self.push(node, child.byte_range(), ".."),
                _ => {}
            }
        }
    }

    fn condition(&mut self, node: Node<'a>) {
        let Some(condition) = field(node, "condition") else {
            return;
        };
        if matches!(condition.kind(), "let_condition" | "let_chain") {
            return;
        }
        self.replace(condition, format!("!({})", self.text(condition)));
        self.replace(condition, "false");
        if node.kind() == "if_expression" {
            self.replace(condition, "true");
        }
    }

    fn arm(&mut self, node: Node<'a>) {
        let Some(pattern) = field(node, "pattern") else {
            return;
        };
        if let Some(guard) = field(pattern, "condition") {
            self.replace(guard, "false");
            self.replace(guard, "true");
        }
        // An arm is left out where a wildcard takes what it took.
        let has_wildcard = node.parent().is_some_and(|block| {
            let mut cursor = block.walk();
            block.named_children(&mut cursor).any(|arm| {
                field(arm, "pattern").is_some_and(|pattern| self.text(pattern).trim() == "_")
            })
        });
        if has_wildcard && self.text(pattern).trim() != "_" && field(pattern, "condition").is_none()
        {
            self.push(node, pattern.end_byte()..pattern.end_byte(), " if false");
        }
    }

    fn statement(&mut self, node: Node<'a>) {
        let Some(inner) = node.named_child(0) else {
            return;
        };
        match inner.kind() {
            "call_expression"
            | "assignment_expression"
            | "compound_assignment_expr"
            | "macro_invocation"
            | "try_expression" => self.replace(node, "();"),
            "break_expression" if self.text(node) == "break;" => self.replace(node, "continue;"),
            "continue_expression" if self.text(node) == "continue;" => {
                self.replace(node, "break;");
                self.replace(node, "();");
            }
            "if_expression" if field(inner, "alternative").is_none() => self.replace(node, "();"),
            "for_expression" | "while_expression" => self.replace(node, "();"),
            "return_expression" => self.replace(node, "();"),
            _ => {}
        }
    }

    fn call(&mut self, node: Node<'a>) {
        let Some(function) = field(node, "function") else {
            return;
        };
        let name = match function.kind() {
            "field_expression" => field(function, "field"),
            "generic_function" => {
                field(function, "function").and_then(|inner| match inner.kind() {
                    "field_expression" => field(inner, "field"),
                    _ => Some(inner),
                })
            }
            "scoped_identifier" => field(function, "name"),
            "identifier" => Some(function),
            _ => None,
        };
        let Some(name) = name else { return };
        let text = self.text(name);
        for (_, other) in SWAPS.iter().filter(|(from, _)| *from == text) {
            self.push(node, name.byte_range(), *other);
        }
        if function.kind() == "field_expression"
            && NEEDLESS.contains(&text)
            && let Some(receiver) = field(function, "value")
        {
            self.replace(node, self.text(receiver));
        }
        if text == "filter"
            && let Some(receiver) = field(function, "value")
        {
            self.replace(node, self.text(receiver));
        }
        if matches!(text, "Some") && self.text(function) == "Some" {
            self.replace(node, "None");
        }
    }

    fn index(&mut self, node: Node<'a>) {
        if let Some(index) = node.named_child(1)
            && !matches!(
                index.kind(),
                "range_expression" | "integer_literal" | "string_literal" | "reference_expression"
            )
            && index.kind() != "binary_expression"
        {
            self.replace(index, format!("{} + 1", self.text(index)));
        }
    }

    /// The whole function gives a fixed value.
    fn result(&mut self, function: Node<'a>, body: Node<'a>) {
        let kind = field(function, "return_type")
            .map_or("()", |kind| self.text(kind))
            .trim();
        let head = kind.split('<').next().unwrap_or(kind);
        let values: &[&str] = match head {
            "()" => &["{}"],
            "bool" => &["{ true }", "{ false }"],
            "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => &["{ 0 }", "{ 1 }", "{ -1 }"],
            "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => &["{ 0 }", "{ 1 }"],
            "f32" | "f64" => &["{ 0.0 }", "{ 1.0 }"],
            "String" => &["{ String::new() }", "{ \"XX\".into() }"],
            "&str" | "&'static str" => &["{ \"\" }", "{ \"XX\" }"],
            "Option" => &["{ None }"],
            "Vec" => &["{ Vec::new() }"],
            "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" | "VecDeque" => {
                &["{ Default::default() }"]
            }
            "Result" => &["{ Ok(Default::default()) }"],
            _ if kind.starts_with("&[") => &["{ &[] }"],
            _ => &["{ Default::default() }"],
        };
        for value in values {
            let inside = body.start_byte() + 1..body.end_byte() - 1;
            let value = value.trim_start_matches('{').trim_end_matches('}');
            // The mark of the function's first line is that of its name.
            let lines = field(function, "name").map_or((0, 0), |name| {
                let line = self.source.line_of(name.start_byte());
                (line, line)
            });
            if self.source.text[inside.clone()].trim() != value.trim() && inside.start < inside.end
            {
                self.found.push(Mutant {
                    span: inside,
                    text: value.to_owned(),
                    lines,
                });
            }
        }
    }
}

/// Lines of what runs together with `node`: the nearest statement, arm or head of a block.
fn lines_of(source: &Source, node: Node<'_>) -> (u32, u32) {
    let (first, last) = (
        source.line_of(node.start_byte()),
        source.line_of(node.end_byte()),
    );
    if first == last {
        return (first, last);
    }
    // What spans several lines begins to run in the first.
    (first, first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_made_of_code_and_not_of_tests() {
        let text = "const N: u32 = 3;\nfn f(x: i32) -> bool {\n    let y = x + 1;\n    y > 2 && true\n}\n#[cfg(test)]\nmod tests {\n    fn g() -> i32 { 4 }\n}\n";
        let source = Source::parse("a.rs", text.into(), &tree_sitter_rust::LANGUAGE.into());
        let found: Vec<(String, String)> = mutants(&source)
            .iter()
            .map(|mutant| (text[mutant.span.clone()].to_owned(), mutant.text.clone()))
            .collect();
        let has = |from: &str, to: &str| found.contains(&(from.to_owned(), to.to_owned()));
        assert!(
            has("+", "-") && has(">", ">=") && has("3", "4") && has("&&", "||"),
            "{found:?}"
        );
        assert!(found.iter().all(|(from, _)| from != "4"), "{found:?}");
    }
}
