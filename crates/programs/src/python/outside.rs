//! Tests that start the program as a process of its own.

use std::time::Duration;

use super::command::{CommandHarness, Commands};
use super::harness::PythonHarness;
use crate::error::Error;
use crate::language::{Baseline, TestOutcome};

/// Least time of a failing test that starts processes, pytest's own start included.
const LEAST_OUTSIDE: Duration = Duration::from_secs(1);

impl PythonHarness {
    /// Where no failing test runs a line of the program in the tests' own process, they may start it
    /// as another: then candidates are tried in files, and lines are those of all processes.
    pub(super) fn look_outside(&self, baseline: &mut Baseline) -> Result<(), Error> {
        let of = |wanted: fn(&TestOutcome) -> bool| -> Vec<usize> {
            let all = 0..self.collected.tests.len();
            all.filter(|&test| wanted(&baseline.tests[test].outcome))
                .collect()
        };
        let failing =
            of(|outcome| matches!(outcome, TestOutcome::Failed(_) | TestOutcome::TimedOut));
        let passing = of(|outcome| *outcome == TestOutcome::Passed);
        let is_seen = baseline
            .tests
            .iter()
            .any(|test| test.outcome != TestOutcome::Passed && !test.lines.is_empty());
        if failing.is_empty() || is_seen {
            return Ok(());
        }
        let command = |tests: &[usize]| {
            let mut words = vec!["python3", "-m", "pytest", "-q", "-x"];
            words.extend(["-p", "no:cacheprovider"]);
            words.extend(
                tests
                    .iter()
                    .map(|&test| self.collected.tests[test].as_str()),
            );
            shlex::try_join(words).ok()
        };
        let groups = [&failing, &passing];
        let filled = groups.iter().filter(|tests| !tests.is_empty());
        let Some(commands) = filled.map(|tests| command(tests)).collect() else {
            return Ok(());
        };
        let outside = CommandHarness::open(&Commands {
            commands,
            project: &self.place.project,
            sources: &self.place.sources,
            interpreter: &self.place.interpreter,
            scratch: &self.place.scratch,
            workers: self.workers.len(),
            wall_time: self.place.wall_time,
            course: &self.place.course,
        })?;
        let lines = outside.lines(0)?;
        if lines.is_empty() {
            return Ok(());
        }
        for &test in &failing {
            baseline.tests[test].lines.clone_from(&lines);
        }
        if let Some(&first) = passing.first() {
            baseline.tests[first].lines = outside.lines(1)?;
        }
        // An answer takes as long as the processes do.
        for &test in &failing {
            baseline.tests[test].time = baseline.tests[test].time.max(LEAST_OUTSIDE);
        }
        self.outside
            .set(outside)
            .unwrap_or_else(|_| unreachable!("a baseline is measured once"));
        Ok(())
    }
}
