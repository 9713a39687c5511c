//! The package around a file, and where its tests go.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tree_sitter::Node;

use super::call::How;
use super::library::Library;
use super::plan::Plans;
use super::write::{Kind, Place};
use crate::generate::Options;
use crate::generate::target::Clues;
use programs::rust::items::is_test_code;
use programs::rust::lab::Lab;
use programs::{Error, Source};

/// The folder to copy and the manifest of the package: the nearest one, and the workspace around it.
pub(super) fn find(path: &Path) -> Result<(PathBuf, PathBuf), Error> {
    let holds = |folder: &&Path| folder.join("Cargo.toml").is_file();
    let Some(package) = path.ancestors().skip(1).find(holds) else {
        return Err(Error::unsuitable(
            "no_package",
            format!("`{}` is in no cargo package", path.display()),
            "`cargo init` makes one; tests of Rust are built and run by cargo",
        ));
    };
    let is_workspace = |folder: &&Path| {
        std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| {
            text.lines()
                .any(|line| line.trim() == "[workspace]" || line.starts_with("[workspace."))
        })
    };
    let root = package.ancestors().find(is_workspace).unwrap_or(package);
    Ok((root.to_owned(), package.join("Cargo.toml")))
}

pub(super) fn check_syntax(source: &Source) -> Result<(), Error> {
    let mut node = source.tree.root_node();
    if !node.has_error() {
        return Ok(());
    }
    loop {
        let mut cursor = node.walk();
        let next = node
            .children(&mut cursor)
            .find(|child| child.has_error() || child.is_missing());
        match next {
            Some(child) => node = child,
            None => break,
        }
    }
    Err(Error::unsuitable(
        "broken_syntax",
        format!(
            "`{}` is not valid Rust near line {}",
            source.path.display(),
            node.start_position().row + 1
        ),
        "correct the syntax first",
    ))
}

/// Where the tests go.
#[derive(Debug)]
pub(super) struct Out {
    kind: Kind,
    /// The file that they are written to, relative to the project; the file under test for a module.
    pub path: PathBuf,
    /// Whether the text of the report is the whole file under test.
    is_appended: bool,
    /// Names that tests of the file have already.
    pub taken: BTreeSet<String>,
}

/// Works out where the tests go from what was asked for.
pub(super) fn out(path: &Path, options: &Options, lab: &Lab) -> Result<Out, Error> {
    let source = lab.source();
    let module = if has_module(source, "tests") {
        "regression_tests"
    } else {
        "tests"
    };
    let inside = |is_appended| Out {
        kind: Kind::Module(module.to_owned()),
        path: source.path.clone(),
        is_appended,
        taken: BTreeSet::new(),
    };
    let Some(out) = &options.out else {
        return Ok(inside(false));
    };
    if out.canonicalize().is_ok_and(|out| out == path) {
        if has_module(source, module) {
            return Err(Error::unsuitable(
                "has_tests",
                format!("`{}` has a module `{module}` already", out.display()),
                "remove it, or print the tests and choose what to keep",
            ));
        }
        return Ok(inside(true));
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder
        .unwrap_or(Path::new("."))
        .canonicalize()
        .unwrap_or_default();
    let is_test = folder == lab.package.folder.join("tests")
        && out.extension().is_some_and(|extension| extension == "rs");
    let Some((library, root)) = lab.package.library.as_ref().filter(|_| is_test) else {
        return Err(Error::unsuitable(
            "out_is_no_test",
            format!(
                "`{}` is no place where cargo finds tests of `{}`",
                out.display(),
                source.path.display()
            ),
            format!(
                "`-o {}` adds them to the file itself, `-o {}` makes an integration test of a library",
                path.display(),
                lab.package.folder.join("tests/NAME.rs").display()
            ),
        ));
    };
    let name = out.file_name().unwrap_or_default();
    let project = path.ancestors().find(|folder| {
        path.strip_prefix(folder)
            .is_ok_and(|rest| rest == source.path)
    });
    let within = lab
        .package
        .folder
        .strip_prefix(project.unwrap_or(Path::new("/")))
        .unwrap_or(Path::new(""));
    Ok(Out {
        kind: Kind::File(import_path(path, library, root)),
        path: within.join("tests").join(name),
        is_appended: false,
        taken: BTreeSet::new(),
    })
}

/// The path under which others name what a file of a library defines.
fn import_path(path: &Path, library: &str, root: &Path) -> String {
    let top = root.parent().unwrap_or(Path::new(""));
    let relative = path.strip_prefix(top).unwrap_or(Path::new(""));
    let mut parts: Vec<String> = relative
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if path == root || parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    // What a private module holds is reached through the re-exports of the root.
    let mut file = root.to_owned();
    for part in &parts {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if !text.contains(&format!("pub mod {part}")) {
            return library.to_owned();
        }
        let folder = if file == root {
            top.to_owned()
        } else {
            file.with_extension("")
        };
        file = folder.join(format!("{part}.rs"));
    }
    std::iter::once(library.to_owned())
        .chain(parts)
        .collect::<Vec<_>>()
        .join("::")
}

fn has_module(source: &Source, name: &str) -> bool {
    let root = source.tree.root_node();
    let mut cursor = root.walk();
    root.named_children(&mut cursor).any(|child| {
        child.kind() == "mod_item"
            && child
                .child_by_field_name("name")
                .is_some_and(|node| source.text_of(node) == name)
    })
}

impl Out {
    /// Whether only what is public can be named.
    pub fn is_public(&self) -> bool {
        matches!(self.kind, Kind::File(_))
    }

    /// The name of the module or of the file that holds the tests.
    pub fn module(&self) -> String {
        match &self.kind {
            Kind::Module(name) => name.clone(),
            Kind::File(_) => self
                .path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        }
    }

    /// What the writer of the tests must know.
    pub fn place<'a>(&self, lab: &'a Lab, options: &Options) -> Place<'a> {
        let library = Library::of(lab.source(), &[]);
        let types = library
            .types
            .iter()
            .filter(|kind| kind.is_public)
            .map(|kind| kind.name.clone());
        let functions = library
            .functions
            .iter()
            .filter(|one| one.is_public && one.owner.is_none());
        Place {
            kind: self.kind.clone(),
            imported: imported(lab.source()),
            known: types.chain(functions.map(|one| one.name.clone())).collect(),
            seed: options.seed,
            subject: lab.source().path.to_str().unwrap_or_default(),
        }
    }

    /// What is reported: the tests alone, or the file with them at its end.
    pub fn whole(&self, tests: &str, lab: &Lab) -> String {
        if self.is_appended {
            with_module(&lab.source().text, tests)
        } else {
            tests.to_owned()
        }
    }
}

/// A file with a module at its end.
pub(super) fn with_module(text: &str, tests: &str) -> String {
    format!("{}\n\n{tests}", text.trim_end())
}

/// Names that the file's `use` declarations bring in.
fn imported(source: &Source) -> BTreeSet<String> {
    let root = source.tree.root_node();
    let mut cursor = root.walk();
    let mut found = BTreeSet::new();
    for child in root.named_children(&mut cursor) {
        if child.kind() == "use_declaration" && !is_test_code(source, child) {
            let words = source
                .text_of(child)
                .split(|c: char| !c.is_alphanumeric() && c != '_');
            found.extend(words.map(str::to_owned));
        }
    }
    found
}

/// Leaves only what was asked for and can be named.
pub(super) fn restrict(
    plans: &mut Plans,
    library: &Library,
    options: &Options,
    out: &Out,
    path: &Path,
) -> Result<(), Error> {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    if let Some(wanted) = &options.function {
        let (owner, method) = wanted.split_once("::").unwrap_or((wanted, ""));
        let mut known: Vec<String> = plans
            .list
            .iter()
            .map(|plan| plan.target.name.clone())
            .collect();
        known.extend(plans.skipped.iter().map(|(name, _)| name.clone()));
        let prefix = format!("{wanted}::");
        plans
            .skipped
            .retain(|(name, _)| name == wanted || name.starts_with(&prefix));
        plans.list.retain_mut(|plan| {
            if plan.target.name == *wanted || plan.target.name.starts_with(&prefix) {
                return true;
            }
            plan.target.name == owner && plan.keep_method(method)
        });
        if plans.list.is_empty() && plans.skipped.is_empty() {
            return Err(Error::unsuitable(
                "no_such_function",
                format!("`{file}` has no function, type or method `{wanted}`"),
                if known.is_empty() {
                    "it has none at all".to_owned()
                } else {
                    format!("it has {}", known.join(", "))
                },
            ));
        }
    } else {
        // Private functions are reached through public ones, where there are any.
        let has_public = plans.list.iter().any(|plan| plan.is_public);
        if has_public {
            let private: Vec<&str> = library
                .functions
                .iter()
                .filter(|function| !function.is_public)
                .map(|function| function.name.as_str())
                .collect();
            plans.list.retain(|plan| plan.is_public);
            plans
                .skipped
                .retain(|(name, _)| !private.contains(&name.rsplit("::").next().unwrap_or(name)));
            for plan in &mut plans.list {
                plan.keep_public();
            }
        }
    }
    if out.is_public() {
        plans.make_public();
    }
    if plans.list.is_empty() && plans.skipped.is_empty() {
        return Err(Error::unsuitable(
            "no_functions",
            format!("`{file}` has no function that a test could call"),
            "code that is not in a function cannot be called by a test",
        ));
    }
    plans
        .list
        .retain(|plan| plan.calls.iter().any(|call| call.how != How::Make));
    Ok(())
}

/// Numbers and texts of the code: they are likely to matter to it.
pub(super) fn clues(source: &Source) -> Clues {
    let mut clues = Clues::default();
    read_clues(source, source.tree.root_node(), &mut clues);
    clues.ints.sort_unstable();
    clues.ints.dedup();
    clues.ints.truncate(60);
    clues.strings.dedup();
    clues.strings.truncate(60);
    clues
}

fn read_clues(source: &Source, node: Node<'_>, clues: &mut Clues) {
    if matches!(node.kind(), "attribute_item" | "inner_attribute_item") {
        return;
    }
    let text = source.text_of(node);
    match node.kind() {
        "integer_literal" => {
            let digits: String = text
                .chars()
                .filter(|c| *c != '_')
                .take_while(char::is_ascii_digit)
                .collect();
            if let Ok(number) = digits.parse::<i64>() {
                clues.ints.push(number);
            }
        }
        "float_literal" => {
            if let Ok(number) = text
                .replace('_', "")
                .trim_end_matches("f64")
                .trim_end_matches("f32")
                .parse()
            {
                clues.floats.push(number);
            }
        }
        "string_content" if text.len() <= 60 && !text.contains('{') => {
            let text = text.to_owned();
            if !clues.strings.contains(&text) {
                clues.strings.push(text);
            }
        }
        "char_literal" => {
            let inner = text.trim_matches('\'');
            let mut chars = inner.chars();
            let found = match (chars.next(), chars.next(), chars.next()) {
                (Some('\\'), Some('n'), None) => "\n".to_owned(),
                (Some('\\'), Some('t'), None) => "\t".to_owned(),
                (Some('\\'), Some(c), None) => c.to_string(),
                (Some(c), None, _) => c.to_string(),
                _ => String::new(),
            };
            if !found.is_empty() && !clues.strings.contains(&found) {
                clues.strings.push(found);
            }
        }
        _ => {}
    }
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        read_clues(source, child, clues);
    }
}
