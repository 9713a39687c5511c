//! Writes the tests that are missing: finds inputs that tell the code from its mutants, and keeps
//! the fewest.

mod explore;
mod invent;
mod keep;
mod mutant;
mod name;
mod notes;
mod offer;
mod python;
mod rng;
mod rust;
mod shape;
mod suite;
mod target;
mod value;
mod vary;

pub use offer::{Offered, as_patch, offered};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use programs::{Environment, Error};

/// What to write tests for, and how long to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only this function or class; all public ones of the file without it.
    pub function: Option<String>,
    /// Where the tests will be kept, which decides how they import the code; beside the code
    /// without it.
    pub out: Option<PathBuf>,
    /// The same seed gives the same tests, unless the budget ends the search.
    pub seed: u64,
    /// Wall time for the search over all functions of the file.
    pub budget: Duration,
    /// Boxes that run cases at the same time.
    pub jobs: usize,
    /// Cases to try for one function at most.
    pub cases_max: usize,
    /// Set when the owner wants the run to end.
    pub stop: Arc<AtomicBool>,
    /// Where it is kept what was found, if anywhere: a run that was stopped goes on there, and the time that was spent
    /// counts.
    pub notes: Option<PathBuf>,
}

impl Options {
    /// An error once the owner wants the run to end.
    fn check_stop(&self) -> Result<(), Error> {
        if self.stop.load(Ordering::Relaxed) {
            Err(Error::Stopped)
        } else {
            Ok(())
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            function: None,
            out: None,
            seed: 0,
            budget: Duration::from_secs(20),
            jobs: 2,
            cases_max: 20_000,
            stop: Arc::default(),
            notes: None,
        }
    }
}

/// A finished test file, and how good it is.
#[derive(Clone, Debug)]
pub struct Report {
    /// The text of the file.
    pub text: String,
    /// Each function or class in the order of the source.
    pub targets: Vec<TargetReport>,
    /// Whether the budget ended a search that might have found more.
    pub out_of_time: bool,
}

/// The tests of one function or class.
#[derive(Clone, Debug)]
pub struct TargetReport {
    /// Its name.
    pub name: String,
    /// Tests kept.
    pub tests: usize,
    /// Faults that were put into it; those in private helpers count where they are noticed.
    pub mutants: usize,
    /// Faults that the tests notice.
    pub killed: usize,
    /// Inputs tried.
    pub tried: usize,
    /// Why there are no tests, if there are none.
    pub skipped: Option<String>,
}

impl Report {
    /// Tests in the file.
    pub fn tests(&self) -> usize {
        self.targets.iter().map(|target| target.tests).sum()
    }
}

/// What a person watching sees.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// The file was read, and built where it must be; the search begins.
    Read {
        /// Functions and classes that tests are looked for.
        targets: usize,
        /// Faults that were put in.
        mutants: usize,
    },
    /// Inputs of one function or class were tried.
    Searching {
        /// Its name.
        target: &'a str,
        /// Its place among all, from 0.
        at: usize,
        /// Inputs tried so far.
        tried: usize,
        /// Faults that they tell from the code.
        killed: usize,
        /// Faults that they could.
        mutants: usize,
    },
    /// The finished tests are run several times.
    Verifying {
        /// How many there are.
        tests: usize,
    },
}

/// Who watches.
type Watch<'a> = dyn FnMut(Event<'_>) + 'a;

/// Writes tests for the functions of `file`; `watch` is told how that goes.
pub fn generate(
    file: &Path,
    options: &Options,
    environment: &Environment,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Report, Error> {
    let path = file.canonicalize().map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Error::unsuitable(
            "no_such_file",
            format!("there is no file `{}`", file.display()),
            "name a `.py` or `.rs` file",
        ),
        _ => Error::io("open", file, source),
    })?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("py") => python::generate(&path, options, environment, watch),
        Some("rs") => rust::generate(&path, options, environment, watch),
        _ => Err(Error::unsuitable(
            "unknown_language",
            format!(
                "`{}` is neither Python nor Rust, the languages that tests are written for",
                file.display()
            ),
            "name a `.py` or `.rs` file",
        )),
    }
}

/// The text of a file, which must be UTF-8.
fn read_text(path: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::io("read", path, source))?;
    String::from_utf8(bytes).map_err(|_| {
        Error::unsuitable(
            "not_utf8",
            format!("`{}` is not UTF-8 text", path.display()),
            "convert it to UTF-8 first",
        )
    })
}
