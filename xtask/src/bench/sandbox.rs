//! How long a box takes from start to exit of `true`, beside `bwrap` in the same run.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::{
    machine::Machine,
    table::{Table, milliseconds, percentile},
};
use crate::tree;

const ROUNDS: usize = 300;
/// The peer, as the first column calls it.
const PEER: &str = "`bwrap … true`";

/// Runs the benchmark of the crate, which has to be one process with the boxes' caller, and shows
/// what it measured. A word sets the number of rounds.
pub fn run(args: &[&str]) -> Result<()> {
    let rounds = args.first().map_or(Ok(ROUNDS), |word| word.parse())?;
    ensure!(
        which("bwrap"),
        "`bwrap` is not installed\nhint: apt-get install bubblewrap"
    );
    let binary = super::freehold()?.canonicalize()?;
    let mut bench = tree::cargo();
    bench.args(["bench", "--quiet", "--locked", "--package", "sandbox"]);
    bench.args(["--bench", "start", "--"]).arg(binary);
    let output = tree::stdout_of(bench.arg(rounds.to_string()))?;
    let mut ways = Vec::new();
    for line in output.lines() {
        let (name, times) = line.split_once('\t').context("a line without times")?;
        let mut times = times
            .split(' ')
            .map(|time| Ok(Duration::from_nanos(time.parse()?)))
            .collect::<Result<Vec<_>>>()?;
        times.sort_unstable();
        ways.push((name, percentile(&times, 50), percentile(&times, 99)));
    }
    let peer = ways.iter().find(|(name, ..)| *name == PEER);
    let peer = peer.context("`bwrap` was not measured")?.1;
    let mut table = Table::new(["start to exit", "p50", "p99", "p50 to bwrap's"]);
    for (name, p50, p99) in &ways {
        let ratio = p50.as_secs_f64() / peer.as_secs_f64();
        table.row([
            (*name).to_owned(),
            milliseconds(*p50),
            milliseconds(*p99),
            format!("{ratio:.2}"),
        ]);
    }
    println!("{}\n{rounds} rounds.\n\n{table}", Machine::read());
    Ok(())
}

fn which(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).exists())
}
