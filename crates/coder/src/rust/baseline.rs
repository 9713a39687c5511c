//! The unchanged project under its tests: outcome, time and covered lines of each.

use std::collections::HashSet;
use std::time::Duration;

use super::compile::Text;
use super::harness::{Facts, RustHarness};
use super::libtest;
use super::probes::{COVERAGE, Detail, Probes};
use super::schemata;
use crate::error::Error;
use crate::language::{Baseline, TestOutcome, TestRun};
use crate::source::FileId;

/// Time that one test may take before it counts as hanging.
const TEST_TIME: Duration = Duration::from_secs(10);
/// How often a failing test runs again to see whether it always fails.
const REPEATS: usize = 2;

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
    for test in 0..harness.suite.tests.len() {
        baseline.tests.push(first_run(harness, test)?);
    }
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
            .map(|test| test.time.min(Duration::from_secs(1)))
            .collect(),
        failing,
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

/// Runs one test on the program that cargo built, again when it fails.
fn first_run(harness: &RustHarness, test: usize) -> Result<TestRun, Error> {
    let info = &harness.suite.tests[test];
    let mut run = TestRun {
        name: info.shown.clone(),
        outcome: TestOutcome::Skipped,
        time: Duration::ZERO,
        lines: Vec::new(),
    };
    if info.is_ignored {
        return Ok(run);
    }
    let program = &harness.suite.programs[info.program];
    let out = harness.suite.units[program.unit].out_dir.clone();
    for round in 0..=REPEATS {
        let outcome = harness.run(0, program, &out, &[&info.name], &[], TEST_TIME)?;
        if round == 0 {
            run.time = outcome.wall_time;
        }
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
        if outcome.status == sandbox::Status::TimedOut {
            run.outcome = TestOutcome::TimedOut;
            break;
        }
        run.outcome = TestOutcome::Failed(libtest::complaint(
            &text,
            &String::from_utf8_lossy(&outcome.stderr),
        ));
    }
    Ok(run)
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
    for (number, run) in baseline.tests.iter_mut().enumerate() {
        if matches!(run.outcome, TestOutcome::Skipped | TestOutcome::Flaky) {
            continue;
        }
        let info = &harness.suite.tests[number];
        let program = &harness.suite.programs[info.program];
        let note = harness.place.shared("cover").join(number.to_string());
        let path = note.display().to_string();
        let limit = if run.outcome == TestOutcome::TimedOut {
            Duration::from_secs(2)
        } else {
            TEST_TIME
        };
        harness.run(0, program, &out, &[&info.name], &[(COVERAGE, &path)], limit)?;
        let bytes = std::fs::read(&note).unwrap_or_default();
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
    let built = builder.build(&units, &mut |_: &HashSet<u32>| {
        texts.take().unwrap_or_default()
    })?;
    for (_, source) in sources.iter() {
        sandbox::files::write_beneath(&builder.tree, &source.path, source.text.as_bytes())?;
    }
    Ok(built.is_ok().then_some(probes))
}
