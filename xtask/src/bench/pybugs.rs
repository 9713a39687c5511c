//! `cargo xtask bench pybugs`: bugs of one and two edits in small Python projects.
//!
//! The projects lie in `xtask/bench/pybugs`, each as it should be, with the tests that the search
//! sees (`project/`), the edits that put each bug in (`bugs.json`), and a held-out `probe.py` that
//! prints what the project does. A patch is right when the probe prints what it prints without the
//! bug.

mod collection;
mod judge;

use std::time::Instant;

use anyhow::Result;

use self::{collection::PyBug, judge::Judge};
use super::repair::{self, Bug as _, Options};

/// Runs the benchmark with what was typed after its name.
pub fn run(args: &[&str]) -> Result<()> {
    let options = Options::parse(args)?;
    let mut bugs = collection::load(options.data.as_deref())?;
    bugs.retain(|bug| options.selects(bug.name()));
    judge::ensure_pytest()?;
    let mut judge = Judge::default();
    if options.validate {
        return validate(&bugs, &mut judge);
    }
    repair::run("Python projects", &bugs, &options, |bug, dir| {
        judge.judge(bug, dir)
    })
}

/// Checks that each project passes its tests and each bug, even half repaired, fails them and
/// shows in the probe.
fn validate(bugs: &[PyBug], judge: &mut Judge) -> Result<()> {
    let start = Instant::now();
    let mut problems = Vec::new();
    for bug in bugs {
        let project = tempfile::tempdir()?;
        bug.write_repaired(project.path())?;
        if !bug.passes_tests(project.path())? {
            problems.push(format!("{}: the tests fail without the bug", bug.name()));
        }
        let repaired = judge.judge(bug, project.path())?;
        if let Some(detail) = repaired.detail {
            problems.push(format!(
                "{}: the probe changes its mind: {detail}",
                bug.name()
            ));
        }
        for kept in bug.unrepaired() {
            let project = tempfile::tempdir()?;
            bug.write_with(project.path(), &kept)?;
            if bug.passes_tests(project.path())? {
                problems.push(format!(
                    "{}: the tests pass with edits {kept:?}",
                    bug.name()
                ));
            }
            if judge.judge(bug, project.path())?.detail.is_none() {
                problems.push(format!("{}: the probe misses edits {kept:?}", bug.name()));
            }
        }
    }
    repair::conclude(bugs.len(), start, &problems)
}
