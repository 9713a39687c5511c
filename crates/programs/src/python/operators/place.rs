//! What an operator may draw on at one statement: names, constants, expressions of the function.

use std::collections::HashSet;

use super::expr::{Expr, Level, is_inside_string, is_read};
use super::layout::{is_docstring, is_repeatable, is_simple, is_statement};
use super::scope::{Atom, Scopes};
use super::tree::{Node, Tree};
use super::ty::Ty;

/// Donor expressions longer than this are left alone: nobody writes them twice.
const DONOR_BYTES_MAX: usize = 48;
/// Donors taken from one function.
const DONORS_MAX: usize = 80;

/// What one file speaks of.
pub(super) struct File<'t> {
    pub(super) tree: &'t Tree<'t>,
    pub(super) scopes: Scopes<'t>,
    /// Integer literals, the most frequent first.
    pub(super) integers: Vec<&'t str>,
    pub(super) floats: Vec<&'t str>,
    pub(super) strings: Vec<&'t str>,
    /// Attributes that are read or written, the most frequent first.
    pub(super) attributes: Vec<&'t str>,
    /// Methods that are called or defined, the most frequent first.
    pub(super) methods: Vec<&'t str>,
    /// Functions of the module and nested ones.
    pub(super) functions: Vec<Function<'t>>,
    /// Statements of one line that may be written once more.
    pub(super) statements: Vec<Node<'t>>,
    /// `raise` statements among them.
    pub(super) raises: Vec<Node<'t>>,
    /// Names of classes of the module.
    pub(super) classes: Vec<&'t str>,
    /// Attributes that start as a truth value, which, and whether any code changes them.
    pub(super) flags: Vec<(&'t str, bool, bool)>,
}

/// A function or method defined in the file.
#[derive(Clone, Debug)]
pub(super) struct Function<'t> {
    pub(super) name: &'t str,
    pub(super) node: Node<'t>,
    /// Without `self` and `cls`.
    pub(super) parameters: Vec<&'t str>,
    pub(super) is_method: bool,
}

impl<'t> File<'t> {
    pub(super) fn new(tree: &'t Tree<'t>) -> Self {
        let mut file = Self {
            tree,
            scopes: Scopes::new(tree),
            integers: Vec::new(),
            floats: Vec::new(),
            strings: Vec::new(),
            attributes: Vec::new(),
            methods: Vec::new(),
            functions: Vec::new(),
            statements: Vec::new(),
            raises: Vec::new(),
            classes: Vec::new(),
            flags: super::omissions::flags(tree.root()),
        };
        for node in tree.root().walk() {
            if is_statement(node) && is_simple(node) && is_repeatable(node) && !is_docstring(node) {
                file.statements.push(node);
                if node.kind() == "raise_statement" && node.parts().next().is_some() {
                    file.raises.push(node);
                }
            }
            match node.kind() {
                "integer" => file.integers.push(node.text()),
                "float" => file.floats.push(node.text()),
                // Patterns and bytes do not stand in for words.
                "string"
                    if is_read(node)
                        && is_plain_string(node)
                        && node.text().starts_with(['"', '\'']) =>
                {
                    file.strings.push(node.text());
                }
                "attribute" => {
                    let Some(name) = node.child("attribute") else {
                        continue;
                    };
                    if node.field() == Some("function") {
                        file.methods.push(name.text());
                    } else {
                        file.attributes.push(name.text());
                    }
                }
                "class_definition" => {
                    file.classes.extend(node.child("name").map(Node::text));
                }
                "function_definition" => file.functions.extend(Function::new(node)),
                _ => {}
            }
        }
        let methods = file.functions.iter().filter(|function| function.is_method);
        file.methods.extend(methods.map(|function| function.name));
        for list in [
            &mut file.integers,
            &mut file.floats,
            &mut file.strings,
            &mut file.attributes,
            &mut file.methods,
        ] {
            by_frequency(list);
        }
        file
    }
}

impl<'t> Function<'t> {
    fn new(node: Node<'t>) -> Option<Self> {
        let name = node.child("name")?.text();
        let is_method = node
            .ancestors()
            .find(|ancestor| matches!(ancestor.kind(), "class_definition" | "function_definition"))
            .is_some_and(|ancestor| ancestor.kind() == "class_definition");
        let parameters = node.child("parameters").map_or(Vec::new(), |list| {
            list.parts()
                .filter_map(|part| part.walk().find(|node| node.kind() == "identifier"))
                .map(Node::text)
                .filter(|name| !matches!(*name, "self" | "cls"))
                .collect()
        });
        Some(Self {
            name,
            node,
            parameters,
            is_method,
        })
    }
}

/// An expression of the function under repair that may serve again elsewhere in it.
#[derive(Clone, Debug)]
pub(super) struct Donor<'t> {
    pub(super) node: Node<'t>,
    pub(super) expr: Expr,
    pub(super) ty: Ty,
}

/// One statement, or one clause such as `elif x:`, that is under suspicion.
pub(super) struct Place<'t, 'f> {
    pub(super) file: &'f File<'t>,
    pub(super) statement: Node<'t>,
    /// The innermost function around it, or the module.
    pub(super) function: Node<'t>,
    /// What can be read here: variables and attributes of `self`.
    pub(super) atoms: Vec<Atom<'t>>,
    /// Expressions of the function whose names can all be read here.
    pub(super) donors: Vec<Donor<'t>>,
    /// Calls of functions of the file whose parameters are named like things in reach.
    pub(super) calls: Vec<(Expr, Ty)>,
}

impl<'t, 'f> Place<'t, 'f> {
    pub(super) fn new(file: &'f File<'t>, statement: Node<'t>) -> Self {
        let function = file.scopes.all[file.scopes.around(statement)].node;
        let mut atoms = file.scopes.visible(statement);
        atoms.extend(attributes_of_self(file, function));
        let donors = donors(file, function, &atoms);
        let calls = calls(file, function, &atoms);
        Self {
            file,
            statement,
            function,
            atoms,
            donors,
            calls,
        }
    }

    /// The place right behind `statement`, where what it binds can be read.
    pub(super) fn behind(file: &'f File<'t>, statement: Node<'t>) -> Self {
        let mut place = Self::new(file, statement);
        for node in statement.walk().filter(|node| node.kind() == "identifier") {
            let Some(variable) = file.scopes.variable(node) else {
                continue;
            };
            let is_new = !place.atoms.iter().any(|atom| atom.text == variable.name);
            if is_new && file.scopes.is_local(node) && !matches!(variable.name, "self" | "cls") {
                place.atoms.push(Atom {
                    text: variable.name,
                    ty: variable.ty,
                    element: variable.element,
                    weight: 1.0,
                });
            }
        }
        place.donors = donors(file, place.function, &place.atoms);
        place
    }

    pub(super) fn type_of(&self, node: Node<'t>) -> Ty {
        self.file.scopes.type_of(node)
    }

    /// The kind of value that fits where `node` stands: what the code around it asks for,
    /// narrowed by what stands there now.
    pub(super) fn wanted(&self, node: Node<'t>) -> Ty {
        let expected = self.file.scopes.expected(node);
        let present = self.type_of(node);
        if present.is_unknown() {
            return expected;
        }
        let both = expected.and(present);
        if both == Ty::NOTHING { present } else { both }
    }

    /// Atoms that can be read at `node`, comprehension variables included.
    pub(super) fn atoms_at(&self, node: Node<'t>) -> Vec<Atom<'t>> {
        let in_comprehension = node
            .ancestors()
            .take_while(|ancestor| *ancestor != self.statement)
            .any(|ancestor| {
                ancestor.kind().ends_with("comprehension")
                    || matches!(ancestor.kind(), "generator_expression" | "lambda")
            });
        if !in_comprehension {
            return self.atoms.clone();
        }
        let mut atoms = self.file.scopes.visible(node);
        atoms.extend(attributes_of_self(self.file, self.function));
        atoms
    }

    /// Whether the statement lies in a loop of its function.
    pub(super) fn is_in_loop(&self) -> bool {
        self.statement
            .ancestors()
            .take_while(|ancestor| *ancestor != self.function)
            .any(|ancestor| matches!(ancestor.kind(), "for_statement" | "while_statement"))
    }

    pub(super) fn is_in_function(&self) -> bool {
        self.function.kind() == "function_definition"
    }
}

/// `self.a` for each attribute of the class around `function`.
fn attributes_of_self<'t>(file: &File<'t>, function: Node<'t>) -> Vec<Atom<'t>> {
    let class = function
        .ancestors()
        .find(|ancestor| ancestor.kind() == "class_definition");
    let Some(class) = class else {
        return Vec::new();
    };
    let mut seen = HashSet::new();
    let mut atoms = Vec::new();
    for node in class.walk() {
        let is_own = node.kind() == "attribute"
            && node.field() != Some("function")
            && node
                .child("object")
                .is_some_and(|object| object.text() == "self");
        if is_own && seen.insert(node.text()) {
            let near = function.holds(node);
            atoms.push(Atom {
                text: node.text(),
                ty: file.scopes.type_of(node),
                element: Ty::ANY,
                weight: if near { 0.8 } else { 0.4 },
            });
        }
    }
    atoms
}

fn donors<'t>(file: &File<'t>, function: Node<'t>, atoms: &[Atom<'t>]) -> Vec<Donor<'t>> {
    let mut seen = HashSet::new();
    let mut donors = Vec::new();
    for node in function.walk() {
        let is_donor = matches!(
            node.kind(),
            "attribute"
                | "subscript"
                | "call"
                | "binary_operator"
                | "comparison_operator"
                | "unary_operator"
                | "not_operator"
                | "boolean_operator"
        ) && is_read(node)
            && node.text().len() <= DONOR_BYTES_MAX
            && !node.is_multiline()
            && !is_inside_string(node);
        if !is_donor || !seen.insert(node.text()) || !is_visible(file, node, atoms) {
            continue;
        }
        donors.push(Donor {
            node,
            expr: Expr::of(node),
            ty: file.scopes.type_of(node),
        });
        if donors.len() == DONORS_MAX {
            break;
        }
    }
    donors
}

/// `f(a, b)` for each function `f(a, b)` of the file, where `a` and `b` can be read here.
fn calls<'t>(file: &File<'t>, function: Node<'t>, atoms: &[Atom<'t>]) -> Vec<(Expr, Ty)> {
    let class = |node: Node<'t>| node.ancestors().find(|a| a.kind() == "class_definition");
    let own_class = class(function);
    let mut calls = Vec::new();
    for known in &file.functions {
        let is_reachable = match known.is_method {
            true => own_class.is_some() && class(known.node) == own_class,
            false => true,
        };
        if !is_reachable || known.node == function || known.name.starts_with("__") {
            continue;
        }
        let arguments: Option<Vec<&str>> = known
            .parameters
            .iter()
            .map(|parameter| {
                let mut named = atoms.iter().map(|atom| atom.text);
                named.find(|text| text.rsplit('.').next() == Some(parameter))
            })
            .collect();
        let Some(arguments) = arguments.filter(|list| list.len() <= 3) else {
            continue;
        };
        if arguments.is_empty() && !known.is_method {
            continue;
        }
        let receiver = if known.is_method { "self." } else { "" };
        let text = format!("{receiver}{}({})", known.name, arguments.join(", "));
        calls.push((Expr::atom(text), file.scopes.returns_of(known.name)));
    }
    calls
}

/// Whether every variable that `node` speaks of is among `atoms`.
pub(super) fn is_visible<'t>(file: &File<'t>, node: Node<'t>, atoms: &[Atom<'t>]) -> bool {
    node.walk()
        .filter(|part| part.kind() == "identifier" && part.field() != Some("attribute"))
        .all(|name| {
            file.scopes.variable(name).is_none()
                || matches!(name.text(), "self" | "cls")
                || atoms.iter().any(|atom| atom.text == name.text())
        })
}

/// A string without placeholders and on one line.
pub(super) fn is_plain_string(node: Node<'_>) -> bool {
    node.text().starts_with(['"', '\'', 'r', 'R', 'b'])
        && !node.is_multiline()
        && !node.walk().any(|part| part.kind() == "interpolation")
}

/// Whether the value of `node` decides which way the program goes.
pub(super) fn is_condition(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else {
        return false;
    };
    match parent.kind() {
        "if_statement" | "elif_clause" | "while_statement" => node.field() == Some("condition"),
        "if_clause" | "assert_statement" => parent.parts().next() == Some(node),
        "conditional_expression" => parent.parts().nth(1) == Some(node),
        _ => false,
    }
}

/// The level and text of a name that is about to be used as an operand.
pub(super) fn atom_expr(atom: &Atom<'_>) -> Expr {
    Expr::with_level(atom.text, Level::Primary)
}

/// How alike two names are, from 0 to 1: the words they share.
pub(super) fn name_likeness(a: &str, b: &str) -> f64 {
    let words = |name: &str| -> Vec<String> {
        let mut words = Vec::new();
        for word in name.split(['_', '.']) {
            let mut current = String::new();
            for character in word.chars() {
                if character.is_uppercase() && !current.is_empty() {
                    words.push(std::mem::take(&mut current));
                }
                current.extend(character.to_lowercase());
            }
            words.push(current);
        }
        words.retain(|word| !word.is_empty() && word != "self");
        words
    };
    let (a, b) = (words(a), words(b));
    let shared = a.iter().filter(|word| b.contains(word)).count();
    let by_words = 2.0 * shared as f64 / (a.len() + b.len()).max(1) as f64;
    let (first, second) = (a.concat(), b.concat());
    let prefix = first
        .bytes()
        .zip(second.bytes())
        .take_while(|(x, y)| x == y)
        .count();
    let by_prefix = if prefix >= 2 {
        prefix as f64 / first.len().max(second.len()) as f64
    } else {
        0.0
    };
    by_words.max(by_prefix)
}

fn by_frequency(list: &mut Vec<&str>) {
    list.sort_unstable();
    let mut counted: Vec<(usize, &str)> = Vec::new();
    for text in list.iter() {
        match counted.last_mut() {
            Some((count, last)) if last == text => *count += 1,
            _ => counted.push((1, text)),
        }
    }
    counted.sort_by_key(|(count, text)| (std::cmp::Reverse(*count), *text));
    list.clear();
    list.extend(counted.into_iter().map(|(_, text)| text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_share_words_are_alike() {
        assert!(name_likeness("incoming_nodes", "outgoing_nodes") >= 0.5);
        assert!(name_likeness("lo", "hi") < 0.1);
        assert!(name_likeness("startDate", "end_date") >= 0.5);
    }

    #[test]
    fn frequent_texts_come_first() {
        let mut list = vec!["b", "a", "b", "c", "c", "b"];
        by_frequency(&mut list);
        assert_eq!(list, vec!["b", "c", "a"]);
    }
}
