//! What expressions give, what they hold, and what the code around them asks for.

use super::expr::{Level, operator_of};
use super::scope::Scopes;
use super::tree::Node;
use super::ty::Ty;

impl<'t> Scopes<'t> {
    /// What `node` gives when it is evaluated.
    pub(super) fn type_of(&self, node: Node<'t>) -> Ty {
        match node.kind() {
            "integer" => Ty::INT,
            "float" => Ty::FLOAT,
            "string" | "concatenated_string" => Ty::STR,
            "true" | "false" | "comparison_operator" | "not_operator" => Ty::BOOL,
            "none" => Ty::NONE,
            "list" | "list_comprehension" => Ty::LIST,
            "tuple" | "expression_list" => Ty::TUPLE,
            "dictionary" | "dictionary_comprehension" => Ty::DICT,
            "set" | "set_comprehension" => Ty::SET,
            "generator_expression" => Ty::ITERATOR,
            "lambda" => Ty::FUNCTION,
            "identifier" => self.variable(node).map_or(Ty::ANY, |variable| variable.ty),
            "parenthesized_expression" => node.parts().next().map_or(Ty::ANY, |n| self.type_of(n)),
            "boolean_operator" | "conditional_expression" => {
                let mut sides = node.parts();
                let first = sides.next().map_or(Ty::ANY, |n| self.type_of(n));
                first.or(sides.last().map_or(Ty::ANY, |n| self.type_of(n)))
            }
            "unary_operator" => node
                .child("argument")
                .map_or(Ty::NUMBER, |n| self.type_of(n).and(Ty::NUMBER))
                .or(Ty::NOTHING),
            "binary_operator" => self.type_of_arithmetic(node),
            "call" => self.type_of_call(node),
            "attribute" => node
                .child("attribute")
                .and_then(|name| self.attributes.get(name.text()))
                .map_or(Ty::ANY, |&ty| if ty == Ty::NOTHING { Ty::ANY } else { ty }),
            "subscript" => {
                let Some(value) = node.child("value") else {
                    return Ty::ANY;
                };
                let container = self.type_of(value);
                if node.child("subscript").is_some_and(|n| n.kind() == "slice") {
                    return container;
                }
                if container.is(Ty::STR) {
                    return Ty::STR;
                }
                self.element_of(value)
            }
            _ => Ty::ANY,
        }
    }

    fn type_of_arithmetic(&self, node: Node<'t>) -> Ty {
        let (Some(left), Some(right)) = (node.child("left"), node.child("right")) else {
            return Ty::ANY;
        };
        let (left, right) = (self.type_of(left), self.type_of(right));
        let both = left.or(right);
        match operator_of(node) {
            _ if left.is(Ty::NUMBER) && right.is(Ty::NUMBER) => match operator_of(node) {
                "/" => Ty::FLOAT,
                _ if both.is(Ty::INT) => Ty::INT,
                _ => both,
            },
            "%" if left.is(Ty::STR) => Ty::STR,
            "/" | "//" | "**" | "-" | "%" if !both.may_be(Ty::SET) || both.is_unknown() => {
                Ty::NUMBER
            }
            "+" | "*" => {
                let known = Ty::STR.or(Ty::LIST).or(Ty::TUPLE);
                [left, right]
                    .into_iter()
                    .find(|side| side.is(known))
                    .or_else(|| [left, right].into_iter().find(|side| side.is(Ty::NUMBER)))
                    .unwrap_or(Ty::ANY)
            }
            _ if !left.is_unknown() => left,
            _ => right,
        }
    }

    fn type_of_call(&self, node: Node<'t>) -> Ty {
        let Some(function) = node.child("function") else {
            return Ty::ANY;
        };
        if function.kind() == "attribute" {
            let name = function.child("attribute").map_or("", |name| name.text());
            let known = Ty::of_method(name);
            let receiver = function.child("object").map(|object| self.type_of(object));
            return match receiver {
                Some(receiver) if name == "copy" => receiver,
                _ if known.is_unknown() => self.returns_of(name),
                _ => known,
            };
        }
        let name = function.text();
        let known = Ty::of_call(name);
        if !known.is_unknown() {
            return known;
        }
        if matches!(name, "max" | "min")
            && let Some(arguments) = node.child("arguments")
        {
            let mut ty = Ty::NOTHING;
            let arguments: Vec<_> = arguments.parts().collect();
            if let [only] = arguments[..] {
                return self.element_of(only);
            }
            for argument in arguments {
                ty = ty.or(self.type_of(argument));
            }
            return if ty.is_unknown() { Ty::NUMBER } else { ty };
        }
        self.returns_of(name)
    }

    pub(super) fn returns_of(&self, name: &str) -> Ty {
        let Some(function) = self.function(name) else {
            return Ty::ANY;
        };
        if let Some(annotation) = function.node.child("return_type") {
            return Ty::of_annotation(annotation.text()).0;
        }
        if function.returns == Ty::NOTHING {
            Ty::ANY
        } else {
            function.returns
        }
    }

    /// What the value of `node` holds.
    pub(super) fn element_of(&self, node: Node<'t>) -> Ty {
        match node.kind() {
            "identifier" => self.variable(node).map_or(Ty::ANY, |variable| {
                if variable.ty.is(Ty::STR) {
                    Ty::STR
                } else {
                    variable.element
                }
            }),
            "list" | "tuple" | "set" => {
                let ty = node
                    .parts()
                    .fold(Ty::NOTHING, |ty, part| ty.or(self.type_of(part)));
                if ty == Ty::NOTHING { Ty::ANY } else { ty }
            }
            "list_comprehension" | "generator_expression" | "set_comprehension" => node
                .child("body")
                .map_or(Ty::ANY, |body| self.type_of(body)),
            "string" => Ty::STR,
            "subscript" => match (node.child("value"), node.child("subscript")) {
                (Some(value), Some(index)) if index.kind() == "slice" => self.element_of(value),
                _ => Ty::ANY,
            },
            "call" => {
                let callee = node
                    .child("function")
                    .map_or("", |function| function.text());
                let first = node
                    .child("arguments")
                    .and_then(|arguments| arguments.parts().next());
                match (callee, first) {
                    ("range", _) => Ty::INT,
                    ("sorted" | "reversed" | "list" | "set" | "tuple" | "iter", Some(first)) => {
                        self.element_of(first)
                    }
                    ("enumerate" | "zip", _) => Ty::TUPLE,
                    _ if callee.ends_with("split") => Ty::STR,
                    _ if callee.ends_with(".items") => Ty::TUPLE,
                    _ => Ty::ANY,
                }
            }
            _ => Ty::ANY,
        }
    }

    /// What must stand at the place of `node` for the code around it to make sense.
    pub(super) fn expected(&self, node: Node<'t>) -> Ty {
        let Some(parent) = node.parent() else {
            return Ty::ANY;
        };
        match (parent.kind(), node.field()) {
            ("binary_operator" | "augmented_assignment", field) => {
                let other = if field == Some("left") {
                    "right"
                } else {
                    "left"
                };
                let other = parent.child(other).map_or(Ty::ANY, |n| self.type_of(n));
                match operator_of(parent) {
                    "-" | "-=" if other.is_unknown() => Ty::NUMBER.or(Ty::SET),
                    "/" | "//" | "**" | "/=" | "//=" => Ty::NUMBER,
                    "%" if field == Some("left") && !other.is(Ty::INT) => Ty::ANY,
                    "*" if other.is(Ty::INDEXED) => Ty::INT,
                    "*" => Ty::NUMBER,
                    "<<" | ">>" => Ty::INT,
                    // A whole number beside it is the best sign of another.
                    _ if other.is(Ty::INT) => Ty::INT,
                    _ if other.is(Ty::NUMBER) => Ty::NUMBER,
                    _ => other,
                }
            }
            ("comparison_operator", _) => self.expected_in_comparison(parent, node),
            ("unary_operator", _) => Ty::NUMBER,
            ("subscript", Some("value")) => Ty::INDEXED.or(Ty::DICT),
            ("subscript", _) => {
                let container = parent.child("value").map_or(Ty::ANY, |n| self.type_of(n));
                if container.is(Ty::INDEXED) {
                    Ty::INT
                } else {
                    Ty::ANY
                }
            }
            ("slice", _) => Ty::INT,
            ("for_statement" | "for_in_clause", Some("right")) => Ty::ITERABLE,
            ("attribute", Some("object")) => {
                let name = parent.child("attribute").map_or("", |name| name.text());
                if parent.field() == Some("function") && parent.parent_kind() == "call" {
                    Ty::with_method(name)
                } else {
                    Ty::OBJECT
                }
            }
            ("assignment", Some("right")) => match parent.child("left") {
                Some(left) => self.type_of(left),
                None => Ty::ANY,
            },
            ("argument_list", _) => self.expected_of_argument(parent, node),
            ("return_statement", _) => {
                let returns = self.all[self.around(node)].returns;
                if returns == Ty::NOTHING {
                    Ty::ANY
                } else {
                    returns
                }
            }
            ("call", Some("function")) => Ty::FUNCTION,
            ("parenthesized_expression", _) => self.expected(parent),
            _ => Ty::ANY,
        }
    }

    fn expected_in_comparison(&self, parent: Node<'t>, node: Node<'t>) -> Ty {
        let operators: Vec<_> = parent.fields("operators").collect();
        let operands: Vec<_> = parent.parts().filter(|n| Level::of(*n).is_some()).collect();
        let Some(at) = operands.iter().position(|operand| *operand == node) else {
            return Ty::ANY;
        };
        let operator = operators[at.saturating_sub(1).min(operators.len() - 1)].text();
        let other = operands.get(if at == 0 { 1 } else { at - 1 });
        let other = other.map_or(Ty::ANY, |n| self.type_of(*n));
        match operator {
            "in" | "not in" if at > 0 => Ty::COLLECTION,
            "in" | "not in" | "is" | "is not" => Ty::ANY,
            _ if other.is(Ty::INT) => Ty::INT,
            _ if other.is(Ty::NUMBER) => Ty::NUMBER,
            _ => other.without(Ty::NONE),
        }
    }

    fn expected_of_argument(&self, list: Node<'t>, node: Node<'t>) -> Ty {
        let Some(function) = list.parent().and_then(|call| call.child("function")) else {
            return Ty::ANY;
        };
        let at = list.parts().position(|part| part == node).unwrap_or(0);
        if matches!(function.text(), "max" | "min") {
            return if list.parts().count() > 1 {
                Ty::NUMBER
            } else {
                Ty::ITERABLE
            };
        }
        let known = Ty::of_argument(function.text());
        if !known.is_unknown() {
            return if at == 0 || function.text() == "range" {
                known
            } else {
                Ty::ANY
            };
        }
        let name = match function.kind() {
            "attribute" => function.child("attribute").map_or("", |name| name.text()),
            _ => function.text(),
        };
        let Some(callee) = self.function(name) else {
            return Ty::ANY;
        };
        let mut parameters = callee.variables.iter().filter(|v| v.is_parameter);
        if parameters
            .clone()
            .next()
            .is_some_and(|first| first.name == "self")
        {
            parameters.next();
        }
        parameters.nth(at).map_or(Ty::ANY, |parameter| parameter.ty)
    }
}
