//! A crate uses lower rows of ARCHITECTURE.md's table, none beside it and none above.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use super::Finding;
use crate::tree::{File, Package, Tree};

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let rows = rows(tree.file("ARCHITECTURE.md")?)?;
    let members: Vec<&Package> = tree.members().collect();
    Ok(edges_against(&rows, &members))
}

/// One line of the table `| row | crate | sentence |`.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    pub row: u32,
    pub sentence: String,
    pub line: usize,
}

/// The table of ARCHITECTURE.md, by crate.
pub fn rows(architecture: &File) -> Result<BTreeMap<String, Row>> {
    let mut rows = BTreeMap::new();
    for (line, text) in (1..).zip(architecture.text.lines()) {
        let cells: Vec<&str> = text.split('|').map(str::trim).collect();
        let ["", row, name, sentence, ""] = cells[..] else {
            continue;
        };
        let Ok(row) = row.parse() else { continue };
        let name = name.trim_matches('`').to_owned();
        let sentence = sentence.to_owned();
        rows.insert(
            name,
            Row {
                row,
                sentence,
                line,
            },
        );
    }
    let found = (!rows.is_empty()).then_some(rows);
    found.context("ARCHITECTURE.md has no table `| row | crate | sentence |`")
}

fn edges_against(rows: &BTreeMap<String, Row>, members: &[&Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Nothing may use xtask, and it may use everything: it stands above the house.
    let row_of = |name: &str| match name {
        "xtask" => Some(u32::MAX),
        _ => rows.get(name).map(|row| row.row),
    };
    for member in members {
        let manifest = format!(
            "{}/Cargo.toml",
            member.folder.as_deref().unwrap_or_default()
        );
        let Some(own) = row_of(&member.name) else {
            findings.push(Finding::new(
                manifest,
                format!("`{}` stands in no row of ARCHITECTURE.md", member.name),
                "add it to the table, in the lowest row that is above all it uses",
            ));
            continue;
        };
        for used in &member.dependencies {
            let is_member = members.iter().any(|other| other.name == *used);
            let Some(below) = row_of(used).filter(|_| is_member) else {
                continue;
            };
            if below >= own {
                findings.push(Finding::new(
                    &manifest,
                    format!("`{}` (row {own}) uses `{used}` (row {below})", member.name),
                    "move the shared part to the lower crate that owns the noun, or pass it in",
                ));
            }
        }
    }
    for (name, row) in rows {
        if !members.iter().any(|member| member.name == *name) {
            findings.push(Finding::new(
                format_args!("ARCHITECTURE.md:{}", row.line),
                format!("no crate is called `{name}`"),
                "the table shows the rooms as they are; plans belong in docs/decisions",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
| row | crate | sentence |
|---|---|---|
| 5 | `coder` | Repairs code. |
| 3 | `discovery` | Searches. |
| 3 | `sandbox` | Runs. |
";

    fn package(name: &str, dependencies: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            folder: Some(format!("crates/{name}")),
            dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
            ..Package::default()
        }
    }

    fn findings(members: &[Package]) -> Vec<String> {
        let tree = Tree::of(&[("ARCHITECTURE.md", TABLE)]);
        let rows = rows(&tree.files[0]).unwrap();
        let found = edges_against(&rows, &members.iter().collect::<Vec<_>>());
        found
            .into_iter()
            .map(|finding| format!("{}: {}", finding.place, finding.what))
            .collect()
    }

    #[test]
    fn downward_edges_pass() {
        let members = [
            package("coder", &["discovery", "sandbox", "anyhow"]),
            package("discovery", &["thiserror"]),
            package("sandbox", &[]),
            package("xtask", &["coder"]),
        ];
        assert_eq!(findings(&members), [""; 0]);
    }

    #[test]
    fn edges_beside_and_upward_are_found() {
        let members = [
            package("coder", &[]),
            package("discovery", &["sandbox"]),
            package("sandbox", &["coder", "xtask"]),
            package("xtask", &[]),
        ];
        assert_eq!(
            findings(&members),
            [
                "crates/discovery/Cargo.toml: `discovery` (row 3) uses `sandbox` (row 3)",
                "crates/sandbox/Cargo.toml: `sandbox` (row 3) uses `coder` (row 5)",
                "crates/sandbox/Cargo.toml: `sandbox` (row 3) uses `xtask` (row 4294967295)",
            ]
        );
    }

    #[test]
    fn a_crate_without_a_row_and_a_row_without_a_crate_are_found() {
        let members = [
            package("coder", &[]),
            package("discovery", &[]),
            package("voice", &[]),
        ];
        assert_eq!(
            findings(&members),
            [
                "crates/voice/Cargo.toml: `voice` stands in no row of ARCHITECTURE.md",
                "ARCHITECTURE.md:5: no crate is called `sandbox`",
            ]
        );
    }
}
