//! What may be typed after `freehold model`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Subcommand;
use tensor::files::Mix;

use super::{ModelBench, Weights};

/// `freehold model …`
#[derive(Debug, Subcommand)]
pub enum Model {
    /// Add a model from a folder, a file or a hub
    Add(ModelAdd),
    /// List the models that were added
    List(ModelList),
    /// Say what a model is, what it needs and whether it fits into this machine's memory
    Show(ModelShow),
    /// Remove a model that was added
    Remove(ModelRemove),
    /// Write a model as one GGUF file, smaller where that is wished
    #[command(visible_alias = "quantize")]
    Quantise(ModelQuantise),
    /// Measure how fast a model runs here, beside the machine's limits and another engine
    Bench(ModelBench),
    /// Print the log-probability of each token of a text, and the perplexity
    Score(ModelScore),
}

/// `freehold model add SOURCE`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  freehold model add ~/Downloads/Qwen3-0.6B           a folder of safetensors
  freehold model add model.gguf --name small          a file
  freehold model add /srv/models/llama --link         use it where it lies
  freehold model add hub:Qwen/Qwen3-0.6B              fetch it; a second time goes on where it stopped
  freehold model add hub:owner/name-GGUF:Q4_K_M       one of several formats
  freehold model add hub:owner/name@REVISION          another branch, tag or commit

Files are cloned where the file system can, weights are else hard-linked, and copied where that
cannot be. The licence is shown first. The sha256 of each file is kept; `show --verify` compares.
For models that are not open to everybody, HF_TOKEN holds the token; HF_ENDPOINT names another hub.")]
pub struct ModelAdd {
    /// A folder or file with weights, or the name of a model at a hub
    #[arg(value_name = "PATH|hub:OWNER/NAME")]
    pub source: String,

    /// The hub's address [default: HF_ENDPOINT, else that of Hugging Face]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,

    /// What it will be called [default: the name of the folder or file]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Refer to the files where they lie instead of taking them over
    #[arg(long)]
    pub link: bool,

    /// Agree to the licence without being asked
    #[arg(long)]
    pub yes: bool,

    /// Take the place of a model of that name
    #[arg(long)]
    pub force: bool,
}

/// `freehold model list`
#[derive(Debug, clap::Args)]
pub struct ModelList {
    /// List the architectures that can be run instead
    #[arg(long)]
    pub architectures: bool,
}

/// `freehold model show MODEL`
#[derive(Debug, clap::Args)]
pub struct ModelShow {
    /// The name of a model that was added, or a folder or file
    #[arg(value_name = "NAME|PATH")]
    pub model: String,

    /// Read every file again and compare it with the sha256 that was kept
    #[arg(long)]
    pub verify: bool,
}

/// `freehold model remove NAME`
#[derive(Debug, clap::Args)]
pub struct ModelRemove {
    /// The name of a model that was added; that of one at a hub, to throw away what came of it
    pub name: String,

    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// `freehold model quantise MODEL FORMAT`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Formats, best first: F32, BF16, F16, Q8_0, Q6_K, Q4_K_M, Q4_0; MXFP4_MOE for mixtures of experts.
A folder becomes a GGUF file with its tokenizer and chat template, as llama.cpp reads it; of a GGUF file
the words are kept. What GGUF cannot say of a model is refused, never left out.

  freehold model quantise qwen3 Q4_K_M
  freehold model quantise ./checkpoint BF16 -o model.gguf")]
pub struct ModelQuantise {
    /// The name of a model that was added, or a folder or file
    #[arg(value_name = "NAME|PATH")]
    pub model: String,

    /// How its matrices will be held
    #[arg(value_name = "FORMAT")]
    pub mix: NamedMix,

    /// Where to write [default: NAME-FORMAT.gguf in this folder]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Replace FILE if it exists
    #[arg(long)]
    pub force: bool,
}

/// A choice of formats for the tensors of a model.
#[derive(Clone, Copy, Debug)]
pub struct NamedMix(pub Mix);

impl FromStr for NamedMix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Some leave the line out, or the size that is meant most often.
        let usual = match text.to_ascii_uppercase().as_str() {
            "Q4_K" => Some(Mix::Q4KM),
            other => Mix::of_name(other),
        };
        usual.map(Self).ok_or_else(|| {
            let known = Mix::ALL.map(Mix::name).join(", ");
            format!("no model is written as `{text}`\nhint: {known} are written")
        })
    }
}

/// `freehold model score MODEL`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each token is scored by what stands before it, so the first has no score unless the tokenizer puts a
beginning of text before it. A text longer than the context is scored in pieces of that length.
Scores are given twice: computed in f32 throughout, and as the model is served.

  freehold model score qwen3 --text-file letter.txt
  freehold model score ./checkpoint --tokens 1,15,7 --json")]
pub struct ModelScore {
    /// The name of a model that was added, or a folder or file
    #[arg(value_name = "NAME|PATH")]
    pub model: String,

    /// Token ids; needs no tokenizer
    #[arg(long, value_name = "IDS", value_delimiter = ',', num_args = 1.., required_unless_present = "text_file", conflicts_with = "text_file")]
    pub tokens: Vec<u32>,

    /// A file of UTF-8 text, `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<PathBuf>,

    /// How weights are held when served: `stored`, or a format such as `Q8_0`
    #[arg(long, value_name = "TYPE", default_value = "stored")]
    pub weights: Weights,

    /// Compute only one of the two
    #[arg(long, value_name = "WHICH")]
    pub only: Option<Pass>,

    /// The most tokens looked at at once [default: the model's context]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub context: Option<u32>,
}

/// How scores are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Pass {
    /// Weights, cache and sums in f32
    F32,
    /// As `chat` computes
    Served,
}
