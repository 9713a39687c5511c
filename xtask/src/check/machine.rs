//! The tree speaks of itself alone: no path and no name of the machine it was written on.

use std::{path::Path, process::Command};

use anyhow::Result;

use super::Finding;
use crate::tree::{self, Tree};

/// Folders that every machine has; a checkout inside one does not make it private.
const PUBLIC: &[&str] = &[
    "/", "/home", "/mnt", "/opt", "/root", "/srv", "/tmp", "/usr", "/var", "/var/tmp",
];

/// Names that every machine could have.
const PLAIN_HOSTS: &[&str] = &["localhost", "debian", "ubuntu", "linux", "host"];

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut paths = vec![tree.root.clone()];
    // A linked worktree's main checkout is as private as the worktree.
    let git = tree::stdout_of(
        Command::new("git")
            .args(["rev-parse", "--path-format=absolute", "--git-common-dir"])
            .current_dir(&tree.root),
    )?;
    paths.extend(Path::new(git.trim()).parent().map(Path::to_owned));
    let parents: Vec<_> = paths
        .iter()
        .filter_map(|path| path.parent().map(Path::to_owned))
        .collect();
    paths.extend(parents);
    paths.extend(std::env::var_os("HOME").map(Into::into));

    let mut private: Vec<String> = paths
        .iter()
        .map(|path| path.to_string_lossy().into_owned())
        .filter(|path| path.len() > 1 && !PUBLIC.contains(&path.as_str()))
        .collect();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim().to_owned();
    if host.len() > 4 && !PLAIN_HOSTS.contains(&host.as_str()) {
        private.push(host);
    }
    Ok(mentions(tree, &private))
}

fn mentions(tree: &Tree, private: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    // A vocabulary holds whatever words its texts had.
    let is_vocabulary =
        |path: &str| path.starts_with("models/") && path.ends_with("/tokenizer.json");
    for file in tree.files.iter().filter(|file| !is_vocabulary(&file.path)) {
        for (line, text) in (1..).zip(file.text.lines()) {
            if let Some(word) = private.iter().find(|word| mentions_whole(text, word)) {
                findings.push(Finding::new(
                    format_args!("{}:{line}", file.path),
                    format!("names `{word}`, which only this machine has"),
                    "use a relative path, or an invented one such as `/home/ada`",
                ));
            }
        }
    }
    findings
}

/// Whether `word` stands in `text` and is not the beginning or end of a longer word.
fn mentions_whole(text: &str, word: &str) -> bool {
    let continues = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(continues) && !after.is_some_and(continues)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_path_is_found_wherever_it_stands() {
        let tree = Tree::of(&[
            ("README.md", "cd /srv/ada/house\n"),
            (
                "crates/a/src/b.rs",
                "\nconst A: &str = \"/srv/ada/house/x\";\n",
            ),
            ("docs/a.md", "see /srv/ada/household and ./srv/ada/house\n"),
        ]);
        let found = mentions(&tree, &["/srv/ada/house".to_owned()]);
        let places: Vec<&str> = found.iter().map(|finding| finding.place.as_str()).collect();
        assert_eq!(places, ["README.md:1", "crates/a/src/b.rs:2"]);
    }

    #[test]
    fn a_host_is_found_as_a_word_of_its_own() {
        assert!(mentions_whole("on winter, at night", "winter"));
        assert!(!mentions_whole("on winterfell", "winter"));
    }
}
