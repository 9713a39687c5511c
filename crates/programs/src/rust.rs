//! Rust: what to edit, and how its tests are run.

mod baseline;
mod behaviour;
mod compile;
mod harness;
pub mod items;
pub mod lab;
mod learn;
mod libtest;
mod operators;
mod probes;
mod schemata;
mod scope;
mod toolchain;
mod units;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::course::Course;
use crate::edit::Candidate;
use crate::error::Error;
use crate::language::{Focus, Harness, Language, Wanted};
use crate::project::{Project, Scratch};
use crate::source::{Source, Sources};
use harness::{Place, RustHarness};
use toolchain::Toolchain;

/// The Rust language.
#[derive(Clone, Copy, Debug)]
pub struct Rust;

impl Language for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn grammar(&self) -> tree_sitter::Language {
        tree_sitter_rust::LANGUAGE.into()
    }

    fn batch(&self) -> usize {
        240
    }

    fn candidates(&self, sources: &Sources, focus: &Focus) -> Vec<Candidate> {
        operators::candidates(sources, focus)
    }
}

/// Reads the program and gets its tests ready to run.
pub fn open(
    wanted: &Wanted<'_>,
    project: &Project,
    scratch: &Scratch,
    course: &Course,
) -> Result<(Arc<Sources>, Box<dyn Harness>), Error> {
    let arguments = test_arguments(wanted.test)?;
    let mut sources = Sources::default();
    for file in editable(wanted, project)? {
        match project.read(&file) {
            Ok(text) => {
                sources.add(Source::parse(file, text, &Rust.grammar()));
            }
            // Among many files one that is no text is passed over; one that was named is not.
            Err(error) if !wanted.files.is_empty() => return Err(error),
            Err(_) => {}
        }
    }
    if sources.iter().next().is_none() {
        return Err(Error::unsuitable(
            "nothing_to_edit",
            "there is no Rust file to edit beside the tests",
            "name the file under repair with `--file FILE`",
        ));
    }
    let sources = Arc::new(sources);
    let place = Place {
        root: project.root.clone(),
        project: project.clone(),
        sources: Arc::clone(&sources),
        toolchain: Toolchain::find(&project.root, wanted.environment)?,
        scratch: scratch.path().to_owned(),
        arguments,
        course: course.clone(),
    };
    let harness =
        RustHarness::open(place, wanted.jobs).map_err(|error| with_place(error, &sources))?;
    Ok((sources, Box::new(harness)))
}

/// What a person typed after `cargo test`; doc tests are left out unless targets are named.
fn test_arguments(command: Option<&str>) -> Result<Vec<String>, Error> {
    let mut words = shlex::split(command.unwrap_or("cargo test")).unwrap_or_default();
    if words.len() < 2 || words[0] != "cargo" || words[1] != "test" {
        return Err(Error::unsuitable(
            "unknown_test_command",
            format!(
                "`{}` is not a test command that repair knows for Rust",
                command.unwrap_or_default()
            ),
            "use `cargo test` with the flags of your choice",
        ));
    }
    words.drain(..2);
    words.truncate(
        words
            .iter()
            .position(|word| word == "--")
            .unwrap_or(words.len()),
    );
    words.retain(|word| {
        !matches!(
            word.as_str(),
            "-q" | "--quiet" | "--no-fail-fast" | "--offline" | "--no-run"
        )
    });
    let names_targets = words.iter().any(|word| {
        matches!(
            word.as_str(),
            "--lib"
                | "--bin"
                | "--bins"
                | "--test"
                | "--tests"
                | "--all-targets"
                | "--example"
                | "--examples"
        )
    });
    if !names_targets {
        words.push("--tests".to_owned());
    }
    Ok(words)
}

/// The files that the search may edit: those named, or all that are not part of the tests.
fn editable(wanted: &Wanted<'_>, project: &Project) -> Result<Vec<PathBuf>, Error> {
    if wanted.files.is_empty() {
        return Ok(project
            .with_extension("rs")
            .filter(|file| !is_support(file))
            .cloned()
            .collect());
    }
    project.named(wanted.files)
}

/// Tests, benchmarks, examples and build scripts are not under repair.
fn is_support(file: &Path) -> bool {
    let has = |name: &str| {
        file.parent()
            .is_some_and(|folder| folder.components().any(|part| part.as_os_str() == name))
    };
    let name = file.file_name().unwrap_or_default();
    has("tests") || has("benches") || has("examples") || name == "build.rs" || name == "tests.rs"
}

/// A program that does not parse: the place is better known from its tree.
fn with_place(error: Error, sources: &Sources) -> Error {
    let Error::Unsuitable {
        code: "does_not_build",
        ..
    } = &error
    else {
        return error;
    };
    match items::broken(sources) {
        Some((file, line)) => Error::unsuitable(
            "broken_syntax",
            format!(
                "the program cannot be parsed: `{}` line {line}",
                sources.get(file).path.display()
            ),
            "mend the syntax first; repair starts from a program that compiles",
        ),
        None => error,
    }
}
