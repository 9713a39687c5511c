//! Faults for Python code, by rewriting spans of its text.

use std::ops::Range;

use tree_sitter::Node;

use crate::generate::mutant::Mutant;
use programs::Source;

/// Mutants of one file at most; beyond, an even sample is taken.
const MUTANTS_MAX: usize = 1200;

/// Functions and methods that are mistaken for each other.
const SWAPS: [(&str, &str); 20] = [
    ("min", "max"),
    ("max", "min"),
    ("any", "all"),
    ("all", "any"),
    ("sorted", "list"),
    ("reversed", "list"),
    ("append", "extend"),
    ("lower", "upper"),
    ("upper", "lower"),
    ("lstrip", "rstrip"),
    ("rstrip", "lstrip"),
    ("find", "rfind"),
    ("rfind", "find"),
    ("ceil", "floor"),
    ("floor", "ceil"),
    ("startswith", "endswith"),
    ("endswith", "startswith"),
    ("popleft", "pop"),
    ("ljust", "rjust"),
    ("rjust", "ljust"),
];

/// Every fault below the definitions at `spans`.
pub(super) fn mutants(source: &Source, spans: &[Range<usize>]) -> Vec<Mutant> {
    let mut maker = Maker {
        source,
        found: Vec::new(),
    };
    let root = source.tree.root_node();
    let mut cursor = root.walk();
    for node in root.named_children(&mut cursor) {
        if spans
            .iter()
            .any(|span| span.start <= node.start_byte() && node.end_byte() <= span.end)
        {
            maker.visit(node);
        }
    }
    let mut found = maker.found;
    found.dedup();
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
    fn visit(&mut self, node: Node<'a>) {
        if node.kind() == "expression_statement"
            && node
                .named_child(0)
                .is_some_and(|child| child.kind() == "string")
        {
            return;
        }
        self.mutate(node);
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            if !matches!(
                child.kind(),
                "type" | "import_statement" | "import_from_statement" | "comment"
            ) {
                self.visit(child);
            }
        }
    }

    fn mutate(&mut self, node: Node<'a>) {
        match node.kind() {
            "binary_operator" | "augmented_assignment" => self.operator(node),
            "comparison_operator" => self.comparison(node),
            "boolean_operator" => self.boolean(node),
            "not_operator" | "unary_operator" => self.unary(node),
            "integer" | "float" | "string" | "true" | "false" | "none" => self.constant(node),
            "if_statement" | "elif_clause" | "while_statement" | "conditional_expression" => {
                self.condition(node)
            }
            "for_statement" => self.loop_body(node),
            "if_clause" => self.condition(node),
            "return_statement"
            | "expression_statement"
            | "break_statement"
            | "continue_statement"
            | "raise_statement"
            | "delete_statement"
            | "assert_statement" => self.statement(node),
            "subscript" => self.subscript(node),
            "slice" => self.slice(node),
            "call" => self.call(node),
            "decorator" => self.replace(node, ""),
            "except_clause" => self.handler(node),
            _ => {}
        }
    }

    fn push(&mut self, at: Node<'_>, span: Range<usize>, text: impl Into<String>) {
        let text = text.into();
        if self.source.text[span.clone()] != text {
            self.found.push(Mutant {
                lines: lines_of(at),
                span,
                text,
            });
        }
    }

    fn replace(&mut self, node: Node<'_>, text: impl Into<String>) {
        self.push(node, node.byte_range(), text);
    }

    fn text(&self, node: Node<'_>) -> &'a str {
        &self.source.text[node.byte_range()]
    }

    fn operator(&mut self, node: Node<'a>) {
        let Some(operator) = node.child_by_field_name("operator") else {
            return;
        };
        let written = self.text(operator);
        let is_augmented = node.kind() == "augmented_assignment";
        let others: &[&str] = match written.trim_end_matches('=') {
            "+" => &["-", "*"],
            "-" => &["+", "*"],
            "*" => &["/", "+", "**", "//"],
            "/" => &["*", "//", "-"],
            "//" => &["/", "*", "%", "-"],
            "%" => &["//", "*", "+"],
            "**" => &["*", "+", "//"],
            "&" => &["|", "^"],
            "|" => &["&", "^"],
            "^" => &["|", "&"],
            "<<" => &[">>", "*"],
            ">>" => &["<<", "//"],
            "@" => &["*"],
            _ => &[],
        };
        for other in others {
            let text = if is_augmented {
                format!("{other}=")
            } else {
                (*other).to_owned()
            };
            self.push(node, operator.byte_range(), text);
        }
        if is_augmented {
            self.push(node, operator.byte_range(), "=");
        } else if let (Some(left), Some(right)) = (
            node.child_by_field_name("left"),
            node.child_by_field_name("right"),
        ) {
            self.replace(node, self.text(left));
            self.replace(node, self.text(right));
        }
    }

    fn comparison(&mut self, node: Node<'a>) {
        let mut cursor = node.walk();
        let operators: Vec<Node<'a>> = node
            .children_by_field_name("operators", &mut cursor)
            .collect();
        for operator in operators {
            let others: &[&str] = match self.text(operator) {
                "<" => &["<=", ">", ">=", "==", "!="],
                "<=" => &["<", ">=", ">", "==", "!="],
                ">" => &[">=", "<", "<=", "==", "!="],
                ">=" => &[">", "<=", "<", "==", "!="],
                "==" => &["!=", "<=", ">=", "<", ">"],
                "!=" | "<>" => &["==", "<", ">", "<=", ">="],
                "in" => &["not in"],
                "is" => &["is not"],
                "not in" => &["in"],
                "is not" => &["is"],
                _ => &[],
            };
            for other in others {
                self.push(node, operator.byte_range(), *other);
            }
        }
    }

    fn boolean(&mut self, node: Node<'a>) {
        let (Some(left), Some(right), Some(operator)) = (
            node.child_by_field_name("left"),
            node.child_by_field_name("right"),
            node.child_by_field_name("operator"),
        ) else {
            return;
        };
        let other = if self.text(operator) == "and" {
            "or"
        } else {
            "and"
        };
        self.push(node, operator.byte_range(), other);
        self.replace(node, self.text(left));
        self.replace(node, self.text(right));
    }

    fn unary(&mut self, node: Node<'a>) {
        let Some(argument) = node.child_by_field_name("argument") else {
            return;
        };
        let text = self.text(argument).to_owned();
        self.replace(node, format!("({text})"));
        if self.text(node).starts_with('-') {
            self.replace(node, format!("~{text}"));
        }
    }

    fn constant(&mut self, node: Node<'a>) {
        let text = self.text(node);
        match node.kind() {
            "integer" => {
                if let Ok(n) = text.replace('_', "").parse::<i64>() {
                    for other in [n + 1, n - 1, 0, 1] {
                        if other != n {
                            self.replace(
                                node,
                                if other < 0 {
                                    format!("({other})")
                                } else {
                                    other.to_string()
                                },
                            );
                        }
                    }
                }
            }
            "float" => {
                for change in ["+ 1", "* 2", "- 1"] {
                    self.replace(node, format!("({text} {change})"));
                }
            }
            "string"
                if node
                    .parent()
                    .is_some_and(|p| p.kind() != "concatenated_string") =>
            {
                let is_bytes = text.starts_with(['b', 'B']);
                let is_empty = text
                    .trim_start_matches(|c: char| c.is_alphabetic())
                    .trim_matches(['"', '\''])
                    .is_empty();
                if !is_bytes {
                    self.replace(node, if is_empty { "'XX'" } else { "''" });
                    if !is_empty {
                        self.replace(node, format!("('XX' + {text})"));
                    }
                }
            }
            "true" => self.replace(node, "False"),
            "false" => self.replace(node, "True"),
            "none" if node.parent().is_some_and(|p| p.kind() != "type") => self.replace(node, "0"),
            _ => {}
        }
    }

    fn condition(&mut self, node: Node<'a>) {
        let condition = match node.kind() {
            "conditional_expression" => node.named_child(1),
            "if_clause" => node.named_child(0),
            _ => node.child_by_field_name("condition"),
        };
        let Some(condition) = condition else { return };
        let text = self.text(condition).to_owned();
        self.replace(condition, format!("not ({text})"));
        self.replace(condition, "False");
        if node.kind() != "while_statement" {
            self.replace(condition, "True");
        }
    }

    /// A loop that never turns, and one that turns once.
    fn loop_body(&mut self, node: Node<'a>) {
        if let Some(right) = node.child_by_field_name("right") {
            self.replace(right, "()");
            let text = self.text(right).to_owned();
            self.replace(right, format!("list({text})[1:]"));
            self.replace(right, format!("list({text})[:-1]"));
            self.replace(right, format!("list({text})[::-1]"));
        }
    }

    fn statement(&mut self, node: Node<'a>) {
        match node.kind() {
            "return_statement" => match node.named_child(0) {
                Some(value) => {
                    if self.text(value) != "None" {
                        self.replace(value, "None");
                    }
                    self.replace(node, "pass");
                }
                None => self.replace(node, "pass"),
            },
            "break_statement" => {
                self.replace(node, "continue");
                self.replace(node, "pass");
            }
            "continue_statement" => {
                self.replace(node, "break");
                self.replace(node, "pass");
            }
            "expression_statement" => {
                self.replace(node, "pass");
                if let Some(assignment) = node.named_child(0).filter(|n| n.kind() == "assignment")
                    && let Some(right) = assignment.child_by_field_name("right")
                    && right.kind() != "none"
                {
                    self.replace(right, "None");
                }
            }
            _ => self.replace(node, "pass"),
        }
    }

    fn subscript(&mut self, node: Node<'a>) {
        if let Some(index) = node.child_by_field_name("subscript")
            && !matches!(index.kind(), "slice" | "string" | "integer" | "tuple")
        {
            let text = self.text(index).to_owned();
            self.replace(index, format!("({text}) + 1"));
            self.replace(index, format!("({text}) - 1"));
        }
    }

    fn slice(&mut self, node: Node<'a>) {
        let mut cursor = node.walk();
        let bounds: Vec<Node<'a>> = node.named_children(&mut cursor).collect();
        for bound in bounds {
            let text = self.text(bound).to_owned();
            self.push(node, bound.byte_range(), "");
            if bound.kind() != "integer" {
                self.push(node, bound.byte_range(), format!("({text}) + 1"));
                self.push(node, bound.byte_range(), format!("({text}) - 1"));
            }
        }
    }

    fn call(&mut self, node: Node<'a>) {
        let (Some(function), Some(arguments)) = (
            node.child_by_field_name("function"),
            node.child_by_field_name("arguments"),
        ) else {
            return;
        };
        let name = function
            .child_by_field_name("attribute")
            .unwrap_or(function);
        let written = self.text(name);
        for (_, other) in SWAPS.iter().filter(|(one, _)| *one == written) {
            self.push(node, name.byte_range(), *other);
        }
        if arguments.kind() == "argument_list" {
            self.arguments(node, function, arguments);
        }
    }

    /// Arguments swapped and dropped, and the call replaced by what it is given.
    fn arguments(&mut self, node: Node<'a>, function: Node<'a>, arguments: Node<'a>) {
        let mut cursor = arguments.walk();
        let items: Vec<Node<'a>> = arguments
            .named_children(&mut cursor)
            .filter(|n| n.kind() != "comment")
            .collect();
        if let [only] = items.as_slice()
            && only.kind() != "keyword_argument"
        {
            self.replace(node, format!("({})", self.text(*only)));
        }
        for pair in items.windows(2) {
            if pair
                .iter()
                .all(|n| n.kind() != "keyword_argument" && n.kind() != "list_splat")
            {
                let between = &self.source.text[pair[0].end_byte()..pair[1].start_byte()];
                let text = format!("{}{between}{}", self.text(pair[1]), self.text(pair[0]));
                self.push(node, pair[0].start_byte()..pair[1].end_byte(), text);
            }
        }
        if let Some(receiver) = function.child_by_field_name("object")
            && function.kind() == "attribute"
            && node
                .parent()
                .is_some_and(|p| p.kind() != "expression_statement")
        {
            self.replace(node, self.text(receiver));
        }
        if items.len() > 1 {
            for at in 0..items.len() {
                let span = if at + 1 < items.len() {
                    items[at].start_byte()..items[at + 1].start_byte()
                } else {
                    items[at - 1].end_byte()..items[at].end_byte()
                };
                self.push(node, span, "");
            }
        }
    }

    fn handler(&mut self, node: Node<'a>) {
        if let Some(kind) = node
            .named_child(0)
            .filter(|n| matches!(n.kind(), "identifier" | "attribute" | "tuple"))
        {
            self.replace(kind, "ZeroDivisionError if False else ()");
        }
    }
}

/// Lines of the statement around `node` without its body; 0 and 0 for what runs on import.
fn lines_of(node: Node<'_>) -> (u32, u32) {
    let mut at = node;
    while !at.kind().ends_with("_statement")
        && !at.kind().ends_with("_clause")
        && at.kind() != "function_definition"
    {
        match at.parent() {
            Some(parent) => at = parent,
            None => return (0, 0),
        }
    }
    let mut up = Some(at);
    let mut in_function = false;
    while let Some(parent) = up.and_then(|n| n.parent()) {
        in_function |= parent.kind() == "function_definition";
        up = Some(parent);
    }
    if !in_function || at.kind() == "function_definition" {
        return (0, 0);
    }
    if matches!(at.kind(), "for_in_clause" | "if_clause") {
        return lines_of(at.parent().expect("a clause has a parent"));
    }
    let body = at
        .child_by_field_name("body")
        .or_else(|| at.child_by_field_name("consequence"));
    let first = at.start_position().row as u32 + 1;
    let last = match body {
        Some(body) => (body.start_position().row as u32).max(first),
        None => at.end_position().row as u32 + 1,
    };
    (first, last)
}
