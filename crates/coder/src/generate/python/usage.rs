//! How the code uses a value tells what the value is.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use super::literal;
use super::module::name_of;
use crate::generate::shape::Shape;
use crate::generate::target::{Callable, Kind, StandIn};
use programs::Source;

const OF_STRINGS: &[&str] = &[
    "split",
    "strip",
    "lstrip",
    "rstrip",
    "lower",
    "upper",
    "startswith",
    "endswith",
    "find",
    "rfind",
    "replace",
    "join",
    "isdigit",
    "isalpha",
    "isalnum",
    "isspace",
    "isupper",
    "islower",
    "encode",
    "title",
    "capitalize",
    "splitlines",
    "partition",
    "rpartition",
    "format",
    "zfill",
    "ljust",
    "rjust",
    "center",
    "swapcase",
    "casefold",
    "isidentifier",
    "isnumeric",
    "translate",
    "expandtabs",
    "rsplit",
    "removeprefix",
    "removesuffix",
    "rindex",
];
const OF_LISTS: &[&str] = &["append", "extend", "insert", "sort", "reverse"];
const OF_DICTS: &[&str] = &["items", "keys", "values", "get", "setdefault", "popitem"];
const OF_SETS: &[&str] = &[
    "add",
    "union",
    "intersection",
    "difference",
    "issubset",
    "issuperset",
    "discard",
    "symmetric_difference",
];
const OF_MANY: &[&str] = &[
    "pop",
    "copy",
    "update",
    "remove",
    "count",
    "index",
    "clear",
    "popleft",
    "appendleft",
];
const OF_BYTES: &[&str] = &["decode", "hex"];

/// Calls that take something to iterate.
const ITERATING: &[&str] = &[
    "sorted",
    "sum",
    "min",
    "max",
    "any",
    "all",
    "enumerate",
    "reversed",
    "list",
    "set",
    "tuple",
    "iter",
    "zip",
    "frozenset",
    "Counter",
    "deque",
    "Queue",
    "heapify",
    "extend",
    "update",
    "issuperset",
    "issubset",
    "union",
    "chain",
    "extendleft",
    "map",
    "filter",
];

/// What is known of the variables of one definition.
pub(super) struct Usage<'a> {
    source: &'a Source,
    root: Node<'a>,
    standins: Vec<StandIn>,
    /// Variables that hold objects, with the index of their stand-in class.
    objects: BTreeMap<String, usize>,
    /// Expressions being looked at, against going round in circles.
    open: RefCell<BTreeSet<String>>,
}

/// The part of `definition` in which the parameters of `callable` are known.
pub(super) fn scope_of<'a>(definition: Node<'a>, callable: &Callable, source: &Source) -> Node<'a> {
    let name = if callable.kind == Kind::Constructor {
        "__init__"
    } else {
        &callable.name
    };
    if definition.kind() == "function_definition" {
        return definition;
    }
    find_function(definition, name, source).unwrap_or(definition)
}

fn find_function<'a>(node: Node<'a>, name: &str, source: &Source) -> Option<Node<'a>> {
    let mut cursor = node.walk();
    let children: Vec<Node<'a>> = node.named_children(&mut cursor).collect();
    children.into_iter().find_map(|child| {
        if child.kind() == "function_definition" && name_of(child, source) == name {
            Some(child)
        } else {
            find_function(child, name, source)
        }
    })
}

impl<'a> Usage<'a> {
    pub fn new(source: &'a Source, definition: Node<'a>, callables: &[Callable]) -> Self {
        let mut usage = Self {
            source,
            root: definition,
            standins: Vec::new(),
            objects: BTreeMap::new(),
            open: RefCell::default(),
        };
        usage.find_objects(definition, callables);
        usage
    }

    pub fn standins(&self) -> &[StandIn] {
        &self.standins
    }

    /// Kinds of values that the variable `name` of `scope` may take, each with a weight.
    pub fn votes(&self, scope: Node<'a>, name: &str) -> Vec<(Shape, f64)> {
        self.open.borrow_mut().clear();
        self.uses(scope, name)
    }

    // ------------------------------------------------------------ objects

    /// Finds the attributes that variables must have, and makes stand-in classes of them.
    fn find_objects(&mut self, definition: Node<'a>, callables: &[Callable]) {
        let mut attributes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        self.attributes(definition, &mut attributes);
        let imported = imported_names(self.source.tree.root_node(), self.source);
        attributes.retain(|name, _| {
            !imported.contains(name)
                && name != "self"
                && name != "cls"
                && !name.starts_with(char::is_uppercase)
        });
        if attributes.is_empty() {
            return;
        }
        let is_param = |name: &String| {
            callables
                .iter()
                .any(|c| c.params.iter().any(|p| p.name == *name))
        };
        let disjoint = attributes.values().map(BTreeSet::len).sum::<usize>()
            == attributes.values().flatten().collect::<BTreeSet<_>>().len();
        let separate = attributes.len() > 1 && disjoint && attributes.keys().all(is_param);
        if separate {
            for (variable, fields) in &attributes {
                self.objects.insert(variable.clone(), self.standins.len());
                self.standins.push(blank(class_name(variable), fields));
            }
        } else {
            let all: BTreeSet<String> = attributes.values().flatten().cloned().collect();
            let named = attributes
                .keys()
                .find(|name| is_param(name))
                .or(attributes.keys().next());
            let name = class_name(named.map_or("thing", String::as_str));
            self.objects
                .extend(attributes.keys().map(|variable| (variable.clone(), 0)));
            self.standins.push(blank(name, &all));
        }
        for (variable, fields) in &attributes {
            for field in fields {
                self.shape_field(definition, variable, field);
            }
        }
    }

    /// The stand-in class of what the variable `name` holds, by its attributes or because a
    /// variable with attributes has the same last word.
    fn class_of(&self, name: &str) -> Option<usize> {
        let alike = |(other, class): (&String, &usize)| {
            (tail(other) == tail(name) && tail(name).len() > 2).then_some(*class)
        };
        if name.contains('.') {
            return None;
        }
        self.objects
            .get(name)
            .copied()
            .or_else(|| self.objects.iter().find_map(alike))
    }

    fn shape_field(&mut self, definition: Node<'a>, variable: &str, field: &str) {
        let class = self.objects[variable];
        self.open.borrow_mut().clear();
        let mut votes = self.uses(definition, &format!("{variable}.{field}"));
        votes.sort_by(|a, b| b.1.total_cmp(&a.1));
        let shapes: Vec<Shape> = votes.into_iter().map(|(shape, _)| shape).collect();
        let mut shape = shapes
            .iter()
            .fold(Shape::Any, |sum, next| match (&sum, next) {
                (Shape::Any, next) => next.clone(),
                (_, Shape::None) => Shape::choice([sum, Shape::None]),
                _ => sum.refine(next),
            });
        let own = Shape::Object(class);
        match &mut shape {
            Shape::List(item) | Shape::Set(item) if **item == Shape::Any => **item = own.clone(),
            Shape::None => shape = Shape::choice([own.clone(), Shape::None]),
            _ => {}
        }
        if shape == own {
            shape = Shape::choice([own, Shape::None]);
        }
        let fields = &mut self.standins[class].fields;
        if let Some((_, known)) = fields.iter_mut().find(|(name, _)| name == field) {
            *known = std::mem::replace(known, Shape::Any).refine(&shape);
        }
    }

    /// Collects `variable.attribute` where the attribute is no method of a built-in kind.
    fn attributes(&self, node: Node<'a>, found: &mut BTreeMap<String, BTreeSet<String>>) {
        if node.kind() == "attribute"
            && let Some(object) = node
                .child_by_field_name("object")
                .filter(|o| o.kind() == "identifier")
            && let Some(name) = node.child_by_field_name("attribute")
        {
            let name = self.source.text_of(name);
            let is_called = node.parent().is_some_and(|p| {
                p.kind() == "call"
                    && p.child_by_field_name("function").map(|f| f.id()) == Some(node.id())
            });
            if !is_called && !name.starts_with('_') && !is_builtin_method(name) {
                let variable = self.source.text_of(object).to_owned();
                found.entry(variable).or_default().insert(name.to_owned());
            }
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.attributes(child, found);
        }
    }

    // ------------------------------------------------------------ uses

    /// Votes from every place where the expression `key` (a variable or `variable.field`) stands.
    fn uses(&self, scope: Node<'a>, key: &str) -> Vec<(Shape, f64)> {
        if !self.open.borrow_mut().insert(key.to_owned()) {
            return Vec::new();
        }
        let mut votes = Vec::new();
        if let Some(class) = self.class_of(key) {
            let weight = if self.objects.contains_key(key) {
                10.0
            } else {
                3.0
            };
            votes.push((Shape::Object(class), weight));
        }
        let mut places = Vec::new();
        self.places(scope, key, &mut places);
        for place in places {
            self.vote(scope, place, &mut votes);
        }
        votes
    }

    fn places(&self, node: Node<'a>, key: &str, found: &mut Vec<Node<'a>>) {
        let kind = if key.contains('.') {
            "attribute"
        } else {
            "identifier"
        };
        if node.kind() == kind && self.source.text_of(node) == key {
            found.push(node);
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.places(child, key, found);
        }
    }

    /// What the surroundings of `place` say of the value there.
    fn vote(&self, scope: Node<'a>, place: Node<'a>, votes: &mut Vec<(Shape, f64)>) {
        let Some(parent) = place.parent() else { return };
        let is_field =
            |name: &str| parent.child_by_field_name(name).map(|n| n.id()) == Some(place.id());
        match parent.kind() {
            "attribute" if is_field("object") => self.vote_by_method(parent, votes),
            "subscript" if is_field("value") => self.vote_by_index(scope, parent, votes),
            "subscript" | "slice" => votes.push((Shape::Int, 1.0)),
            "for_statement" | "for_in_clause" if is_field("right") => {
                let item = parent
                    .child_by_field_name("left")
                    .map_or(Shape::Any, |left| self.pattern(scope, left));
                votes.push((Shape::list(item), 3.0));
            }
            "yield" => votes.push((Shape::list(Shape::Any), 2.0)),
            "argument_list" => self.vote_by_call(scope, parent, place, votes),
            "call" if is_field("function") => {
                let count = parent
                    .child_by_field_name("arguments")
                    .map_or(1, |args| args.named_child_count());
                votes.push((Shape::Function(count), 5.0));
            }
            "binary_operator" => self.vote_by_operator(scope, parent, place, votes),
            "unary_operator" => votes.push((Shape::Int, 1.5)),
            "comparison_operator" => self.vote_by_comparison(scope, parent, place, votes),
            "assignment" if is_field("right") => {
                if let Some(left) = parent.child_by_field_name("left") {
                    self.vote_by_target(scope, left, votes);
                }
            }
            "augmented_assignment" => votes.push((Shape::Int, 1.5)),
            "if_statement" | "while_statement" | "not_operator"
                if parent.kind() != "if_statement" || is_field("condition") =>
            {
                votes.push((Shape::None, 0.3));
            }
            "parenthesized_expression" => self.vote(scope, parent, votes),
            "list_splat" => votes.push((Shape::list(Shape::Any), 2.0)),
            _ => {}
        }
    }

    fn vote_by_method(&self, attribute: Node<'a>, votes: &mut Vec<(Shape, f64)>) {
        let Some(name) = attribute.child_by_field_name("attribute") else {
            return;
        };
        let name = self.source.text_of(name);
        let any = || Box::new(Shape::Any);
        if OF_STRINGS.contains(&name) {
            votes.push((Shape::Str, 4.0));
        } else if OF_LISTS.contains(&name) {
            votes.push((Shape::List(any()), 4.0));
        } else if OF_DICTS.contains(&name) {
            votes.push((Shape::Dict(any(), any()), 5.0));
        } else if OF_SETS.contains(&name) {
            votes.push((Shape::Set(any()), 4.0));
        } else if OF_MANY.contains(&name) {
            votes.push((Shape::List(any()), 1.5));
        } else if OF_BYTES.contains(&name) {
            votes.push((Shape::Bytes, 4.0));
        }
    }

    fn vote_by_index(&self, scope: Node<'a>, subscript: Node<'a>, votes: &mut Vec<(Shape, f64)>) {
        let mut cursor = subscript.walk();
        let indexes: Vec<Node<'a>> = subscript
            .children_by_field_name("subscript", &mut cursor)
            .collect();
        let Some(first) = indexes.first() else { return };
        let tuple = if indexes.len() > 1 {
            Some(indexes.clone())
        } else if first.kind() == "tuple" {
            let mut cursor = first.walk();
            Some(first.named_children(&mut cursor).collect())
        } else {
            None
        };
        if let Some(parts) = tuple {
            let parts = parts
                .into_iter()
                .map(|part| self.object_or_any(part))
                .collect();
            votes.push((Shape::dict(Shape::Tuple(parts), Shape::Int), 5.0));
            return;
        }
        match first.kind() {
            "slice" => votes.extend([(Shape::list(Shape::Any), 1.2), (Shape::Str, 1.0)]),
            "string" => votes.push((Shape::dict(Shape::Str, Shape::Any), 3.0)),
            "integer" | "unary_operator" => {
                votes.extend([
                    (Shape::list(self.item_use(scope, subscript)), 2.0),
                    (Shape::Str, 0.7),
                ]);
            }
            _ => {
                votes.extend([
                    (Shape::list(self.item_use(scope, subscript)), 2.0),
                    (Shape::Str, 0.6),
                ]);
                votes.push((Shape::dict(Shape::Any, Shape::Any), 0.6));
            }
        }
    }

    fn object_or_any(&self, node: Node<'a>) -> Shape {
        self.class_of(self.source.text_of(node))
            .map_or(Shape::Any, Shape::Object)
    }

    /// What an item is, by how `x[i]` is used itself.
    fn item_use(&self, scope: Node<'a>, subscript: Node<'a>) -> Shape {
        let mut votes = Vec::new();
        if !matches!(subscript.parent().map(|p| p.kind()), Some("assignment")) {
            self.vote(scope, subscript, &mut votes);
        }
        best(votes)
    }

    fn vote_by_call(
        &self,
        scope: Node<'a>,
        arguments: Node<'a>,
        place: Node<'a>,
        votes: &mut Vec<(Shape, f64)>,
    ) {
        let Some(function) = arguments
            .parent()
            .and_then(|call| call.child_by_field_name("function"))
        else {
            return;
        };
        let text = self.source.text_of(function);
        let name = text.rsplit('.').next().unwrap_or(text);
        let mut cursor = arguments.walk();
        let at = arguments
            .named_children(&mut cursor)
            .position(|n| n.id() == place.id())
            .unwrap_or(0);
        match name {
            "len" => votes.extend([(Shape::list(Shape::Any), 1.5), (Shape::Str, 1.0)]),
            "range" | "chr" | "bin" | "hex" | "isqrt" | "comb" | "factorial" | "bit_length" => {
                votes.push((Shape::Int, 5.0));
            }
            "ord" => votes.push((Shape::Char, 5.0)),
            "int" => votes.extend([(Shape::Str, 1.0), (Shape::Int, 1.0), (Shape::Float, 0.6)]),
            "float" => votes.extend([(Shape::Float, 1.5), (Shape::Str, 0.5), (Shape::Int, 0.5)]),
            "abs" | "round" | "pow" | "divmod" => {
                votes.extend([(Shape::Int, 2.0), (Shape::Float, 1.5)])
            }
            "sqrt" | "floor" | "ceil" | "log" | "sin" | "cos" | "exp" if text.contains("math.") => {
                votes.push((Shape::Float, 4.0));
            }
            "isinstance" if at == 0 => {
                let mut cursor = arguments.walk();
                if let Some(kinds) = arguments.named_children(&mut cursor).nth(1) {
                    let kinds = self
                        .source
                        .text_of(kinds)
                        .trim_matches(['(', ')'])
                        .to_owned();
                    for kind in kinds.split(',') {
                        let shape = super::annotation::read(kind, self.source);
                        if shape.is_known() {
                            votes.push((shape, 2.0));
                        }
                    }
                    votes.push((Shape::Any, 0.5));
                }
            }
            "min" | "max" if arguments.named_child_count() > 1 => votes.push((Shape::Int, 1.0)),
            "map" | "filter" | "reduce" | "sorted" if at == 0 && name != "sorted" => {
                votes.push((Shape::Function(1), 3.0));
            }
            name if ITERATING.contains(&name) => votes.push((Shape::list(Shape::Any), 2.0)),
            name => self.vote_by_own_function(scope, name, at, votes),
        }
    }

    /// A function of the same file, or within the definition, says what its parameter is.
    fn vote_by_own_function(
        &self,
        _scope: Node<'a>,
        name: &str,
        at: usize,
        votes: &mut Vec<(Shape, f64)>,
    ) {
        let Some(function) = find_function(self.source.tree.root_node(), name, self.source) else {
            return;
        };
        let Some(list) = function.child_by_field_name("parameters") else {
            return;
        };
        let mut cursor = list.walk();
        let Some(param) = list.named_children(&mut cursor).nth(at) else {
            return;
        };
        let param = param.child_by_field_name("name").unwrap_or(param);
        if param.kind() != "identifier" || function.id() == self.root.id() {
            return;
        }
        let param = self.source.text_of(param).to_owned();
        let key = format!("{name}/{param}");
        if self.open.borrow_mut().insert(key) {
            self.open.borrow_mut().remove(&param);
            votes.extend(
                self.uses(function, &param)
                    .into_iter()
                    .map(|(shape, weight)| (shape, weight * 0.7)),
            );
        }
    }

    fn vote_by_operator(
        &self,
        scope: Node<'a>,
        operation: Node<'a>,
        place: Node<'a>,
        votes: &mut Vec<(Shape, f64)>,
    ) {
        let (Some(left), Some(right)) = (
            operation.child_by_field_name("left"),
            operation.child_by_field_name("right"),
        ) else {
            return;
        };
        let is_left = left.id() == place.id();
        let other = if is_left { right } else { left };
        let operator = operation
            .child_by_field_name("operator")
            .map_or("", |op| self.source.text_of(op));
        match (other.kind(), operator) {
            ("string", "%") if !is_left => votes.push((Shape::Int, 0.5)),
            ("string", _) => votes.push((Shape::Str, 2.0)),
            ("list" | "list_comprehension", "*") => votes.push((Shape::Int, 4.0)),
            ("list" | "list_comprehension", _) => votes.push((Shape::list(Shape::Any), 3.0)),
            ("float", _) => votes.push((Shape::Float, 2.5)),
            ("integer", "*" | "+") => votes.extend([(Shape::Int, 1.5), (Shape::Float, 0.3)]),
            (_, "&" | "|" | "^" | "<<" | ">>" | "%" | "//") => votes.push((Shape::Int, 2.5)),
            (_, "/" | "**") => votes.extend([(Shape::Int, 1.2), (Shape::Float, 1.5)]),
            (_, "-" | "*") => votes.extend([(Shape::Int, 1.5), (Shape::Float, 0.4)]),
            _ => {
                votes.push((Shape::Int, 0.8));
                let _ = scope;
            }
        }
    }

    fn vote_by_comparison(
        &self,
        scope: Node<'a>,
        comparison: Node<'a>,
        place: Node<'a>,
        votes: &mut Vec<(Shape, f64)>,
    ) {
        let text = self.source.text_of(comparison);
        let mut cursor = comparison.walk();
        let operands: Vec<Node<'a>> = comparison.named_children(&mut cursor).collect();
        let is_membership = text.contains(" in ");
        for other in operands.iter().filter(|node| node.id() != place.id()) {
            if is_membership {
                let is_container = operands.last().map(|n| n.id()) == Some(place.id());
                if is_container {
                    votes.push((Shape::list(self.object_or_any(*other)), 1.5));
                } else if other.kind() == "string" {
                    votes.push((Shape::Char, 2.0));
                } else if let Some(value) = literal::read(*other, &self.source.text)
                    && let Shape::Tuple(items) = super::annotation::of_value(&value)
                    && let Some(first) = items.first()
                {
                    votes.push((first.clone(), 1.5));
                }
                continue;
            }
            match other.kind() {
                "integer" => votes.extend([(Shape::Int, 2.0), (Shape::Float, 0.3)]),
                "float" => votes.push((Shape::Float, 2.0)),
                "string" => votes.push((Shape::Str, 4.0)),
                "none" => votes.push((Shape::None, 1.5)),
                "list" => votes.push((Shape::list(Shape::Any), 2.0)),
                "true" | "false" => votes.push((Shape::Bool, 2.0)),
                "identifier" | "attribute" => {
                    if let Shape::Object(class) = self.object_or_any(*other) {
                        votes.push((Shape::Object(class), 4.0));
                    } else if text.contains(['<', '>']) {
                        votes.push((Shape::Int, 0.8));
                    }
                }
                "call" if self.source.text_of(*other).starts_with("len(") => {
                    votes.push((Shape::Int, 2.0))
                }
                _ => {}
            }
        }
        let _ = scope;
    }

    /// `a = key` makes `a` another name; `a, b = key` and `a, *b = key` take it apart.
    fn vote_by_target(&self, scope: Node<'a>, left: Node<'a>, votes: &mut Vec<(Shape, f64)>) {
        match left.kind() {
            "identifier" => {
                let name = self.source.text_of(left);
                votes.extend(
                    self.uses(scope, name)
                        .into_iter()
                        .map(|(shape, weight)| (shape, weight * 0.8)),
                );
                if let Some(outer) = left
                    .parent()
                    .and_then(|p| p.parent())
                    .filter(|p| p.kind() == "assignment")
                    && let Some(next) = outer.child_by_field_name("left")
                {
                    self.vote_by_target(scope, next, votes);
                }
            }
            "pattern_list" | "tuple_pattern" | "list_pattern" => {
                let mut cursor = left.walk();
                let parts: Vec<Node<'a>> = left.named_children(&mut cursor).collect();
                if parts.iter().any(|part| part.kind() == "list_splat_pattern") {
                    votes.push((Shape::list(Shape::Any), 4.0));
                } else {
                    votes.push((self.pattern(scope, left), 4.0));
                }
            }
            _ => {}
        }
    }

    /// The shape of what a loop variable or a tuple of them takes.
    fn pattern(&self, scope: Node<'a>, left: Node<'a>) -> Shape {
        match left.kind() {
            "identifier" => best(self.uses(scope, self.source.text_of(left))),
            "pattern_list" | "tuple_pattern" | "list_pattern" => {
                let mut cursor = left.walk();
                let parts: Vec<Node<'a>> = left.named_children(&mut cursor).collect();
                Shape::Tuple(
                    parts
                        .into_iter()
                        .map(|part| self.pattern(scope, part))
                        .collect(),
                )
            }
            _ => Shape::Any,
        }
    }
}

/// The shape with the most weight; two that are about as good are both kept.
fn best(votes: Vec<(Shape, f64)>) -> Shape {
    let mut sums: Vec<(Shape, f64)> = Vec::new();
    for (shape, weight) in votes {
        match sums
            .iter_mut()
            .find(|(s, _)| std::mem::discriminant(s) == std::mem::discriminant(&shape))
        {
            Some((known, sum)) => {
                *known = known.clone().refine(&shape);
                *sum += weight;
            }
            None => sums.push((shape, weight)),
        }
    }
    let top = sums.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
    Shape::choice(
        sums.into_iter()
            .filter(|(_, weight)| *weight >= top * 0.6)
            .map(|(shape, _)| shape),
    )
}

fn is_builtin_method(name: &str) -> bool {
    [OF_STRINGS, OF_LISTS, OF_DICTS, OF_SETS, OF_MANY, OF_BYTES]
        .iter()
        .any(|kind| kind.contains(&name))
}

fn blank(name: String, fields: &BTreeSet<String>) -> StandIn {
    StandIn {
        name,
        fields: fields
            .iter()
            .map(|field| (field.clone(), Shape::Any))
            .collect(),
    }
}

/// The last word of a name: `node` of `start_node`, and of `startnode` for words that are often
/// written together with another.
fn tail(name: &str) -> &str {
    let last = name.rsplit('_').next().unwrap_or(name);
    ["node", "edge", "item", "point", "user", "tree"]
        .into_iter()
        .find(|tail| {
            last.trim_end_matches('s')
                .trim_end_matches(char::is_numeric)
                .ends_with(tail)
        })
        .unwrap_or(last)
}

/// A class name from a variable's: `Node` for `startnode`, `nodes` and `next_node`.
fn class_name(variable: &str) -> String {
    let stem = tail(variable);
    let stem = if stem.len() > 3 {
        stem.strip_suffix('s').unwrap_or(stem)
    } else {
        stem
    };
    let mut chars = stem.chars().filter(|c| c.is_alphanumeric());
    let first: String = chars
        .next()
        .map_or_else(|| "T".to_owned(), |c| c.to_uppercase().collect());
    if stem.len() < 2 {
        "Thing".to_owned()
    } else {
        first + &chars.collect::<String>()
    }
}

/// Names that the file imports or defines at its top, which are no variables.
fn imported_names(root: Node<'_>, source: &Source) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut stack = vec![root];
    while let Some(node) = stack.pop() {
        let mut cursor = node.walk();
        match node.kind() {
            "import_statement" | "import_from_statement" => {
                let text = source.text_of(node);
                let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                names.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
            }
            _ => stack.extend(node.named_children(&mut cursor)),
        }
    }
    let mut cursor = root.walk();
    for node in root.named_children(&mut cursor) {
        if let Some(left) = node
            .named_child(0)
            .and_then(|n| n.child_by_field_name("left"))
        {
            names.insert(source.text_of(left).to_owned());
        }
    }
    names
}
