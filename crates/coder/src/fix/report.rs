//! What a repair found.

use std::path::PathBuf;
use std::time::Duration;

use discovery::{Archive, Stop};

use super::rank::Survivor;
use super::replay::Replayed;
use crate::diff;
use programs::{Baseline, Candidate, Hindrance, Sources, TestOutcome};

/// What a repair found.
#[derive(Clone, Debug)]
pub struct Report {
    /// How it ended.
    pub outcome: FixOutcome,
    /// The language's name.
    pub language: &'static str,
    /// The test command.
    pub command: String,
    /// The tests on the unchanged program.
    pub tests: TestCounts,
    /// What the search tried.
    pub candidates: Counts,
    /// Confirmed patches, most likely right first.
    pub patches: Vec<Patch>,
    /// Where the time went.
    pub times: Times,
    /// Seed of all choices by chance.
    pub seed: u64,
    /// Where the record of the run lies.
    pub record: Option<PathBuf>,
    /// How the run compares with the record that it replayed.
    pub replayed: Option<Replayed>,
}

/// How a repair ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixOutcome {
    /// There is at least one patch.
    Fixed,
    /// Tests fail and no patch was found.
    NotFixed,
    /// No test fails.
    NoFailingTest,
    /// No test fails but for what its box withholds: there is nothing that a repair could mend.
    OnlyHindered,
}

/// The tests on the unchanged program.
#[derive(Clone, Debug, Default)]
pub struct TestCounts {
    /// All of them.
    pub total: usize,
    /// Names of the failing ones with the last line of what each said.
    pub failing_before: Vec<(String, String)>,
    /// How many pass.
    pub passing_before: usize,
    /// Names of those that pass and fail on the same program; they do not count.
    pub flaky: Vec<String>,
    /// Those that fail for what their box withholds, which they do not count for either.
    pub hindered: Vec<Hindered>,
}

/// A test that fails for what its box withholds.
#[derive(Clone, Debug)]
pub struct Hindered {
    /// The test.
    pub name: String,
    /// What was withheld.
    pub by: Hindrance,
    /// The last line of what it said.
    pub message: String,
}

/// What the search tried.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Candidates judged.
    pub tried: usize,
    /// Judged per second.
    pub per_second: f64,
    /// Judged per second and worker.
    pub per_second_per_core: f64,
    /// Candidates that a compiler refused.
    pub refused: usize,
    /// Judgements that hit a time limit.
    pub timeouts: usize,
    /// Candidates that pass all tests.
    pub plausible: usize,
    /// Whether nothing was left to try.
    pub exhausted: bool,
}

/// Where the time went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// All of it.
    pub total: Duration,
    /// Copying, starting, and running the tests on the unchanged program.
    pub baseline: Duration,
    /// Trying candidates.
    pub search: Duration,
    /// Comparing survivors and running the whole test command on the best.
    pub confirm: Duration,
}

/// A change after which all tests pass.
#[derive(Clone, Debug)]
pub struct Patch {
    /// The change as a unified diff.
    pub diff: String,
    /// Every changed file.
    pub files: Vec<PatchedFile>,
    /// Names of the edit operators used.
    pub operators: Vec<String>,
    /// How sure we are that it is right, in (0, 1).
    pub confidence: f64,
}

/// One file before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchedFile {
    /// Relative to the project root.
    pub path: PathBuf,
    /// The text that was repaired; `None` where there was no such file.
    pub before: Option<String>,
    /// The text after the repair.
    pub after: String,
}

impl Report {
    /// A report of the baseline alone.
    pub(super) fn new(language: &'static str, baseline: &Baseline, seed: u64) -> Self {
        let mut tests = TestCounts {
            total: baseline.tests.len(),
            ..TestCounts::default()
        };
        for test in &baseline.tests {
            match &test.outcome {
                TestOutcome::Failed(message) => tests
                    .failing_before
                    .push((test.name.clone(), message.clone())),
                TestOutcome::TimedOut => {
                    let message = format!("did not end within {:.1} s", test.time.as_secs_f64());
                    tests.failing_before.push((test.name.clone(), message));
                }
                TestOutcome::Passed => tests.passing_before += 1,
                TestOutcome::Flaky => tests.flaky.push(test.name.clone()),
                TestOutcome::Skipped => {}
                TestOutcome::Hindered(by, message) => tests.hindered.push(Hindered {
                    name: test.name.clone(),
                    by: *by,
                    message: message.clone(),
                }),
            }
        }
        Self {
            outcome: match tests.hindered.is_empty() {
                true => FixOutcome::NoFailingTest,
                false => FixOutcome::OnlyHindered,
            },
            language,
            command: baseline.command.clone(),
            tests,
            candidates: Counts::default(),
            patches: Vec::new(),
            times: Times::default(),
            seed,
            record: None,
            replayed: None,
        }
    }

    /// Takes the counts from the search; call when [`Times::search`] is known.
    pub(super) fn count(&mut self, archive: &Archive<Candidate>, ending: Stop, jobs: usize) {
        let seconds = self.times.search.as_secs_f64().max(1e-6);
        let per_second = archive.tried() as f64 / seconds;
        self.candidates = Counts {
            tried: archive.tried(),
            per_second,
            per_second_per_core: per_second / jobs.max(1) as f64,
            refused: archive.refused(),
            timeouts: archive.inconclusive(),
            plausible: archive.solutions().len(),
            exhausted: ending == Stop::Exhausted,
        };
    }
}

impl Patch {
    pub(super) fn new(survivor: &Survivor, sources: &Sources) -> Self {
        let files: Vec<PatchedFile> = survivor
            .candidate
            .apply(sources)
            .into_iter()
            .map(|(file, after)| PatchedFile {
                path: sources.get(file).path.clone(),
                before: Some(sources.get(file).text.clone()),
                after,
            })
            .collect();
        Self {
            diff: diff::of(&files),
            files,
            operators: {
                let operators = survivor.candidate.operators.iter();
                operators.map(|&name| name.to_owned()).collect()
            },
            confidence: survivor.confidence,
        }
    }
}
