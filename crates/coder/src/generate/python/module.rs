//! Reads a Python file: what can be called, with which parameters.

use tree_sitter::Node;

use super::{annotation, docs, literal, usage};
use crate::generate::shape::Shape;
use crate::generate::target::{Callable, Clues, Kind, Param, Passing, StandIn, Story, Target};
use programs::Source;

/// Weight of a kind of value that the code states, against those that are guessed.
const STATED: f64 = 12.0;

/// Every function and class at the top level of `source`, in order, with what is known of it.
pub(super) fn targets(source: &Source) -> Vec<Target> {
    let root = source.tree.root_node();
    let mut targets = Vec::new();
    let mut cursor = root.walk();
    for node in root.named_children(&mut cursor) {
        let definition = match node.kind() {
            "decorated_definition" => node.child_by_field_name("definition"),
            "function_definition" | "class_definition" => Some(node),
            _ => None,
        };
        let Some(definition) = definition else {
            continue;
        };
        let name = name_of(definition, source);
        let is_class = definition.kind() == "class_definition";
        let callables = if is_class {
            class_callables(definition, &name, source)
        } else {
            vec![callable(definition, &name, Kind::Function, source)]
        };
        let mut target = Target {
            name,
            callables,
            is_class,
            span: node.byte_range(),
            clues: clues(source, definition),
            standins: Vec::new(),
            examples: Vec::new(),
            classes: Vec::new(),
            story: Story::default(),
        };
        shape_parameters(&mut target, definition, source);
        targets.push(target);
    }
    targets
}

/// Lets targets build each other's classes, and gives stand-ins names of their own.
pub(super) fn settle_names(targets: &mut [Target], source: &Source) {
    let classes: Vec<Callable> = targets
        .iter()
        .filter(|target| target.is_class)
        .map(|target| target.callables[0].clone())
        .collect();
    let mut taken: Vec<StandIn> = Vec::new();
    for target in targets {
        target.classes.clone_from(&classes);
        for standin in &mut target.standins {
            let stem = standin.name.clone();
            let mut count = 1;
            while source.text.contains(&format!("class {}", standin.name))
                || taken
                    .iter()
                    .any(|other| other.name == standin.name && fields(other) != fields(standin))
            {
                count += 1;
                standin.name = format!("{stem}{count}");
            }
            taken.push(standin.clone());
        }
    }
}

fn fields(standin: &StandIn) -> Vec<&String> {
    standin.fields.iter().map(|(name, _)| name).collect()
}

pub(super) fn name_of(definition: Node<'_>, source: &Source) -> String {
    definition
        .child_by_field_name("name")
        .map_or_else(String::new, |name| source.text_of(name).to_owned())
}

/// The constructor and the public methods of a class.
fn class_callables(class: Node<'_>, name: &str, source: &Source) -> Vec<Callable> {
    let mut constructor = Callable {
        name: name.to_owned(),
        kind: Kind::Constructor,
        is_async: false,
        params: Vec::new(),
    };
    let mut methods = Vec::new();
    let mut fields = Vec::new();
    let body = class.child_by_field_name("body");
    let is_dataclass = class.parent().is_some_and(|parent| {
        parent.kind() == "decorated_definition"
            && source.text[parent.start_byte()..class.start_byte()].contains("dataclass")
    });
    let mut cursor = class.walk();
    for item in body
        .iter()
        .flat_map(|body| body.named_children(&mut cursor).collect::<Vec<_>>())
    {
        let (decorators, definition) = match item.kind() {
            "decorated_definition" => {
                let definition = item.child_by_field_name("definition").unwrap_or(item);
                (
                    source.text[item.start_byte()..definition.start_byte()].to_owned(),
                    definition,
                )
            }
            _ => (String::new(), item),
        };
        if definition.kind() == "function_definition" {
            let method = name_of(definition, source);
            let kind = if decorators.contains("staticmethod") || decorators.contains("classmethod")
            {
                Kind::Static
            } else if decorators.contains("property") {
                Kind::Property
            } else {
                Kind::Method
            };
            if decorators.contains(".setter") || decorators.contains(".deleter") {
                continue;
            }
            let mut found = callable(definition, &method, kind, source);
            if !decorators.contains("staticmethod") && !found.params.is_empty() {
                found.params.remove(0);
            }
            if method == "__init__" {
                constructor.params = found.params;
            } else if !method.starts_with('_') {
                methods.push(found);
            } else if let Some(operator) = operator_call(&method, found) {
                methods.push(operator);
            }
        } else if is_dataclass && let Some(param) = dataclass_field(definition, source) {
            fields.push(param);
        }
    }
    if constructor.params.is_empty() {
        constructor.params = fields;
    }
    std::iter::once(constructor).chain(methods).collect()
}

/// `__len__` and its like are called as `len(x)`; here as the method itself, which is the same.
fn operator_call(method: &str, found: Callable) -> Option<Callable> {
    const KNOWN: [&str; 22] = [
        "__len__",
        "__contains__",
        "__getitem__",
        "__setitem__",
        "__delitem__",
        "__call__",
        "__eq__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
        "__add__",
        "__sub__",
        "__mul__",
        "__truediv__",
        "__neg__",
        "__abs__",
        "__bool__",
        "__iter__",
        "__repr__",
        "__str__",
        "__ne__",
    ];
    KNOWN.contains(&method).then_some(found)
}

fn dataclass_field(statement: Node<'_>, source: &Source) -> Option<Param> {
    let assignment = statement
        .named_child(0)
        .filter(|n| n.kind() == "assignment")?;
    let name = assignment
        .child_by_field_name("left")
        .filter(|n| n.kind() == "identifier")?;
    let annotation = assignment.child_by_field_name("type")?;
    let shape = annotation::read(source.text_of(annotation), source);
    Some(Param {
        name: source.text_of(name).to_owned(),
        passing: Passing::Keyword,
        has_default: assignment.child_by_field_name("right").is_some(),
        shapes: vec![(shape, STATED)],
    })
}

/// A function with its parameters; stated kinds of values are noted, the rest comes later.
fn callable(definition: Node<'_>, name: &str, kind: Kind, source: &Source) -> Callable {
    let mut params = Vec::new();
    let mut passing = Passing::Positional;
    let list = definition.child_by_field_name("parameters");
    let mut cursor = definition.walk();
    for node in list
        .iter()
        .flat_map(|list| list.named_children(&mut cursor).collect::<Vec<_>>())
    {
        match node.kind() {
            "keyword_separator" => passing = Passing::Keyword,
            "list_splat_pattern"
            | "identifier"
            | "typed_parameter"
            | "default_parameter"
            | "typed_default_parameter" => {
                if let Some((param, is_rest)) = param(node, passing, source) {
                    params.push(param);
                    if is_rest {
                        passing = Passing::Keyword;
                    }
                }
            }
            _ => {}
        }
    }
    let is_async = definition
        .child(0)
        .is_some_and(|first| first.kind() == "async");
    Callable {
        name: name.to_owned(),
        kind,
        is_async,
        params,
    }
}

fn param(node: Node<'_>, passing: Passing, source: &Source) -> Option<(Param, bool)> {
    let name_node = match node.kind() {
        "identifier" => node,
        "list_splat_pattern" | "typed_parameter" => node.named_child(0)?,
        _ => node.child_by_field_name("name")?,
    };
    let text = source.text_of(name_node);
    if text.starts_with("**") || name_node.kind() == "dictionary_splat_pattern" {
        return None;
    }
    let is_rest = node.kind() == "list_splat_pattern" || name_node.kind() == "list_splat_pattern";
    let mut shapes = Vec::new();
    if let Some(annotation) = node.child_by_field_name("type") {
        shapes.push((annotation::read(source.text_of(annotation), source), STATED));
    }
    if let Some(default) = node.child_by_field_name("value")
        && let Some(value) = literal::read(default, &source.text)
    {
        shapes.push((annotation::of_value(&value), 3.0));
    }
    let param = Param {
        name: text.trim_start_matches('*').to_owned(),
        passing: if is_rest { Passing::Rest } else { passing },
        has_default: node.child_by_field_name("value").is_some() || is_rest,
        shapes,
    };
    Some((param, is_rest))
}

/// Adds to each parameter what its use, the documentation and the examples say of it.
fn shape_parameters(target: &mut Target, definition: Node<'_>, source: &Source) {
    let notes = docs::notes(definition, source);
    let uses = usage::Usage::new(source, definition, &target.callables);
    target.standins = uses.standins().to_vec();
    for callable in &mut target.callables {
        let scope = usage::scope_of(definition, callable, source);
        for param in &mut callable.params {
            let stated = param
                .shapes
                .iter()
                .any(|(shape, weight)| *weight >= STATED && shape.is_known());
            let mut guesses: Vec<(Shape, f64)> = notes
                .iter()
                .filter(|(name, _)| *name == param.name)
                .map(|(_, shape)| (shape.clone(), 4.0))
                .collect();
            guesses.extend(uses.votes(scope, &param.name));
            let scale = if stated { 0.02 } else { 1.0 };
            param.shapes.extend(
                guesses
                    .into_iter()
                    .map(|(shape, weight)| (shape, weight * scale)),
            );
            settle(&mut param.shapes, stated);
        }
    }
}

/// Joins votes for the same kind of value, and leaves a little room for anything else.
fn settle(shapes: &mut Vec<(Shape, f64)>, stated: bool) {
    let mut joined: Vec<(Shape, f64)> = Vec::new();
    for (shape, weight) in shapes.drain(..) {
        if !shape.is_known() {
            continue;
        }
        let kin = joined
            .iter_mut()
            .find(|(known, _)| std::mem::discriminant(known) == std::mem::discriminant(&shape));
        match kin {
            Some((known, sum)) => {
                *known = known.clone().refine(&shape);
                *sum += weight;
            }
            None => joined.push((shape, weight)),
        }
    }
    if joined.iter().any(|(shape, _)| matches!(shape, Shape::Str)) {
        joined.retain(|(shape, _)| !matches!(shape, Shape::Char));
    }
    let best = joined.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
    joined.retain(|(_, weight)| *weight >= best * 0.04);
    let spare = if joined.is_empty() { 1.0 } else { best * 0.06 };
    if !stated || joined.is_empty() {
        joined.push((Shape::Any, spare));
    }
    *shapes = joined;
}

/// Values that occur in the definition and in the module's constants.
fn clues(source: &Source, definition: Node<'_>) -> Clues {
    let mut clues = Clues::default();
    let root = source.tree.root_node();
    let mut cursor = root.walk();
    collect_clues(definition, source, &mut clues);
    for node in root.named_children(&mut cursor) {
        if node.kind() == "expression_statement"
            && node
                .named_child(0)
                .is_some_and(|n| n.kind() == "assignment")
        {
            collect_clues(node, source, &mut clues);
        }
    }
    clues.ints.sort_unstable();
    clues.ints.dedup();
    clues.strings.truncate(40);
    clues.ints.truncate(40);
    clues
}

fn collect_clues(node: Node<'_>, source: &Source, clues: &mut Clues) {
    let is_docstring = node.kind() == "expression_statement"
        && node
            .named_child(0)
            .is_some_and(|child| child.kind() == "string");
    if is_docstring {
        return;
    }
    match literal::read(node, &source.text) {
        Some(crate::generate::value::Value::Int(n)) => clues.ints.push(n),
        Some(crate::generate::value::Value::Float(x)) => clues.floats.push(x),
        Some(crate::generate::value::Value::Str(text)) if !text.is_empty() && text.len() < 60 => {
            if !clues.strings.contains(&text) {
                clues.strings.push(text);
            }
        }
        _ => {
            let mut cursor = node.walk();
            for child in node.named_children(&mut cursor) {
                collect_clues(child, source, clues);
            }
        }
    }
}
