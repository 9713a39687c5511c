//! Tests are written for the files of projects.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use coder::generate::{Event, Options, Report, TargetReport};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Live;
use super::code::{unavailable, written};
use crate::app::App;
use crate::fault::{Fault, Result};

/// Tests for a file.
pub(crate) const TESTS: &str = "code.tests";

/// What is to be tested, and how long to look for inputs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Suite {
    /// The project's folder.
    pub folder: PathBuf,
    /// The file, relative to it.
    pub file: PathBuf,
    /// Where the tests go, relative to it.
    pub out: PathBuf,
    pub seconds: u64,
}

/// The files of a folder that tests can be written for, and where those go. It blocks.
pub(crate) fn sources(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let offered = coder::generate::offered(folder)?.into_iter();
    Ok(offered.map(|one| (one.file, one.out)).collect())
}

/// Writes tests. Nothing of the project is changed.
pub(super) fn generate(app: &App, job: &str, wanted: &Suite, live: &Live) -> Result<Value> {
    let environment = app.code.clone().ok_or_else(unavailable)?;
    let begun = Instant::now();
    let options = Options {
        out: Some(wanted.folder.join(&wanted.out)),
        budget: Duration::from_secs(wanted.seconds),
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        stop: live.stops.clone(),
        notes: Some(
            environment
                .data
                .join("suites")
                .join(job)
                .with_extension("jsonl"),
        ),
        ..Options::default()
    };
    let file = wanted.folder.join(&wanted.file);
    live.note(json!({ "step": "reading", "file": wanted.file }));
    let mut count = Count::default();
    let report = coder::generate::generate(&file, &options, &environment, &mut |event| {
        count.see(&event, live);
    })?;
    if live.stops() {
        return Err(Fault::broken("it was stopped"));
    }
    let patch = coder::generate::as_patch(&wanted.folder, &wanted.out, &report)?;
    let tried: usize = report.targets.iter().map(|target| target.tried).sum();
    Ok(json!({
        "file": wanted.file,
        "out": wanted.out,
        "is_new": patch.files.iter().all(|file| file.before.is_none()),
        "tests": report.tests(),
        "targets": report.targets.iter().map(target).collect::<Vec<Value>>(),
        "killed": sum(&report, |target| target.killed),
        "mutants": sum(&report, |target| target.mutants),
        "tried": tried,
        "out_of_time": report.out_of_time,
        "seconds": begun.elapsed().as_secs_f64(),
        "patches": [written(&patch)],
    }))
}

fn sum(report: &Report, of: impl Fn(&TargetReport) -> usize) -> usize {
    report.targets.iter().map(of).sum()
}

fn target(target: &TargetReport) -> Value {
    json!({
        "name": target.name,
        "tests": target.tests,
        "mutants": target.mutants,
        "killed": target.killed,
        "tried": target.tried,
        "skipped": target.skipped,
    })
}

/// What was seen so far of all functions together.
#[derive(Default)]
struct Count {
    targets: usize,
    /// The function that inputs are tried of.
    at: Option<usize>,
    /// Inputs of the functions before it.
    before: usize,
    /// Inputs of it.
    tried: usize,
    since: Option<Instant>,
}

impl Count {
    fn see(&mut self, event: &Event<'_>, live: &Live) {
        match *event {
            Event::Read { targets, mutants } => {
                self.targets = targets;
                self.since = Some(Instant::now());
                let told = json!({ "step": "read", "targets": targets, "mutants": mutants });
                live.note(told.clone());
                live.tell(told);
            }
            Event::Searching {
                target,
                at,
                tried,
                killed,
                mutants,
            } => {
                if self.at.replace(at) != Some(at) {
                    self.before += std::mem::take(&mut self.tried);
                    live.note(json!({ "step": "inputs", "target": target, "mutants": mutants }));
                }
                self.tried = tried;
                let all = self.before + tried;
                let seconds = self
                    .since
                    .map_or(1.0, |since| since.elapsed().as_secs_f64());
                live.tell(json!({
                    "step": "inputs", "target": target, "at": at, "targets": self.targets, "tried": all,
                    "per_second": (all as f64 / seconds.max(0.001)).round(), "killed": killed, "mutants": mutants,
                }));
            }
            Event::Verifying { tests } => {
                let told = json!({ "step": "verifying", "tests": tests });
                live.note(told.clone());
                live.tell(told);
            }
        }
    }
}
