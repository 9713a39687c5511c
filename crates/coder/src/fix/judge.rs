//! The project's tests as an evaluator of the general search.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::gains::Gains;
use super::known::Known;
use programs::{Baseline, Candidate, Error, Harness, Request, Sources, TestOutcome, Verdict};

/// What a candidate is given at each effort: most hanging candidates are known at the first, and
/// no slow but correct one is lost at the last.
const EFFORTS: [Effort; 3] = [
    Effort::new([10, 100, 1_000], 8, 10),
    Effort::new([150, 3_000, 5_000], 20, 200),
    Effort::new([1_000, 10_000, 20_000], 40, 60_000),
];
/// Tests that take longer than this on the unchanged program, or do not end, are dear.
const CHEAP: Duration = Duration::from_millis(20);

/// Failing tests that are run one by one on a candidate that helps, at most.
const TOLD_APART_MAX: usize = 16;

struct Effort {
    /// The least time that a test is given: one that was quick, one that did not end, of which it
    /// is unknown how long it takes when it does, and one that takes long.
    least: Duration,
    least_hanging: Duration,
    least_dear: Duration,
    /// How many times its time on the unchanged program a test is given.
    factor: u32,
    /// For how long failing tests are run while none is repaired.
    allowance: Duration,
}

impl Effort {
    const fn new([quick, hanging, dear]: [u64; 3], factor: u32, allowance_ms: u64) -> Self {
        Self {
            least: Duration::from_millis(quick),
            least_hanging: Duration::from_millis(hanging),
            least_dear: Duration::from_millis(dear),
            factor,
            allowance: Duration::from_millis(allowance_ms),
        }
    }
}

/// How often a candidate that hit its limit is tried again.
pub(crate) const EFFORT_MAX: u32 = EFFORTS.len() as u32 - 1;

/// Judges candidates by the tests that fail and pass at present.
pub(crate) struct Judge<'a> {
    harness: &'a dyn Harness,
    /// The tests on the unchanged program.
    pub baseline: &'a Baseline,
    /// What candidates repair that do not repair everything.
    pub gains: Gains,
    stop: &'a AtomicBool,
    /// Tests to repair, the quickest first.
    pub failing: Vec<usize>,
    /// Tests to keep passing, the quickest first.
    pub passing: Vec<usize>,
    /// Tests that take long.
    dear: Vec<usize>,
    /// For each effort, the limit of each test.
    limits: Vec<Vec<Duration>>,
    batch: usize,
    /// When the search's time is over.
    ends: Instant,
    /// What a run before found out.
    known: Known,
}

impl<'a> Judge<'a> {
    pub fn new(
        harness: &'a dyn Harness,
        baseline: &'a Baseline,
        batch: usize,
        stop: &'a AtomicBool,
        ends: Instant,
        mut known: Known,
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
        let dear = dear(baseline, &failing);
        let limits = EFFORTS
            .iter()
            .map(|effort| limits(baseline, effort, &dear))
            .collect();
        let gains = Gains::default();
        for (edits, tests) in std::mem::take(&mut known.gains) {
            gains.remember(edits, tests);
        }
        Self {
            harness,
            baseline,
            gains,
            stop,
            failing,
            passing,
            dear,
            limits,
            batch: harness.batch(batch),
            ends,
            known,
        }
    }
}

impl Judge<'_> {
    /// Whether a run before judged a candidate with that effort.
    pub fn is_known(&self, candidate: &Candidate, effort: u32) -> bool {
        self.known.verdict(candidate, effort).is_some()
    }

    /// Reports what is known of `candidates`; the places of those of which nothing is.
    fn recall(
        &self,
        effort: u32,
        candidates: &[&Candidate],
        report: &mut dyn FnMut(usize, discovery::Verdict),
    ) -> Vec<usize> {
        let mut fresh = Vec::new();
        for (at, candidate) in candidates.iter().enumerate() {
            let Some(Some(verdict)) = self.known.verdict(candidate, effort) else {
                fresh.push(at);
                continue;
            };
            if verdict.fitness == 0.0 && !verdict.inconclusive {
                self.gains.note_symptom(candidate, verdict.behaviour);
            }
            report(at, verdict.clone());
        }
        fresh
    }

    /// Finds out which of the failing tests each of `helped` repairs.
    fn tell_apart(
        &self,
        worker: usize,
        helped: &[&Candidate],
        request: &Request<'_>,
    ) -> Result<(), Error> {
        let mut repaired: Vec<Vec<usize>> = vec![Vec::new(); helped.len()];
        let cheap = |test: &&usize| !self.dear.contains(test);
        for &test in self.failing.iter().filter(cheap).take(TOLD_APART_MAX) {
            let one = Request {
                failing: &[test],
                passing: &[],
                dear: &[],
                ..*request
            };
            self.harness
                .evaluate(worker, helped, &one, &mut |at, verdict| {
                    if verdict.repaired == 1 {
                        repaired[at].push(test);
                    }
                })?;
        }
        for (candidate, mut tests) in helped.iter().zip(repaired) {
            tests.sort_unstable();
            self.gains.note(candidate, tests);
        }
        Ok(())
    }
}

/// Tests that take long or do not end. Where that is true of all failing tests, the quickest of
/// them is not: something must tell candidates apart.
fn dear(baseline: &Baseline, failing: &[usize]) -> Vec<usize> {
    let is_dear = |test: &usize| {
        let test = &baseline.tests[*test];
        test.outcome == TestOutcome::TimedOut || test.time > CHEAP
    };
    let mut dear: Vec<usize> = (0..baseline.tests.len()).filter(is_dear).collect();
    if failing.iter().all(is_dear) {
        dear.retain(|test| Some(test) != failing.first());
    }
    dear
}

/// What each test is given at an effort. One that did not end on the unchanged program is given as
/// much as the slowest that passed.
fn limits(baseline: &Baseline, effort: &Effort, dear: &[usize]) -> Vec<Duration> {
    let passing = baseline
        .tests
        .iter()
        .filter(|test| test.outcome == TestOutcome::Passed);
    let slowest = passing.map(|test| test.time).max().unwrap_or_default();
    baseline
        .tests
        .iter()
        .enumerate()
        .map(|(index, test)| {
            let time = match test.outcome {
                TestOutcome::TimedOut => slowest,
                _ => test.time,
            };
            let least = match dear.contains(&index) {
                true if test.outcome == TestOutcome::TimedOut => effort.least_hanging,
                true => effort.least_dear,
                false => effort.least,
            };
            least.max(time * effort.factor)
        })
        .collect()
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
        let left = self.ends.saturating_duration_since(Instant::now());
        if self.known.is_empty() {
            return self.harness.prepare(batch, left);
        }
        let known: Vec<Option<bool>> = batch.iter().map(|one| self.known.outcome(one)).collect();
        let fresh = batch
            .iter()
            .zip(&known)
            .filter(|(_, known)| known.is_none());
        let fresh: Vec<Candidate> = fresh.map(|(one, _)| one.clone()).collect();
        let made = match fresh.is_empty() {
            true => Vec::new(),
            false => self.harness.prepare(&fresh, left)?,
        };
        let mut made = made.into_iter();
        let each = known.into_iter();
        Ok(each
            .map(|known| known.or_else(|| made.next()).unwrap_or(false))
            .collect())
    }

    fn evaluate(
        &self,
        worker: usize,
        effort: u32,
        candidates: &[&Candidate],
        report: &mut dyn FnMut(usize, discovery::Verdict),
    ) -> Result<(), Error> {
        let effort = (effort as usize).min(EFFORTS.len() - 1);
        let limits = &self.limits[effort];
        let request = Request {
            failing: &self.failing,
            passing: &self.passing,
            time_limit: limits
                .iter()
                .copied()
                .max()
                .unwrap_or(EFFORTS[effort].least),
            limits,
            dear: &self.dear,
            allowance: EFFORTS[effort].allowance,
            left: self.ends.saturating_duration_since(Instant::now()),
        };
        let fresh = self.recall(effort as u32, candidates, report);
        if fresh.is_empty() {
            return Ok(());
        }
        let places = fresh;
        let candidates: Vec<&Candidate> = places.iter().map(|&at| candidates[at]).collect();
        let candidates = candidates.as_slice();
        let mut helped: Vec<&Candidate> = Vec::new();
        let failing = self.failing.len();
        let helps = |verdict: &Verdict| {
            (1..failing).contains(&verdict.repaired) && !verdict.broke_passing && !verdict.timed_out
        };
        self.harness
            .evaluate(worker, candidates, &request, &mut |at, verdict| {
                if helps(&verdict) {
                    helped.push(candidates[at]);
                } else if verdict.repaired == 0 && !verdict.timed_out {
                    self.gains.note_symptom(candidates[at], verdict.symptom);
                }
                let share = verdict.repaired as f64 / self.failing.len() as f64;
                report(
                    places[at],
                    discovery::Verdict {
                        // What was cut short has not shown what it breaks; that it repaired
                        // something is reason enough to give it more time soon.
                        fitness: if verdict.broke_passing && !verdict.timed_out {
                            0.0
                        } else {
                            share
                        },
                        solved: !verdict.broke_passing && verdict.repaired == self.failing.len(),
                        inconclusive: verdict.timed_out,
                        behaviour: verdict.symptom,
                    },
                );
            })?;
        if helped.is_empty() || !self.gains.wanted() {
            return Ok(());
        }
        self.tell_apart(worker, &helped, &request)
    }
}

/// Names the program that a candidate makes: equal for candidates that make the same text.
pub(crate) fn key(candidate: &Candidate, sources: &Sources) -> u64 {
    let mut hasher = DefaultHasher::new();
    candidate.apply(sources).hash(&mut hasher);
    hasher.finish()
}
