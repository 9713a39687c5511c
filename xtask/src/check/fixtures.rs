//! Each fixture is what `fixtures/MANIFEST.toml` says it is, and each is named there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::Finding;
use crate::tree::Tree;

const MANIFEST: &str = "fixtures/MANIFEST.toml";

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let manifest = tree.files.iter().find(|file| file.path == MANIFEST);
    let Some(manifest) = manifest else {
        return Ok(Vec::new());
    };
    let named = sums(&manifest.text);
    let root = tree.root.join("fixtures");
    let mut found = BTreeMap::new();
    for path in files(&root)? {
        let name = path.strip_prefix(&root).context("a file below the root")?;
        let name = name.to_string_lossy().replace('\\', "/");
        if name != "MANIFEST.toml" {
            found.insert(name, digest(&path)?);
        }
    }
    Ok(compare(&named, &found))
}

/// What each file below `fixtures` must hash to. A table is a folder, or a single file of its own.
fn sums(manifest: &str) -> BTreeMap<String, String> {
    let mut sums = BTreeMap::new();
    let mut table = "";
    for line in manifest.lines() {
        let quoted: Vec<&str> = line.split('"').collect();
        match quoted[..] {
            ["[", name, "]"] => table = name,
            ["sha256.", name, " = ", sum, ""] => {
                let is_the_table = table.rsplit('/').next() == Some(name) && name.contains('.');
                let path = if is_the_table {
                    table.to_owned()
                } else {
                    format!("{table}/{name}")
                };
                sums.insert(path, sum.to_owned());
            }
            _ => {}
        }
    }
    sums
}

fn compare(named: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> Vec<Finding> {
    let complain = |name: &str, what: &str, fix: &str| {
        Finding::new(format_args!("fixtures/{name}"), what.to_owned(), fix)
    };
    let mut findings = Vec::new();
    for (name, sum) in named {
        match found.get(name) {
            Some(found) if found == sum => {}
            Some(_) => findings.push(complain(
                name,
                "it is not what the manifest says",
                "restore it, or make it anew by the manifest's command",
            )),
            None => findings.push(complain(
                name,
                "the manifest names it, but it is not there",
                "restore it, or make it anew by the manifest's command",
            )),
        }
    }
    let unnamed = found.keys().filter(|name| !named.contains_key(*name));
    findings.extend(unnamed.map(|name| {
        complain(
            name,
            "the manifest does not name it",
            "let a script in `reference/` make it, which writes the manifest",
        )
    }));
    findings
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

fn digest(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path)?;
    let sum = Sha256::digest(&bytes);
    Ok(sum.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[\"blocks\"]\nseed = 11\nsha256.\"q4.made\" = \"aa\"\n\n\
        [\"gguf/x.gguf\"]\nsha256.\"x.gguf\" = \"bb\"\n\n\
        [\"models/qwen3.5\"]\nsha256.\"config.json\" = \"cc\"\n";

    #[test]
    fn files_of_folders_and_files_of_their_own_are_named() {
        let named = sums(TEXT);
        let names: Vec<&str> = named.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "blocks/q4.made",
                "gguf/x.gguf",
                "models/qwen3.5/config.json"
            ]
        );
        assert!(compare(&named, &named).is_empty());
    }

    #[test]
    fn changed_lost_and_unnamed_files_are_found() {
        let named = sums(TEXT);
        let mut found = named.clone();
        found.insert("blocks/q4.made".to_owned(), "ab".to_owned());
        found.remove("gguf/x.gguf");
        found.insert("new".to_owned(), "dd".to_owned());
        let findings = compare(&named, &found);
        let places: Vec<&str> = findings.iter().map(|one| one.place.as_str()).collect();
        assert_eq!(
            places,
            [
                "fixtures/blocks/q4.made",
                "fixtures/gguf/x.gguf",
                "fixtures/new"
            ]
        );
    }
}
