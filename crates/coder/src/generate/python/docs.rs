//! What the documentation says: descriptions of parameters, examples, and calls elsewhere.

use tree_sitter::Node;

use super::{annotation, literal};
use crate::generate::shape::Shape;
use crate::generate::target::{Kind, Passing, Target};
use crate::generate::value::{Case, Step, Value};
use programs::Source;

/// Examples taken from one project at most.
const EXAMPLES_MAX: usize = 200;

/// Parameter names with the shapes that the documentation of `definition` gives them.
pub(super) fn notes(definition: Node<'_>, source: &Source) -> Vec<(String, Shape)> {
    let mut notes = Vec::new();
    for text in texts(definition, source) {
        for line in text.lines() {
            if let Some((name, shape)) = note(line.trim(), source)
                && shape.is_known()
            {
                notes.push((name, shape));
            }
        }
    }
    notes
}

/// `name: words`, `name (type): words`, `:param type name: words`, `:type name: type` and
/// `name : type`.
fn note(line: &str, source: &Source) -> Option<(String, Shape)> {
    let is_name = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !text.starts_with(char::is_numeric)
    };
    if let Some(rest) = line
        .strip_prefix(":param ")
        .or_else(|| line.strip_prefix(":type "))
    {
        let (head, words) = rest.split_once(':')?;
        let mut parts: Vec<&str> = head.split_whitespace().collect();
        let name = parts.pop()?.to_owned();
        let stated = annotation::read(&parts.join(" "), source);
        let words = annotation::read(words, source).refine(&annotation::of_words(words));
        return Some((name, stated.refine(&words)));
    }
    let (head, words) = line.split_once(':')?;
    let head = head.trim_start_matches(['*', '-', ' ']).trim_end();
    if is_name(head) {
        return Some((
            head.to_owned(),
            annotation::read(words, source).refine(&annotation::of_words(words)),
        ));
    }
    let (name, kind) = head.split_once('(')?;
    let kind = kind.trim_end_matches(')').trim_end_matches(", optional");
    is_name(name.trim()).then(|| {
        let stated = annotation::read(kind, source).refine(&annotation::of_words(kind));
        (
            name.trim().to_owned(),
            stated.refine(&annotation::of_words(words)),
        )
    })
}

/// The docstrings of a definition and what is in it, and free-standing strings of the module.
fn texts(definition: Node<'_>, source: &Source) -> Vec<String> {
    let mut texts = Vec::new();
    strings_below(definition, source, true, &mut texts);
    strings_below(source.tree.root_node(), source, false, &mut texts);
    texts
}

fn strings_below(node: Node<'_>, source: &Source, deep: bool, texts: &mut Vec<String>) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        if child.kind() == "expression_statement" {
            if let Some(string) = child.named_child(0).filter(|n| n.kind() == "string")
                && let Some(text) = literal::read_string(source.text_of(string))
            {
                texts.push(text);
            }
        } else if deep {
            strings_below(child, source, deep, texts);
        }
    }
}

/// Adds to each target the calls that the documentation shows and that `neighbours`, other files
/// of the project, make.
pub(super) fn add_examples(targets: &mut [Target], source: &Source, neighbours: &[Source]) {
    let grammar: tree_sitter::Language = tree_sitter_python::LANGUAGE.into();
    let mut shown = Vec::new();
    for text in texts(source.tree.root_node(), source)
        .into_iter()
        .chain(all_docstrings(source))
    {
        let code = doctest_code(&text);
        if !code.is_empty() {
            shown.push(Source::parse("doctest", code, &grammar));
        }
    }
    for file in shown.iter().chain([source]).chain(neighbours) {
        collect_calls(file.tree.root_node(), file, targets);
    }
    for target in targets.iter_mut() {
        let mut seen: Vec<Case> = Vec::new();
        for case in std::mem::take(&mut target.examples) {
            if !seen.contains(&case) && seen.len() < EXAMPLES_MAX {
                seen.push(case);
            }
        }
        target.examples = seen;
        learn_from_examples(target);
    }
}

fn all_docstrings(source: &Source) -> Vec<String> {
    let mut texts = Vec::new();
    strings_below(source.tree.root_node(), source, true, &mut texts);
    texts
}

/// The statements after `>>>` and `...`.
fn doctest_code(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let line = line.trim_start();
        if let Some(statement) = line
            .strip_prefix(">>> ")
            .or_else(|| line.strip_prefix("... "))
        {
            code.push_str(statement);
            code.push('\n');
        }
    }
    code
}

/// Notes every call of a target with literal arguments below `node`.
fn collect_calls(node: Node<'_>, file: &Source, targets: &mut [Target]) {
    if node.kind() == "call"
        && let Some(function) = node.child_by_field_name("function")
        && let Some(arguments) = node.child_by_field_name("arguments")
    {
        let name = file
            .text_of(function)
            .rsplit('.')
            .next()
            .unwrap_or_default();
        for target in targets.iter_mut() {
            let wanted = target.callables.iter().position(|c| {
                c.name == name
                    && matches!(c.kind, Kind::Function | Kind::Constructor | Kind::Static)
            });
            if let Some(callable) = wanted
                && let Some(args) = bind(arguments, file, &target.callables[callable].params)
            {
                target.examples.push(Case {
                    objects: Vec::new(),
                    steps: vec![Step { callable, args }],
                });
            }
        }
    }
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        collect_calls(child, file, targets);
    }
}

/// Literal arguments by parameter; none where one is not a literal or does not fit.
fn bind(
    arguments: Node<'_>,
    file: &Source,
    params: &[crate::generate::target::Param],
) -> Option<Vec<Value>> {
    let mut args = vec![Value::Omitted; params.len()];
    let mut cursor = arguments.walk();
    let mut at = 0;
    for node in arguments.named_children(&mut cursor) {
        match node.kind() {
            "comment" => {}
            "keyword_argument" => {
                let name = file.text_of(node.child_by_field_name("name")?);
                let value = literal::read(node.child_by_field_name("value")?, &file.text)?;
                *args.get_mut(params.iter().position(|param| param.name == name)?)? = value;
            }
            "list_splat" => {
                // `f(*[1, 2])`, as tables of tests write it.
                let Value::List(items) = literal::read(node.named_child(0)?, &file.text)? else {
                    return None;
                };
                for item in items {
                    *args
                        .get_mut(at)
                        .filter(|_| params[at].passing == Passing::Positional)? = item;
                    at += 1;
                }
            }
            _ => {
                let value = literal::read(node, &file.text)?;
                let param = params.get(at)?;
                match param.passing {
                    Passing::Rest => {
                        if let Value::List(items) = &mut args[at] {
                            items.push(value);
                        } else {
                            args[at] = Value::List(vec![value]);
                        }
                    }
                    Passing::Positional => {
                        args[at] = value;
                        at += 1;
                    }
                    Passing::Keyword => return None,
                }
            }
        }
    }
    let complete = args
        .iter()
        .zip(params)
        .all(|(arg, param)| *arg != Value::Omitted || param.has_default);
    (complete && !params.is_empty()).then_some(args)
}

/// What examples pass tells what a parameter takes.
fn learn_from_examples(target: &mut Target) {
    for case in &target.examples {
        let step = &case.steps[0];
        for (param, value) in target.callables[step.callable]
            .params
            .iter_mut()
            .zip(&step.args)
        {
            let shape = match (annotation::of_value(value), param.passing) {
                (Shape::List(item), Passing::Rest) => *item,
                (shape, _) => shape,
            };
            if !shape.is_known() {
                continue;
            }
            let best = param
                .shapes
                .iter()
                .map(|(_, weight)| *weight)
                .fold(1.0, f64::max);
            match param
                .shapes
                .iter_mut()
                .find(|(known, _)| std::mem::discriminant(known) == std::mem::discriminant(&shape))
            {
                Some((known, weight)) => {
                    *known = known.clone().refine(&shape);
                    *weight = best;
                }
                None => param.shapes.push((shape, best)),
            }
            if target.clues.values.len() < 40 && !target.clues.values.contains(value) {
                target.clues.values.push(value.clone());
            }
        }
    }
}
