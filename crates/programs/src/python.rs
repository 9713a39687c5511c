//! Python: what to edit, and how its tests are run.

mod baseline;
mod command;
mod harness;
pub mod interpreter;
mod last_word;
pub(crate) mod operators;
mod outside;
mod plan;
mod runner;
mod wire;

use std::path::PathBuf;
use std::sync::Arc;

use crate::course::Course;
use crate::edit::Candidate;
use crate::error::Error;
use crate::language::{Focus, Harness, Language, Wanted};
use crate::project::{Project, Scratch};
use crate::source::{Source, Sources};
use command::{CommandHarness, Commands};
use harness::{Opening, PythonHarness};
use interpreter::Interpreter;
use plan::TestPlan;
pub use plan::is_test_support;

/// The Python language.
#[derive(Clone, Copy, Debug)]
pub struct Python;

impl Language for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn grammar(&self) -> tree_sitter::Language {
        tree_sitter_python::LANGUAGE.into()
    }

    fn batch(&self) -> usize {
        64
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
    let plan = TestPlan::make(project, wanted.test)?;
    let interpreter = Interpreter::find(&project.root, wanted.environment)?;
    let mut sources = Sources::default();
    let mut unreadable = None;
    for file in editable(wanted, project, &plan)? {
        match project.read(&file) {
            Ok(text) => {
                sources.add(Source::parse(file, text, &Python.grammar()));
            }
            // Among many files one that is no text is passed over; one that was named is not.
            Err(error) if !wanted.files.is_empty() => return Err(error),
            Err(error) => unreadable = Some(error),
        }
    }
    if sources.iter().next().is_none() {
        return Err(unreadable.unwrap_or_else(|| {
            Error::unsuitable(
                "nothing_to_edit",
                "there is no Python file to edit beside the tests",
                "name the file under repair with `--file FILE`",
            )
        }));
    }
    let sources = Arc::new(sources);
    let wall_time = wanted.wall_time;
    if plan.kind == plan::Kind::Command {
        let harness = CommandHarness::open(&Commands {
            commands: vec![plan.command],
            project,
            sources: &sources,
            interpreter: &interpreter,
            scratch: scratch.path(),
            workers: wanted.jobs,
            wall_time,
            course,
        })?;
        return Ok((sources, Box::new(harness)));
    }
    let harness = PythonHarness::open(Opening {
        project,
        sources: &sources,
        plan,
        interpreter,
        scratch,
        workers: wanted.jobs,
        wall_time,
        seed: wanted.seed,
        course: course.clone(),
    })?;
    refuse_broken_syntax(&sources, harness.broken())?;
    Ok((sources, Box::new(harness)))
}

/// The files that the search may edit: those named, or all that are not part of the tests.
fn editable(
    wanted: &Wanted<'_>,
    project: &Project,
    plan: &TestPlan,
) -> Result<Vec<PathBuf>, Error> {
    if !wanted.files.is_empty() {
        return project.named(wanted.files);
    }
    let program: Vec<PathBuf> = project
        .with_extension("py")
        .filter(|file| !plan.files.contains(file) && !plan::is_test_support(file))
        .cloned()
        .collect();
    // A program that checks itself is all that its command names.
    let checks_itself = program.is_empty() && plan.kind == plan::Kind::Command;
    Ok(if checks_itself {
        plan.files.clone()
    } else {
        program
    })
}

/// A program that does not parse cannot be repaired by editing its tree.
fn refuse_broken_syntax(sources: &Sources, broken: &[(String, String)]) -> Result<(), Error> {
    let is_syntax = |reason: &str| {
        ["SyntaxError", "IndentationError", "TabError"]
            .iter()
            .any(|name| reason.contains(name))
    };
    let Some((_, reason)) = broken.iter().find(|(_, reason)| is_syntax(reason)) else {
        return Ok(());
    };
    let place = sources
        .iter()
        .find_map(|(_, source)| Some((source, first_error(source.tree.root_node())?)))
        .map(|(source, line)| format!("`{}` line {line}: ", source.path.display()))
        .unwrap_or_default();
    Err(Error::unsuitable(
        "broken_syntax",
        format!("the program cannot be parsed: {place}{reason}"),
        "mend the syntax first; repair starts from a program that Python can read",
    ))
}

/// The 1-based line of the first node that could not be parsed.
fn first_error(node: tree_sitter::Node<'_>) -> Option<usize> {
    if !node.has_error() {
        return None;
    }
    if node.is_error() || node.is_missing() {
        return Some(node.start_position().row + 1);
    }
    let mut cursor = node.walk();
    node.children(&mut cursor).find_map(first_error)
}
