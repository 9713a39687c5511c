//! What was typed. Each command has one variant and one struct here, and one file in `commands/`.

pub mod ask;
pub mod chat;
pub mod house;
pub mod model;
pub mod release;
pub mod serve;
pub mod train;
pub mod video;

use std::{ffi::OsString, num::NonZeroUsize, path::PathBuf, str::FromStr, time::Duration};

use ::sandbox::Network;
use clap::{
    Parser, Subcommand,
    builder::{Styles, styling::AnsiColor},
    error::ErrorKind,
};
use clap_complete::Shell;
use tensor::{CacheType, WeightType, files::Dtype};

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
    /// What to do; without it, `serve`, whose options may follow at once
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Print the result as JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
}

impl Args {
    /// Reads what was typed. Where no command was, it is `serve`, and the options are those of `serve`.
    pub fn read(typed: &[OsString]) -> Result<Command, clap::Error> {
        let read = Self::try_parse_from(typed);
        let has_command = match &read {
            Ok(args) => args.command.is_some(),
            Err(error) => error.kind() != ErrorKind::UnknownArgument || names_command(typed),
        };
        let args = match has_command {
            true => read,
            false => {
                let (name, options) = typed.split_at(typed.len().min(1));
                let serve = [OsString::from("serve")];
                Self::try_parse_from([name, &serve, options].concat())
            }
        };
        Ok(args?.command.expect("one was typed or put in"))
    }
}

/// Whether the first word that is not `--json` is no option.
fn names_command(typed: &[OsString]) -> bool {
    let mut words = typed.iter().skip(1).filter(|word| *word != "--json");
    words
        .next()
        .is_some_and(|word| !word.as_encoded_bytes().starts_with(b"-"))
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
    /// Ask for something in words: the built-in model turns it into calls of tools
    Ask(ask::Ask),
    /// Talk with a model, or let it answer once
    Chat(chat::Chat),
    /// Keep open-weight models: add, look at, score, measure, remove
    #[command(subcommand)]
    Model(model::Model),
    /// Make a model: data, vocabulary, training and fine-tuning, by one recipe
    Train(train::Train),
    /// Release a trained model with all that belongs to it, signed; verify one
    Release(release::Release),
    /// Make films of what is said
    #[command(subcommand)]
    Video(video::Video),
    /// Check where a picture or film came from
    #[command(subcommand)]
    Media(video::Media),
    /// Answer other programs: OpenAI's API over the models of this machine
    Serve(serve::Serve),
    /// Keep who may enter the house
    #[command(subcommand)]
    User(house::User),
    /// Keep the keys that programs show
    #[command(subcommand)]
    Key(house::Key),
    /// Check and read the log of what was done
    #[command(subcommand)]
    Audit(house::Audit),
    /// Copy everything into one file, while the house is open
    Backup(house::Backup),
    /// Fill an empty house from a backup
    Restore(house::Restore),
    /// Write out everything that somebody keeps
    Export(house::Export),
    /// Destroy everything that somebody keeps, and who they were
    Erase(house::Erase),
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

    /// How long building and the first run of the tests may take
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    pub baseline: Duration,

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

/// `freehold model bench MODEL`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  freehold model bench qwen3                            prompts, steps, and steps side by side
  freehold model bench qwen3.gguf --against llama.cpp   the same with the peer, and the ratios
  freehold model bench DIR --weights Q8_0 --cache q8    with weights and cache in eight bits")]
pub struct ModelBench {
    /// The name of a model that was added, or a folder or file
    #[arg(value_name = "NAME|PATH")]
    pub model: String,

    /// Measure this engine, too, on the same file: `llama.cpp`, by way of llama-cpp-python
    #[arg(long, value_name = "PEER", value_parser = ["llama.cpp"])]
    pub against: Option<String>,

    /// The Python that has the peer [default: the first in `PATH`]
    #[arg(long, value_name = "PYTHON", requires = "against")]
    pub python: Option<PathBuf>,

    /// Threads [default: one for each core]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,

    /// Lengths of prompts
    #[arg(
        long,
        value_name = "TOKENS",
        value_delimiter = ',',
        default_value = "512"
    )]
    pub prefill: Vec<usize>,

    /// Write behind so many tokens, too
    #[arg(long, value_name = "TOKENS", value_delimiter = ',')]
    pub depth: Vec<usize>,

    /// Write so many texts side by side, too
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub batch: Vec<usize>,

    /// How weights are held: `stored`, `F32`, `BF16`, `F16`, `Q8_0`, `Q4_0`, `Q4_K`, `Q6_K`
    #[arg(long, value_name = "TYPE", default_value = "stored")]
    pub weights: Weights,

    /// How keys and values of past tokens are held: `f32`, `f16`, `bf16`, `q8`
    #[arg(long, value_name = "TYPE", default_value = "bf16")]
    pub cache: Cache,
}

/// How weights are held.
#[derive(Clone, Copy, Debug)]
pub struct Weights(pub WeightType);

impl FromStr for Weights {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("stored") {
            return Ok(Self(WeightType::Stored));
        }
        let known = [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Q8_0];
        let found = known
            .into_iter()
            .find(|dtype| dtype.name().eq_ignore_ascii_case(text));
        let found = found.ok_or_else(|| format!("no weights are held as `{text}`"))?;
        Ok(Self(WeightType::As(found)))
    }
}

/// How keys and values are held.
#[derive(Clone, Copy, Debug)]
pub struct Cache(pub CacheType);

impl FromStr for Cache {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match text {
            "f32" => CacheType::F32,
            "f16" => CacheType::F16,
            "bf16" => CacheType::Bf16,
            "q8" => CacheType::Q8,
            other => return Err(format!("no cache is held as `{other}`")),
        }))
    }
}

impl Cache {
    /// What llama.cpp calls it; its own default for bfloat16, which is half floats.
    pub fn peer_name(self) -> Option<&'static str> {
        match self.0 {
            CacheType::F32 => Some("F32"),
            CacheType::F16 | CacheType::Bf16 => None,
            CacheType::Q8 => Some("Q8_0"),
        }
    }
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
