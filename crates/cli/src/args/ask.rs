//! What may be typed after `freehold ask`.

use std::path::PathBuf;

/// `freehold ask TEXT…`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  freehold ask 'what is 15 percent of 80'
  freehold ask 'lunch with Ann on Friday at noon' --calls      the calls as JSON; nothing is run
  freehold ask 'a meeting on Friday' 'no, Thursday' --calls    the turns of one conversation
  freehold ask --each requests.jsonl                           a conversation a line: {\"turns\": [\"…\", \"…\"]}

The model is the small one that is built in: it understands requests and calls tools. Times, sums, units and
repairs are done at once (a repair shows its patch and changes nothing); what it cannot do it says.
`freehold model add` brings a larger model, and `freehold chat` talks with it.")]
pub struct Ask {
    /// What you ask; several are the turns of one conversation
    #[arg(value_name = "TEXT", required_unless_present = "each")]
    pub text: Vec<String>,

    /// Read conversations from a file, a line each, and print the calls of the last turn of each
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub each: Option<PathBuf>,

    /// Print the calls of the last turn as a JSON array, and run nothing
    #[arg(long)]
    pub calls: bool,

    /// Say how long loading and answering took
    #[arg(long)]
    pub stats: bool,

    /// Another model that was made for these tools: a file or a folder
    #[arg(long, short, value_name = "PATH")]
    pub model: Option<PathBuf>,
}
