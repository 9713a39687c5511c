//! The checks that cargo's own tools make.

use std::process::Command;

use anyhow::{Context as _, Result};

use super::Finding;
use crate::tree::{self, Tree};

pub fn fmt(tree: &Tree) -> Result<Vec<Finding>> {
    let mut command = tree::cargo();
    command.args(["fmt", "--all", "--", "--check", "-l"]);
    finding_of(tree, &mut command, "cargo fmt --all")
}

pub fn clippy(tree: &Tree) -> Result<Vec<Finding>> {
    let mut command = tree::cargo();
    command.args([
        "clippy",
        "--quiet",
        "--locked",
        "--workspace",
        "--all-targets",
    ]);
    command.args(["--", "--deny", "warnings"]);
    finding_of(
        tree,
        &mut command,
        "follow clippy, or allow the lint there with a reason",
    )
}

/// Advisories need the network, so what runs here is only what `deny.toml` can say offline.
pub fn deny(tree: &Tree) -> Result<Vec<Finding>> {
    let installed = tree::cargo().args(["deny", "--version"]).output();
    if !installed.is_ok_and(|output| output.status.success()) {
        let what = "`cargo deny` is not installed; `packages` has checked licences, sources and duplicates, nobody has checked advisories";
        let fix = "cargo install --locked cargo-deny";
        return Ok(vec![Finding::new("deny.toml", what, fix).advice()]);
    }
    let mut command = tree::cargo();
    command.args(["deny", "--offline", "--log-level", "error", "check"]);
    command.args(["bans", "licenses", "sources"]);
    finding_of(
        tree,
        &mut command,
        "change the dependency, or `deny.toml` with a reason",
    )
}

/// Runs `command` in the workspace; one that fails is one finding, with what it printed.
fn finding_of(tree: &Tree, command: &mut Command, fix: &str) -> Result<Vec<Finding>> {
    let name = command
        .get_args()
        .next()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let output = command
        .current_dir(&tree.root)
        .output()
        .with_context(|| format!("`cargo {name}` does not start"))?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said)
        .trim_end()
        .replace('\n', "\n  ");
    Ok(vec![Finding::new(
        format_args!("cargo {name}"),
        format!("\n  {said}"),
        fix,
    )])
}
