//! What was typed. Each command has one variant and one struct here, and one file in `commands/`.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use ::sandbox::Network;
use clap::{
    Parser, Subcommand,
    builder::{Styles, styling::AnsiColor},
};
use clap_complete::Shell;

use crate::commands::sandbox::{parse_network, parse_variable};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "freehold",
    version,
    about = "Freehold, the AI you own",
    styles = STYLES,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Args {
    /// What to do; without it, a short introduction is printed
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Print the result as JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
}

/// One variant per command, in the order in which `--help` lists them.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Repair a project whose tests fail
    Fix(Fix),
    /// Take back the newest patch that `fix --apply` wrote
    Undo(Undo),
    /// Write the tests that are missing
    Tests(Tests),
    /// Say what this machine offers, what will work, and the fix for what will not
    Doctor,

    /// Run commands with stated files, network, time and memory, and nothing else
    #[command(subcommand)]
    Sandbox(Sandbox),

    /// Print the completion script of a shell
    Completions(Completions),
}

/// `freehold fix [DIR]`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  freehold fix                         show a patch for the project in this folder
  freehold fix app --apply             write it; `freehold undo app` takes it back
  freehold fix --test 'pytest -k tax'  repair what these tests say
  freehold fix --test 'sh check.sh'    repair what any command says by its exit status
  freehold fix --diff | git apply      hand the patch to git")]
pub struct Fix {
    /// The project's folder
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// The command that runs the tests; found out when not given. Of one that is not pytest, unittest
    /// or cargo test only the exit status is looked at (Python)
    #[arg(long, value_name = "CMD")]
    pub test: Option<String>,

    /// A file that may be edited, relative to DIR; may be given more than once [default: all but the tests]
    #[arg(long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// How long to search
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub budget: Duration,

    /// Candidates to try at the same time [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,

    /// Write the best patch into DIR
    #[arg(long, conflicts_with = "diff")]
    pub apply: bool,

    /// Print the best patch as a plain diff and nothing else
    #[arg(long)]
    pub diff: bool,

    /// Show up to K patches [default: the best and a runner-up]
    #[arg(long = "all", value_name = "K", value_parser = clap::value_parser!(u16).range(1..=100))]
    pub all: Option<u16>,

    /// Seed of all choices by chance
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,

    /// Try the candidates of an earlier run's record again, and compare
    #[arg(long, value_name = "RECORD")]
    pub replay: Option<PathBuf>,
}

/// `freehold undo [DIR]`
#[derive(Debug, clap::Args)]
pub struct Undo {
    /// The folder that `freehold fix --apply` was given
    #[arg(default_value = ".")]
    pub dir: PathBuf,
}

/// `freehold tests FILE`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  freehold tests gcd.py                      print a pytest file
  freehold tests gcd.py -o test_gcd.py       write it
  freehold tests shop.py --function Basket   only for this class
  freehold tests gcd.py --seed 7             other inputs
  freehold tests src/lib.rs                  print a module of `#[test]`s
  freehold tests src/lib.rs -o src/lib.rs    add it to the file
  freehold tests src/lib.rs -o tests/it.rs   write an integration test")]
pub struct Tests {
    /// The Python or Rust file to write tests for
    pub file: PathBuf,

    /// Only this function or class; in Rust also `Type::method` [default: every public one]
    #[arg(long, value_name = "F")]
    pub function: Option<String>,

    /// Write the tests to OUT instead of printing them
    #[arg(short, long, value_name = "OUT")]
    pub out: Option<PathBuf>,

    /// Replace OUT if it exists
    #[arg(long, requires = "out")]
    pub force: bool,

    /// How long to search
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = duration)]
    pub budget: Duration,

    /// Boxes that try inputs at the same time [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,

    /// Seed of all choices by chance
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
}

/// Reads `90s`, `5m` and the like.
fn duration(text: &str) -> Result<Duration, String> {
    sandbox::parse_duration(text).map_err(|error| error.to_string())
}

/// `freehold completions SHELL`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
To use it at once:
  bash  source <(freehold completions bash)
  zsh   source <(freehold completions zsh)
  fish  freehold completions fish | source")]
pub struct Completions {
    /// The shell that will read the script
    pub shell: Shell,
}

/// `freehold sandbox …`
#[derive(Debug, Subcommand)]
pub enum Sandbox {
    /// Run one command in a box
    Run(SandboxRun),
}

/// `freehold sandbox run [OPTIONS] -- COMMAND`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The command sees the system's programs and libraries, a private /tmp and what is granted here.
Its exit status is passed on: 128 + N after signal N, 124 when it ran out of time, 125 at another
limit. 1 and 2 also mean that it was not run at all; then a line on standard error says `error:`.
With --json its output is captured and its input is empty.

  freehold sandbox run --write . -- make test
  freehold sandbox run --read ~/src --memory 512M --time 10s -- grep -r TODO ~/src")]
pub struct SandboxRun {
    /// Let it read PATH and all below it
    #[arg(long, value_name = "PATH")]
    pub read: Vec<PathBuf>,

    /// Let it read and write PATH and all below it, but for `.git`, `.envrc` and their like
    #[arg(long, value_name = "PATH")]
    pub write: Vec<PathBuf>,

    /// Hide PATH below what is granted
    #[arg(long, value_name = "PATH")]
    pub read_deny: Vec<PathBuf>,

    /// `none`, `loopback`, or `proxy:HOST:PORT,…` for an HTTP proxy to these hosts alone
    #[arg(long, default_value = "none", value_parser = parse_network)]
    pub net: Network,

    /// Memory of all its processes together [default: 1G]
    #[arg(long, value_name = "SIZE", value_parser = ::sandbox::parse_size)]
    pub memory: Option<u64>,

    /// Time until it is ended [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = ::sandbox::parse_duration)]
    pub time: Option<Duration>,

    /// Processes and threads at one time [default: 128]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub processes: Option<u32>,

    /// Set a variable; nothing of your own environment is passed but TERM
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub env: Vec<(String, String)>,

    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());
