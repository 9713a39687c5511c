//! The crates and their bugs, as they lie in `xtask/bench/rustfix`.
//!
//! A crate is `lib.rs` (the fixed text), perhaps `tests.rs` (tests that the search may see beside
//! those in `lib.rs`), `held_out.rs`, and `bugs.patch`: `== single NAME` or `== double NAME` begins
//! a bug, `@ FILE` an edit, whose `-` lines are the fixed text and whose `+` lines the bug.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::bench::repair::Bug;

/// For one run of a crate's tests, its build included.
const TESTS_LIMIT: Duration = Duration::from_secs(120);

/// One bug of a crate.
#[derive(Debug)]
pub struct RustBug {
    /// `crate/bug`.
    pub name: String,
    pub crate_name: String,
    pub folder: PathBuf,
    pub edits: Vec<Edit>,
}

/// Lines of a file, as they should be and as they are.
#[derive(Debug, Default)]
pub struct Edit {
    file: PathBuf,
    fixed: String,
    buggy: String,
}

/// Every bug below `folder`, by name.
pub fn read(folder: &Path) -> Result<Vec<RustBug>> {
    let entries = fs::read_dir(folder).with_context(|| format!("`{}`", folder.display()))?;
    let mut bugs = Vec::new();
    for entry in entries {
        let folder = entry?.path();
        let list = folder.join("bugs.patch");
        let text = fs::read_to_string(&list).with_context(|| format!("`{}`", list.display()))?;
        bugs.extend(parse(&folder, &text)?);
    }
    bugs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(bugs)
}

fn parse(folder: &Path, text: &str) -> Result<Vec<RustBug>> {
    let crate_name = folder
        .file_name()
        .context("a crate has a name")?
        .to_string_lossy()
        .into_owned();
    let mut bugs: Vec<RustBug> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("== ") {
            let (_, name) = title
                .split_once(' ')
                .context("a title is a kind and a name")?;
            bugs.push(RustBug {
                name: format!("{crate_name}/{name}"),
                crate_name: crate_name.clone(),
                folder: folder.to_owned(),
                edits: Vec::new(),
            });
            continue;
        }
        let edits = &mut bugs.last_mut().context("a title comes first")?.edits;
        if let Some(file) = line.strip_prefix("@ ") {
            edits.push(Edit {
                file: file.into(),
                ..Edit::default()
            });
            continue;
        }
        let edit = edits.last_mut().context("a file comes before its lines")?;
        match line.split_at_checked(1) {
            Some(("-", rest)) => edit.fixed += &format!("{rest}\n"),
            Some(("+", rest)) => edit.buggy += &format!("{rest}\n"),
            _ => bail!("`{line}` is no line of a patch"),
        }
    }
    Ok(bugs)
}

impl RustBug {
    /// Writes the crate with only those of its edits.
    pub fn write_with(&self, dir: &Path, edits: &[usize]) -> Result<()> {
        fs::create_dir_all(dir.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
            self.crate_name
        );
        fs::write(dir.join("Cargo.toml"), manifest)?;
        let mut text = fs::read_to_string(self.folder.join("lib.rs"))?;
        for edit in edits.iter().map(|&edit| &self.edits[edit]) {
            let found = text.matches(&edit.fixed).count();
            ensure!(
                found == 1,
                "`{}` is {found} times in `{}`",
                edit.fixed,
                edit.file.display()
            );
            text = text.replacen(&edit.fixed, &edit.buggy, 1);
        }
        fs::write(dir.join("src/lib.rs"), text)?;
        let tests = self.folder.join("tests.rs");
        if tests.exists() {
            fs::create_dir_all(dir.join("tests"))?;
            fs::copy(tests, dir.join("tests/visible.rs"))?;
        }
        Ok(())
    }

    /// Adds the tests that the search has not seen.
    pub fn hold_out(&self, dir: &Path) -> Result<()> {
        fs::create_dir_all(dir.join("tests"))?;
        fs::copy(
            self.folder.join("held_out.rs"),
            dir.join("tests/held_out.rs"),
        )?;
        Ok(())
    }
}

impl Bug for RustBug {
    fn name(&self) -> &str {
        &self.name
    }

    fn edits(&self) -> usize {
        self.edits.len()
    }

    fn write_to(&self, dir: &Path) -> Result<()> {
        self.write_with(dir, &(0..self.edits.len()).collect::<Vec<_>>())
    }

    fn passes_tests(&self, dir: &Path) -> Result<bool> {
        Ok(cargo_test(dir, &["--tests"])?.status.success())
    }
}

/// Runs `cargo test` in `dir` with its own target folder; a run past the limit counts as failed.
pub fn cargo_test(dir: &Path, flags: &[&str]) -> Result<Output> {
    let limit = TESTS_LIMIT.as_secs().to_string();
    Command::new("timeout")
        .args([
            "--kill-after=1",
            &limit,
            "cargo",
            "test",
            "--quiet",
            "--offline",
        ])
        .args(flags)
        .current_dir(dir)
        .env("CARGO_TARGET_DIR", dir.join("target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .stdin(Stdio::null())
        .output()
        .context("cannot run `cargo test`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_names_bugs_and_their_edits() {
        let text = "== single one\n@ src/lib.rs\n-a\n-b\n+c\n== double two\n@ src/lib.rs\n-x\n@ src/lib.rs\n-y\n+z\n";
        let bugs = parse(Path::new("ring"), text).unwrap();
        let shown: Vec<(&str, usize)> = bugs
            .iter()
            .map(|bug| (bug.name.as_str(), bug.edits.len()))
            .collect();
        assert_eq!(shown, [("ring/one", 1), ("ring/two", 2)]);
        assert_eq!(
            (
                bugs[0].edits[0].fixed.as_str(),
                bugs[0].edits[0].buggy.as_str()
            ),
            ("a\nb\n", "c\n")
        );
        assert_eq!(bugs[1].edits[0].buggy, "");
    }

    #[test]
    fn every_bug_of_the_collection_can_be_written() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/rustfix");
        let bugs = read(&folder).unwrap();
        let singles = bugs.iter().filter(|bug| bug.edits.len() == 1).count();
        assert_eq!((singles, bugs.len()), (40, 60));
        for bug in &bugs {
            let project = tempfile::tempdir().unwrap();
            bug.write_to(project.path()).unwrap();
        }
    }
}
