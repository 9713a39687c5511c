//! What the benchmarks of Python repair share: one bug at a time through the release
//! `freehold fix`, timed from outside, its tests run again, its patches judged.

mod fix;
mod options;
mod python;
mod row;

use std::{
    path::{Component, Path},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

pub use fix::Patch;
pub use options::Options;
pub use python::{Python, Transcript};
pub use row::{Judgement, Right};

use self::{fix::Fix, row::Row, row::Summary};
use super::machine::Machine;

/// One bug of a collection.
pub trait Bug {
    /// Unique in the collection.
    fn name(&self) -> &str;
    /// How many places must change.
    fn edits(&self) -> usize;
    /// Writes the project with the bug in it.
    fn write_to(&self, dir: &Path) -> Result<()>;
    /// Whether the tests that the search saw pass in `dir`.
    fn passes_tests(&self, dir: &Path) -> Result<bool>;
}

/// Repairs each bug, has `judge` look at the patched projects, and prints the table.
pub fn run<B: Bug>(
    title: &str,
    bugs: &[B],
    options: &Options,
    mut judge: impl FnMut(&B, &Path) -> Result<Judgement>,
) -> Result<()> {
    ensure!(!bugs.is_empty(), "no bug is named like that");
    let fix = Fix::new(options)?;
    let mut rows = Vec::new();
    for bug in bugs {
        let project = tempfile::tempdir()?;
        bug.write_to(project.path())?;
        let answer = fix.run(project.path())?;
        let row = Row::of(bug.name(), bug.edits(), answer, |patch| {
            judge_patch(bug, patch, &mut judge)
        })?;
        eprintln!("{:36}{:>8.0} ms  {}", row.name, row.wall_ms, row.verdict());
        rows.push(row);
    }
    let every = Summary::of(rows.iter());
    println!("{}\n{}\n", Machine::read(), row::markdown(&rows));
    println!("{}", every.line(title));
    for edits in [1, 2] {
        let some: Vec<&Row> = rows.iter().filter(|row| row.edits == edits).collect();
        if !some.is_empty() && some.len() < rows.len() {
            println!(
                "{}",
                Summary::of(some.into_iter()).line(&format!("of {edits} edit(s)"))
            );
        }
    }
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&json!({"summary": every, "rows": rows}))?;
        std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

/// Applies the patch to a fresh copy; it must leave the tests alone and pass them.
fn judge_patch<B: Bug>(
    bug: &B,
    patch: &Patch,
    judge: &mut impl FnMut(&B, &Path) -> Result<Judgement>,
) -> Result<Judgement> {
    let project = tempfile::tempdir()?;
    bug.write_to(project.path())?;
    for file in &patch.files {
        let path = &file.path;
        if is_test(path)
            || !path
                .components()
                .all(|part| matches!(part, Component::Normal(_)))
        {
            return Ok(Judgement::implausible(format!(
                "it changes `{}`",
                path.display()
            )));
        }
        std::fs::write(project.path().join(path), &file.content)?;
    }
    if !bug.passes_tests(project.path())? {
        return Ok(Judgement::implausible("the tests fail with it".into()));
    }
    judge(bug, project.path())
}

fn is_test(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("test_")
        || name.ends_with("_test.py")
        || name == "conftest.py"
        || path.components().any(|part| part.as_os_str() == "tests")
}

/// Tells what `--validate` found; a problem makes it fail.
pub fn conclude(bugs: usize, start: Instant, problems: &[String]) -> Result<()> {
    let elapsed: Duration = start.elapsed();
    for problem in problems {
        println!("{problem}");
    }
    ensure!(problems.is_empty(), "{} problems", problems.len());
    println!(
        "{bugs} bugs are told from their repairs, in {:.1} s.",
        elapsed.as_secs_f64()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One;

    impl Bug for One {
        fn name(&self) -> &str {
            "one"
        }
        fn edits(&self) -> usize {
            1
        }
        fn write_to(&self, dir: &Path) -> Result<()> {
            Ok(std::fs::write(dir.join("one.py"), "0")?)
        }
        fn passes_tests(&self, dir: &Path) -> Result<bool> {
            Ok(std::fs::read_to_string(dir.join("one.py"))? != "0")
        }
    }

    fn judged(path: &str, content: &str) -> Judgement {
        let patch = format!(r#"{{"files": [{{"path": "{path}", "content": "{content}"}}]}}"#);
        let patch: Patch = serde_json::from_str(&patch).unwrap();
        let mut exact = |_: &One, dir: &Path| {
            let right = std::fs::read_to_string(dir.join("one.py"))? == "1";
            Ok(if right {
                Judgement::same()
            } else {
                Judgement::wrong("not 1".into())
            })
        };
        judge_patch(&One, &patch, &mut exact).unwrap()
    }

    #[test]
    fn a_patch_is_applied_tested_and_judged() {
        assert_eq!(judged("one.py", "1"), Judgement::same());
        assert_eq!(judged("one.py", "2"), Judgement::wrong("not 1".into()));
        assert_eq!(judged("one.py", "0").right, Right::Implausible);
    }

    #[test]
    fn a_patch_of_the_tests_or_outside_the_project_counts_as_none() {
        for path in [
            "test_one.py",
            "tests/a.py",
            "conftest.py",
            "../one.py",
            "/one.py",
        ] {
            assert_eq!(judged(path, "1").right, Right::Implausible, "{path}");
        }
    }
}
