//! What may be typed after `freehold train`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

/// `freehold train RECIPE`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  freehold train recipe.toml                  from text to a model: whatever is left to do
  freehold train recipe.toml --stage read     one stage alone
  freehold chat -m runs/NAME/STAGE/model      talk with what came of it

Ctrl-C stops after the step at hand and keeps everything; the same command goes on from there, with the
same result to the bit. `log.jsonl` and TensorBoard's event files lie in the folder of each stage.
docs/training.md says what a recipe may hold.")]
pub struct Train {
    /// The recipe, a TOML file
    #[arg(value_name = "RECIPE")]
    pub recipe: PathBuf,

    /// Run this stage alone; those before it must be done
    #[arg(long, value_name = "NAME")]
    pub stage: Option<String>,

    /// Threads [default: one for each core]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
}
