//! Runs a project's tests, and the probe that the search has not seen.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use super::collection::PyBug;
use crate::bench::repair::{Judgement, Transcript};

const PROBE_LIMIT: Duration = Duration::from_secs(30);
/// For all the tests of a project; those of the slowest need 2 s.
const TESTS_LIMIT: Duration = Duration::from_secs(60);
/// A probe that says less than this could not tell much.
const CHECKS_MIN: usize = 10;

/// Remembers what each probe prints without a bug.
#[derive(Default)]
pub struct Judge {
    expected: HashMap<PathBuf, Transcript>,
}

impl Judge {
    /// Whether the project in `dir` does what it does without the bug.
    pub fn judge(&mut self, bug: &PyBug, dir: &Path) -> Result<Judgement> {
        let probe = bug.probe();
        if !self.expected.contains_key(&probe) {
            let repaired = tempfile::tempdir()?;
            bug.write_repaired(repaired.path())?;
            let transcript = probed(&probe, repaired.path())?;
            let checks = transcript.0.lines().count();
            ensure!(
                checks >= CHECKS_MIN,
                "`{}` makes {checks} checks",
                probe.display()
            );
            self.expected.insert(probe.clone(), transcript);
        }
        let expected = &self.expected[&probe];
        Ok(match probed(&probe, dir) {
            Ok(got) => match expected.first_difference(&got) {
                None => Judgement::same(),
                Some(difference) => Judgement::wrong(difference),
            },
            Err(error) => Judgement::wrong(format!("the probe fails: {error:#}")),
        })
    }
}

fn probed(probe: &Path, dir: &Path) -> Result<Transcript> {
    let kit = probe
        .ancestors()
        .nth(2)
        .context("a probe lies in a project's folder")?;
    Transcript::of(probe, dir, &[dir, &dir.join("src"), kit], PROBE_LIMIT)
}

/// Refuses to go on where the projects' tests cannot run.
pub fn ensure_pytest() -> Result<()> {
    let mut command = Command::new("python3");
    command.args(["-c", "import pytest"]).stderr(Stdio::null());
    let found = command.status().context("cannot run `python3`")?.success();
    ensure!(
        found,
        "Python has no `pytest`\nhint: apt-get install python3-pytest"
    );
    Ok(())
}

/// Whether pytest finds no failing test in `dir`.
pub fn passes_tests(dir: &Path) -> Result<bool> {
    let mut command = Command::new("timeout");
    command.arg(TESTS_LIMIT.as_secs().to_string());
    command.args([
        "python3",
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
    ]);
    command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(dir);
    Ok(command
        .output()
        .context("cannot run `timeout`")?
        .status
        .success())
}
