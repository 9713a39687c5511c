//! What may be typed after `freehold chat`.

use std::path::PathBuf;

use super::Weights;

/// `freehold chat [PROMPT]`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  freehold chat                                     talk; /help lists what can be typed
  freehold chat 'Why is the sky blue?'              one answer
  cat letter.txt | freehold chat 'Summarise this'   a filter: plain text out
  freehold chat --json-schema person.json < mail    an answer that meets a JSON schema

Esc or Ctrl-C stops an answer and keeps what was said.")]
pub struct Chat {
    /// What to say; without it, and at a terminal, a conversation begins
    pub prompt: Option<String>,

    /// The name of a model that was added, or a folder or file [default: the one used last]
    #[arg(short, long, value_name = "NAME|PATH")]
    pub model: Option<String>,

    /// What the model is told before anything else
    #[arg(long, value_name = "TEXT")]
    pub system: Option<String>,

    /// A file with the JSON schema that the answer must meet
    #[arg(long, value_name = "FILE")]
    pub json_schema: Option<PathBuf>,

    /// A picture to look at; may be given more than once, and is refused by models that take text alone
    #[arg(long, value_name = "FILE")]
    pub image: Vec<PathBuf>,

    /// How freely words are chosen; 0 takes the likeliest [default: as the model recommends]
    #[arg(long, value_name = "T")]
    pub temperature: Option<f32>,

    /// Only the likeliest words that together have this probability
    #[arg(long, value_name = "P")]
    pub top_p: Option<f32>,

    /// Only so many of the likeliest words
    #[arg(long, value_name = "K")]
    pub top_k: Option<usize>,

    /// The same seed gives the same answer [default: another each time]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// The most tokens of an answer
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_tokens: Option<u32>,

    /// Tokens of conversation and answer together [default: as memory allows]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(64..))]
    pub context: Option<u32>,

    /// Think before answering, if the model can
    #[arg(long, overrides_with = "no_think")]
    pub think: bool,

    /// Answer without thinking first, if the model can
    #[arg(long)]
    pub no_think: bool,

    /// Say after each answer how many tokens it had and how fast they came
    #[arg(long)]
    pub stats: bool,

    /// How weights are held: `stored`, or a format such as `Q8_0`
    #[arg(long, value_name = "TYPE", default_value = "stored")]
    pub weights: Weights,
}
