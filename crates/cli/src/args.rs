//! What was typed. Each command has one variant and one struct here, and one file in `commands/`.

use clap::{
    Parser, Subcommand,
    builder::{Styles, styling::AnsiColor},
};
use clap_complete::Shell;

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
    /// Say what this machine offers, what will work, and the fix for what will not
    Doctor,

    /// Print the completion script of a shell
    Completions(Completions),
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

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());
