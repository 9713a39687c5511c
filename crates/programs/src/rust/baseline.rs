//! The unchanged project under its tests: outcome, time and covered lines of each.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use super::compile::{COMPILE_TIME, Text};
use super::harness::{Facts, RustHarness, is_slow};
use super::libtest;
use super::probes::{COVERAGE, Detail, Probes};
use super::schemata;
use crate::course::Step;
use crate::error::Error;
use crate::hindrance::Hindrance;
use crate::language::{Baseline, TestOutcome, TestRun};
use crate::source::FileId;

/// First limit of a test, to get past the ones that hang.
const SHORT: Duration = Duration::from_millis(500);
/// Least and greatest time that one test may take before it counts as hanging; in between it is ten
/// times that of the slowest that passes.
const LONG: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(20);
/// Tests that hang whose lines are looked at, and how long.
const HANGING_COVERED: usize = 2;
const HANGING_TIME: Duration = Duration::from_millis(500);
/// Address space that a candidate is given beyond four times what the passing tests use.
const MEMORY_BYTES_MIN: u64 = 512 << 20;
/// How often a failing test runs again to see whether it always fails.
const REPEATS: usize = 2;
/// The signal of a call of the system that is forbidden.
const SIGSYS: i32 = 31;
/// Bytes that are read of the places that a test notes down.
const NOTE_BYTES_MAX: u64 = 64 << 20;

pub(super) fn measure(harness: &RustHarness) -> Result<Baseline, Error> {
    let mut baseline = Baseline {
        command: std::iter::once("cargo test".to_owned())
            .chain(
                harness
                    .place
                    .arguments
                    .iter()
                    .filter(|argument| !argument.starts_with("--"))
                    .cloned(),
            )
            .collect::<Vec<_>>()
            .join(" "),
        tests: Vec::new(),
    };
    let all: Vec<usize> = (0..harness.suite.tests.len()).collect();
    harness.place.course.begin(Step::Testing, all.len());
    let mut memory_bytes = 0;
    for (run, peak) in on_all_runners(harness, &all, SHORT)? {
        if run.outcome == TestOutcome::Passed {
            memory_bytes = memory_bytes.max(peak);
        }
        baseline.tests.push(run);
    }
    second_round(harness, &mut baseline.tests)?;
    let of = |wanted: fn(&TestOutcome) -> bool| -> Vec<usize> {
        (0..baseline.tests.len())
            .filter(|&test| wanted(&baseline.tests[test].outcome))
            .collect()
    };
    let failing = of(|outcome| matches!(outcome, TestOutcome::Failed(_) | TestOutcome::TimedOut));
    *harness.facts.lock().expect("no holder panics") = Facts {
        expected: of(|outcome| *outcome == TestOutcome::Passed).len() + failing.len(),
        times: baseline
            .tests
            .iter()
            .map(|test| match test.outcome {
                TestOutcome::TimedOut => Duration::ZERO,
                _ => test.time.min(Duration::from_secs(1)),
            })
            .collect(),
        hindered: of(|outcome| matches!(outcome, TestOutcome::Hindered(..)))
            .into_iter()
            .map(|test| harness.suite.tests[test].name.clone())
            .collect(),
        failing,
        memory_bytes: MEMORY_BYTES_MIN + 4 * memory_bytes,
    };
    if baseline
        .tests
        .iter()
        .any(|test| matches!(test.outcome, TestOutcome::Failed(_) | TestOutcome::TimedOut))
    {
        cover(harness, &mut baseline)?;
    }
    Ok(baseline)
}

/// Runs tests on all runners at once; each with the most memory that it held.
fn on_all_runners(
    harness: &RustHarness,
    tests: &[usize],
    limit: Duration,
) -> Result<Vec<(TestRun, u64)>, Error> {
    let share = tests.len().div_ceil(harness.runners.len()).max(1);
    let shares: Vec<Result<Vec<(TestRun, u64)>, Error>> = std::thread::scope(|scope| {
        let handles: Vec<_> = tests
            .chunks(share)
            .enumerate()
            .map(|(runner, tests)| {
                let each = move |test: &usize| {
                    let run = first_run(harness, runner, *test, limit);
                    harness.place.course.one_ran();
                    run
                };
                scope.spawn(move || tests.iter().map(each).collect())
            })
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().expect("running a test does not panic"))
            .collect()
    });
    let mut runs = Vec::with_capacity(tests.len());
    for share in shares {
        runs.extend(share?);
    }
    Ok(runs)
}

/// Gives tests that reached the short limit a long one: a few at first, the rest if one of them ends.
fn second_round(harness: &RustHarness, tests: &mut [TestRun]) -> Result<(), Error> {
    let mut waiting: Vec<usize> = (0..tests.len())
        .filter(|&test| tests[test].outcome == TestOutcome::TimedOut)
        .collect();
    let passing = |test: &&TestRun| test.outcome == TestOutcome::Passed;
    let slowest = tests.iter().filter(passing).map(|test| test.time).max();
    let limit = (slowest.unwrap_or_default() * 10).clamp(LONG, LONGEST);
    while !waiting.is_empty() {
        let first: Vec<usize> = waiting
            .drain(..waiting.len().min(harness.runners.len()))
            .collect();
        let runs = on_all_runners(harness, &first, limit)?;
        let is_any_done = runs
            .iter()
            .any(|(run, _)| run.outcome != TestOutcome::TimedOut);
        for (test, (run, _)) in first.into_iter().zip(runs) {
            tests[test] = run;
        }
        if !is_any_done {
            break;
        }
    }
    Ok(())
}

/// Runs one test on the program that cargo built, again when it fails.
fn first_run(
    harness: &RustHarness,
    runner: usize,
    test: usize,
    limit: Duration,
) -> Result<(TestRun, u64), Error> {
    let info = &harness.suite.tests[test];
    let mut run = TestRun {
        name: info.shown.clone(),
        outcome: TestOutcome::Skipped,
        time: Duration::ZERO,
        lines: Vec::new(),
    };
    let mut memory_bytes = 0;
    if info.is_ignored {
        return Ok((run, memory_bytes));
    }
    let program = &harness.suite.programs[info.program];
    let out = harness.suite.units[program.unit].out_dir.clone();
    for round in 0..=REPEATS {
        let outcome = harness.run(runner, program, &out, &[&info.name], &[], limit)?;
        if round == 0 {
            run.time = outcome.wall_time;
        }
        memory_bytes = memory_bytes.max(outcome.memory_peak_bytes);
        let text = String::from_utf8_lossy(&outcome.stdout);
        let passed = libtest::verdicts(&text).get(info.name.as_str()) == Some(&true);
        if passed {
            run.outcome = if round > 0 {
                TestOutcome::Flaky
            } else {
                TestOutcome::Passed
            };
            break;
        }
        let errors = String::from_utf8_lossy(&outcome.stderr);
        // A loop that collects without end has no more time to be given than one that does not.
        if is_slow(outcome.status) || libtest::is_out_of_memory(&errors) {
            run.outcome = TestOutcome::TimedOut;
            break;
        }
        let complaint = libtest::complaint(&text, &errors);
        run.outcome = match withheld(outcome.status) {
            Some(by) => TestOutcome::Hindered(by, complaint),
            None => TestOutcome::failed(complaint),
        };
    }
    Ok((run, memory_bytes))
}

/// What the end of a test's process is evidence of.
fn withheld(status: sandbox::Status) -> Option<Hindrance> {
    match status {
        sandbox::Status::MemoryLimit => Some(Hindrance::Memory),
        // A call that is forbidden altogether.
        sandbox::Status::Signaled(SIGSYS) => Some(Hindrance::Call),
        _ => None,
    }
}

/// Builds the project with marks and runs every test on it.
fn cover(harness: &RustHarness, baseline: &mut Baseline) -> Result<(), Error> {
    let Some(probes) = [Detail::Arms, Detail::Statements, Detail::Functions]
        .into_iter()
        .find_map(|detail| build(harness, detail).transpose())
    else {
        return Err(Error::Runner {
            reason: "the project does not build with marks of coverage in it".into(),
        });
    };
    let probes = probes?;
    let out = harness.builders[0]
        .lock()
        .expect("no holder panics")
        .out
        .clone();
    let mut hanging = 0;
    harness
        .place
        .course
        .begin(Step::Tracing, baseline.tests.len());
    for (number, run) in baseline.tests.iter_mut().enumerate() {
        harness.place.course.set_ran(number);
        if matches!(
            run.outcome,
            TestOutcome::Skipped | TestOutcome::Flaky | TestOutcome::Hindered(..)
        ) {
            continue;
        }
        let info = &harness.suite.tests[number];
        let program = &harness.suite.programs[info.program];
        let cover = harness.place.shared("cover");
        let name = number.to_string();
        let note = cover.join(&name);
        let path = note.display().to_string();
        let limit = if run.outcome == TestOutcome::TimedOut {
            hanging += 1;
            HANGING_TIME
        } else {
            LONGEST
        };
        if hanging > HANGING_COVERED && run.outcome == TestOutcome::TimedOut {
            continue;
        }
        harness.run(0, program, &out, &[&info.name], &[(COVERAGE, &path)], limit)?;
        // What was run could write there: a link, a pipe or more than there is memory for.
        let bytes = sandbox::files::read_beneath(&cover, Path::new(&name), NOTE_BYTES_MAX)
            .unwrap_or_default();
        run.lines = lines(&bytes, &probes);
    }
    Ok(())
}

fn lines(bytes: &[u8], probes: &Probes) -> Vec<(FileId, u32)> {
    let mut found: Vec<(FileId, u32)> = bytes
        .chunks_exact(4)
        .map(|chunk| u32::from_le_bytes(chunk.try_into().expect("chunks of four")) as usize)
        .filter_map(|probe| probes.places.get(probe))
        .flat_map(|(file, lines)| lines.iter().map(|line| (*file, *line)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Builds with marks; none where they do not compile.
fn build(harness: &RustHarness, detail: Detail) -> Result<Option<Probes>, Error> {
    let sources = &harness.place.sources;
    let mut probes = Probes::default();
    let mut texts: Vec<Text> = sources
        .iter()
        .map(|(file, source)| Text {
            path: source.path.clone(),
            text: probes.mark(file, source, detail),
            regions: Vec::new(),
        })
        .collect();
    let files: Vec<FileId> = sources.iter().map(|(file, _)| file).collect();
    let units = harness.suite.needed(sources, &files);
    harness.suite.add_module(
        &harness.place,
        &units,
        &mut texts,
        &schemata::module(0, probes.places.len()),
    );
    let mut builder = harness.builders[0].lock().expect("no holder panics");
    let mut texts = Some(texts);
    let built = builder.build(&units, COMPILE_TIME, &mut |_: &HashSet<u32>| {
        texts.take().unwrap_or_default()
    })?;
    for (_, source) in sources.iter() {
        sandbox::files::write_beneath_unsynced(
            &builder.tree,
            &source.path,
            source.text.as_bytes(),
        )?;
    }
    Ok(built.is_ok().then_some(probes))
}
