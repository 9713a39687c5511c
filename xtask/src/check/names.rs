//! Crates and modules carry names that say something; folders stay shallow.

use std::collections::BTreeMap;

use anyhow::Result;

use super::Finding;
use crate::tree::Tree;

const VAGUE: &[&str] = &[
    "common", "core", "helpers", "manager", "misc", "shared", "types", "util", "utils",
];

/// Folders below `src/`.
const FOLDERS_MAX: usize = 2;

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in tree.rust() {
        for part in file.path.trim_end_matches(".rs").split('/') {
            if VAGUE.contains(&part) {
                let what = format!("`{part}` says nothing about what is inside");
                findings.push(Finding::new(
                    &file.path,
                    what,
                    "name it after the noun it holds",
                ));
            }
        }
        let Some((_, inside)) = file.path.split_once("/src/") else {
            continue;
        };
        if inside.ends_with("mod.rs") && inside.rsplit('/').next() == Some("mod.rs") {
            let fix = "write `foo.rs` beside `foo/`";
            findings.push(Finding::new(
                &file.path,
                "`mod.rs` hides the module's name",
                fix,
            ));
        }
        let depth = inside.matches('/').count();
        if depth > FOLDERS_MAX {
            let what = format!("lies {depth} folders below `src/`");
            findings.push(Finding::new(
                &file.path,
                what,
                "two at most: lift the module",
            ));
        }
        if let Some((folder, leaf)) = file.path.rsplit_once('/')
            && depth > 0
            && leaf != "tests.rs"
        {
            folders.entry(folder).or_default().push(leaf);
        }
    }
    for (folder, leaves) in folders {
        if let [leaf] = leaves[..] {
            let what = format!("a folder for `{leaf}` alone");
            let fix = "a folder appears at three files: `foo.rs` and two in `foo/`";
            findings.push(Finding::new(folder, what, fix).advice());
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(paths: &[&str]) -> Vec<String> {
        let files: Vec<(&str, &str)> = paths.iter().map(|&path| (path, "")).collect();
        let found = check(&Tree::of(&files)).unwrap();
        found.into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn names_that_say_something_pass() {
        let paths = [
            "crates/coder/src/python.rs",
            "crates/coder/src/python/edits.rs",
            "crates/coder/src/python/scope/names.rs",
            "crates/coder/src/python/scope/kinds.rs",
            "crates/coder/src/python/tests.rs",
            "crates/coder/src/python/runner.rs",
            "crates/core_dump.txt",
        ];
        assert_eq!(places(&paths), [""; 0]);
    }

    #[test]
    fn vague_names_of_crates_folders_and_files_are_found() {
        let paths = [
            "crates/core/src/lib.rs",
            "crates/coder/src/utils.rs",
            "crates/a/tests/it/helpers.rs",
        ];
        assert_eq!(places(&paths), paths);
    }

    #[test]
    fn mod_rs_and_deep_folders_and_lonely_files_are_found() {
        let paths = ["crates/a/src/b/mod.rs", "crates/a/src/b/c/d/e.rs"];
        assert_eq!(
            places(&paths),
            [
                "crates/a/src/b/mod.rs",
                "crates/a/src/b/c/d/e.rs",
                "crates/a/src/b",
                "crates/a/src/b/c/d"
            ]
        );
    }
}
