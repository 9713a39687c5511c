//! The tests as text: one function a case, in a module or a file of its own.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::boxed::{Boxes, fit};
use super::call::{Call, How};
use super::driver::{ITEMS_MAX, is_watched};
use super::expect;
use super::library::Receiver;
use super::plan::{Plan, Plans};
use super::ty::Ty;
use super::values;
use crate::generate::explore::Tried;
use crate::generate::name;
use crate::generate::value::{Case, Value};
use programs::Error;

/// One finished test.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub name: String,
    /// As it was tried.
    pub case: Case,
    /// The panic that it expects.
    panic: Option<String>,
    lines: Vec<String>,
}

/// Tests for the chosen cases; a case of which nothing can be asserted has none.
pub(super) fn tests(
    chosen: &[Tried],
    plan: &Plan,
    plans: &Plans,
    boxes: &Boxes<'_>,
    taken: &mut BTreeSet<String>,
) -> Result<Vec<Test>, Error> {
    let cases: Vec<Case> = chosen.iter().map(|tried| tried.case.clone()).collect();
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let shown = boxes.show(&cases, plan)?;
    let mut tests = Vec::new();
    let mut bodies: BTreeSet<Vec<String>> = BTreeSet::new();
    for (case, shown) in cases.iter().zip(&shown) {
        let Some(mut test) = test(case, plan, plans, shown) else {
            continue;
        };
        if !bodies.insert(test.lines.clone()) {
            continue;
        }
        let stem = test.name.clone();
        let mut count = 1;
        while !taken.insert(test.name.clone()) {
            count += 1;
            test.name = format!("{stem}_{count}");
        }
        tests.push(test);
    }
    Ok(tests)
}

fn test(case: &Case, plan: &Plan, plans: &Plans, shown: &Json) -> Option<Test> {
    let steps = shown["steps"].as_array()?;
    let fitted = fit(case, plan, plans);
    let mut writer = Writer {
        plans,
        shown,
        lines: Vec::new(),
        used: HashMap::new(),
        panic: None,
        said: false,
    };
    if plan.target.is_class {
        writer.object(&fitted, plan, steps);
    } else {
        let call = &plan.calls[0];
        let args = writer.arguments(&fitted.steps[0].args, call);
        let text = called(call, "", &args);
        writer.result(call, &text, steps.first()?);
        writer.changed(0);
    }
    if !writer.said {
        return None;
    }
    Some(Test {
        name: test_name(&fitted, plan, steps),
        case: case.clone(),
        panic: writer.panic,
        lines: writer.lines,
    })
}

/// The statements of one test.
struct Writer<'a> {
    plans: &'a Plans,
    shown: &'a Json,
    lines: Vec<String>,
    /// Variables by step and argument, and how often each name was used.
    used: HashMap<(usize, usize), String>,
    panic: Option<String>,
    said: bool,
}

impl Writer<'_> {
    /// An object, the calls on it, and what it is after them.
    fn object(&mut self, case: &Case, plan: &Plan, steps: &[Json]) {
        let own = &plan.calls[0].params[0].1;
        let made = values::literal(&case.steps[0].args[0], own, &self.plans.makers);
        let played = case
            .steps
            .iter()
            .enumerate()
            .skip(1)
            .take(steps.len().saturating_sub(1));
        let played: Vec<_> = played.collect();
        let changes = |step: usize| plan.calls[step].receiver == Some(Receiver::Mut);
        let is_changed = played.iter().any(|(_, step)| changes(step.callable));
        let is_generic = matches!(own, Ty::Own(_, arguments) if !arguments.is_empty());
        let is_inline = played.len() == 1
            && !is_changed
            && !is_generic
            && !made.ends_with('}')
            && !plan.calls[played[0].1.callable]
                .params
                .iter()
                .any(|(_, ty)| is_watched(ty));
        let name = variable_name(&plan.target.name);
        if !is_inline {
            let mutable = if is_changed { "mut " } else { "" };
            let ty = if is_generic {
                format!(": {}", own.text())
            } else {
                String::new()
            };
            self.lines
                .push(format!("let {mutable}{name}{ty} = {made};"));
        }
        let object = if is_inline { made } else { name.clone() };
        for (at, step) in played {
            let call = &plan.calls[step.callable];
            let args = self.arguments_at(&step.args, call, at);
            let text = called(call, &object, &args);
            if call.is_builder {
                let mutable = if is_changed { "mut " } else { "" };
                self.lines.push(format!("let {mutable}{name} = {text};"));
            } else {
                self.result(call, &text, &steps[at]);
            }
            self.changed(at);
        }
        if is_changed || case.steps.len() == 1 || plan.calls.iter().any(|call| call.is_builder) {
            self.state(&name);
        }
    }

    fn state(&mut self, name: &str) {
        let after = self.shown["after"].as_array().into_iter().flatten();
        let Some(node) = after.into_iter().find(|node| node["state"] == true) else {
            return;
        };
        let tree = &node["v"];
        let whole = node["eq"] == true && node["dbg"] == true;
        let text = expect::literal(tree).filter(|text| whole && text.len() <= 64);
        let mut lines = Vec::new();
        let said = match text {
            Some(text) => {
                lines.push(format!("assert_eq!({name}, {text});"));
                true
            }
            None if tree["s"] == "named" => expect::fields(name, tree, &mut lines),
            None => expect::assertions(name, node, &mut lines),
        };
        // What the last call said need not be said again of the field that it shows.
        let last = self.lines.last().cloned().unwrap_or_default();
        lines.retain(|line| {
            let shown = match line.split_once(", ") {
                Some((head, rest)) => format!("{head}(), {rest}"),
                None => line.replacen(").", "().", 1),
            };
            shown != last
        });
        if said {
            self.lines.extend(lines);
            self.said = true;
        }
    }

    fn arguments(&mut self, args: &[Value], call: &Call) -> Vec<String> {
        self.arguments_at(args, call, 0)
    }

    /// The arguments as they are passed; those that may change get a variable first.
    fn arguments_at(&mut self, args: &[Value], call: &Call, step: usize) -> Vec<String> {
        let mut texts = Vec::new();
        for (at, (arg, (name, ty))) in args.iter().zip(&call.params).enumerate() {
            let Ty::Ref(true, inner) = ty else {
                let arg = self.filled(arg, name, (step, at));
                texts.push(values::literal(&arg, ty, &self.plans.makers));
                continue;
            };
            if !is_watched(ty) {
                texts.push(format!(
                    "&mut {}",
                    values::literal(arg, inner, &self.plans.makers)
                ));
                continue;
            }
            let variable = self.free_name(name);
            let (text, kind) = match (&**inner, arg) {
                (Ty::Slice(item), Value::List(items)) if items.is_empty() => {
                    ("[]".to_owned(), format!(": [{}; 0]", item.text()))
                }
                (Ty::Str, Value::Str(text)) => (format!("String::from({text:?})"), String::new()),
                (inner, arg) => {
                    let text = values::literal(arg, inner, &self.plans.makers);
                    let is_open = text.ends_with("::new()") || text == "None";
                    let kind = if is_open {
                        format!(": {}", inner.text())
                    } else {
                        String::new()
                    };
                    (text, kind)
                }
            };
            self.lines
                .push(format!("let mut {variable}{kind} = {text};"));
            texts.push(format!("&mut {variable}"));
            self.used.insert((step, at), variable);
        }
        texts
    }

    /// A name that no variable has yet.
    fn free_name(&self, name: &str) -> String {
        let mut variable = name.to_owned();
        while self.used.values().any(|known| *known == variable) {
            variable.push_str("_again");
        }
        variable
    }

    /// A value that is made by several calls gets a variable, and is that variable.
    fn filled(&mut self, arg: &Value, name: &str, place: (usize, usize)) -> Value {
        let variable = self.free_name(name);
        match values::filling(arg, &variable, &self.plans.makers) {
            Some(lines) => {
                self.lines.extend(lines);
                self.used.insert(place, variable.clone());
                Value::Raw(variable)
            }
            None => arg.clone(),
        }
    }

    /// One call and what it gives.
    fn result(&mut self, call: &Call, text: &str, node: &Json) {
        if let Some(message) = node["panic"].as_str() {
            let is_unit = call.result == Ty::Unit;
            self.lines.push(if is_unit {
                format!("{text};")
            } else {
                format!("let _ = {text};")
            });
            self.panic = Some(message.to_owned());
            self.said = true;
            return;
        }
        let text = if matches!(call.result, Ty::Iter(_)) {
            let count = node["v"]["v"].as_array().map_or(0, Vec::len);
            if count > ITEMS_MAX {
                format!("{text}.take({}).collect::<Vec<_>>()", ITEMS_MAX + 1)
            } else {
                format!("{text}.collect::<Vec<_>>()")
            }
        } else {
            text.to_owned()
        };
        // What an operator gives is compared as a whole.
        let is_operator = matches!(call.how, How::Operator(_) | How::Prefix(_));
        if call.result == Ty::Unit {
            self.lines.push(format!("{text};"));
            return;
        }
        let mut lines = Vec::new();
        let shown = if is_operator {
            format!("({text})")
        } else {
            text.clone()
        };
        if expect::assertions(&shown, node, &mut lines) {
            if is_operator {
                let from = format!("assert_eq!(({text}), ");
                for line in &mut lines {
                    *line = line.replace(&from, &format!("assert_eq!({text}, "));
                    *line =
                        line.replace(&format!("assert!(({text}));"), &format!("assert!({text});"));
                }
            }
            self.lines.extend(lines);
            self.said = true;
        } else {
            self.lines.push(format!("let _ = {text};"));
        }
    }

    /// What a call left in its arguments.
    fn changed(&mut self, step: usize) {
        let after = self.shown["after"].as_array().into_iter().flatten();
        for node in after.filter(|node| node["step"].as_u64() == Some(step as u64)) {
            let at = node["arg"].as_u64().unwrap_or_default() as usize;
            let Some(name) = self.used.get(&(step, at)) else {
                continue;
            };
            let mut lines = Vec::new();
            let is_empty = node["v"]["v"].as_array().is_some_and(Vec::is_empty);
            if !is_empty
                || node["v"]["t"]
                    .as_str()
                    .is_some_and(|ty| ty.starts_with("Vec"))
            {
                self.said |= expect::assertions(name, node, &mut lines);
            }
            self.lines.extend(lines);
        }
    }
}

/// The expression of a call.
fn called(call: &Call, object: &str, args: &[String]) -> String {
    let list = args.join(", ");
    let is_open = |text: &String| {
        text.contains("[]") || text.contains("::new()") || text.contains("None") || text == "&[]"
    };
    let given = |arguments: &str| {
        if args.iter().any(is_open) {
            arguments.to_owned()
        } else {
            String::new()
        }
    };
    match &call.how {
        How::Path { path, arguments } => format!("{path}{}({list})", given(arguments)),
        How::Method { name, arguments } => format!("{object}.{name}{}({list})", given(arguments)),
        How::Operator(sign) => {
            let right = match call.params.first() {
                Some((_, Ty::Ref(..))) if *sign == "==" => list.trim_start_matches('&'),
                _ => &list,
            };
            format!("{object} {sign} {right}")
        }
        How::Prefix(sign) => format!("{sign}{object}"),
        How::Parse(ty) => format!("{list}.parse::<{ty}>()"),
        How::Make => object.to_owned(),
    }
}

/// What an object of a type is called.
fn variable_name(ty: &str) -> String {
    let name = crate::generate::python::snake_case(ty);
    let name = name.trim_matches('_').to_owned();
    match name.as_str() {
        "box" | "type" | "match" | "move" | "ref" | "loop" | "trait" | "enum" | "struct"
        | "use" => {
            format!("{name}_")
        }
        _ => name,
    }
}

/// A statement of what happens.
fn test_name(case: &Case, plan: &Plan, steps: &[Json]) -> String {
    let subject = crate::generate::python::snake_case(&plan.target.name.replace("::", "_"));
    let subject = subject.trim_matches('_');
    let last = steps.last().cloned().unwrap_or_default();
    let happening = if last.is_null() && plan.target.is_class {
        "is_made".to_owned()
    } else {
        happening(&last)
    };
    let step = &case.steps[steps.len().saturating_sub(1).min(case.steps.len() - 1)];
    let plain = step.args.iter().map(nameable);
    let plain: Vec<Value> = plain.filter(|value| !is_type(value, plan)).collect();
    let args: Vec<&Value> = plain.iter().collect();
    let name = if plan.target.is_class && case.steps.len() > 1 {
        let mut words: Vec<String> = Vec::new();
        for step in case.steps.iter().skip(1).take(steps.len() - 1) {
            let callable = &plan.target.callables[step.callable];
            let word = match &plan.calls[step.callable].how {
                How::Method { name, .. } => name.trim_matches('_').to_owned(),
                _ => callable.name.trim_matches('_').to_owned(),
            };
            if words.last() != Some(&word) {
                words.push(word);
            }
        }
        words.truncate(4);
        let args = if case.steps.len() == 2 {
            args
        } else {
            Vec::new()
        };
        name::statement(
            &format!("{subject}_{}", words.join("_then_")),
            &happening,
            &args,
        )
    } else {
        name::statement(subject, &happening, &args)
    };
    let name = name.trim_start_matches("test_");
    let mut clean = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            clean.push(c.to_ascii_lowercase());
        } else if !clean.ends_with('_') {
            clean.push('_');
        }
    }
    clean.trim_matches('_').to_owned()
}

/// Whether a value is named after its type, and not after a variant of it.
fn is_type(value: &Value, plan: &Plan) -> bool {
    let Value::New(short, _) = value else {
        return false;
    };
    let params = plan.calls.iter().flat_map(|call| &call.params);
    params
        .map(|(_, ty)| ty.peeled())
        .any(|ty| matches!(ty, Ty::Own(name, _) if name == short))
}

/// A value with names that can stand in a name.
fn nameable(value: &Value) -> Value {
    let mut plain = value.clone();
    plain.each_mut(&mut |inner| match inner {
        Value::New(name, _) => {
            let path = values::without_arguments(name.split(" of ").next().unwrap_or(name));
            let path = path.split(" then ").next().unwrap_or(&path).to_owned();
            let parts: Vec<&str> = path.split("::").collect();
            let last = parts.last().copied().unwrap_or_default();
            let short = if last.starts_with(|c: char| c.is_uppercase()) || parts.len() < 2 {
                last
            } else {
                parts[parts.len() - 2]
            };
            *name = short.to_owned();
        }
        Value::Raw(text) => *text = "lambda".into(),
        _ => {}
    });
    plain
}

fn happening(node: &Json) -> String {
    if node["panic"].is_string() {
        return "panics".into();
    }
    let tree = &node["v"];
    let tree = tree.get("r").unwrap_or(tree);
    if tree.get("ok").is_some() {
        let inner = returned(&tree["ok"]);
        return if inner.is_empty() {
            "succeeds".into()
        } else {
            format!("gives_{inner}")
        };
    }
    if tree.get("err").is_some() {
        return "fails".into();
    }
    if let Some(inner) = tree.get("o") {
        return if inner.is_null() {
            "returns_none".into()
        } else {
            format!("returns_some_{}", returned(inner))
        };
    }
    match returned(tree) {
        word if word.is_empty() => "runs".into(),
        word => format!("returns_{word}"),
    }
}

fn returned(tree: &Json) -> String {
    let tree = tree.get("r").unwrap_or(tree);
    if let Some(name) = tree["n"].as_str() {
        let last = name.rsplit("::").next().unwrap_or(name);
        return crate::generate::python::snake_case(last);
    }
    if let Some(text) = tree["i"].as_str() {
        return if text.len() <= 12 {
            text.replace('-', "minus_")
        } else {
            "large_number".into()
        };
    }
    if let Some(value) = tree["b"].as_bool() {
        return value.to_string();
    }
    if let Some(text) = tree["f"].as_str() {
        return text.parse().map_or_else(|_| "float".into(), name::float);
    }
    if let Some(text) = tree["s"].as_str() {
        return name::text_brief(text);
    }
    for (key, one) in [("v", "item"), ("h", "member"), ("m", "entry")] {
        if let Some(items) = tree[key].as_array() {
            return match (items.len(), one) {
                (0, _) => "nothing".into(),
                (1, _) => format!("one_{one}"),
                (count, "entry") => format!("{count}_entries"),
                (count, _) => format!("{count}_{one}s"),
            };
        }
    }
    match tree["u"].as_array().map(Vec::len) {
        Some(0) => String::new(),
        Some(_) => "tuple".into(),
        None if tree["c"].is_string() => "character".into(),
        None => "value".into(),
    }
}

/// Where the tests will stand.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// In the file itself, in a module of this name.
    Module(String),
    /// In a file of their own, which imports from this path.
    File(String),
}

/// Where the tests will stand, and what can be named there.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub kind: Kind,
    /// Names that the file under test imports.
    pub imported: BTreeSet<String>,
    /// Public types and functions of the file.
    pub known: BTreeSet<String>,
    pub seed: u64,
    /// The file, as the note at the top names it.
    pub subject: &'a str,
}

/// The tests of all targets, unformatted.
pub(super) fn text<'a>(tests: impl Iterator<Item = &'a Test>, place: &Place<'_>) -> String {
    let Place {
        kind,
        imported,
        known,
        seed,
        subject,
    } = place;
    let mut bodies = String::new();
    for test in tests {
        bodies.push_str("#[test]\n");
        if let Some(message) = &test.panic {
            let _ = writeln!(bodies, "#[should_panic(expected = {message:?})]");
        }
        let _ = writeln!(bodies, "fn {}() {{", test.name);
        for line in &test.lines {
            let _ = writeln!(bodies, "    {line}");
        }
        bodies.push_str("}\n\n");
    }
    let words: BTreeSet<&str> = bodies
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    let library = library_imports(&words, kind, imported);
    let note = format!(
        "//! Hold what `{subject}` does today; written by `freehold tests --seed {seed}`.\n\n"
    );
    let allow = if has_known_constant(&bodies) {
        "#![allow(clippy::approx_constant)]\n\n"
    } else {
        ""
    };
    let joint = if library.is_empty() { "" } else { "\n" };
    match kind {
        Kind::Module(name) => format!(
            "#[cfg(test)]\nmod {name} {{\n{note}{allow}{library}{joint}use super::*;\n\n{}}}\n",
            bodies.trim_end().to_owned() + "\n"
        ),
        Kind::File(path) => {
            let own: Vec<&str> = known
                .iter()
                .map(String::as_str)
                .filter(|name| words.contains(name))
                .collect();
            let list = match own.as_slice() {
                [one] => format!("use {path}::{one};\n\n"),
                _ => format!("use {path}::{{{}}};\n\n", own.join(", ")),
            };
            format!("{note}{allow}{library}{joint}{list}{}\n", bodies.trim_end())
        }
    }
}

/// Imports of what the tests use of the library.
fn library_imports(words: &BTreeSet<&str>, kind: &Kind, imported: &BTreeSet<String>) -> String {
    let mut library = String::new();
    for (module, names) in [
        ("cell", &["Cell", "RefCell"][..]),
        (
            "collections",
            &["BTreeMap", "BTreeSet", "HashMap", "HashSet", "VecDeque"],
        ),
        ("rc", &["Rc"]),
        ("sync", &["Arc"]),
    ] {
        let used: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| words.contains(name))
            .filter(|name| matches!(kind, Kind::File(_)) || !imported.contains(*name))
            .collect();
        match used.as_slice() {
            [] => {}
            [one] => {
                let _ = writeln!(library, "use std::{module}::{one};");
            }
            many => {
                let _ = writeln!(library, "use std::{module}::{{{}}};", many.join(", "));
            }
        }
    }
    library
}

/// Whether a number looks like one that the library has a name for.
fn has_known_constant(text: &str) -> bool {
    use std::f64::consts::*;
    let constants = [
        PI,
        E,
        LN_2,
        LN_10,
        LOG2_E,
        LOG10_E,
        LOG2_10,
        LOG10_2,
        SQRT_2,
        TAU,
        FRAC_PI_2,
        FRAC_PI_3,
        FRAC_PI_4,
        FRAC_PI_6,
        FRAC_PI_8,
        FRAC_1_PI,
        FRAC_2_PI,
        FRAC_1_SQRT_2,
        FRAC_2_SQRT_PI,
    ];
    text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .any(|word| {
            let digits = word.split_once('.').map_or(0, |(_, digits)| digits.len());
            digits >= 2
                && constants.iter().any(|constant| {
                    format!("{constant:.digits$}") == word || constant.to_string().starts_with(word)
                })
        })
}
