//! The server under faults, for longer than in the tests: `kill -9` two hundred times while clients write.

use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};

use super::{machine::Machine, table::Table};
use crate::tree;

/// Tests of the server that print what they measured: their names, and what a line of theirs begins with.
const TESTS: [(&str, &str); 1] = [(
    "crashes::sqlite_keeps_what_was_told_through_two_hundred_kills",
    "kills ",
)];

/// Runs them one after the other. That they pass is half of what they say.
pub fn run(args: &[&str]) -> Result<()> {
    if !args.is_empty() {
        bail!("usage: cargo xtask bench faults");
    }
    let mut table = Table::new(["what", "figures"]);
    for (name, mark) in TESTS {
        let mut test = tree::cargo();
        test.args(["test", "--quiet", "--locked", "--package", "server"]);
        test.args(["--test", "it", "--", "--exact", name]);
        test.args(["--include-ignored", "--nocapture"]);
        let output = test.stderr(Stdio::inherit()).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "`{name}` fails:\n{said}");
        let line = said.lines().find(|line| line.starts_with(mark));
        let line = line.with_context(|| format!("`{name}` says nothing"))?;
        table.row([name.replace("::", ": ").replace('_', " "), line.to_owned()]);
    }
    println!("{}\n\n{table}", Machine::read());
    Ok(())
}
