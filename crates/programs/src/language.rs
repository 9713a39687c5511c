//! The seam between the repair search and a programming language.

use std::time::Duration;

use crate::edit::Candidate;
use crate::error::Error;
use crate::hindrance::Hindrance;
use crate::source::{FileId, Sources};

/// What the search needs to know of a programming language.
pub trait Language: Send + Sync {
    /// The name as people write it on a command line: `python`, `rust`.
    fn name(&self) -> &'static str;

    /// The grammar that reads its files.
    fn grammar(&self) -> tree_sitter::Language;

    /// How many candidates to judge at once: few where each is cheap, many where a build is shared.
    fn batch(&self) -> usize;

    /// Every single-edit candidate that touches a line of `focus`, in no particular order.
    /// The prior of a candidate speaks of its shape only, not of how suspicious its line is.
    fn candidates(&self, sources: &Sources, focus: &Focus) -> Vec<Candidate>;
}

/// Where to edit: suspicious lines, 1-based, with their suspiciousness in (0, 1].
#[derive(Clone, Debug, Default)]
pub struct Focus {
    /// File, line and suspiciousness, most suspicious first.
    pub lines: Vec<(FileId, u32, f64)>,
}

impl Focus {
    /// The suspiciousness of a line; 0 where no failing test has been.
    pub fn of(&self, file: FileId, line: u32) -> f64 {
        self.lines
            .iter()
            .find(|(f, l, _)| *f == file && *l == line)
            .map_or(0.0, |(_, _, suspiciousness)| *suspiciousness)
    }
}

/// Runs the tests of one project, boxed, on its unchanged form and on candidates.
///
/// The search calls `baseline` once, then `prepare` and `evaluate` in turns, and `confirm` for
/// the few candidates that it wants to show.
pub trait Harness: Send + Sync {
    /// How many candidates can be evaluated at the same time.
    fn workers(&self) -> usize;

    /// How many candidates to judge at once, where the language would have `usual`.
    fn batch(&self, usual: usize) -> usize {
        usual
    }

    /// Runs every test on the unchanged project: outcome, time and covered lines.
    fn baseline(&self) -> Result<Baseline, Error>;

    /// Makes a batch ready to run (where a compiler is needed: one build for all of them) and
    /// says which of them can run at all. What is not ready when `left` is over cannot run.
    fn prepare(&self, batch: &[Candidate], left: Duration) -> Result<Vec<bool>, Error>;

    /// Runs tests on candidates of the last prepared batch and reports each verdict with the
    /// candidate's index in `batch`. `worker` is below [`workers`](Self::workers); one worker
    /// is used by one thread at a time.
    fn evaluate(
        &self,
        worker: usize,
        batch: &[&Candidate],
        request: &Request<'_>,
        report: &mut dyn FnMut(usize, Verdict),
    ) -> Result<(), Error>;

    /// Runs the user's whole test command on the candidate, files written and caches cold.
    /// True when every test that ran passes and at least as many ran as in the baseline.
    fn confirm(&self, candidate: &Candidate) -> Result<bool, Error>;

    /// What the unchanged program and each candidate do on inputs like those of the tests.
    /// Without any input where the language cannot tell.
    fn behaviours(&self, candidates: &[&Candidate]) -> Result<Behaviours, Error> {
        Ok(Behaviours {
            candidates: vec![Vec::new(); candidates.len()],
            ..Behaviours::default()
        })
    }
}

/// Programs side by side on the same inputs.
#[derive(Clone, Debug, Default)]
pub struct Behaviours {
    /// For each input whether it is like one of a failing test.
    pub from_failing: Vec<bool>,
    /// What the unchanged program does, one observation an input.
    pub original: Vec<Observation>,
    /// What each candidate does, likewise.
    pub candidates: Vec<Vec<Observation>>,
}

/// What a program did with one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Observation {
    /// Whether it returned, rather than raised, hung or died.
    pub returned: bool,
    /// Equal for equal results.
    pub digest: u64,
}

/// How much to run for each candidate of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Tests that fail at present, as indexes into [`Baseline::tests`]; all of them run.
    pub failing: &'a [usize],
    /// Tests that pass at present, likewise; they run up to the first failure, and only when a
    /// failing test has been repaired.
    pub passing: &'a [usize],
    /// Wall time that one test may take.
    pub time_limit: Duration,
    /// The same for each test of [`Baseline::tests`], by what it took there.
    pub limits: &'a [Duration],
    /// Tests that take long: they run only on a candidate that repairs every other failing test
    /// and breaks no other passing one. Never all failing tests.
    pub dear: &'a [usize],
    /// Failing tests are run one after the other for this long; after that only while one has
    /// been repaired. A candidate that is cut short so counts as timed out.
    pub allowance: Duration,
    /// Wall time that is left for the whole search; what is not judged by then counts as timed out.
    pub left: Duration,
}

/// What the tests said of one candidate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// How many tests of [`Request::failing`] pass now.
    pub repaired: usize,
    /// Whether a test of [`Request::passing`] failed (or was not run because nothing was repaired).
    pub broke_passing: bool,
    /// Whether a test ran into the time limit: more time might give another verdict.
    pub timed_out: bool,
    /// A digest of how the failing tests failed, to tell progress from sameness.
    pub symptom: u64,
}

/// The unchanged project under its tests.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// The command that a person would type to run the tests.
    pub command: String,
    /// Every test, in the order in which it ran.
    pub tests: Vec<TestRun>,
}

/// One test on the unchanged project.
#[derive(Clone, Debug)]
pub struct TestRun {
    /// The name as the test runner prints it.
    pub name: String,
    /// How it ended.
    pub outcome: TestOutcome,
    /// Wall time without coverage.
    pub time: Duration,
    /// Lines of the project that it ran, 1-based, sorted.
    pub lines: Vec<(FileId, u32)>,
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// It passed.
    Passed,
    /// It was skipped or is expected to fail: neither for nor against a candidate.
    Skipped,
    /// It failed, with the last line of what it said.
    Failed(String),
    /// It did not end in time.
    TimedOut,
    /// It passed and failed on the same program.
    Flaky,
    /// It failed for what its box withholds, with the last line of what it said: nothing that a repair could mend.
    Hindered(Hindrance, String),
}

impl TestOutcome {
    /// A failure, by the last line of what the test said.
    pub fn failed(message: String) -> Self {
        match Hindrance::of(&message) {
            Some(by) => Self::Hindered(by, message),
            None => Self::Failed(message),
        }
    }
}

/// What of a project is to be run, and with what.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The command that runs the tests; found out without one.
    pub test: Option<&'a str>,
    /// The files that may be edited; without any, all that are not part of the tests.
    pub files: &'a [std::path::PathBuf],
    /// What may be used of this machine.
    pub environment: &'a crate::project::Environment,
    /// Boxes that run tests at the same time.
    pub jobs: usize,
    /// How long a box may live.
    pub wall_time: Duration,
    /// Decides what is random in the order of tests.
    pub seed: u64,
}
