//! Versions live in `[workspace.dependencies]`, sorted; `docs/dependencies.md` says of each what it
//! saves, what it brings along, its licence, and who would replace it.

use std::collections::BTreeMap;

use anyhow::Result;

use super::Finding;
use crate::tree::Tree;

const MANIFEST: &str = "Cargo.toml";
const PAGE: &str = "docs/dependencies.md";

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut listed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut last = "";
    for (line, text) in tree.file(MANIFEST)?.section("workspace.dependencies") {
        let Some((name, value)) = text.split_once(" = ") else {
            continue;
        };
        if name < last {
            let what = format!("`{name}` comes after `{last}`");
            findings.push(Finding::new(
                format_args!("{MANIFEST}:{line}"),
                what,
                "sort the section",
            ));
        }
        last = name;
        if !value.contains("path = ") {
            listed.insert(name, line);
        }
    }
    findings.extend(own_versions(tree));

    let mut explained: BTreeMap<&str, usize> = BTreeMap::new();
    for (line, text) in (1..).zip(tree.file(PAGE)?.text.lines()) {
        let cells: Vec<&str> = text.split('|').map(str::trim).collect();
        let ["", name, saves, _, _, replaced, ""] = cells[..] else {
            continue;
        };
        let Some(name) = name
            .strip_prefix('`')
            .and_then(|name| name.strip_suffix('`'))
        else {
            continue;
        };
        if saves.is_empty() || replaced.is_empty() {
            let what = format!("`{name}` has an empty cell");
            findings.push(Finding::new(
                format_args!("{PAGE}:{line}"),
                what,
                "fill it in",
            ));
        }
        explained.insert(name, line);
    }
    for (name, line) in &listed {
        if !explained.contains_key(name) {
            let what = format!("`{name}` is not explained");
            let fix = format!("add its row to {PAGE}");
            findings.push(Finding::new(format_args!("{MANIFEST}:{line}"), what, fix));
        }
    }
    for (name, line) in &explained {
        if !listed.contains_key(name) {
            let what = format!("`{name}` is no dependency");
            findings.push(Finding::new(
                format_args!("{PAGE}:{line}"),
                what,
                "take its row out",
            ));
        }
    }
    Ok(findings)
}

/// Dependencies whose version stands in a crate's own manifest.
fn own_versions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let manifests = tree.files.iter().filter(|file| {
        (file.path.starts_with("crates/") || file.path.starts_with("xtask/"))
            && file.path.ends_with("/Cargo.toml")
            && tree.members().any(|member| {
                member
                    .folder
                    .as_ref()
                    .is_some_and(|folder| file.path == format!("{folder}/Cargo.toml"))
            })
    });
    for file in manifests {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (line, text) in file.section(section) {
                if text.contains('=') && !text.contains("workspace = true") {
                    findings.push(Finding::new(
                        format_args!("{}:{line}", file.path),
                        "a version of its own",
                        "put it in `[workspace.dependencies]` and say `workspace = true`",
                    ));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Package;

    fn findings(manifest: &str, page: &str, member: &str) -> Vec<String> {
        let mut tree = Tree::of(&[
            (MANIFEST, manifest),
            (PAGE, page),
            ("crates/a/Cargo.toml", member),
        ]);
        tree.packages.push(Package {
            folder: Some("crates/a".to_owned()),
            ..Package::default()
        });
        let found = check(&tree).unwrap();
        found
            .into_iter()
            .map(|finding| format!("{}: {}", finding.place, finding.what))
            .collect()
    }

    const MEMBER: &str = "[dependencies]\nanyhow.workspace = true\n";

    #[test]
    fn sorted_explained_and_shared_dependencies_pass() {
        let manifest = "[workspace.dependencies]\na = { path = \"crates/a\" }\nanyhow = \"1\"\nsyn = \"2\"\n[profile.dev]\n";
        let page = "| `anyhow` | context | 0 | MIT | a |\n| `syn` | parsing | 2 | MIT | b |\n";
        assert_eq!(findings(manifest, page, MEMBER), [""; 0]);
    }

    #[test]
    fn unsorted_unexplained_unused_and_private_ones_are_found() {
        let manifest = "[workspace.dependencies]\nsyn = \"2\"\nanyhow = \"1\"\n";
        let page = "| `anyhow` |  | 0 | MIT | a |\n| `tokio` | all | 9 | MIT | b |\n";
        let member =
            "[dependencies]\nanyhow = \"1\"\n\n[dev-dependencies]\ninsta = { version = \"1\" }\n";
        assert_eq!(
            findings(manifest, page, member),
            [
                "Cargo.toml:3: `anyhow` comes after `syn`",
                "crates/a/Cargo.toml:2: a version of its own",
                "crates/a/Cargo.toml:5: a version of its own",
                "docs/dependencies.md:1: `anyhow` has an empty cell",
                "Cargo.toml:2: `syn` is not explained",
                "docs/dependencies.md:2: `tokio` is no dependency",
            ]
        );
    }
}
