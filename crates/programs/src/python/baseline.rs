//! The unchanged project under its tests: outcomes, times, flakiness and coverage.

use std::time::Duration;

use serde_json::{Value, json};

use super::harness::PythonHarness;
use crate::course::Step;
use crate::error::Error;
use crate::language::{Baseline, TestOutcome, TestRun};
use crate::source::FileId;

/// First limit of a test, to get past the ones that hang.
const SHORT: Duration = Duration::from_millis(250);
/// Least limit before a test counts as one that does not end.
const LONG: Duration = Duration::from_secs(1);
/// Failing and passing tests whose coverage is taken.
const FAILING_TRACED: usize = 12;
const PASSING_TRACED: usize = 40;
/// Suites longer than this are not run again to find flaky tests.
const REPEAT_BELOW: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs all tests, on every worker at once, and traces the ones that tell most.
pub(super) fn measure(harness: &PythonHarness) -> Result<Baseline, Error> {
    let mut tests = first_round(harness)?;
    second_round(harness, &mut tests)?;
    find_flaky(harness, &mut tests)?;
    let count = harness.collected.tests.len();
    for (number, (file, reason)) in harness.collected.broken.iter().enumerate() {
        debug_assert_eq!(tests.len(), count + number);
        tests.push(TestRun {
            name: file.clone(),
            outcome: TestOutcome::Failed(reason.clone()),
            time: Duration::ZERO,
            lines: Vec::new(),
        });
    }
    trace(harness, &mut tests)?;
    remember(harness, &tests);
    let is_ordered = depends_on_order(harness, &tests)?;
    harness.facts.lock().expect("no holder panics").ordered = is_ordered;
    harness.prepare_last_word();
    Ok(Baseline {
        command: harness.place.plan.command.clone(),
        tests,
    })
}

/// Every worker runs every test, each with its own order of hashes; disagreement is flakiness.
fn first_round(harness: &PythonHarness) -> Result<Vec<TestRun>, Error> {
    let order: Vec<usize> = (0..harness.collected.tests.len()).collect();
    harness.place.course.begin(Step::Testing, order.len());
    let rounds = on_all_workers(harness, &|_| run_request(&order, SHORT, false))?;
    let mut tests: Vec<TestRun> = harness
        .collected
        .tests
        .iter()
        .map(|name| TestRun {
            name: name.clone(),
            outcome: TestOutcome::Skipped,
            time: Duration::ZERO,
            lines: Vec::new(),
        })
        .collect();
    for (round, answer) in rounds.iter().enumerate() {
        for row in rows(answer) {
            let (outcome, time) = outcome(row);
            let test = &mut tests[row[0].as_u64().unwrap_or(0) as usize];
            merge(test, outcome, time, round == 0);
        }
    }
    Ok(tests)
}

/// Gives tests that hit the short limit a long one: two at first, the rest if one of them ends.
fn second_round(harness: &PythonHarness, tests: &mut [TestRun]) -> Result<(), Error> {
    let mut waiting: Vec<usize> = (0..tests.len())
        .filter(|&test| tests[test].outcome == TestOutcome::TimedOut)
        .collect();
    let slowest = slowest_passing(tests);
    let limit = LONG.max(slowest * 10);
    while !waiting.is_empty() {
        let share = waiting.len().min(harness.workers.len());
        let first: Vec<usize> = waiting.drain(..share).collect();
        let answers = on_all_workers(harness, &|worker| {
            run_request(first.get(worker..=worker).unwrap_or(&[]), limit, false)
        })?;
        let mut is_any_done = false;
        for row in answers.iter().flat_map(rows) {
            let (outcome, time) = outcome(row);
            is_any_done |= outcome != TestOutcome::TimedOut;
            let test = &mut tests[row[0].as_u64().unwrap_or(0) as usize];
            (test.outcome, test.time) = (outcome, time);
        }
        if !is_any_done {
            return Ok(());
        }
    }
    Ok(())
}

/// Runs a short suite twice more, randomness seeded anew, and marks what changes its mind.
fn find_flaky(harness: &PythonHarness, tests: &mut [TestRun]) -> Result<(), Error> {
    let total: Duration = tests.iter().map(|test| test.time).sum();
    let is_ended = |test: &TestRun| test.outcome != TestOutcome::TimedOut;
    if total > REPEAT_BELOW || !tests.iter().all(is_ended) {
        return Ok(());
    }
    let order: Vec<usize> = (0..tests.len()).collect();
    let limit = LONG.max(slowest_passing(tests) * 10);
    for answer in on_all_workers(harness, &|_| run_request(&order, limit, true))? {
        for row in rows(&answer) {
            let (outcome, time) = outcome(row);
            merge(
                &mut tests[row[0].as_u64().unwrap_or(0) as usize],
                outcome,
                time,
                false,
            );
        }
    }
    Ok(())
}

/// Whether a passing test fails when the failing ones run first and the quickest next, as the
/// search would like to run them.
fn depends_on_order(harness: &PythonHarness, tests: &[TestRun]) -> Result<bool, Error> {
    let real = harness.collected.tests.len();
    let mut order: Vec<usize> = (0..real)
        .filter(|&test| {
            matches!(
                tests[test].outcome,
                TestOutcome::Failed(_) | TestOutcome::Passed
            )
        })
        .collect();
    order.sort_by_key(|&test| (tests[test].outcome == TestOutcome::Passed, tests[test].time));
    let total: Duration = order.iter().map(|&test| tests[test].time).sum();
    if total > REPEAT_BELOW {
        return Ok(false);
    }
    let limit = LONG.max(slowest_passing(tests) * 10);
    let mut worker = harness.workers[0].lock().expect("no holder panics");
    let answer = worker.ask(&run_request(&order, limit, false), PATIENCE)?;
    Ok(rows(&answer).any(|row| {
        let test = row[0].as_u64().unwrap_or(0) as usize;
        tests[test].outcome == TestOutcome::Passed && outcome(row).0 != TestOutcome::Passed
    }))
}

/// Lines of the failing tests and of the quickest passing ones.
fn trace(harness: &PythonHarness, tests: &mut [TestRun]) -> Result<(), Error> {
    let mut failing: Vec<usize> = Vec::new();
    let mut passing: Vec<usize> = Vec::new();
    for (index, test) in tests.iter().enumerate() {
        match test.outcome {
            TestOutcome::Failed(_) | TestOutcome::TimedOut => failing.push(index),
            TestOutcome::Passed => passing.push(index),
            TestOutcome::Skipped | TestOutcome::Flaky | TestOutcome::Hindered(..) => {}
        }
    }
    failing.sort_by_key(|&test| {
        (
            tests[test].outcome == TestOutcome::TimedOut,
            tests[test].time,
        )
    });
    failing.truncate(FAILING_TRACED);
    let hanging = failing
        .iter()
        .filter(|&&test| tests[test].outcome == TestOutcome::TimedOut)
        .count();
    failing.truncate(failing.len() - hanging.saturating_sub(2));
    passing.sort_by_key(|&test| tests[test].time);
    passing.truncate(PASSING_TRACED);
    let all: Vec<usize> = failing.iter().chain(&passing).copied().collect();
    let workers = harness.workers.len();
    let share = |worker: usize| -> Vec<usize> {
        all.iter().copied().skip(worker).step_by(workers).collect()
    };
    // Tracing slows a test down; one that hangs shows where it hangs soon enough.
    let limit = |&test: &usize| match &tests[test] {
        test if test.outcome != TestOutcome::TimedOut => (test.time * 50).max(LONG).as_secs_f64(),
        _ => SHORT.as_secs_f64(),
    };
    harness.place.course.begin(Step::Tracing, all.len());
    let questions: Vec<Value> = (0..workers)
        .map(share)
        .map(|tests| {
            let limits: Vec<f64> = tests.iter().map(limit).collect();
            json!({"op": "coverage", "tests": tests, "limits": limits})
        })
        .collect();
    let answers = on_all_workers(harness, &|worker| questions[worker].clone())?;
    for (worker, answer) in answers.iter().enumerate() {
        for (test, lines) in share(worker)
            .into_iter()
            .zip(answer["lines"].as_array().into_iter().flatten())
        {
            tests[test].lines = covered(harness, lines);
        }
    }
    Ok(())
}

fn covered(harness: &PythonHarness, lines: &Value) -> Vec<(FileId, u32)> {
    let root = &harness.place.project.root;
    let mut found: Vec<(FileId, u32)> = lines
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|pair| {
            let path = std::path::Path::new(pair[0].as_str()?)
                .strip_prefix(root)
                .ok()?;
            let line = u32::try_from(pair[1].as_u64()?)
                .ok()
                .filter(|&line| line > 0)?;
            Some((harness.place.sources.find(path)?, line))
        })
        .collect();
    found.sort_unstable();
    found
}

/// Keeps what later steps need to know.
fn remember(harness: &PythonHarness, tests: &[TestRun]) {
    let mut facts = harness.facts.lock().expect("no holder panics");
    let count = harness.collected.tests.len();
    for (index, test) in tests.iter().enumerate() {
        match test.outcome {
            TestOutcome::Passed => {
                facts.passing.push(test.name.clone());
                facts.normal += test.time;
                facts.slowest = facts.slowest.max(test.time);
                facts.recordable.push(index);
            }
            TestOutcome::Failed(_) | TestOutcome::TimedOut if index < count => {
                facts.failing.push(test.name.clone());
                facts.failing_tests.push(index);
                facts.recordable.push(index);
            }
            _ => {}
        }
    }
    facts.recordable.sort_by_key(|&test| {
        (
            tests[test].outcome == TestOutcome::TimedOut,
            tests[test].time,
        )
    });
    facts.recordable.truncate(40);
}

fn slowest_passing(tests: &[TestRun]) -> Duration {
    tests
        .iter()
        .filter(|test| test.outcome == TestOutcome::Passed)
        .map(|test| test.time)
        .max()
        .unwrap_or_default()
}

fn run_request(order: &[usize], limit: Duration, reseed: bool) -> Value {
    json!({"op": "baseline", "order": order, "limit": limit.as_secs_f64(), "reseed": reseed})
}

/// Asks every worker at once, each its own question.
fn on_all_workers(
    harness: &PythonHarness,
    question: &(dyn Fn(usize) -> Value + Sync),
) -> Result<Vec<Value>, Error> {
    std::thread::scope(|scope| {
        let handles: Vec<_> = harness
            .workers
            .iter()
            .enumerate()
            .map(|(number, worker)| {
                scope.spawn(move || {
                    let mut worker = worker.lock().expect("no holder panics");
                    let course = &harness.place.course;
                    // All run the same; one of them tells how far that is.
                    let mut ran = |ran| {
                        if number == 0 {
                            course.set_ran(ran);
                        }
                    };
                    worker.ask_watching(&question(number), PATIENCE, &mut ran)
                })
            })
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().expect("asking does not panic"))
            .collect()
    })
}

fn rows(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["results"].as_array().into_iter().flatten()
}

fn outcome(row: &Value) -> (TestOutcome, Duration) {
    let time = Duration::from_secs_f64(row[2].as_f64().unwrap_or(0.0).max(0.0));
    let outcome = match row[1].as_str().unwrap_or("failed") {
        "passed" => TestOutcome::Passed,
        "skipped" => TestOutcome::Skipped,
        "timed_out" => TestOutcome::TimedOut,
        _ => TestOutcome::failed(row[3].as_str().unwrap_or("").to_owned()),
    };
    (outcome, time)
}

/// Joins a further observation of a test with what is known of it.
fn merge(test: &mut TestRun, seen: TestOutcome, time: Duration, is_first: bool) {
    use TestOutcome::{Failed, Flaky, Hindered, Passed, Skipped, TimedOut};
    test.time = test.time.max(time);
    if is_first {
        test.outcome = seen;
        return;
    }
    test.outcome = match (&test.outcome, seen) {
        (Flaky, _) | (Passed, Failed(_) | Hindered(..)) => Flaky,
        (Failed(_) | Hindered(..), Passed) => Flaky,
        (TimedOut, _) | (_, TimedOut) => TimedOut,
        (Skipped, other) => other,
        (known, _) => known.clone(),
    };
}
