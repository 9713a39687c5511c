//! A crate is one noun and one sentence; the sentence opens its README and its `//!`, and stands in
//! its manifest and in ARCHITECTURE.md. From twelve crates on, the largest holds at most a fifth.

use anyhow::Result;

use super::{Finding, layers};
use crate::tree::{Package, Tree};

/// From this many crates on, none may hold more than a fifth of the lines.
const CRATES_BEFORE_SHARES_COUNT: usize = 16;

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let rows = layers::rows(tree.file("ARCHITECTURE.md")?)?;
    let mut findings = Vec::new();
    for member in tree.members() {
        findings.extend(misfits(tree, member));
        let sentence = member.description.as_deref().unwrap_or_default();
        if let Some(row) = rows.get(&member.name)
            && row.sentence != sentence
        {
            findings.push(Finding::new(
                format_args!("ARCHITECTURE.md:{}", row.line),
                format!("says `{}` of `{}`", row.sentence, member.name),
                format!("its manifest says `{sentence}`; make them one"),
            ));
        }
    }
    findings.extend(oversized(tree));
    Ok(findings)
}

/// Where `member`'s folder, README and crate documentation differ from its manifest.
fn misfits(tree: &Tree, member: &Package) -> Vec<Finding> {
    let folder = member.folder.as_deref().unwrap_or_default();
    let sentence = member.description.as_deref().unwrap_or_default();
    let mut findings = Vec::new();
    let manifest = format!("{folder}/Cargo.toml");
    if folder.rsplit('/').next() != Some(&member.name) {
        let what = format!("`{}` lies in a folder of another name", member.name);
        findings.push(Finding::new(
            &manifest,
            what,
            "rename the folder or the crate",
        ));
    }
    if !sentence.ends_with('.') || sentence.to_lowercase().contains("and also") {
        let what = "`description` is not one sentence";
        findings.push(Finding::new(
            &manifest,
            what,
            "one noun, one sentence, no `and also`",
        ));
    }
    if let Ok(file) = tree.file(&manifest)
        && !file.text.contains("publish.workspace = true")
    {
        let fix = "publish.workspace = true";
        findings.push(Finding::new(&manifest, "the crate could be published", fix));
    }
    let readme = format!("{folder}/README.md");
    let opening = tree
        .file(&readme)
        .ok()
        .and_then(|file| file.text.lines().skip(1).find(|line| !line.is_empty()));
    if member.name != "xtask" && opening != Some(sentence) {
        let fix = format!("let the first line below its title be `{sentence}`");
        findings.push(Finding::new(
            readme,
            "does not open with the crate's sentence",
            fix,
        ));
    }
    for root in ["lib.rs", "main.rs"] {
        let path = format!("{folder}/src/{root}");
        if let Ok(file) = tree.file(&path)
            && file.text.lines().next() != Some(&format!("//! {sentence}"))
        {
            let fix = format!("let its first line be `//! {sentence}`");
            findings.push(Finding::new(
                path,
                "does not open with the crate's sentence",
                fix,
            ));
        }
    }
    findings
}

fn oversized(tree: &Tree) -> Option<Finding> {
    let mut lines: Vec<(usize, &str)> = tree
        .members()
        .map(|member| {
            let prefix = format!("{}/", member.folder.as_deref().unwrap_or_default());
            let own = tree.rust().filter(|file| file.path.starts_with(&prefix));
            (
                own.map(|file| file.text.lines().count()).sum(),
                member.name.as_str(),
            )
        })
        .collect();
    let total: usize = lines.iter().map(|(lines, _)| lines).sum();
    lines.sort_unstable();
    let (largest, name) = *lines.last()?;
    let counts = lines.len() >= CRATES_BEFORE_SHARES_COUNT;
    (counts && largest * 5 > total).then(|| {
        Finding::new(
            format_args!("crates/{name}"),
            format!("holds {largest} of {total} lines, more than a fifth"),
            "find the noun inside it that is a crate of its own",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Package {
        Package {
            name: name.to_owned(),
            description: Some("Runs a command.".to_owned()),
            folder: Some(format!("crates/{name}")),
            ..Package::default()
        }
    }

    #[test]
    fn a_crate_that_says_one_sentence_everywhere_passes() {
        let tree = Tree::of(&[
            ("crates/sandbox/Cargo.toml", "publish.workspace = true\n"),
            ("crates/sandbox/README.md", "# sandbox\n\nRuns a command.\n"),
            ("crates/sandbox/src/lib.rs", "//! Runs a command.\n"),
        ]);
        assert_eq!(misfits(&tree, &member("sandbox")), []);
    }

    #[test]
    fn differing_sentences_and_a_publishable_crate_are_found() {
        let tree = Tree::of(&[
            ("crates/sandbox/Cargo.toml", "[package]\n"),
            ("crates/sandbox/README.md", "# sandbox\n\nBoxes things.\n"),
            ("crates/sandbox/src/lib.rs", "//! Boxes.\n"),
        ]);
        let found = misfits(&tree, &member("sandbox"));
        let places: Vec<&str> = found.iter().map(|finding| finding.place.as_str()).collect();
        assert_eq!(
            places,
            [
                "crates/sandbox/Cargo.toml",
                "crates/sandbox/README.md",
                "crates/sandbox/src/lib.rs"
            ]
        );
    }

    #[test]
    fn a_crate_of_more_than_a_fifth_is_found_once_there_are_sixteen() {
        let names = [
            "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p",
        ];
        let paths: Vec<String> = names
            .iter()
            .map(|name| format!("crates/{name}/src/lib.rs"))
            .collect();
        let long = "//\n".repeat(50);
        let files: Vec<(&str, &str)> = paths
            .iter()
            .map(|path| {
                (
                    path.as_str(),
                    if path.contains("/c/") {
                        long.as_str()
                    } else {
                        "//\n//\n"
                    },
                )
            })
            .collect();
        let mut tree = Tree::of(&files);
        tree.packages = names.iter().map(|name| member(name)).collect();
        assert_eq!(oversized(&tree).unwrap().place, "crates/c");
        tree.packages.pop();
        assert_eq!(oversized(&tree), None);
    }
}
