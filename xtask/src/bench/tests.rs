//! `cargo xtask bench tests`: tests written for forty correct programs, side by side with Pynguin.
//!
//! Both get the same file, budget and machine, one after the other. Both are judged by mutants that
//! neither knows, see `xtask/bench/tests/judge.py`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use super::{
    machine::Machine,
    quixbugs::program::{self, Program},
    table::Table,
};

const NOTES: &str = "\
Mutants are those of Cosmic Ray's operators, which neither tool uses; branches are counted by
coverage.py. Tests that fail or do not end on the program itself are left out. Times are wall time
from start to exit, interpreter start included. Goals: mutation score and branch coverage of at least
Pynguin's, in at most a fifth of its time.";

/// What was typed after the name.
struct Options {
    names: Vec<String>,
    data: Option<PathBuf>,
    venv: PathBuf,
    /// Seconds that each tool may search for one program.
    budget: u32,
    /// A file of Python modules instead of the forty programs.
    modules: Vec<PathBuf>,
}

/// Runs the benchmark with what was typed after its name: `[--venv DIR] [--data DIR]
/// [--budget SECONDS] [--module FILE]… [NAME…]`.
pub fn run(args: &[&str]) -> Result<()> {
    let options = Options::parse(args)?;
    let programs = programs(&options)?;
    if programs.is_empty() {
        eprintln!(
            "skipped: the QuixBugs data are not in `../shared/data/quixbugs`\n\
             hint: name their folder with `--data DIR`"
        );
        return Ok(());
    }
    let tools = Tools::open(&options)?;
    let mut rows = Vec::new();
    for (name, text) in programs {
        let row = measure(&name, &text, &tools, &options)
            .with_context(|| format!("cannot measure `{name}`"))?;
        eprintln!("{}", row.line());
        rows.push(row);
    }
    println!("{}\n{}\n{NOTES}", Machine::read(), table(&rows));
    println!("{}", totals(&rows));
    Ok(())
}

impl Options {
    fn parse(args: &[&str]) -> Result<Self> {
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
        let mut options = Self {
            names: Vec::new(),
            data: None,
            venv: cache.unwrap_or_default().join("freehold-bench/tests"),
            budget: 20,
            modules: Vec::new(),
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || {
                args.next()
                    .with_context(|| format!("`{arg}` needs a value"))
            };
            match *arg {
                "--venv" => options.venv = value()?.into(),
                "--data" => options.data = Some(value()?.into()),
                "--budget" => options.budget = value()?.parse()?,
                "--module" => options.modules.push(value()?.into()),
                word if word.starts_with('-') => bail!("unknown option `{word}`"),
                name => options.names.push(name.to_owned()),
            }
        }
        Ok(options)
    }
}

/// Name and text of each program, documentation included as the collection publishes it.
fn programs(options: &Options) -> Result<Vec<(String, String)>> {
    if !options.modules.is_empty() {
        let read = |path: &PathBuf| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            Ok((name.into_owned(), fs::read_to_string(path)?))
        };
        return options.modules.iter().map(read).collect();
    }
    let mut programs: Vec<Program> = program::load(options.data.as_deref())?.unwrap_or_default();
    programs.retain(|program| options.names.is_empty() || options.names.contains(&program.name));
    let text = |program: Program| {
        let text = format!(
            "{}\n\n{}\n",
            program.solution.trim_end(),
            program.docstring.trim_end()
        );
        (program.name, text)
    };
    Ok(programs.into_iter().map(text).collect())
}

/// The programs that take part.
struct Tools {
    freehold: PathBuf,
    pynguin: PathBuf,
    python: PathBuf,
    judge: PathBuf,
}

impl Tools {
    fn open(options: &Options) -> Result<Self> {
        let tools = Self {
            freehold: super::freehold()?,
            pynguin: options.venv.join("bin/pynguin"),
            python: options.venv.join("bin/python"),
            judge: Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/tests/judge.py"),
        };
        ensure!(
            tools.pynguin.exists(),
            "Pynguin is not in `{0}`\nhint: python3 -m venv {0} && {0}/bin/pip install \
             pynguin==0.48.0 cosmic-ray==8.7.0 coverage pytest",
            options.venv.display()
        );
        Ok(tools)
    }
}

/// What the judge says of one suite.
#[derive(Debug, Default, Clone, Deserialize)]
struct Judged {
    tests: usize,
    left_out: usize,
    mutants: usize,
    killed: usize,
    num_branches: usize,
    covered_branches: usize,
    num_statements: usize,
    covered_lines: usize,
}

/// One tool on one program.
struct Outcome {
    seconds: f64,
    judged: Judged,
}

struct Row {
    name: String,
    ours: Outcome,
    theirs: Outcome,
}

fn measure(name: &str, text: &str, tools: &Tools, options: &Options) -> Result<Row> {
    let room = tempfile::tempdir()?;
    let program = room.path().join(format!("{name}.py"));
    fs::write(&program, text)?;
    let ours_at = room.path().join(format!("ours/test_{name}.py"));
    let theirs_at = room.path().join(format!("theirs/test_{name}.py"));
    for file in [&ours_at, &theirs_at] {
        fs::create_dir_all(file.parent().context("a file has a folder")?)?;
    }
    let ours = seconds(
        Command::new(&tools.freehold)
            .arg("tests")
            .arg(&program)
            .arg("-o")
            .arg(&ours_at)
            .arg("--budget")
            .arg(format!("{}s", options.budget)),
    )?;
    let theirs = seconds(
        Command::new(&tools.pynguin)
            .env("PYNGUIN_DANGER_AWARE", "1")
            .arg("--project-path")
            .arg(room.path())
            .args(["--module-name", name, "--seed", "1", "--output-path"])
            .arg(room.path().join("theirs"))
            .arg("--maximum-search-time")
            .arg(options.budget.to_string()),
    )?;
    Ok(Row {
        name: name.to_owned(),
        ours: Outcome {
            seconds: ours,
            judged: judge(tools, &program, &ours_at)?,
        },
        theirs: Outcome {
            seconds: theirs,
            judged: judge(tools, &program, &theirs_at)?,
        },
    })
}

/// Runs a tool to its end; what it says and whether it succeeds shows in what it leaves.
fn seconds(command: &mut Command) -> Result<f64> {
    let start = Instant::now();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(start.elapsed().as_secs_f64())
}

fn judge(tools: &Tools, program: &Path, file: &Path) -> Result<Judged> {
    let output = Command::new(&tools.python)
        .arg(&tools.judge)
        .args([program, file])
        .output()?;
    serde_json::from_slice(&output.stdout).with_context(|| {
        format!(
            "the judge broke: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        "–".to_owned()
    } else {
        format!("{:.0} %", 100.0 * part as f64 / whole as f64)
    }
}

impl Row {
    fn line(&self) -> String {
        let one = |of: &Outcome| {
            format!(
                "{} mutants, {} branches, {:.1} s",
                share(of.judged.killed, of.judged.mutants),
                share(of.judged.covered_branches, of.judged.num_branches),
                of.seconds
            )
        };
        format!("{}: {} | {}", self.name, one(&self.ours), one(&self.theirs))
    }
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new([
        "program", "mutants", "killed", "Pynguin", "branches", "Pynguin", "tests", "Pynguin",
        "time", "Pynguin",
    ]);
    for Row { name, ours, theirs } in rows {
        let tests = |judged: &Judged| match judged.left_out {
            0 => judged.tests.to_string(),
            left_out => format!("{} (−{left_out})", judged.tests),
        };
        let killed = |judged: &Judged| share(judged.killed, judged.mutants);
        let covered = |judged: &Judged| share(judged.covered_branches, judged.num_branches);
        table.row([
            format!("`{name}`"),
            ours.judged.mutants.to_string(),
            killed(&ours.judged),
            killed(&theirs.judged),
            covered(&ours.judged),
            covered(&theirs.judged),
            tests(&ours.judged),
            tests(&theirs.judged),
            format!("{:.1} s", ours.seconds),
            format!("{:.1} s", theirs.seconds),
        ]);
    }
    table
}

/// The sums over all programs, and the ratio of the times.
fn totals(rows: &[Row]) -> Table {
    let sum = |tool: fn(&Row) -> &Outcome, part: fn(&Judged) -> usize| {
        rows.iter()
            .map(|row| part(&tool(row).judged))
            .sum::<usize>()
    };
    let mut table = Table::new(["all programs", "Freehold", "Pynguin"]);
    let tools: [fn(&Row) -> &Outcome; 2] = [|row| &row.ours, |row| &row.theirs];
    let figure = |part: fn(&Judged) -> usize, whole: fn(&Judged) -> usize| {
        tools.map(|tool| {
            let (part, whole) = (sum(tool, part), sum(tool, whole));
            format!("{part}/{whole} = {}", share(part, whole))
        })
    };
    let mean = tools.map(|tool| {
        let scores = rows.iter().map(|row| {
            let judged = &tool(row).judged;
            judged.killed as f64 / judged.mutants.max(1) as f64
        });
        format!("{:.1} %", 100.0 * scores.sum::<f64>() / rows.len() as f64)
    });
    let spent = tools.map(|tool| rows.iter().map(|row| tool(row).seconds).sum::<f64>());
    let mut add =
        |what: &str, [ours, theirs]: [String; 2]| table.row([what.to_owned(), ours, theirs]);
    add("mutants killed", figure(|j| j.killed, |j| j.mutants));
    add("mutation score, mean of the programs", mean);
    add(
        "branches covered",
        figure(|j| j.covered_branches, |j| j.num_branches),
    );
    add(
        "lines covered",
        figure(|j| j.covered_lines, |j| j.num_statements),
    );
    add(
        "tests kept",
        tools.map(|tool| sum(tool, |j| j.tests).to_string()),
    );
    add(
        "tests that fail on the program",
        tools.map(|tool| sum(tool, |j| j.left_out).to_string()),
    );
    add("seconds", spent.map(|seconds| format!("{seconds:.1}")));
    add(
        "share of Pynguin's time",
        [format!("{:.3}", spent[0] / spent[1]), "1".to_owned()],
    );
    table
}
