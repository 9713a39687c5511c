//! `cargo xtask bench built-in`: what the built-in model understands, how fast, and beside what was published.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::machine::Machine;
use super::table::{Table, milliseconds, percentile};

/// Answers that are timed.
const RUNS: usize = 40;

/// Requests that are timed, one after the other.
const REQUESTS: [&str; 4] = [
    "what is 15 percent of 80",
    "set a timer for ten minutes",
    "lunch with Ann on Friday at noon",
    "remind me to call the plumber tomorrow at half past eight and add milk to the shopping list",
];

/// What is measured, what it must reach, and what others published on the same sentences.
const BARS: [(&str, &str, f64, &str); 5] = [
    ("held_out_exact", "own requests, all calls exact", 0.90, "–"),
    (
        "nlu_home_intent",
        "nlu-home, intent",
        0.90,
        "0.84–0.88 (F1; Rasa, LUIS, Watson, Dialogflow)",
    ),
    (
        "nlu_home_entity_f1",
        "nlu-home, entities where the tools cover them, F1",
        0.80,
        "–",
    ),
    (
        "clinc_in_scope",
        "clinc150, intents with a tool",
        0.92,
        "0.969 (BERT, of all its intents)",
    ),
    (
        "clinc_out_of_scope_recall",
        "clinc150, out of scope, recall",
        0.70,
        "0.40–0.50 (BERT)",
    ),
];

/// Measures; `--model PATH` another model than the one in the binary, `--shared DIR` where the corpora lie.
pub fn run(args: &[&str]) -> Result<()> {
    let (mut model, mut shared) = (None, None);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match *word {
            "--model" => model = Some(*words.next().context("`--model` needs a path")?),
            "--shared" => shared = Some(*words.next().context("`--shared` needs a path")?),
            other => bail!("unknown option `{other}`\nhint: [--model PATH] [--shared DIR]"),
        }
    }
    let binary = super::freehold()?;
    print!("{}", Machine::read());
    let measured = evaluate(&binary, model, shared)?;
    let mut table = Table::new(["what", "sentences", "reached", "bar", "published"]);
    for (key, what, bar, published) in BARS {
        let reached = measured[key]
            .as_f64()
            .with_context(|| format!("no `{key}`"))?;
        let sentences = match key {
            "held_out_exact" => "held_out_requests",
            "nlu_home_intent" => "nlu_home_sentences",
            "nlu_home_entity_f1" => "nlu_home_covered",
            _ => "clinc_sentences",
        };
        table.row([
            what.to_owned(),
            measured[sentences].to_string(),
            format!("{:.1} %", 100.0 * reached),
            format!("≥ {:.0} %", 100.0 * bar),
            published.to_owned(),
        ]);
    }
    println!("\n{table}\n`{measured}`\n");
    print!("{}", times(&binary, model)?);
    Ok(())
}

/// What `evaluate.py` says.
fn evaluate(binary: &Path, model: Option<&str>, shared: Option<&str>) -> Result<Value> {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in the repository")?
        .to_owned();
    let mut python = Command::new("python3");
    python
        .arg(root.join("recipes/built-in/evaluate.py"))
        .arg("--binary")
        .arg(binary);
    for (name, value) in [("--model", model), ("--shared", shared)] {
        if let Some(value) = value {
            python.args([name, value]);
        }
    }
    let output = python.output().context("python3 runs")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    let line = text.lines().last().context("a line of JSON")?;
    Ok(serde_json::from_str(line)?)
}

/// How long loading, answering and the whole command take.
fn times(binary: &Path, model: Option<&str>) -> Result<Table> {
    let (mut whole, mut loading, mut answering) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        let mut ask = Command::new(binary);
        ask.args(["ask", "--json", "--stats", REQUESTS[run % REQUESTS.len()]]);
        if let Some(model) = model {
            ask.args(["--model", model]);
        }
        let start = Instant::now();
        let output = ask.output()?;
        whole.push(start.elapsed());
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let said: Value = serde_json::from_slice(&output.stdout)?;
        for (times, key) in [(&mut loading, "load_ms"), (&mut answering, "answer_ms")] {
            let ms = said[key].as_f64().with_context(|| format!("no `{key}`"))?;
            times.push(Duration::from_secs_f64(ms / 1000.0));
        }
    }
    let mut table = Table::new(["time", "p50", "p95", "bar"]);
    for (what, times, bar) in [
        ("loading", &mut loading, "≤ 100 ms"),
        ("answering", &mut answering, "≤ 300 ms"),
        ("the whole command", &mut whole, "–"),
    ] {
        times.sort();
        table.row([
            what.to_owned(),
            milliseconds(percentile(times, 50)),
            milliseconds(percentile(times, 95)),
            bar.to_owned(),
        ]);
    }
    Ok(table)
}
