//! How long `freehold` itself takes: the part of every command that does nothing yet.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{
    machine::Machine,
    table::{Table, milliseconds, percentile},
};

const ROUNDS: usize = 300;

/// Measures `freehold --version` and `true` by turns, so that a busy moment hits both.
pub fn run(_args: &[&str]) -> Result<()> {
    let binary = super::freehold()?;
    let programs: [(&str, &Path, &[&str]); 2] = [
        ("`true`", Path::new("true"), &[]),
        ("`freehold --version`", &binary, &["--version"]),
    ];
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for ((_, program, args), times) in programs.iter().zip(&mut times) {
            times.push(start_to_exit(program, args)?);
        }
    }
    let mut table = Table::new(["start to exit", "p50", "p99"]);
    for ((name, ..), mut times) in programs.into_iter().zip(times) {
        times.sort_unstable();
        let [p50, p99] = [50, 99].map(|percent| milliseconds(percentile(&times, percent)));
        table.row([name.to_owned(), p50, p99]);
    }
    println!("{}\n{ROUNDS} rounds.\n\n{table}", Machine::read());
    Ok(())
}

fn start_to_exit(program: &Path, args: &[&str]) -> Result<Duration> {
    let start = Instant::now();
    let status = Command::new(program)
        .args(args)
        .stdout(Stdio::null())
        .status()?;
    ensure!(status.success(), "`{}` fails", program.display());
    Ok(start.elapsed())
}
