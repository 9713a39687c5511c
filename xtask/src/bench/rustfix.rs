//! `cargo xtask bench rustfix`: bugs of one and two edits in twenty small Rust crates, repaired
//! by the tests that each crate shows and judged by those that it holds back.

mod collection;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};

use self::collection::RustBug;
use super::repair::{self, Judgement, Options};

/// Runs the benchmark, or with `--validate` the checks of its own bugs.
pub fn run(args: &[&str]) -> Result<()> {
    let options = Options::parse(args)?;
    let folder = options
        .data
        .clone()
        .unwrap_or_else(|| PathBuf::from("xtask/bench/rustfix"));
    let mut bugs = collection::read(&folder)?;
    bugs.retain(|bug| options.selects(&bug.name));
    if options.validate {
        return validate(&bugs);
    }
    repair::run("Rust repair", &bugs, &options, judge)
}

/// Whether the patched project passes the tests that the search has not seen.
fn judge(bug: &RustBug, dir: &Path) -> Result<Judgement> {
    bug.hold_out(dir)?;
    let output = collection::cargo_test(dir, &["--test", "held_out"])?;
    Ok(if output.status.success() {
        Judgement::same()
    } else {
        let text = String::from_utf8_lossy(&output.stdout);
        let reason = text
            .lines()
            .find(|line| line.contains("panicked"))
            .unwrap_or("held-out tests fail");
        Judgement::wrong(reason.to_owned())
    })
}

/// The fixed crate passes everything; each bug, and each half of two, fails the visible tests.
fn validate(bugs: &[RustBug]) -> Result<()> {
    let start = Instant::now();
    let mut problems = Vec::new();
    let mut checked: Vec<&str> = Vec::new();
    for bug in bugs {
        let project = tempfile::tempdir()?;
        if !checked.contains(&bug.crate_name.as_str()) {
            checked.push(&bug.crate_name);
            bug.write_with(project.path(), &[])?;
            bug.hold_out(project.path())?;
            if !collection::cargo_test(project.path(), &["--tests"])?
                .status
                .success()
            {
                problems.push(format!("{}: the tests fail without a bug", bug.crate_name));
            }
        }
        let all: Vec<usize> = (0..bug.edits.len()).collect();
        let halves = all.iter().filter(|_| all.len() > 1).map(|&edit| vec![edit]);
        for edits in std::iter::once(all.clone()).chain(halves) {
            let project = tempfile::tempdir()?;
            bug.write_with(project.path(), &edits)
                .with_context(|| bug.name.clone())?;
            if collection::cargo_test(project.path(), &["--no-run", "--tests"])
                .is_ok_and(|output| !output.status.success())
            {
                problems.push(format!("{} with {edits:?}: does not compile", bug.name));
            } else if collection::cargo_test(project.path(), &["--tests"])?
                .status
                .success()
            {
                problems.push(format!(
                    "{} with {edits:?}: the visible tests pass",
                    bug.name
                ));
            }
        }
    }
    ensure!(!bugs.is_empty(), "no bug is named like that");
    repair::conclude(bugs.len(), start, &problems)
}
