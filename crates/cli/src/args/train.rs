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
  freehold train recipe.toml --on slurm --nodes 4   as a job on four machines, followed from here
  mpirun -n 2 freehold train recipe.toml --mpi      as two processes of this one

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

    /// Be one of several processes that MPI started and that train together
    #[arg(long, conflicts_with_all = ["on", "follow", "cancel"])]
    pub mpi: bool,

    /// Submit it as a job and follow that; Ctrl-C leaves the job alone
    #[arg(long, value_name = "WHERE", conflicts_with_all = ["follow", "cancel"])]
    pub on: Option<Place>,

    /// Machines of the job
    #[arg(long, value_name = "N", default_value = "1", requires = "on")]
    pub nodes: NonZeroUsize,

    /// Processes on each of them
    #[arg(long, value_name = "N", default_value = "1", requires = "on")]
    pub ranks_per_node: NonZeroUsize,

    /// How long the job may take before it is queued again, as Slurm writes it: minutes, or D-HH:MM:SS
    #[arg(long, value_name = "TIME", requires = "on")]
    pub time: Option<String>,

    /// Where the job runs [default: where Slurm puts it]
    #[arg(long, value_name = "NAME", requires = "on")]
    pub partition: Option<String>,

    /// Follow a job that was submitted before
    #[arg(long, value_name = "JOB", conflicts_with = "cancel")]
    pub follow: Option<u64>,

    /// Cancel a job; what it has learnt up to its last step stays
    #[arg(long, value_name = "JOB")]
    pub cancel: Option<u64>,
}

/// Where a training runs, if not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Place {
    /// As a job of Slurm
    Slurm,
}
