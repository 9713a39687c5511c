//! The names in scope within a function, with their types as far as the text tells.

use tree_sitter::Node;

use super::items::{Items, field, head, normal, normal_in};
use crate::source::Source;

/// A variable and the bytes where it can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    pub name: String,
    /// Normalised; empty when unknown, `int` or `float` for a bare literal.
    pub kind: String,
    pub is_mutable: bool,
    pub from: usize,
    pub until: usize,
}

/// A function with what can be named inside it.
pub(super) struct Scope<'a> {
    pub source: &'a Source,
    pub items: &'a Items,
    pub owner: Option<&'a str>,
    pub has_self: bool,
    pub variables: Vec<Variable>,
    pub result: String,
}

const INTEGERS: [&str; 12] = [
    "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize",
];

/// Whether a type is one of integers, a bare integer literal's included.
pub(super) fn is_integer(kind: &str) -> bool {
    kind == "int" || INTEGERS.contains(&kind)
}

pub(super) use super::items::head as head_of;

/// Whether a type counts, a float included.
pub(super) fn is_number(kind: &str) -> bool {
    is_integer(kind) || matches!(kind, "f32" | "f64" | "float")
}

/// How well a value of type `a` fits where `b` stands: 1 surely, 0 not, between unknown.
pub(super) fn fit(a: &str, b: &str) -> f64 {
    let is_bare = |kind: &str| kind == "int" || kind == "float";
    if a.is_empty() || b.is_empty() {
        0.25
    } else if a == b || (is_bare(a) && is_number(b)) || (is_bare(b) && is_number(a)) {
        1.0
    } else if matches!((a, b), ("str", "String") | ("String", "str"))
        || (head(a) == head(b) && a.contains('?'))
    {
        0.6
    } else {
        0.0
    }
}

impl<'a> Scope<'a> {
    pub fn of(
        source: &'a Source,
        items: &'a Items,
        function: Node<'_>,
        owner: Option<&'a str>,
    ) -> Self {
        let signature = super::items::signature(source, function, owner);
        let mut scope = Self {
            source,
            items,
            owner,
            has_self: signature.has_self,
            variables: Vec::new(),
            result: signature.result,
        };
        let Some(body) = field(function, "body") else {
            return scope;
        };
        if let Some(list) = field(function, "parameters") {
            let mut cursor = list.walk();
            for parameter in list.named_children(&mut cursor) {
                if let (Some(pattern), Some(kind)) =
                    (field(parameter, "pattern"), field(parameter, "type"))
                {
                    let text = source.text_of(kind);
                    let is_mutable = text.trim_start().starts_with("&mut")
                        || source.text_of(parameter).starts_with("mut ");
                    let before = scope.variables.len();
                    scope.bind(
                        pattern,
                        &normal_in(text, owner),
                        body.start_byte(),
                        body.end_byte(),
                    );
                    if is_mutable {
                        scope.variables[before..]
                            .iter_mut()
                            .for_each(|variable| variable.is_mutable = true);
                    }
                }
            }
        }
        scope.collect(body);
        scope
    }

    /// Variables that can be named at byte `at`, the innermost first, shadowed ones left out.
    pub fn visible(&self, at: usize) -> Vec<&Variable> {
        let mut seen: Vec<&Variable> = Vec::new();
        for variable in self.variables.iter().rev() {
            if variable.from <= at
                && at < variable.until
                && seen.iter().all(|other| other.name != variable.name)
            {
                seen.push(variable);
            }
        }
        seen
    }

    pub fn variable(&self, name: &str, at: usize) -> Option<&Variable> {
        self.variables
            .iter()
            .rev()
            .find(|variable| variable.name == name && variable.from <= at && at < variable.until)
    }

    /// Fields of `self` with their types.
    pub fn self_fields(&self) -> &[(String, String)] {
        match (self.has_self, self.owner) {
            (true, Some(owner)) => self.items.fields(owner),
            _ => &[],
        }
    }

    fn collect(&mut self, node: Node<'_>) {
        match node.kind() {
            "function_item" | "macro_definition" => return,
            "let_declaration" => self.collect_let(node),
            "for_expression" => {
                if let (Some(pattern), Some(value), Some(body)) = (
                    field(node, "pattern"),
                    field(node, "value"),
                    field(node, "body"),
                ) {
                    let kind = self.element_of(value);
                    self.bind(pattern, &kind, body.start_byte(), body.end_byte());
                }
            }
            "let_condition" => {
                if let (Some(pattern), Some(value)) = (field(node, "pattern"), field(node, "value"))
                {
                    let mut holder = node;
                    while let Some(parent) = holder.parent() {
                        holder = parent;
                        if matches!(
                            holder.kind(),
                            "if_expression" | "while_expression" | "match_arm"
                        ) {
                            break;
                        }
                    }
                    let until = field(holder, "consequence")
                        .or(field(holder, "body"))
                        .unwrap_or(holder)
                        .end_byte();
                    let kind = self.kind_of(value);
                    self.bind(pattern, &kind, node.end_byte(), until);
                }
            }
            "match_arm" => {
                if let Some(pattern) = field(node, "pattern") {
                    let value = node
                        .parent()
                        .and_then(|block| block.parent())
                        .and_then(|whole| field(whole, "value"));
                    let kind = value.map_or(String::new(), |value| self.kind_of(value));
                    self.bind(pattern, &kind, node.start_byte(), node.end_byte());
                }
            }
            "closure_expression" => self.collect_closure(node),
            _ => {}
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.collect(child);
        }
    }

    fn collect_let(&mut self, node: Node<'_>) {
        let Some(pattern) = field(node, "pattern") else {
            return;
        };
        let kind = match (field(node, "type"), field(node, "value")) {
            (Some(kind), _) => normal_in(self.source.text_of(kind), self.owner),
            (None, Some(value)) => self.kind_of(value),
            _ => String::new(),
        };
        let until = node
            .parent()
            .map_or(node.end_byte(), |block| block.end_byte());
        let before = self.variables.len();
        self.bind(pattern, &kind, node.end_byte(), until);
        let mut cursor = node.walk();
        if node
            .children(&mut cursor)
            .any(|child| child.kind() == "mutable_specifier")
        {
            self.variables[before..]
                .iter_mut()
                .for_each(|variable| variable.is_mutable = true);
        }
    }

    fn collect_closure(&mut self, node: Node<'_>) {
        let (Some(parameters), Some(body)) = (field(node, "parameters"), field(node, "body"))
        else {
            return;
        };
        let mut cursor = parameters.walk();
        for parameter in parameters.named_children(&mut cursor) {
            let kind = field(parameter, "type")
                .map_or(String::new(), |kind| normal(self.source.text_of(kind)));
            let pattern = field(parameter, "pattern").unwrap_or(parameter);
            self.bind(pattern, &kind, body.start_byte(), body.end_byte());
        }
    }

    /// Adds the names that a pattern binds. A tuple's parts get the parts of its type.
    fn bind(&mut self, pattern: Node<'_>, kind: &str, from: usize, until: usize) {
        let text = self.source.text_of(pattern);
        match pattern.kind() {
            "identifier" | "shorthand_field_identifier" => {
                if text.starts_with(|c: char| c.is_lowercase() || c == '_') && text != "_" {
                    self.variables.push(Variable {
                        name: text.to_owned(),
                        kind: kind.to_owned(),
                        is_mutable: false,
                        from,
                        until,
                    });
                }
            }
            "tuple_pattern" => {
                let parts = split_types(
                    kind.strip_prefix('(')
                        .and_then(|kind| kind.strip_suffix(')'))
                        .unwrap_or(""),
                );
                let mut cursor = pattern.walk();
                for (index, child) in pattern.named_children(&mut cursor).enumerate() {
                    self.bind(
                        child,
                        parts.get(index).map_or("", String::as_str),
                        from,
                        until,
                    );
                }
            }
            "tuple_struct_pattern" => {
                let inner = match field(pattern, "type").map(|name| self.source.text_of(name)) {
                    Some("Some" | "Ok") => inner_of(kind),
                    _ => String::new(),
                };
                let mut cursor = pattern.walk();
                for child in pattern.named_children(&mut cursor).skip(1) {
                    self.bind(child, &inner, from, until);
                }
            }
            "type_identifier"
            | "scoped_identifier"
            | "scoped_type_identifier"
            | "field_identifier" => {}
            _ => {
                let is_wrapper = matches!(
                    pattern.kind(),
                    "reference_pattern" | "ref_pattern" | "mut_pattern" | "match_pattern"
                );
                let before = self.variables.len();
                let mut cursor = pattern.walk();
                for child in pattern.named_children(&mut cursor) {
                    if pattern.kind() == "match_pattern"
                        && field(pattern, "condition") == Some(child)
                    {
                        continue;
                    }
                    self.bind(child, if is_wrapper { kind } else { "" }, from, until);
                }
                if pattern.kind() == "mut_pattern" {
                    self.variables[before..]
                        .iter_mut()
                        .for_each(|variable| variable.is_mutable = true);
                }
            }
        }
    }

    /// The type of what a loop over `value` yields.
    fn element_of(&self, value: Node<'_>) -> String {
        if value.kind() == "range_expression" {
            let mut cursor = value.walk();
            let kinds: Vec<String> = value
                .named_children(&mut cursor)
                .map(|end| self.kind_of(end))
                .collect();
            return kinds
                .iter()
                .find(|kind| *kind != "int")
                .or(kinds.first())
                .cloned()
                .unwrap_or_default();
        }
        if value.kind() == "parenthesized_expression" {
            return value
                .named_child(0)
                .map_or(String::new(), |inner| self.element_of(inner));
        }
        if value.kind() == "call_expression"
            && let Some(function) = field(value, "function")
            && function.kind() == "field_expression"
            && let (Some(receiver), Some(name)) =
                (field(function, "value"), field(function, "field"))
        {
            return match self.source.text_of(name) {
                "enumerate" => format!("(usize,{})", self.element_of(receiver)),
                "iter" | "iter_mut" | "into_iter" | "rev" | "skip" | "take" | "copied"
                | "cloned" | "filter" | "step_by" => self.element_of(receiver),
                "chars" => "char".into(),
                "bytes" => "u8".into(),
                "lines" | "split_whitespace" | "split" => "str".into(),
                "char_indices" => "(usize,char)".into(),
                _ => String::new(),
            };
        }
        element_kind(&self.kind_of(value))
    }

    /// The type of an expression, as far as the text tells; empty when unknown.
    pub fn kind_of(&self, node: Node<'_>) -> String {
        let text = self.source.text_of(node);
        let first = || node.named_child(0);
        match node.kind() {
            "identifier" => match self.variable(text, node.start_byte()) {
                Some(variable) => variable.kind.clone(),
                None => self.constant(text),
            },
            "self" => self.owner.unwrap_or_default().to_owned(),
            "integer_literal" => INTEGERS
                .iter()
                .find(|kind| text.ends_with(*kind))
                .map_or("int", |kind| kind)
                .to_owned(),
            "float_literal" => "float".into(),
            "boolean_literal" => "bool".into(),
            "char_literal" => "char".into(),
            "string_literal" | "raw_string_literal" => "str".into(),
            "parenthesized_expression" | "reference_expression" => node
                .named_child(node.named_child_count().saturating_sub(1) as u32)
                .map_or(String::new(), |inner| self.kind_of(inner)),
            "unary_expression" => first().map_or(String::new(), |inner| self.kind_of(inner)),
            "try_expression" => {
                first().map_or(String::new(), |inner| inner_of(&self.kind_of(inner)))
            }
            "type_cast_expression" => {
                field(node, "type").map_or(String::new(), |kind| normal(self.source.text_of(kind)))
            }
            "binary_expression" => self.kind_of_binary(node),
            "field_expression" => match (field(node, "value"), field(node, "field")) {
                (Some(value), Some(name)) => {
                    let owner = self.kind_of(value);
                    self.items
                        .field(&owner, self.source.text_of(name))
                        .unwrap_or_default()
                        .to_owned()
                }
                _ => String::new(),
            },
            "index_expression" => {
                first().map_or(String::new(), |value| element_kind(&self.kind_of(value)))
            }
            "call_expression" => self.kind_of_call(node),
            "struct_expression" => field(node, "name").map_or(String::new(), |name| {
                normal_in(self.source.text_of(name), self.owner)
            }),
            "macro_invocation" if text.starts_with("vec!") => "Vec<?>".into(),
            "macro_invocation" if text.starts_with("format!") => "String".into(),
            "macro_invocation" if text.starts_with("matches!") => "bool".into(),
            _ => String::new(),
        }
    }

    fn constant(&self, name: &str) -> String {
        let known = self
            .items
            .constants
            .iter()
            .find(|(constant, _)| constant == name);
        known.map_or(String::new(), |(_, kind)| kind.clone())
    }

    fn kind_of_binary(&self, node: Node<'_>) -> String {
        let operator = field(node, "operator").map_or("", |operator| self.source.text_of(operator));
        if matches!(
            operator,
            "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||"
        ) {
            return "bool".into();
        }
        let side = |name| field(node, name).map_or(String::new(), |side| self.kind_of(side));
        let left = side("left");
        if left.is_empty() || left == "int" {
            side("right")
        } else {
            left
        }
    }

    fn kind_of_call(&self, node: Node<'_>) -> String {
        let Some(function) = field(node, "function") else {
            return String::new();
        };
        if function.kind() == "field_expression" {
            let (Some(value), Some(name)) = (field(function, "value"), field(function, "field"))
            else {
                return String::new();
            };
            let name = self.source.text_of(name);
            let receiver = self.kind_of(value);
            if let Some(method) = self
                .items
                .methods(&receiver)
                .find(|method| method.name == name)
            {
                return method.result.clone();
            }
            return kind_of_method(name, &receiver);
        }
        let text = self.source.text_of(function);
        let name = text.rsplit("::").next().unwrap_or(text);
        let path = text.strip_suffix(name).unwrap_or("").trim_end_matches("::");
        let path = if path == "Self" {
            self.owner.unwrap_or_default()
        } else {
            head(path)
        };
        let known = self.items.functions.iter().find(|known| {
            known.name == name && !known.has_self && known.owner.as_deref().unwrap_or("") == path
        });
        match known {
            Some(known) => known.result.clone(),
            None if path.starts_with(char::is_uppercase)
                && matches!(name, "new" | "with_capacity" | "from" | "default") =>
            {
                path.to_owned()
            }
            None if is_integer(path) && name == "from" => path.to_owned(),
            None if name == "Some" => format!("Option<{}>", self.argument_kind(node)),
            None => String::new(),
        }
    }

    fn argument_kind(&self, call: Node<'_>) -> String {
        let argument = field(call, "arguments").and_then(|list| list.named_child(0));
        argument.map_or(String::new(), |argument| self.kind_of(argument))
    }
}

/// What well-known methods of the standard library return.
fn kind_of_method(name: &str, receiver: &str) -> String {
    match name {
        "len" | "count" | "capacity" => "usize".into(),
        "is_empty" | "contains" | "contains_key" | "any" | "all" | "is_some" | "is_none"
        | "is_ok" | "is_err" | "starts_with" | "ends_with" => "bool".into(),
        "count_ones" | "leading_zeros" | "trailing_zeros" => "u32".into(),
        "to_string" | "to_uppercase" | "to_lowercase" | "join" | "repeat" => "String".into(),
        "trim" | "as_str" | "trim_start" | "trim_end" => "str".into(),
        "chars" => "Chars".into(),
        "to_vec" => format!("Vec<{}>", element_kind(receiver)),
        "first" | "last" | "get" | "remove" | "pop" | "pop_front" | "pop_back" | "front"
        | "back" | "get_mut" | "peek" => format!("Option<{}>", element_kind(receiver)),
        "unwrap" | "unwrap_or" | "expect" | "unwrap_or_default" | "unwrap_or_else" => {
            inner_of(receiver)
        }
        "min" | "max" | "clone" | "abs" | "pow" | "saturating_sub" | "saturating_add"
        | "wrapping_add" | "wrapping_sub" | "wrapping_mul" | "rem_euclid" | "div_euclid"
        | "to_owned" | "as_ref" | "copied" | "cloned" | "iter" | "swap" | "clamp" => {
            receiver.to_owned()
        }
        _ => String::new(),
    }
}

/// `T` of `Option<T>`, `Result<T, E>` and `Box<T>`.
fn inner_of(kind: &str) -> String {
    match head(kind) {
        "Option" | "Result" | "Box" | "Rc" | "Arc" | "RefCell" => argument(kind, 0),
        _ => String::new(),
    }
}

/// What a collection holds; the value of a map.
pub(super) fn element_kind(kind: &str) -> String {
    if let Some(inner) = kind.strip_prefix('[') {
        let inner = inner.strip_suffix(']').unwrap_or(inner);
        return normal(inner.split(';').next().unwrap_or(inner));
    }
    match head(kind) {
        "Vec" | "VecDeque" | "HashSet" | "BTreeSet" | "BinaryHeap" | "Option" => argument(kind, 0),
        "HashMap" | "BTreeMap" => argument(kind, 1),
        _ => String::new(),
    }
}

fn argument(kind: &str, index: usize) -> String {
    let inner = kind
        .split_once('<')
        .and_then(|(_, rest)| rest.strip_suffix('>'))
        .unwrap_or("");
    let found = split_types(inner)
        .get(index)
        .map_or(String::new(), |kind| normal(kind));
    if found == "?" || found == "_" {
        String::new()
    } else {
        found
    }
}

/// Splits at the commas that are not inside brackets.
fn split_types(list: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut depth = 0;
    let mut part = String::new();
    for c in list.chars() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(normal(&std::mem::take(&mut part)));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    if !part.trim().is_empty() {
        parts.push(normal(&part));
    }
    parts
}
