//! What `freehold model bench` measures.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use library::speed::{SHALLOW, STEPS, Subject};
use models::LoadOptions;
use tensor::{PAGE, Pool};

use crate::args::ModelBench;

pub use library::speed::{Figure, Limits, Task};

/// What is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    pub threads: NonZeroUsize,
    prompts: Vec<usize>,
    depths: Vec<usize>,
    batches: Vec<usize>,
}

/// Memory and time that are no rates.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pub load: Duration,
    /// The largest that this process ever was, in bytes, where the system says.
    pub peak_bytes: Option<u64>,
    pub weight_bytes: u64,
}

impl Plan {
    pub fn new(args: &ModelBench) -> Self {
        let all = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self {
            threads: args.threads.unwrap_or(all),
            prompts: args.prefill.clone(),
            depths: std::iter::once(SHALLOW)
                .chain(args.depth.iter().copied())
                .collect(),
            batches: args.batch.clone(),
        }
    }

    pub fn tasks(&self) -> impl Iterator<Item = Task> {
        let prompts = self.prompts.iter().copied().map(Task::Prefill);
        let depths = self.depths.iter().copied().map(Task::Decode);
        let batches = self.batches.iter().copied().map(Task::Batch);
        prompts.chain(depths).chain(batches)
    }

    /// Tokens for which there must be room in all sequences together.
    pub fn room(&self) -> usize {
        let longest = self.prompts.iter().chain(&self.depths).max();
        let longest = longest.copied().unwrap_or(0) + STEPS + 2;
        longest.max(self.sequences() * (SHALLOW + STEPS + 2).next_multiple_of(PAGE))
    }

    /// How many sequences there are at most at the same time.
    pub fn sequences(&self) -> usize {
        self.batches.iter().copied().max().unwrap_or(1).max(1)
    }
}

/// Loads the model at `path` as it is to be measured.
pub fn load(path: &Path, args: &ModelBench) -> Result<Subject> {
    let plan = Plan::new(args);
    let pool = Arc::new(Pool::new(plan.threads));
    let options = LoadOptions {
        weights: args.weights.0,
        ..LoadOptions::default()
    };
    Ok(Subject::load(
        path,
        options,
        (plan.room(), args.cache.0),
        pool,
    )?)
}

impl Memory {
    /// What a model took that was measured.
    pub fn of(subject: &Subject) -> Self {
        Self {
            load: subject.load_time(),
            peak_bytes: peak_bytes(),
            weight_bytes: subject.weight_bytes(),
        }
    }
}

/// The largest resident size that this process had, from the system's own account.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}
