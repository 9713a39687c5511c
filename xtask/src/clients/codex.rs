//! The official Codex CLI, with a network that has nothing but this machine's own address.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::served::Served;
use super::{INSIDE, Trial, passes};
use crate::tree;

/// Ways to a network of one's own: the first is for root, the second for anybody where the system lets him.
const WAYS: &[&[&str]] = &[&["--net"], &["--net", "--map-root-user"]];

/// Brings up the only address that there is, and goes on as another program.
const UP: &str = "ip link set lo up && exec \"$0\" \"$@\"";

/// Runs it in a network of its own; without one, it says so and runs nothing.
pub fn run(trial: &Trial<'_>) -> Result<bool> {
    // Inside nothing can be fetched any more.
    let folder = trial.place.node("codex")?;
    let python = trial.place.python()?;
    if trial.is_inside {
        return inside(trial, &folder, &python);
    }
    let works = |way: &&&[&str]| {
        let mut command = Command::new("unshare");
        command.args(**way).args(["sh", "-c", UP, "true"]);
        tree::stdout_of(&mut command).is_ok()
    };
    let Some(way) = WAYS.iter().find(works) else {
        eprintln!(
            "skipped: codex is tried in a network of its own, and none can be made here\n\
             hint: run as root, or let users make namespaces: \
             sysctl -w kernel.unprivileged_userns_clone=1; `ip` must be there, too"
        );
        return Ok(true);
    };
    let this = std::env::current_exe()?;
    let mut command = Command::new("unshare");
    command.args(*way).args(["sh", "-c", UP]).arg(this);
    command.args(["clients", INSIDE, "codex"]).args(trial.cases);
    passes(&mut command)
}

fn inside(trial: &Trial<'_>, folder: &Path, python: &Path) -> Result<bool> {
    let server = Served::start(trial)?;
    let mut command = Command::new(python);
    command
        .arg(trial.place.sources("codex/codex.py"))
        .args(trial.cases)
        .env("FREEHOLD_URL", &server.url)
        .env("FREEHOLD_CODEX", program(folder)?)
        .env("FREEHOLD_WORK", folder.join("work"));
    passes(&mut command)
}

/// The program, which npm brings for the machine's processor.
fn program(folder: &Path) -> Result<PathBuf> {
    let packages = fs::read_dir(folder.join("node_modules/@openai"))?;
    let vendors = packages
        .filter_map(|package| fs::read_dir(package.ok()?.path().join("vendor")).ok())
        .flatten();
    let mut programs = vendors.filter_map(|vendor| Some(vendor.ok()?.path().join("bin/codex")));
    let program = programs.find(|program| program.is_file());
    program.context("npm has brought no `codex` for this machine")
}
