//! `cargo xtask bench engine`: prompts and steps of language models, beside llama.cpp.
//!
//! Weights are numbers by chance in real shapes. Each file is measured by `freehold model bench`, the
//! peer on the same file in the same minute.

mod weights;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use self::weights::{FORMATS, SHAPES};
use super::{freehold, machine::Machine, table::Table};

/// What was typed after the benchmark's name.
struct Options {
    /// Parts of names of shapes and formats; all when empty.
    wanted: Vec<String>,
    /// The Python with the peer.
    python: Option<String>,
    /// Whether the long prompts and deep caches are left out.
    is_quick: bool,
    /// Only write the files.
    is_writing: bool,
}

impl Options {
    fn parse(args: &[&str]) -> Result<Self> {
        let mut options = Self {
            wanted: Vec::new(),
            python: None,
            is_quick: false,
            is_writing: false,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match *arg {
                "--python" => {
                    let python = args.next().context("`--python` needs a path")?;
                    options.python = Some((*python).to_owned());
                }
                "--quick" => options.is_quick = true,
                "--write" => options.is_writing = true,
                flag if flag.starts_with('-') => bail!(
                    "unknown option `{flag}`\nhint: [SHAPE|FORMAT]… [--python PYTHON] [--quick] [--write]"
                ),
                name => options.wanted.push(name.to_lowercase()),
            }
        }
        Ok(options)
    }

    fn selects(&self, shape: &str, format: &str) -> bool {
        let names: Vec<&str> = SHAPES
            .iter()
            .map(|shape| shape.name)
            .chain(FORMATS)
            .collect();
        let is_meant = |name: &str| {
            let of_kind: Vec<&String> = self
                .wanted
                .iter()
                .filter(|wanted| names.iter().any(|known| known.to_lowercase() == **wanted))
                .collect();
            let same_kind = |wanted: &&&String| {
                FORMATS.contains(&name) == FORMATS.iter().any(|f| f.to_lowercase() == ***wanted)
            };
            let mut of_kind = of_kind.iter().filter(same_kind).peekable();
            of_kind.peek().is_none() || of_kind.any(|wanted| **wanted == name.to_lowercase())
        };
        is_meant(shape) && is_meant(format)
    }
}

/// Runs the benchmark with what was typed after its name.
pub fn run(args: &[&str]) -> Result<()> {
    let options = Options::parse(args)?;
    let binary = freehold()?;
    // Beside `target/release/freehold`.
    let target = binary.ancestors().nth(2).context("a target folder")?;
    let folder = target.join("bench/engine");
    std::fs::create_dir_all(&folder)?;
    println!("{}", Machine::read());
    let mut table = Table::new([
        "model",
        "task",
        "tokens/s",
        "of limit",
        "llama.cpp",
        "ratio",
    ]);
    for shape in &SHAPES {
        for format in FORMATS {
            if !options.selects(shape.name, format) {
                continue;
            }
            let name = format!("{} {format}", shape.name);
            let path = folder.join(format!("{}-{format}.gguf", shape.name));
            if !path.exists() {
                eprintln!("writing {}", path.display());
                weights::write(&path, shape, format)?;
            }
            if options.is_writing {
                continue;
            }
            let measured = measure(&binary, &path, &options)?;
            add_rows(&mut table, &name, &measured);
            if !options.is_quick {
                add_deep_rows(&mut table, &name, &measure_deep(&binary, &path)?);
            }
            add_first_row(&mut table, &name, time_to_first(&binary, &path)?);
        }
    }
    println!("{table}");
    Ok(())
}

fn measure(binary: &Path, model: &Path, options: &Options) -> Result<Value> {
    let mut command = std::process::Command::new(binary);
    command.args(["model", "bench", "--json"]).arg(model);
    if let Some(python) = &options.python {
        command.args(["--against", "llama.cpp", "--python", python]);
    }
    if !options.is_quick {
        command.args([
            "--prefill",
            "512,2048",
            "--depth",
            "4096",
            "--batch",
            "8,16",
        ]);
    }
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    ensure!(output.status.success(), "`{command:?}` failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Steps behind few and many tokens, with keys and values in eight bits.
fn measure_deep(binary: &Path, model: &Path) -> Result<Value> {
    let mut command = std::process::Command::new(binary);
    command.args(["model", "bench", "--json"]).arg(model);
    command.args(["--prefill", "64", "--depth", "8192", "--cache", "q8"]);
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    ensure!(output.status.success(), "`{command:?}` failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Seconds from the start of a process to the first probabilities after a short prompt, the best of
/// three, with the file in memory already.
fn time_to_first(binary: &Path, model: &Path) -> Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let mut command = std::process::Command::new(binary);
        command.args(["model", "score", "--tokens", "1,2,3", "--only", "served"]);
        command.args(["--context", "512"]).arg(model);
        let begun = Instant::now();
        let output = command.output()?;
        best = best.min(begun.elapsed().as_secs_f64());
        ensure!(output.status.success(), "`{command:?}` failed");
    }
    Ok(best)
}

fn add_deep_rows(table: &mut Table, name: &str, measured: &Value) {
    let rates: Vec<f64> = measured["rows"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|row| {
            let task = row["task"].as_str();
            task.is_some_and(|task| task.starts_with("decode"))
        })
        .filter_map(|row| row["tokens_per_second"].as_f64())
        .collect();
    if let [shallow, deep] = rates[..] {
        table.row([
            name.to_owned(),
            "decode at depth 8192, q8 cache".to_owned(),
            format!("{deep:.1}"),
            format!("{:.2} of depth 128", deep / shallow),
            String::new(),
            String::new(),
        ]);
    }
}

fn add_first_row(table: &mut Table, name: &str, seconds: f64) {
    table.row([
        name.to_owned(),
        "start to first token, s".to_owned(),
        format!("{seconds:.2}"),
        String::new(),
        String::new(),
        String::new(),
    ]);
}

fn add_rows(table: &mut Table, name: &str, measured: &Value) {
    let number = |value: &Value, digits: usize| {
        let value = value.as_f64();
        value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
    };
    for row in measured["rows"].as_array().into_iter().flatten() {
        table.row([
            name.to_owned(),
            row["task"].as_str().unwrap_or_default().to_owned(),
            number(&row["tokens_per_second"], 1),
            number(&row["of_limit"], 2),
            number(&row["peer_tokens_per_second"], 1),
            number(&row["ratio"], 2),
        ]);
    }
    let (ours, theirs) = (&measured["peak_bytes"], &measured["peer"]["peak_bytes"]);
    let mebibytes = |value: &Value| value.as_f64().map(|bytes| bytes / f64::from(1 << 20));
    let ratio = mebibytes(ours).zip(mebibytes(theirs)).map(|(a, b)| a / b);
    table.row([
        name.to_owned(),
        "memory, MiB".to_owned(),
        number(&mebibytes(ours).into(), 0),
        String::new(),
        number(&mebibytes(theirs).into(), 0),
        number(&ratio.into(), 2),
    ]);
    table.row([
        name.to_owned(),
        "loading, s".to_owned(),
        number(&measured["load_seconds"], 2),
        String::new(),
        number(&measured["peer"]["load_seconds"], 2),
        String::new(),
    ]);
}
