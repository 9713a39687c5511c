//! The project's tests as an evaluator of the general search.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::edit::Candidate;
use crate::error::Error;
use crate::language::{Baseline, Harness, Request, TestOutcome};
use crate::source::Sources;

/// The least time that a test is given, by effort: most hanging candidates are known at the
/// first, and no slow but correct one is lost at the last.
const LIMITS: [(Duration, u32); 3] = [
    (Duration::from_millis(15), 10),
    (Duration::from_millis(150), 20),
    (Duration::from_millis(1000), 40),
];
/// How often a candidate that hit its limit is tried again.
pub(crate) const EFFORT_MAX: u32 = LIMITS.len() as u32 - 1;

/// Judges candidates by the tests that fail and pass at present.
pub(crate) struct Judge<'a> {
    harness: &'a dyn Harness,
    stop: &'a AtomicBool,
    /// Tests to repair, the quickest first.
    pub failing: Vec<usize>,
    /// Tests to keep passing, the quickest first.
    pub passing: Vec<usize>,
    slowest: Duration,
    batch: usize,
}

impl<'a> Judge<'a> {
    pub fn new(
        harness: &'a dyn Harness,
        baseline: &Baseline,
        batch: usize,
        stop: &'a AtomicBool,
    ) -> Self {
        let of = |wanted: fn(&TestOutcome) -> bool| -> Vec<usize> {
            let mut found: Vec<usize> = (0..baseline.tests.len())
                .filter(|&test| wanted(&baseline.tests[test].outcome))
                .collect();
            found.sort_by_key(|&test| baseline.tests[test].time);
            found
        };
        let failing =
            of(|outcome| matches!(outcome, TestOutcome::Failed(_) | TestOutcome::TimedOut));
        let passing = of(|outcome| *outcome == TestOutcome::Passed);
        let slowest = passing
            .iter()
            .map(|&test| baseline.tests[test].time)
            .chain(failing.iter().filter_map(|&test| {
                let is_ended = baseline.tests[test].outcome != TestOutcome::TimedOut;
                is_ended.then_some(baseline.tests[test].time)
            }))
            .max()
            .unwrap_or_default();
        Self {
            harness,
            stop,
            failing,
            passing,
            slowest,
            batch,
        }
    }

    /// Wall time that one test may take at an effort.
    fn limit(&self, effort: u32) -> Duration {
        let (least, factor) = LIMITS[(effort as usize).min(LIMITS.len() - 1)];
        least.max(self.slowest * factor)
    }
}

impl discovery::Evaluator<Candidate> for Judge<'_> {
    type Error = Error;

    fn workers(&self) -> usize {
        self.harness.workers()
    }

    fn batch(&self) -> usize {
        self.batch
    }

    fn prepare(&self, batch: &[Candidate]) -> Result<Vec<bool>, Error> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Stopped);
        }
        self.harness.prepare(batch)
    }

    fn evaluate(
        &self,
        worker: usize,
        effort: u32,
        candidates: &[&Candidate],
        report: &mut dyn FnMut(usize, discovery::Verdict),
    ) -> Result<(), Error> {
        let request = Request {
            failing: &self.failing,
            passing: &self.passing,
            time_limit: self.limit(effort),
        };
        self.harness
            .evaluate(worker, candidates, &request, &mut |at, verdict| {
                let share = verdict.repaired as f64 / self.failing.len() as f64;
                report(
                    at,
                    discovery::Verdict {
                        fitness: if verdict.broke_passing { 0.0 } else { share },
                        solved: !verdict.broke_passing && verdict.repaired == self.failing.len(),
                        inconclusive: verdict.timed_out,
                        behaviour: verdict.symptom,
                    },
                );
            })
    }
}

/// Names the program that a candidate makes: equal for candidates that make the same text.
pub(crate) fn key(candidate: &Candidate, sources: &Sources) -> u64 {
    let mut hasher = DefaultHasher::new();
    candidate.apply(sources).hash(&mut hasher);
    hasher.finish()
}
