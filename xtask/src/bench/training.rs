//! `cargo xtask bench training`: steps of training, beside PyTorch.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use super::machine::Machine;
use super::table::Table;
use crate::tree;

/// What one run of ours prints.
#[derive(Deserialize)]
struct Ours {
    parameters: u64,
    tokens_per_second: f64,
    gflops: f64,
    peak_gflops: f64,
    peak_mib: u64,
}

/// What one run of the peer prints.
#[derive(Deserialize)]
struct Theirs {
    tokens_per_second: f64,
    peak_mib: u64,
    version: String,
}

/// Measures; `--python PYTHON`, where PYTHON has torch and transformers, measures them in the same run.
pub fn run(args: &[&str]) -> Result<()> {
    let mut python = None;
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match *word {
            "--python" => python = Some(*words.next().context("`--python` needs a path")?),
            other => bail!("unknown option `{other}`\nhint: [--python PYTHON]"),
        }
    }
    print!("{}", Machine::read());
    let mut table = Table::new([
        "network",
        "numbers",
        "ours, tokens/s",
        "of the peak",
        "PyTorch, tokens/s",
        "mode",
        "ratio",
        "ours, MiB",
        "PyTorch, MiB",
        "ratio of memory",
    ]);
    for (size, numbers, steps) in [
        ("small", "f32", 5),
        ("small", "bf16", 3),
        ("large", "f32", 2),
        ("large", "bf16", 2),
    ] {
        // Before and after the peer, so that what else the machine does meets both.
        let before = ours(size, numbers, steps)?;
        let theirs = python
            .map(|python| best(python, size, numbers, steps))
            .transpose()?;
        let after = ours(size, numbers, steps)?;
        let ours = match before.tokens_per_second > after.tokens_per_second {
            true => before,
            false => after,
        };
        let of_theirs = |say: &dyn Fn(&Theirs, &str) -> String| match &theirs {
            Some((theirs, mode)) => say(theirs, mode),
            None => "–".to_owned(),
        };
        table.row([
            format!("{:.1} M", ours.parameters as f64 / 1e6),
            numbers.to_owned(),
            format!("{:.0}", ours.tokens_per_second),
            format!("{:.0} %", 100.0 * ours.gflops / ours.peak_gflops),
            of_theirs(&|theirs, _| format!("{:.0}", theirs.tokens_per_second)),
            of_theirs(&|theirs, mode| format!("{} {mode}", theirs.version)),
            of_theirs(&|theirs, _| {
                format!("{:.2}", ours.tokens_per_second / theirs.tokens_per_second)
            }),
            ours.peak_mib.to_string(),
            of_theirs(&|theirs, _| theirs.peak_mib.to_string()),
            of_theirs(&|theirs, _| format!("{:.2}", ours.peak_mib as f64 / theirs.peak_mib as f64)),
        ]);
    }
    print!("\n{table}");
    Ok(())
}

fn ours(size: &str, numbers: &str, steps: u32) -> Result<Ours> {
    let mut bench = tree::cargo();
    bench.args([
        "bench",
        "--quiet",
        "--package",
        "training",
        "--bench",
        "speed",
        "--",
        size,
        numbers,
    ]);
    let output = bench.arg(steps.to_string()).output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    let line = text
        .lines()
        .find(|line| line.starts_with('{'))
        .context("a line of JSON")?;
    Ok(serde_json::from_str(line)?)
}

/// The faster of eager and compiled.
fn best(python: &str, size: &str, numbers: &str, steps: u32) -> Result<(Theirs, &'static str)> {
    let eager = theirs(python, size, numbers, "eager", steps)?;
    // Compiling asks for a C++ compiler, which not every machine has.
    match theirs(python, size, numbers, "compiled", steps) {
        Ok(compiled) if compiled.tokens_per_second > eager.tokens_per_second => {
            Ok((compiled, "compiled"))
        }
        _ => Ok((eager, "eager")),
    }
}

fn theirs(python: &str, size: &str, numbers: &str, mode: &str, steps: u32) -> Result<Theirs> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bench/training/peer.py");
    let steps = steps.to_string();
    let output = Command::new(python)
        .arg(script)
        .args([size, numbers, mode, &steps])
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    let line = text
        .lines()
        .find(|line| line.starts_with('{'))
        .context("a line of JSON")?;
    Ok(serde_json::from_str(line)?)
}
