//! The pytest file: imports, stand-in classes, one function a case.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::boxed::{Boxes, Place};
use super::fold::fold;
use super::literal::{self, Script};
use crate::generate::Options;
use crate::generate::explore::Tried;
use crate::generate::name;
use crate::generate::target::{Kind, StandIn, Target};
use crate::generate::value::{Case, Value};
use programs::Error;

/// Longer lines are broken up.
const LINE_MAX: usize = 100;
/// What the runner takes from an iterator that goes on.
const ITEMS_TAKEN: usize = 50;

/// One finished test.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub name: String,
    pub case: Case,
    /// The statements, indented.
    body: String,
    /// Modules and names that it needs: `("re", "")` is `import re`.
    imports: BTreeSet<(String, String)>,
    uses_capsys: bool,
}

/// What the runner must know besides the module: stand-in classes of some targets, each once,
/// and how to run coroutines.
pub(super) fn standins<'a>(targets: impl Iterator<Item = &'a Target>) -> String {
    let mut seen: Vec<&StandIn> = Vec::new();
    let mut text = String::new();
    for target in targets {
        if target.callables.iter().any(|callable| callable.is_async) && text.is_empty() {
            text.push_str("import asyncio\n\n");
        }
        for class in &target.standins {
            if !seen.iter().any(|known| known.name == class.name) {
                seen.push(class);
                text.push_str(&literal::standin(class, &target.name));
                text.push_str("\n\n");
            }
        }
    }
    text
}

/// Tests for the chosen cases; a case whose results cannot be written down has none.
pub(super) fn tests(
    chosen: &[Tried],
    target: &Target,
    boxes: &Boxes,
    taken: &mut BTreeSet<String>,
) -> Result<Vec<Test>, Error> {
    let scripts: Vec<Script> = chosen
        .iter()
        .map(|tried| literal::script(&tried.case, target))
        .collect();
    let shown = boxes.show(&scripts, target)?;
    let mut tests = Vec::new();
    for (tried, shown) in chosen.iter().zip(&shown) {
        if let Some(mut test) = test(&tried.case, target, shown) {
            let stem = test.name.clone();
            let mut count = 1;
            while !taken.insert(test.name.clone()) {
                count += 1;
                test.name = format!("{stem}_{count}");
            }
            tests.push(test);
        }
    }
    Ok(tests)
}

/// One case as a test, by what the runner says it gives.
fn test(case: &Case, target: &Target, shown: &Json) -> Option<Test> {
    let results = shown["results"].as_array()?;
    let changed: Vec<&Json> = shown["changed"].as_array()?.iter().collect();
    let changed_names: Vec<&str> = changed
        .iter()
        .filter_map(|variable| variable["name"].as_str())
        .collect();
    let mut writer = Writer {
        lines: Vec::new(),
        imports: imports(shown),
    };
    // Arguments that stay as they are need no variable.
    let shared = shared_names(case, target);
    let keeps = |name: &str| changed_names.contains(&name) || shared.contains(name);
    let script = literal::script_with(case, target, &keeps);
    for (name, value) in &script.setup {
        writer.line(format!("{name} = {value}"));
    }
    for (at, result) in results.iter().enumerate() {
        let (held, call) = &script.calls[at];
        let is_last = at + 1 == results.len();
        let kind = target.callables[case.steps[at].callable].kind;
        writer.result(held, call, result, is_last, kind)?;
    }
    for variable in &changed {
        writer.variable(variable, &|field| {
            initial_field(case, target, variable, field)
        })?;
    }
    let printed = shown["printed"].as_str().unwrap_or_default();
    if !printed.is_empty() {
        writer.line(format!(
            "assert capsys.readouterr().out == {}",
            literal::quote(printed)
        ));
    }
    let says_something = writer
        .lines
        .iter()
        .any(|line| line.trim_start().starts_with("assert") || line.contains("pytest.raises"));
    if !says_something {
        return None;
    }
    Some(Test {
        name: test_name(case, target, results, !printed.is_empty()),
        case: case.clone(),
        body: writer
            .lines
            .iter()
            .map(|line| format!("    {}\n", fold(line, 4, LINE_MAX)))
            .collect(),
        imports: writer.imports,
        uses_capsys: !printed.is_empty(),
    })
}

fn imports(shown: &Json) -> BTreeSet<(String, String)> {
    let pairs = shown["imports"].as_array().into_iter().flatten();
    pairs
        .filter_map(|pair| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned())))
        .collect()
}

/// Variables that several places need, or that results may refer to: all that hold objects.
fn shared_names(case: &Case, target: &Target) -> BTreeSet<String> {
    let script = literal::script(case, target);
    script.watch.into_iter().take(case.objects.len()).collect()
}

/// What the field of an object was before the calls, as written.
fn initial_field(case: &Case, target: &Target, variable: &Json, field: &str) -> Option<String> {
    let script = literal::script(case, target);
    let at = script
        .watch
        .iter()
        .position(|name| Some(name.as_str()) == variable["name"].as_str())?;
    let object = case.objects.get(at)?;
    let (_, value) = object.fields.iter().find(|(name, _)| name == field)?;
    Some(literal::write(value, &script.watch[..case.objects.len()]))
}

/// The statements of one test.
struct Writer {
    lines: Vec<String>,
    imports: BTreeSet<(String, String)>,
}

impl Writer {
    fn line(&mut self, text: String) {
        self.lines.push(text);
    }

    fn import(&mut self, module: &str, name: &str) {
        self.imports.insert((module.to_owned(), name.to_owned()));
    }

    /// One call and what it gives; none if that cannot be written down.
    fn result(
        &mut self,
        held: &str,
        call: &str,
        result: &Json,
        is_last: bool,
        kind: Kind,
    ) -> Option<()> {
        if call.starts_with("asyncio.") {
            self.import("asyncio", "");
        }
        let taken = if result["iterator"] == true {
            if result["more"] == true {
                self.import("itertools", "islice");
                format!("list(islice({call}, {ITEMS_TAKEN}))")
            } else {
                format!("list({call})")
            }
        } else {
            call.to_owned()
        };
        match result["kind"].as_str()? {
            "raise" => {
                self.import("pytest", "");
                let error = result["type"].as_str()?;
                let expected = match result["match"].as_str() {
                    Some(words) => format!("{error}, match={}", self.pattern(words)),
                    None => error.to_owned(),
                };
                self.line(format!("with pytest.raises({expected}):"));
                self.line(format!("    {taken}"));
            }
            _ if kind == Kind::Constructor => self.line(format!("{held} = {call}")),
            "value" => self.value(&taken, result, is_last)?,
            "object" => self.object(&taken, result)?,
            _ => return None,
        }
        Some(())
    }

    fn value(&mut self, call: &str, result: &Json, is_last: bool) -> Option<()> {
        let text = result["text"].as_str()?;
        if text == "None" && !is_last {
            self.line(call.to_owned());
            return Some(());
        }
        let expected = self.expected(result)?;
        let line = format!("assert {call} {expected}");
        if line.len() <= LINE_MAX {
            self.line(line);
        } else {
            self.line(format!("result = {call}"));
            self.line(format!("assert result {expected}"));
        }
        Some(())
    }

    /// The comparison with a value that the runner wrote down.
    fn expected(&mut self, value: &Json) -> Option<String> {
        let text = value["text"].as_str()?;
        let is_single =
            matches!(value["type"].as_str(), Some("bool" | "NoneType")) || value["named"] == true;
        Some(if is_single {
            format!("is {text}")
        } else if value["approx"] == true {
            self.import("pytest", "");
            format!("== pytest.approx({text})")
        } else {
            format!("== {text}")
        })
    }

    /// An object that has no comparable form: its class and its fields.
    fn object(&mut self, call: &str, result: &Json) -> Option<()> {
        self.line(format!("result = {call}"));
        self.line(format!(
            "assert type(result).__name__ == {}",
            literal::quote(result["type"].as_str()?)
        ));
        for field in result["fields"].as_array()? {
            let expected = self.expected(field)?;
            self.line(format!(
                "assert result.{} {expected}",
                field["name"].as_str()?
            ));
        }
        Some(())
    }

    /// What a variable is after the calls.
    fn variable(
        &mut self,
        variable: &Json,
        initial: &dyn Fn(&str) -> Option<String>,
    ) -> Option<()> {
        let name = variable["name"].as_str()?;
        match variable["kind"].as_str()? {
            "value" => {
                let expected = self.expected(variable)?;
                self.line(format!("assert {name} {expected}"));
            }
            "object" => {
                for field in variable["fields"].as_array()? {
                    let key = field["name"].as_str()?;
                    if initial(key).as_deref() != field["text"].as_str() {
                        let expected = self.expected(field)?;
                        self.line(format!("assert {name}.{key} {expected}"));
                    }
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// A pattern that matches exactly `words`.
    fn pattern(&mut self, words: &str) -> String {
        let special = |c: char| "\\.^$*+?{}[]|()".contains(c);
        if words.contains(special) {
            self.import("re", "");
            format!("re.escape({})", literal::quote(words))
        } else {
            literal::quote(words)
        }
    }
}

/// A statement of what happens.
fn test_name(case: &Case, target: &Target, results: &[Json], prints: bool) -> String {
    let subject = literal::snake_case(&target.name);
    let subject = subject.trim_matches('_');
    let last = &results[results.len() - 1];
    let step = &case.steps[results.len() - 1];
    let happening = happening(last, prints);
    if !target.is_class {
        let args: Vec<&Value> = step.args.iter().collect();
        return name::statement(subject, &happening, &args);
    }
    let mut words: Vec<String> = Vec::new();
    for step in case.steps.iter().skip(1).take(results.len() - 1) {
        let word = target.callables[step.callable]
            .name
            .trim_matches('_')
            .to_owned();
        if words.last() != Some(&word) {
            words.push(word);
        }
    }
    words.truncate(4);
    if words.is_empty() {
        let args: Vec<&Value> = step.args.iter().collect();
        let what = if last["kind"] == "raise" {
            happening
        } else {
            "starts".to_owned()
        };
        return name::statement(subject, &what, &args);
    }
    name::statement(
        &format!("{subject}_{}", words.join("_then_")),
        &happening,
        &[],
    )
}

fn happening(result: &Json, prints: bool) -> String {
    let text = result["text"].as_str().unwrap_or_default();
    let items = result["items"].as_u64();
    let kind = result["type"].as_str().unwrap_or_default();
    match result["kind"].as_str() {
        Some("raise") => format!("raises_{}", literal::snake_case(kind).replace('.', "_")),
        Some("object") => format!("returns_{}", literal::snake_case(kind)),
        _ if prints => "prints".to_owned(),
        _ if result["iterator"] == true => match items {
            Some(0) => "yields_nothing".to_owned(),
            Some(1) => "yields_one_item".to_owned(),
            Some(count) => format!("yields_{count}_items"),
            None => "yields".to_owned(),
        },
        _ => format!("returns_{}", returned(kind, text, items)),
    }
}

fn returned(kind: &str, text: &str, items: Option<u64>) -> String {
    match (kind, items) {
        ("int", _) if text.len() <= 12 => text.replace('-', "minus_"),
        ("int", _) => "large_number".to_owned(),
        ("float", _) if text.contains("nan") => "nan".to_owned(),
        ("float", _) if text.contains("-inf") => "minus_infinity".to_owned(),
        ("float", _) if text.contains("inf") => "infinity".to_owned(),
        ("float", _) => text
            .parse()
            .map_or_else(|_| name::words(text, 16).unwrap_or_default(), name::float),
        ("bool" | "NoneType", _) => text.to_lowercase(),
        ("str", _) => name::text_brief(text.trim_matches(['\'', '"'])),
        (kind, Some(0)) => format!("empty_{}", literal::snake_case(kind)),
        (kind, Some(count)) => format!("{}_of_{count}", literal::snake_case(kind)),
        (kind, None) => literal::snake_case(kind),
    }
}

/// The whole file.
pub(super) fn file<'a>(
    parts: impl Iterator<Item = (&'a Target, &'a [Test])>,
    place: &Place,
    out: &Path,
    options: &Options,
) -> String {
    let parts: Vec<(&Target, &[Test])> = parts.filter(|(_, tests)| !tests.is_empty()).collect();
    let mut imports: BTreeSet<(String, String)> = BTreeSet::new();
    let mut bodies = String::new();
    let mut standing: Vec<&StandIn> = Vec::new();
    let mut classes = String::new();
    for (target, tests) in &parts {
        imports.insert((place.module.clone(), target.name.clone()));
        for test in *tests {
            imports.extend(test.imports.iter().cloned());
            let mentioned = |name: &str| test.body.contains(&format!("{name}("));
            for class in target
                .standins
                .iter()
                .filter(|class| mentioned(&class.name))
            {
                if !standing.iter().any(|known| known.name == class.name) {
                    standing.push(class);
                    let _ = write!(classes, "{}\n\n", literal::standin(class, &target.name));
                }
            }
            for class in target.classes.iter().filter(|class| mentioned(&class.name)) {
                imports.insert((place.module.clone(), class.name.clone()));
            }
            let capsys = if test.uses_capsys { "capsys" } else { "" };
            let _ = write!(bodies, "def {}({capsys}):\n{}\n\n", test.name, test.body);
        }
    }
    let mut text = String::new();
    let _ = writeln!(
        text,
        "\"\"\"Tests of `{}` that hold what it does today; written by `freehold tests --seed {}`.\"\"\"\n",
        place.module, options.seed
    );
    text.push_str(&import_lines(imports, place, out));
    text.push_str("\n\n");
    text.push_str(&classes);
    text.push_str(bodies.trim_end());
    text.push('\n');
    text
}

/// Import statements: the library's, pytest, then the code under test.
fn import_lines(imports: BTreeSet<(String, String)>, place: &Place, out: &Path) -> String {
    let mut library: BTreeSet<String> = BTreeSet::new();
    let mut own: BTreeSet<String> = BTreeSet::new();
    let mut others: BTreeSet<String> = BTreeSet::new();
    let mut needs_pytest = false;
    let mut modules: std::collections::BTreeMap<String, Vec<String>> =
        std::collections::BTreeMap::new();
    for (module, name) in imports {
        match (module.as_str(), name.as_str()) {
            ("pytest", _) => needs_pytest = true,
            (module, "") => {
                library.insert(format!("import {module}"));
            }
            (module, name) => modules
                .entry(module.to_owned())
                .or_default()
                .push(name.to_owned()),
        }
    }
    for (module, names) in modules {
        let line = from_line(&module, &names);
        if module == place.module {
            own.insert(line);
        } else if module.starts_with(place.module.split('.').next().unwrap_or_default()) {
            others.insert(line);
        } else {
            library.insert(line);
        }
    }
    let mut groups: Vec<String> = Vec::new();
    let path_line = search_path(place, out);
    if path_line.is_some() {
        library.insert("import sys".to_owned());
        library.insert("from pathlib import Path".to_owned());
    }
    let mut sorted: Vec<String> = library.into_iter().collect();
    sorted.sort_by_key(|line| (line.starts_with("from"), line.clone()));
    groups.push(sorted.join("\n"));
    groups.push(if needs_pytest {
        "import pytest".to_owned()
    } else {
        String::new()
    });
    groups.extend(path_line);
    own.extend(others);
    groups.push(own.into_iter().collect::<Vec<_>>().join("\n"));
    groups.retain(|group| !group.is_empty());
    groups.join("\n\n") + "\n"
}

fn from_line(module: &str, names: &[String]) -> String {
    let line = format!("from {module} import {}", names.join(", "));
    if line.len() <= LINE_MAX {
        return line;
    }
    let names: String = names.iter().map(|name| format!("    {name},\n")).collect();
    format!("from {module} import (\n{names})")
}

/// The statement that lets the file find the code, where pytest would not find it by itself.
fn search_path(place: &Place, out: &Path) -> Option<String> {
    let folder = out.parent().unwrap_or(Path::new("/"));
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mut inserted: PathBuf = folder.clone();
    while inserted.join("__init__.py").exists() {
        inserted = inserted.parent()?.to_owned();
    }
    if inserted == place.import_root {
        return None;
    }
    let mut up = String::new();
    let mut from = folder.as_path();
    while !place.import_root.starts_with(from) {
        from = from.parent()?;
        up.push_str(".parent");
    }
    let down = place
        .import_root
        .strip_prefix(from)
        .unwrap_or(Path::new(""));
    let down: String = down
        .iter()
        .map(|part| format!(" / {}", literal::quote(&part.to_string_lossy())))
        .collect();
    Some(format!(
        "sys.path.insert(0, str(Path(__file__).resolve().parent{up}{down}))"
    ))
}
