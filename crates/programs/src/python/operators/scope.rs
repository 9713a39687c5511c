//! Which names a piece of code can see, and what they probably hold.

use std::collections::HashMap;
use std::ops::Range;

use super::tree::{Node, Tree};
use super::ty::Ty;

/// A variable of a function or of the module.
#[derive(Clone, Debug)]
pub(super) struct Variable<'t> {
    pub(super) name: &'t str,
    pub(super) ty: Ty,
    /// What it holds, where it holds something.
    pub(super) element: Ty,
    pub(super) is_parameter: bool,
    /// Where it is bound first.
    bound: usize,
    /// Where it can be seen.
    region: Range<usize>,
    assigned: Ty,
    used: Ty,
}

/// A function or the module.
#[derive(Debug)]
pub(super) struct Scope<'t> {
    pub(super) node: Node<'t>,
    parent: Option<usize>,
    pub(super) variables: Vec<Variable<'t>>,
    /// What its `return` statements give.
    pub(super) returns: Ty,
}

/// Every scope of a file and the attributes that the file speaks of.
pub(super) struct Scopes<'t> {
    pub(super) all: Vec<Scope<'t>>,
    by_node: HashMap<u32, usize>,
    /// By name: what attributes hold, wherever they are assigned.
    pub(super) attributes: HashMap<&'t str, Ty>,
    by_function: HashMap<&'t str, usize>,
}

/// A name, or an attribute of `self`, that can be read at some place.
#[derive(Clone, Debug)]
pub(super) struct Atom<'t> {
    pub(super) text: &'t str,
    pub(super) ty: Ty,
    pub(super) element: Ty,
    /// How likely code at this place speaks of it, in (0, 1].
    pub(super) weight: f64,
}

impl<'t> Scopes<'t> {
    pub(super) fn new(tree: &'t Tree<'t>) -> Self {
        let mut scopes = Self {
            all: Vec::new(),
            by_node: HashMap::new(),
            attributes: HashMap::new(),
            by_function: HashMap::new(),
        };
        scopes.collect(tree.root());
        // Twice, because what a name holds may follow from a name that stands further down.
        for _ in 0..2 {
            scopes.infer(tree.root());
        }
        scopes
    }

    /// The innermost function around `node`, or the module.
    pub(super) fn around(&self, node: Node<'t>) -> usize {
        node.ancestors()
            .find_map(|ancestor| self.by_node.get(&ancestor.id()))
            .copied()
            .unwrap_or(0)
    }

    /// The function called `name`, methods included; the last one that bears the name.
    pub(super) fn function(&self, name: &str) -> Option<&Scope<'t>> {
        self.by_function.get(name).map(|&index| &self.all[index])
    }

    fn collect(&mut self, root: Node<'t>) {
        self.all.push(Scope::new(root, None));
        self.by_node.insert(root.id(), 0);
        for node in root.walk() {
            let scope = self.around(node);
            match node.kind() {
                "function_definition" => {
                    let index = self.all.len();
                    if let Some(name) = node.child("name") {
                        self.by_function.insert(name.text(), index);
                    }
                    self.all.push(Scope::new(node, Some(scope)));
                    self.by_node.insert(node.id(), index);
                    self.bind_parameters(index, node, node.span());
                }
                "lambda" => self.bind_parameters(scope, node, node.span()),
                "identifier" => {
                    if let Some(region) = binding_region(node, &self.all[scope]) {
                        self.all[scope].bind(node, region, false);
                    }
                }
                _ => {}
            }
        }
    }

    fn bind_parameters(&mut self, scope: usize, function: Node<'t>, region: Range<usize>) {
        let Some(parameters) = function.child("parameters") else {
            return;
        };
        for parameter in parameters.parts() {
            let name = match parameter.kind() {
                "identifier" => Some(parameter),
                "default_parameter" | "typed_default_parameter" => parameter.child("name"),
                _ => parameter.walk().find(|node| node.kind() == "identifier"),
            };
            let Some(name) = name else { continue };
            let variable = self.all[scope].bind(name, region.clone(), true);
            if let Some(annotation) = parameter.child("type") {
                (variable.assigned, variable.element) = Ty::of_annotation(annotation.text());
            }
            match parameter.kind() {
                "list_splat_pattern" => variable.assigned = Ty::TUPLE,
                "dictionary_splat_pattern" => variable.assigned = Ty::DICT,
                _ => {}
            }
        }
    }

    /// Learns from every assignment and every use.
    fn infer(&mut self, root: Node<'t>) {
        for node in root.walk() {
            match node.kind() {
                "assignment" => self.learn_assignment(node),
                "for_statement" | "for_in_clause" => self.learn_loop(node),
                "return_statement" => {
                    if let Some(value) = node.parts().next() {
                        let scope = self.around(node);
                        let ty = self.type_of(value);
                        self.all[scope].returns = self.all[scope].returns.or(ty);
                    }
                }
                "default_parameter" | "typed_default_parameter" => {
                    if let (Some(name), Some(value)) = (node.child("name"), node.child("value")) {
                        let ty = self.type_of(value);
                        if ty != Ty::NONE {
                            self.learn(name, ty, Ty::ANY);
                        }
                    }
                }
                "identifier" => {
                    let expected = self.expected(node);
                    if !expected.is_unknown()
                        && let Some(variable) = self.variable_mut(node)
                    {
                        let both = variable.used.and(expected);
                        if both != Ty::NOTHING {
                            variable.used = both;
                            variable.settle();
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn learn_assignment(&mut self, node: Node<'t>) {
        let Some(left) = node.child("left") else {
            return;
        };
        let (mut ty, mut element) = match node.child("type") {
            Some(annotation) => Ty::of_annotation(annotation.text()),
            None => (Ty::ANY, Ty::ANY),
        };
        let right = node.child("right");
        if let Some(right) = right
            && ty.is_unknown()
        {
            ty = self.type_of(right);
            element = self.element_of(right);
        }
        match left.kind() {
            "identifier" => self.learn(left, ty, element),
            "attribute" => {
                if let Some(name) = left.child("attribute") {
                    let known = self.attributes.entry(name.text()).or_insert(Ty::NOTHING);
                    if ty != Ty::ANY {
                        *known = known.or(ty);
                    }
                }
            }
            "pattern_list" | "tuple_pattern" => {
                let Some(right) = right.filter(|right| right.parts().count() > 1) else {
                    return;
                };
                for (target, value) in left.parts().zip(right.parts()) {
                    if target.kind() == "identifier" {
                        let ty = self.type_of(value);
                        self.learn(target, ty, Ty::ANY);
                    }
                }
            }
            _ => {}
        }
    }

    fn learn_loop(&mut self, node: Node<'t>) {
        let (Some(left), Some(right)) = (node.child("left"), node.child("right")) else {
            return;
        };
        let callee = (right.kind() == "call").then(|| right.child("function"));
        let callee = callee.flatten().map_or("", |function| function.text());
        match (left.kind(), callee) {
            ("identifier", _) => {
                let element = self.element_of(right);
                self.learn(left, element, Ty::ANY);
            }
            ("pattern_list" | "tuple_pattern", "enumerate") => {
                if let Some(first) = left.parts().next() {
                    self.learn(first, Ty::INT, Ty::ANY);
                }
            }
            _ => {}
        }
    }

    fn learn(&mut self, name: Node<'t>, ty: Ty, element: Ty) {
        if let Some(variable) = self.variable_mut(name) {
            if ty != Ty::ANY {
                variable.assigned = variable.assigned.or(ty);
            }
            if !element.is_unknown() {
                variable.element = element;
            }
            variable.settle();
        }
    }

    fn variable_mut(&mut self, name: Node<'t>) -> Option<&mut Variable<'t>> {
        let mut scope = Some(self.around(name));
        while let Some(index) = scope {
            if let Some(found) = self.all[index].position(name.text(), name.start()) {
                return Some(&mut self.all[index].variables[found]);
            }
            scope = self.all[index].parent;
        }
        None
    }

    /// The variable that the identifier `name` stands for.
    pub(super) fn variable(&self, name: Node<'t>) -> Option<&Variable<'t>> {
        let mut scope = Some(self.around(name));
        while let Some(index) = scope {
            if let Some(found) = self.all[index].position(name.text(), name.start()) {
                return Some(&self.all[index].variables[found]);
            }
            scope = self.all[index].parent;
        }
        None
    }

    /// Whether `name` is a variable of the whole function around it, not of a comprehension.
    pub(super) fn is_local(&self, name: Node<'t>) -> bool {
        let scope = &self.all[self.around(name)];
        scope
            .position(name.text(), name.start())
            .is_some_and(|found| scope.variables[found].region == scope.node.span())
    }

    /// Every variable that can be read at `node`, the nearest scope first, with a weight.
    pub(super) fn visible(&self, node: Node<'t>) -> Vec<Atom<'t>> {
        let mut atoms: Vec<Atom<'t>> = Vec::new();
        let mut scope = Some(self.around(node));
        let mut nearness = 1.0;
        while let Some(index) = scope {
            let is_module = self.all[index].parent.is_none();
            for variable in &self.all[index].variables {
                if !variable.region.contains(&node.start())
                    || matches!(variable.name, "self" | "cls" | "_")
                    || atoms.iter().any(|atom| atom.text == variable.name)
                {
                    continue;
                }
                let mut weight = nearness;
                let is_whole = variable.region == self.all[index].node.span();
                if is_whole && index == self.around(node) && variable.bound >= node.start() {
                    if !is_bound_by_loop(node, variable.bound) {
                        continue;
                    }
                    weight *= 0.5;
                }
                if is_module && index != self.around(node) {
                    weight = 0.3;
                }
                atoms.push(Atom {
                    text: variable.name,
                    ty: variable.ty,
                    element: variable.element,
                    weight,
                });
            }
            nearness *= 0.7;
            scope = self.all[index].parent;
        }
        atoms
    }
}

impl<'t> Scope<'t> {
    fn new(node: Node<'t>, parent: Option<usize>) -> Self {
        Self {
            node,
            parent,
            variables: Vec::new(),
            returns: Ty::NOTHING,
        }
    }

    fn position(&self, name: &str, at: usize) -> Option<usize> {
        self.variables
            .iter()
            .rposition(|variable| variable.name == name && variable.region.contains(&at))
    }

    fn bind(
        &mut self,
        name: Node<'t>,
        region: Range<usize>,
        is_parameter: bool,
    ) -> &mut Variable<'t> {
        let known = self
            .variables
            .iter()
            .position(|variable| variable.name == name.text() && variable.region == region);
        let index = known.unwrap_or_else(|| {
            self.variables.push(Variable {
                name: name.text(),
                ty: Ty::ANY,
                element: Ty::ANY,
                is_parameter,
                bound: name.start(),
                region,
                assigned: Ty::NOTHING,
                used: Ty::ANY,
            });
            self.variables.len() - 1
        });
        &mut self.variables[index]
    }
}

impl Variable<'_> {
    fn settle(&mut self) {
        let assigned = self.assigned.without(Ty::NONE);
        self.ty = if assigned == Ty::NOTHING {
            self.used
        } else {
            let both = self.assigned.and(self.used.or(Ty::NONE));
            if both.without(Ty::NONE) == Ty::NOTHING {
                self.assigned
            } else {
                both
            }
        };
    }
}

/// Where a name that is bound at `node` can be seen; `None` where it is not bound here.
fn binding_region(node: Node<'_>, scope: &Scope<'_>) -> Option<Range<usize>> {
    let whole = scope.node.span();
    let mut place = node;
    loop {
        let parent = place.parent()?;
        match (parent.kind(), place.field()) {
            ("pattern_list" | "tuple_pattern" | "list_pattern" | "list_splat_pattern", _) => {
                place = parent;
            }
            ("assignment" | "for_statement", Some("left"))
            | ("named_expression", Some("name"))
            | ("as_pattern_target", _) => {
                // A name of a class body is an attribute, not a variable.
                let in_class = place
                    .ancestors()
                    .take_while(|ancestor| *ancestor != scope.node)
                    .any(|ancestor| ancestor.kind() == "class_definition");
                return (!in_class).then_some(whole);
            }
            ("for_in_clause", Some("left")) => return parent.parent().map(Node::span),
            _ => return None,
        }
    }
}

/// Whether a loop around `node` also holds the byte `bound`, so that a later round sees it.
fn is_bound_by_loop(node: Node<'_>, bound: usize) -> bool {
    node.ancestors()
        .take_while(|ancestor| ancestor.kind() != "function_definition")
        .any(|ancestor| {
            matches!(ancestor.kind(), "for_statement" | "while_statement")
                && ancestor.span().contains(&bound)
        })
}
