//! The bugs on disk.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::judge;
use crate::bench::repair::Bug;

/// A bug in a project.
#[derive(Debug)]
pub struct PyBug {
    /// `project/bug`.
    name: String,
    /// The folder that holds `project`, `probe.py` and `bugs.json`.
    folder: PathBuf,
    edits: Vec<Edit>,
}

/// An entry of `bugs.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    /// What is wrong, for readers.
    #[serde(rename = "about")]
    _about: String,
    edits: Vec<Edit>,
}

/// Lines of a file without and with the bug; those without it occur once in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: PathBuf,
    fixed: Vec<String>,
    buggy: Vec<String>,
}

/// The bugs of every project in `folder`, or in the usual place, by name.
pub fn load(folder: Option<&Path>) -> Result<Vec<PyBug>> {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/pybugs");
    let folder = folder.unwrap_or(&usual);
    let mut bugs = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("`{}`", folder.display()))? {
        let folder = entry?.path();
        let list = folder.join("bugs.json");
        if !list.exists() {
            continue;
        }
        let project = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let entries: Vec<Entry> = serde_json::from_str(&fs::read_to_string(&list)?)
            .with_context(|| format!("`{}`", list.display()))?;
        bugs.extend(entries.into_iter().map(|entry| PyBug {
            name: format!("{project}/{}", entry.name),
            folder: folder.clone(),
            edits: entry.edits,
        }));
    }
    bugs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(bugs)
}

impl PyBug {
    /// The held-out script.
    pub fn probe(&self) -> PathBuf {
        self.folder.join("probe.py")
    }

    /// Writes the project as it should be.
    pub fn write_repaired(&self, dir: &Path) -> Result<()> {
        copy_tree(&self.folder.join("project"), dir)
    }

    /// Every choice of edits that is not a whole repair.
    pub fn unrepaired(&self) -> Vec<Vec<usize>> {
        let all: Vec<usize> = (0..self.edits.len()).collect();
        match all.len() {
            1 => vec![all],
            _ => [all.clone()]
                .into_iter()
                .chain(all.iter().map(|&edit| vec![edit]))
                .collect(),
        }
    }

    /// Writes the project with only those of its edits.
    pub fn write_with(&self, dir: &Path, edits: &[usize]) -> Result<()> {
        self.write_repaired(dir)?;
        for edit in edits.iter().map(|&edit| &self.edits[edit]) {
            edit.apply(dir).with_context(|| self.name.clone())?;
        }
        Ok(())
    }
}

impl Bug for PyBug {
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
        judge::passes_tests(dir)
    }
}

impl Edit {
    fn apply(&self, dir: &Path) -> Result<()> {
        let path = dir.join(&self.file);
        let text =
            fs::read_to_string(&path).with_context(|| format!("`{}`", self.file.display()))?;
        let [fixed, buggy] = [&self.fixed, &self.buggy]
            .map(|lines| lines.iter().map(|line| format!("{line}\n")).collect());
        let [fixed, buggy]: [String; 2] = [fixed, buggy];
        let text = format!("\n{text}");
        let found = text.matches(&format!("\n{fixed}")).count();
        ensure!(
            found == 1,
            "`{fixed}` is {found} times in `{}`",
            self.file.display()
        );
        let text = text.replacen(&format!("\n{fixed}"), &format!("\n{buggy}"), 1);
        Ok(fs::write(path, &text[1..])?)
    }
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("`{}`", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "__pycache__" {
                copy_tree(&entry.path(), &target)?;
            }
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_collection_is_large_enough_and_every_edit_applies() {
        let bugs = load(None).unwrap();
        assert!(bugs.len() >= 60, "{} bugs", bugs.len());
        assert!(bugs.iter().filter(|bug| bug.edits() == 2).count() >= 18);
        let names: BTreeSet<&str> = bugs.iter().map(Bug::name).collect();
        assert_eq!(names.len(), bugs.len());
        for bug in &bugs {
            let dir = tempfile::tempdir().unwrap();
            bug.write_to(dir.path()).unwrap();
        }
    }

    #[test]
    fn an_edit_replaces_whole_lines_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.py");
        let edit = |fixed: &str, buggy: &[&str]| Edit {
            file: "a.py".into(),
            fixed: vec![fixed.into()],
            buggy: buggy.iter().map(|line| (*line).into()).collect(),
        };
        fs::write(&path, "x = 1\nxx = 1\ny = 2\n").unwrap();
        edit("x = 1", &[]).apply(dir.path()).unwrap();
        edit("y = 2", &["y = 3", "z = 4"])
            .apply(dir.path())
            .unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "xx = 1\ny = 3\nz = 4\n");
        assert!(edit("x = 1", &[]).apply(dir.path()).is_err());
    }
}
