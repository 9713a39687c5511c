//! Another engine on the same file in the same minute, for `freehold model bench`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use sandbox::{Command, Limits, Policy, Status};
use serde::Deserialize;

use super::speed::{Plan, Task};
use crate::{environment, failure::Failure};

/// llama.cpp, by way of a Python that has llama-cpp-python.
pub struct Peer {
    python: PathBuf,
}

/// What it did.
pub struct Measured {
    pub name: String,
    pub load_seconds: f64,
    pub peak_bytes: u64,
    pub rates: Vec<(Task, f64)>,
}

/// What its script prints.
#[derive(Deserialize)]
struct Printed {
    name: String,
    load_seconds: f64,
    peak_bytes: u64,
    rates: Vec<f64>,
}

const SCRIPT: &str = include_str!("peer.py");

/// Filling a deep cache takes a peer minutes on two cores.
const TIME: Duration = Duration::from_secs(3600);

impl Peer {
    /// The peer of the Python at `python`, or of the first in `PATH`.
    pub fn find(python: Option<&Path>) -> Result<Self> {
        let python = match python {
            Some(python) => python.to_owned(),
            None => {
                let places = environment::read().path;
                let mut places = places.iter().map(|folder| folder.join("python3"));
                places.find(|place| place.is_file()).ok_or_else(|| {
                    Failure::refused("peer_missing", "there is no `python3` in `PATH`")
                        .hint("name one that has llama-cpp-python with `--python`")
                })?
            }
        };
        // Only its folder is made absolute: the file of a virtual environment is a link that says which
        // environment it is.
        let python = std::path::absolute(&python).context("the working folder is gone")?;
        let peer = Self { python };
        let asked = peer.run(&["-c", "import llama_cpp"], &[], None)?;
        if asked.is_err() {
            let failure = Failure::refused(
                "peer_missing",
                format!("`{}` has no llama-cpp-python", peer.python.display()),
            );
            return Err(failure
                .hint("`python3 -m venv v && v/bin/pip install llama-cpp-python`, then `--python v/bin/python3`")
                .into());
        }
        Ok(peer)
    }

    pub fn name(&self) -> &'static str {
        "llama.cpp"
    }

    /// Does everything in `plan` with the model at `path`.
    pub fn measure(&self, path: &Path, plan: &Plan, cache: Option<&str>) -> Result<Measured> {
        let path = path.canonicalize().context("the model is gone")?;
        let words = [
            path.display().to_string(),
            plan.threads.to_string(),
            plan.room().to_string(),
            plan.sequences().to_string(),
            cache.unwrap_or_default().to_owned(),
        ];
        let tasks: String = plan.tasks().map(|task| task.words() + "\n").collect();
        let mut args = vec!["-c", SCRIPT];
        args.extend(words.iter().map(String::as_str));
        let printed = self.run(&args, tasks.as_bytes(), Some(&path))?;
        let text = printed.map_err(|complaint| {
            Failure::fault(
                "peer_failed",
                format!("{} failed: {complaint}", self.name()),
            )
        })?;
        let printed: Printed = serde_json::from_str(&text).context("the peer's answer")?;
        Ok(Measured {
            name: printed.name,
            load_seconds: printed.load_seconds,
            peak_bytes: printed.peak_bytes,
            rates: plan.tasks().zip(printed.rates).collect(),
        })
    }

    /// Runs its Python; what it printed, or what it complained about.
    fn run(
        &self,
        args: &[&str],
        stdin: &[u8],
        model: Option<&Path>,
    ) -> Result<Result<String, String>> {
        let mut policy = Policy::new().limits(Limits {
            wall_time: TIME,
            cpu_time: TIME * 64,
            memory_bytes: u64::MAX,
            ..Limits::default()
        });
        // The environment, and what its link leads to.
        let real = self.python.canonicalize().context("the Python is gone")?;
        for program in [&self.python, &real] {
            if let Some(prefix) = program.ancestors().nth(2) {
                policy = policy.read(prefix);
            }
        }
        if let Some(model) = model {
            policy = policy.read(model);
        }
        let command = Command {
            program: self.python.clone(),
            args: args.iter().map(Into::into).collect(),
            stdin: stdin.to_vec(),
        };
        let outcome = sandbox::run(&policy, &command)?;
        if outcome.status == Status::Exited(0) {
            return Ok(Ok(String::from_utf8_lossy(&outcome.stdout).into_owned()));
        }
        let complaint = String::from_utf8_lossy(&outcome.stderr).trim().to_owned();
        let last = complaint.lines().last().unwrap_or_default();
        Ok(Err(format!("{:?}: {last}", outcome.status)))
    }
}
