//! Expressions as text with a binding strength, so that parentheses stand only where needed.

use super::tree::Node;

/// How strongly an expression binds, weakest first, as in the Python reference, section 6.17.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// `a, b` without parentheses, `yield x`, `x := y`.
    Open,
    Lambda,
    Conditional,
    Or,
    And,
    Not,
    Comparison,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Sum,
    Product,
    Unary,
    Power,
    Await,
    /// Names, literals, calls, subscripts, brackets.
    Primary,
}

impl Level {
    /// The level of a binary or boolean operator.
    pub(super) fn of_operator(operator: &str) -> Self {
        match operator {
            "or" => Self::Or,
            "and" => Self::And,
            "|" => Self::BitOr,
            "^" => Self::BitXor,
            "&" => Self::BitAnd,
            "<<" | ">>" => Self::Shift,
            "+" | "-" => Self::Sum,
            "*" | "/" | "//" | "%" | "@" => Self::Product,
            "**" => Self::Power,
            _ => Self::Comparison,
        }
    }

    /// The level of a node, if it is an expression.
    pub(super) fn of(node: Node<'_>) -> Option<Self> {
        if !node.is_named() {
            // The keyword `lambda` is of the same kind as the expression that it opens.
            return None;
        }
        Some(match node.kind() {
            "identifier"
            | "integer"
            | "float"
            | "string"
            | "true"
            | "false"
            | "none"
            | "list"
            | "tuple"
            | "dictionary"
            | "set"
            | "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression"
            | "parenthesized_expression"
            | "call"
            | "attribute"
            | "subscript"
            | "ellipsis" => Self::Primary,
            // Adjacent literals need no parentheses of their own, but a postfix after them does.
            "concatenated_string" => Self::Await,
            "await" => Self::Await,
            "unary_operator" => Self::Unary,
            "binary_operator" => Self::of_operator(operator_of(node)),
            "comparison_operator" => Self::Comparison,
            "not_operator" => Self::Not,
            "boolean_operator" => Self::of_operator(operator_of(node)),
            "conditional_expression" => Self::Conditional,
            "lambda" => Self::Lambda,
            "named_expression" | "yield" | "expression_list" => Self::Open,
            _ => return None,
        })
    }

    fn next(self) -> Self {
        match self {
            Self::Open => Self::Lambda,
            Self::Lambda => Self::Conditional,
            Self::Conditional => Self::Or,
            Self::Or => Self::And,
            Self::And => Self::Not,
            Self::Not => Self::Comparison,
            Self::Comparison => Self::BitOr,
            Self::BitOr => Self::BitXor,
            Self::BitXor => Self::BitAnd,
            Self::BitAnd => Self::Shift,
            Self::Shift => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => Self::Unary,
            Self::Unary => Self::Power,
            Self::Power => Self::Await,
            Self::Await | Self::Primary => Self::Primary,
        }
    }
}

/// The text of the operator of a binary, boolean, unary or augmented node.
pub(super) fn operator_of(node: Node<'_>) -> &str {
    node.child("operator").map_or("", |token| token.kind())
}

/// A piece of new code.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expr {
    pub(super) text: String,
    pub(super) level: Level,
}

impl Expr {
    /// The code of a node as it stands.
    pub(super) fn of(node: Node<'_>) -> Self {
        let mut text = node.text().to_owned();
        let mut level = Level::of(node).unwrap_or(Level::Open);
        // `sum(x for x in y)`: the parentheses of the node are those of the call.
        if node.kind() == "argument_list" {
            level = Level::Primary;
        }
        if node.kind() == "tuple" && !text.starts_with('(') {
            text = format!("({text})");
            level = Level::Primary;
        }
        Self { text, level }
    }

    pub(super) fn atom(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            level: Level::Primary,
        }
    }

    pub(super) fn with_level(text: impl Into<String>, level: Level) -> Self {
        Self {
            text: text.into(),
            level,
        }
    }

    /// The text where at least `level` is needed.
    pub(super) fn at(&self, level: Level) -> String {
        if self.level >= level {
            self.text.clone()
        } else {
            format!("({})", self.text)
        }
    }

    /// `self operator right`.
    pub(super) fn binary(&self, operator: &str, right: &Self) -> Self {
        let level = Level::of_operator(operator);
        let (left_level, right_level) = match level {
            Level::Power => (Level::Await, Level::Unary),
            // `a and (b and c)` is `a and b and c`; comparisons must not chain.
            Level::Or | Level::And => (level, level),
            Level::Comparison => (Level::BitOr, Level::BitOr),
            _ => (level, level.next()),
        };
        Self {
            text: format!(
                "{} {operator} {}",
                self.at(left_level),
                right.at(right_level)
            ),
            level,
        }
    }

    /// `not self`, a comparison turned round, or a `not` taken off.
    pub(super) fn negated(&self) -> Self {
        Self {
            text: format!("not {}", self.at(Level::Not)),
            level: Level::Not,
        }
    }

    /// `-self`.
    pub(super) fn minus(&self) -> Self {
        Self {
            text: format!("-{}", self.at(Level::Unary)),
            level: Level::Unary,
        }
    }

    /// `function(self)`.
    pub(super) fn wrapped(&self, function: &str) -> Self {
        Self::atom(format!("{function}({})", self.at(Level::Lambda)))
    }

    /// `self` followed by `tail`, e.g. `[1:]` or `.strip()`.
    pub(super) fn postfixed(&self, tail: &str) -> Self {
        // `1.real` does not parse; numbers never get postfixes here, but stay safe.
        let base = if self.text.starts_with(|c: char| c.is_ascii_digit()) {
            format!("({})", self.text)
        } else {
            self.at(Level::Primary)
        };
        Self::atom(format!("{base}{tail}"))
    }
}

/// The weakest level that may stand in place of `node` without parentheses.
pub(super) fn required(node: Node<'_>) -> Level {
    let Some(parent) = node.parent() else {
        return Level::Open;
    };
    match parent.kind() {
        "binary_operator" => {
            let level = Level::of_operator(operator_of(parent));
            match (level, node.field()) {
                (Level::Power, Some("left")) => Level::Await,
                (Level::Power, _) => Level::Unary,
                (_, Some("left")) => level,
                _ => level.next(),
            }
        }
        "boolean_operator" => Level::of_operator(operator_of(parent)),
        "comparison_operator" => Level::BitOr,
        "not_operator" => Level::Not,
        "unary_operator" => Level::Unary,
        "await" => Level::Primary,
        "attribute" => Level::Primary,
        "call" => Level::Primary,
        "subscript" if node.field() == Some("value") => Level::Primary,
        "conditional_expression" => {
            if parent.parts().last() == Some(node) {
                Level::Conditional
            } else {
                Level::Or
            }
        }
        "for_in_clause" | "if_clause" => Level::Or,
        "list_splat" | "dictionary_splat" => Level::BitOr,
        "assignment"
        | "augmented_assignment"
        | "return_statement"
        | "expression_statement"
        | "parenthesized_expression"
        | "yield" => Level::Open,
        "interpolation" => Level::Or,
        _ => Level::Lambda,
    }
}

/// Whether `node` is an expression whose value is read, so that another may stand in its place.
pub(super) fn is_read(node: Node<'_>) -> bool {
    if Level::of(node).is_none() {
        return false;
    }
    let Some(parent) = node.parent() else {
        return false;
    };
    match (parent.kind(), node.field()) {
        ("attribute", Some("attribute"))
        | ("keyword_argument", Some("name"))
        | ("call", Some("function" | "arguments"))
        | ("named_expression", Some("name"))
        | (
            "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause",
            Some("left"),
        )
        | ("function_definition" | "class_definition", Some("name")) => false,
        ("expression_statement", _) => !matches!(node.kind(), "string" | "concatenated_string"),
        (
            "parameters"
            | "lambda_parameters"
            | "pattern_list"
            | "tuple_pattern"
            | "list_pattern"
            | "list_splat_pattern"
            | "dictionary_splat_pattern"
            | "as_pattern_target"
            | "global_statement"
            | "nonlocal_statement"
            | "dotted_name"
            | "aliased_import"
            | "concatenated_string"
            | "decorator"
            | "delete_statement"
            | "typed_parameter"
            | "type"
            | "format_specifier"
            | "union_pattern"
            | "case_pattern",
            _,
        ) => false,
        ("default_parameter" | "typed_default_parameter", field) => field == Some("value"),
        _ => !parent.kind().ends_with("pattern"),
    }
}

/// Whether `node` stands inside an f-string, where quotes and newlines are not safe.
pub(super) fn is_inside_string(node: Node<'_>) -> bool {
    node.ancestors()
        .take_while(|ancestor| Level::of(*ancestor).is_some() || ancestor.kind() == "interpolation")
        .any(|ancestor| ancestor.kind() == "interpolation")
}
