//! A relative link in the documentation leads to a file of the tree.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use super::Finding;
use crate::tree::Tree;

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, text) in (1..).zip(file.text.lines()) {
            for target in targets(text) {
                if !exists(tree, &file.path, target) {
                    findings.push(Finding::new(
                        format_args!("{}:{line}", file.path),
                        format!("the link to `{target}` leads nowhere"),
                        "correct it, or add the file",
                    ));
                }
            }
        }
    }
    Ok(findings)
}

/// What the links `[words](target)` of a line point to.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let links = line.split("](").skip(1);
    links.filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// Whether `target`, seen from the file `from`, is in the tree or not ours to check.
fn exists(tree: &Tree, from: &str, target: &str) -> bool {
    let target = target.split('#').next().unwrap_or_default();
    if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let joined = Path::new(from)
        .parent()
        .unwrap_or(Path::new(""))
        .join(target);
    let mut path = PathBuf::new();
    for part in joined.components() {
        match part {
            Component::ParentDir => {
                if !path.pop() {
                    return false;
                }
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    // Pictures have no text to check, and are files all the same.
    let is_picture = path.extension().is_some_and(|kind| kind == "png");
    let mut files = tree.files.iter();
    files.any(|file| Path::new(&file.path).starts_with(&path))
        || (is_picture && tree.root.join(&path).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_files_folders_sections_and_sites_pass() {
        let text = "[a](docs/a.md) and [b](docs#x), [c](#here), [d](https://d.example), `[x](y`\n";
        let back = "[up](../README.md) [beside](./b.md)\n";
        let tree = Tree::of(&[("README.md", text), ("docs/a.md", back), ("docs/b.md", "")]);
        assert_eq!(check(&tree).unwrap(), []);
    }

    #[test]
    fn links_that_lead_nowhere_or_out_of_the_tree_are_found() {
        let tree = Tree::of(&[
            ("README.md", "\n[a](docs/gone.md)\n"),
            ("docs/a.md", "[up](../../README.md)\n"),
        ]);
        let found = check(&tree).unwrap();
        let places: Vec<&str> = found.iter().map(|finding| finding.place.as_str()).collect();
        assert_eq!(places, ["README.md:2", "docs/a.md:1"]);
    }
}
