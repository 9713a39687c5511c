//! `cargo xtask cluster`: trainings of several processes, under MPI and under a Slurm of our own on this machine.
//!
//! Nothing is installed: what is missing is named. All files lie below `target/cluster`, and whatever was started is
//! ended by its number.

mod daemons;
mod loose;
mod mpi;
mod slurm;
mod workshop;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};

use crate::installed::Place;
use crate::tree;
use workshop::Workshop;

/// Programs and headers that are needed, as Debian's packages name them.
const NEEDS: &[(&str, &[&str], &str)] = &[
    ("mpirun", &["--version"], "openmpi-bin"),
    ("mpicc", &["--version"], "libopenmpi-dev"),
    (
        "sh",
        &[
            "-c",
            "ls /usr/lib/llvm-*/lib/libclang*.so* /usr/lib/*/libclang*.so*",
        ],
        "libclang-dev",
    ),
    ("munged", &["--version"], "munge"),
    ("slurmctld", &["-V"], "slurm-wlm"),
    ("slurmd", &["-V"], "slurm-wlm"),
];

type Part = (&'static str, &'static str, fn(&Workshop) -> Result<()>);

const PARTS: &[Part] = &[
    (
        "mpi",
        "two ranks under `mpirun` have the losses of one, and go on where they were stopped",
        mpi::run,
    ),
    (
        "slurm",
        "jobs under two nodes of Slurm: done, queued again after a rank or a node died, cancelled",
        slurm::run,
    ),
    (
        "loose",
        "what meeting now and then costs in loss, as a table",
        loose::run,
    ),
];

/// Runs the named parts, or all.
pub fn run(words: &[&str]) -> Result<ExitCode> {
    let known = |word: &&str| PARTS.iter().any(|(name, ..)| name == word);
    if let Some(word) = words.iter().find(|word| !known(word)) {
        anyhow::bail!("there is no part `{word}`\n{}", list());
    }
    let mut missing = Place::missing(NEEDS);
    missing.dedup();
    ensure!(
        missing.is_empty(),
        "these packages of Debian are missing\nhint: apt-get install {}",
        missing.join(" ")
    );
    let workshop = Workshop::new(built()?)?;
    for (name, _, part) in PARTS {
        if words.is_empty() || words.contains(name) {
            part(&workshop).with_context(|| format!("`{name}` fails"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What may be named.
pub fn list() -> String {
    let lines = PARTS
        .iter()
        .map(|(name, about, _)| format!("  cluster {name:<10} {about}\n"));
    format!("parts of `cluster`:\n{}", lines.collect::<String>())
}

/// The program with MPI in it.
fn built() -> Result<PathBuf> {
    let mut build = tree::cargo();
    build.args([
        "build",
        "--release",
        "--quiet",
        "--locked",
        "--package",
        "cli",
    ]);
    build.args(["--features", "mpi", "--message-format", "json"]);
    let said = tree::stdout_of(build.stderr(std::process::Stdio::inherit()))?;
    let mut program = said.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let path = message.get("executable")?.as_str()?;
        path.ends_with("freehold").then(|| PathBuf::from(path))
    });
    let program = program.next_back().context("cargo named no program")?;
    // Another build may take its place while jobs run.
    let own = program.with_file_name("freehold-mpi");
    std::fs::copy(&program, &own)?;
    Ok(own)
}

/// A command whose output matters only when it fails.
fn runs(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "{:?} ends with {}: {}",
        command.get_program(),
        output.status,
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    Ok(())
}
