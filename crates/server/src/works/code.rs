//! Projects are repaired.

use std::path::{Path, PathBuf};
use std::time::Duration;

use coder::fix::{Event, FixOutcome, Options, Patch, PatchedFile, Report};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Live;
use crate::app::App;
use crate::fault::{Fault, Result};

/// A repair.
pub(crate) const FIX: &str = "code.fix";

/// Suspicious lines that are told of a repair.
const LINES_MAX: usize = 400;

/// Files with suspicious lines whose text is told.
const FILES_MAX: usize = 8;

/// What is to be repaired, and how long to try.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Fix {
    /// The project's folder.
    pub folder: PathBuf,
    /// The command that runs the tests; found out when none.
    pub test: Option<String>,
    pub seconds: u64,
}

/// Searches for patches. Nothing of the project is changed.
pub(super) fn fix(app: &App, wanted: &Fix, live: &Live) -> Result<Value> {
    let environment = app.code.clone().ok_or_else(unavailable)?;
    let data = environment.data.join("repairs");
    let options = Options {
        test: wanted.test.clone(),
        budget: Duration::from_secs(wanted.seconds),
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        record: Some(
            data.join(crate::ids::new("repair-"))
                .with_extension("jsonl"),
        ),
        ..Options::new(&wanted.folder, environment)
    };
    let mut heat = Value::Null;
    let report = coder::fix::fix(&options, &live.stops, &mut |event| {
        if let Event::Suspected { lines } = &event {
            heat = suspicion(&wanted.folder, lines);
        }
        live.tell(told(&event));
    });
    Ok(described(&report?, heat))
}

/// That nobody said how code is repaired here.
fn unavailable() -> Fault {
    Fault::not_implemented("this server repairs no code")
}

/// What is seen of a repair while it goes on.
fn told(event: &Event<'_>) -> Value {
    match event {
        Event::Baseline { total, failing, .. } => {
            json!({ "step": "tested", "tests": total, "failing": failing.len() })
        }
        Event::Suspected { .. } => json!({ "step": "suspected" }),
        Event::Searching {
            tried,
            per_second,
            plausible,
            best,
            spent,
        } => json!({
            "step": "searching", "tried": tried, "per_second": per_second.round(), "plausible": plausible,
            "repaired": best.0, "failing": best.1, "spent": spent.min(1.0),
        }),
        Event::Confirming => json!({ "step": "confirming" }),
    }
}

/// The files with suspicious lines, and how suspicious each line is.
fn suspicion(root: &Path, lines: &[(&Path, u32, f64)]) -> Value {
    let mut files: Vec<(&Path, Vec<(u32, f64)>)> = Vec::new();
    for (path, line, suspicion) in lines.iter().take(LINES_MAX) {
        match files.iter().position(|(known, _)| known == path) {
            Some(at) => files[at].1.push((*line, *suspicion)),
            None if files.len() < FILES_MAX => files.push((path, vec![(*line, *suspicion)])),
            None => {}
        }
    }
    let files = files.into_iter().map(|(path, lines)| {
        let text = std::fs::read_to_string(root.join(path)).unwrap_or_default();
        json!({ "path": path, "text": text, "lines": lines })
    });
    files.collect()
}

fn described(report: &Report, heat: Value) -> Value {
    let patch = |patch: &Patch| {
        let files = patch
            .files
            .iter()
            .map(|file| json!({ "path": file.path, "before": file.before, "after": file.after }));
        json!({
            "diff": patch.diff,
            "confidence": patch.confidence,
            "operators": patch.operators,
            "files": files.collect::<Vec<Value>>(),
        })
    };
    let tests = &report.tests;
    json!({
        "outcome": match report.outcome {
            FixOutcome::Fixed => "fixed",
            FixOutcome::NotFixed => "not_fixed",
            FixOutcome::NoFailingTest => "no_failing_test",
        },
        "language": report.language,
        "command": report.command,
        "tests": tests.total,
        "failing": tests.failing_before,
        "flaky": tests.flaky,
        "tried": report.candidates.tried,
        "per_second": report.candidates.per_second.round(),
        "seconds": report.times.total.as_secs_f64(),
        "patches": report.patches.iter().map(patch).collect::<Vec<Value>>(),
        "heat": heat,
    })
}

/// Writes a patch of a repair that has ended. It blocks.
pub(crate) fn apply(app: &App, folder: &Path, patch: &Value) -> Result<()> {
    let environment = app.code.as_ref().ok_or_else(unavailable)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let files = patch["files"].as_array().into_iter().flatten();
    let patch = Patch {
        diff: text(&patch["diff"]),
        files: files
            .map(|file| PatchedFile {
                path: PathBuf::from(text(&file["path"])),
                before: text(&file["before"]),
                after: text(&file["after"]),
            })
            .collect(),
        operators: Vec::new(),
        confidence: patch["confidence"].as_f64().unwrap_or_default(),
    };
    coder::apply(folder, &patch, &environment.data)?;
    Ok(())
}

/// Takes the newest patch back; the paths of its files. It blocks.
pub(crate) fn undo(app: &App, folder: &Path) -> Result<Vec<PathBuf>> {
    let environment = app.code.as_ref().ok_or_else(unavailable)?;
    Ok(coder::undo(folder, &environment.data)?)
}
