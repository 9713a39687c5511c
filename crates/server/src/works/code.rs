//! Projects are repaired.

use std::path::{Path, PathBuf};
use std::time::Duration;

use coder::fix::{Event, FixOutcome, Hindered, Options, Patch, PatchedFile, Report, Step};
use coder::{Sources, Standing};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Timestamp;

use super::Live;
use crate::api::moment;
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
    /// How long building and the first run of the tests may take, in seconds; as long as usual, when none.
    #[serde(default)]
    pub baseline_seconds: Option<u64>,
}

/// Searches for patches. Nothing of the project is changed.
pub(super) fn fix(app: &App, job: &str, wanted: &Fix, live: &Live) -> Result<Value> {
    let environment = app.code.clone().ok_or_else(unavailable)?;
    let data = environment.data.join("repairs");
    let options = Options {
        test: wanted.test.clone(),
        budget: Duration::from_secs(wanted.seconds),
        baseline: wanted
            .baseline_seconds
            .map_or(coder::fix::BASELINE, Duration::from_secs),
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        // One that was put aside goes on with what it found.
        record: Some(data.join(job).with_extension("jsonl")),
        resumes: true,
        ..Options::new(&wanted.folder, environment)
    };
    let mut best = (0, 0);
    live.note(json!({ "step": "testing" }));
    let report = coder::fix::fix(&options, &live.stops, &mut |event| {
        match &event {
            Event::Suspected { lines, sources } => {
                live.show(json!({ "heat": suspicion(lines, sources) }));
                live.note(json!({ "step": "suspected", "lines": lines.len() }));
            }
            Event::Searching {
                tried,
                plausible,
                best: (repaired, _),
                ..
            } => {
                // What is better than before is worth a line.
                let now = (*repaired, (*plausible).min(1));
                if now > best {
                    best = now;
                    live.note(json!({
                        "step": "better", "tried": tried, "repaired": repaired, "plausible": plausible,
                    }));
                }
            }
            Event::Baseline { .. } | Event::Confirming => live.note(told(&event)),
            Event::Preparing { .. } => {}
        }
        live.tell(told(&event));
    })?;
    if live.stops() {
        return Err(Fault::broken("it was stopped"));
    }
    let heat = live.shown()["heat"].take();
    Ok(described(&report, heat))
}

/// That nobody said how code is repaired here.
pub(super) fn unavailable() -> Fault {
    Fault::not_implemented("this server repairs no code")
}

/// What is seen of a repair while it goes on.
fn told(event: &Event<'_>) -> Value {
    match event {
        Event::Preparing {
            seen,
            elapsed,
            budget,
        } => json!({
            "step": match seen.step {
                Step::Building => "building",
                Step::Testing => "testing",
                Step::Tracing => "tracing",
            },
            "ran": seen.ran.min(seen.tests), "tests": seen.tests, "elapsed": elapsed.as_secs(), "most": budget.as_secs(),
        }),
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
fn suspicion(lines: &[(&Path, u32, f64)], sources: &Sources) -> Value {
    let mut files: Vec<(&Path, Vec<(u32, f64)>)> = Vec::new();
    for (path, line, suspicion) in lines.iter().take(LINES_MAX) {
        match files.iter().position(|(known, _)| known == path) {
            Some(at) => files[at].1.push((*line, *suspicion)),
            None if files.len() < FILES_MAX => files.push((path, vec![(*line, *suspicion)])),
            None => {}
        }
    }
    let text = |path: &Path| {
        let mut all = sources.iter();
        all.find_map(|(_, source)| (source.path == path).then_some(source.text.as_str()))
    };
    let files = files
        .into_iter()
        .map(|(path, lines)| json!({ "path": path, "text": text(path), "lines": lines }));
    files.collect()
}

fn described(report: &Report, heat: Value) -> Value {
    let tests = &report.tests;
    json!({
        "outcome": match report.outcome {
            FixOutcome::Fixed => "fixed",
            FixOutcome::NotFixed => "not_fixed",
            FixOutcome::NoFailingTest => "no_failing_test",
            FixOutcome::OnlyHindered => "only_hindered",
        },
        "language": report.language,
        "command": report.command,
        "tests": tests.total,
        "failing": tests.failing_before,
        "flaky": tests.flaky,
        "hindered": tests.hindered.iter().map(hindered).collect::<Vec<Value>>(),
        "tried": report.candidates.tried,
        "per_second": report.candidates.per_second.round(),
        "seconds": report.times.total.as_secs_f64(),
        "search_seconds": report.times.search.as_secs_f64(),
        "patches": report.patches.iter().map(written).collect::<Vec<Value>>(),
        "heat": heat,
    })
}

fn hindered(test: &Hindered) -> Value {
    json!({ "name": test.name, "by": test.by.name(), "message": test.message })
}

/// A patch as it is kept.
pub(super) fn written(patch: &Patch) -> Value {
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
}

/// A patch that was kept.
fn read(patch: &Value) -> Patch {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let files = patch["files"].as_array().into_iter().flatten();
    Patch {
        diff: text(&patch["diff"]),
        files: files
            .map(|file| PatchedFile {
                path: PathBuf::from(text(&file["path"])),
                before: file["before"].as_str().map(str::to_owned),
                after: text(&file["after"]),
            })
            .collect(),
        operators: operators(patch),
        confidence: patch["confidence"].as_f64().unwrap_or_default(),
    }
}

fn operators(patch: &Value) -> Vec<String> {
    let names = patch["operators"].as_array().into_iter().flatten();
    let names = names.filter_map(Value::as_str).map(str::to_owned);
    names.collect()
}

/// What of a result fits into a list: not the sources.
pub(crate) fn brief(mut result: Value) -> Value {
    if let Some(result) = result.as_object_mut() {
        result.remove("patches");
        result.remove("heat");
    }
    result
}

/// A patch as it is shown, with how its folder stands to it. It blocks.
pub(crate) fn in_folder(app: &App, folder: &Path, patch: &Value) -> Value {
    let data = app.code.as_ref().map(|code| code.data.as_path());
    let standing = data.map(|data| coder::standing(folder, &read(patch), data));
    let standing = match standing {
        Some(Ok(Standing::Fits)) => "fits",
        Some(Ok(Standing::Applied)) => "applied",
        Some(Ok(Standing::Changed) | Err(_)) | None => "changed",
    };
    let files = patch["files"].as_array().into_iter().flatten();
    let paths: Vec<&Value> = files.map(|file| &file["path"]).collect();
    json!({
        "diff": patch["diff"],
        "confidence": patch["confidence"],
        "operators": patch["operators"],
        "files": paths,
        "standing": standing,
    })
}

/// A project with a bug to try a repair on: each file's name and text.
const EXAMPLE: [(&str, &str); 2] = [
    (
        "till.py",
        include_str!("../../../../examples/python-till/till.py"),
    ),
    (
        "test_till.py",
        include_str!("../../../../examples/python-till/test_till.py"),
    ),
];

/// Puts the example among the server's own files, as it was; its folder. It blocks.
pub(crate) fn example(app: &App) -> Result<PathBuf> {
    let environment = app.code.as_ref().ok_or_else(unavailable)?;
    let folder = environment.data.join("examples/till");
    let put = || -> std::io::Result<PathBuf> {
        std::fs::create_dir_all(&folder)?;
        for (name, text) in EXAMPLE {
            std::fs::write(folder.join(name), text)?;
        }
        folder.canonicalize()
    };
    put().map_err(|error| Fault::broken(format!("the example cannot be written: {error}")))
}

/// Writes a patch of work that has ended. It blocks.
pub(crate) fn apply(app: &App, folder: &Path, patch: &Value) -> Result<()> {
    let environment = app.code.as_ref().ok_or_else(unavailable)?;
    coder::apply(folder, &read(patch), &environment.data)?;
    Ok(())
}

/// Takes a patch back; the paths of its files. It blocks.
pub(crate) fn take_back(app: &App, folder: &Path, patch: &Value) -> Result<Vec<PathBuf>> {
    let environment = app.code.as_ref().ok_or_else(unavailable)?;
    Ok(coder::take_back(folder, &read(patch), &environment.data)?)
}

/// What was applied to a folder and not taken back, the newest first. It blocks.
pub(crate) fn applied(app: &App, folder: &Path) -> Result<Vec<Value>> {
    let environment = app.code.as_ref().ok_or_else(unavailable)?;
    let all = coder::applied(folder, &environment.data)?.into_iter();
    let shown = all.map(|one| {
        let at = one.at.duration_since(std::time::UNIX_EPOCH);
        let at = Timestamp::from_millis(at.map_or(0, |at| at.as_millis() as i64));
        json!({
            "id": one.id,
            "kind": if one.operators.is_empty() { "tests" } else { "repair" },
            "applied_at": moment(at),
            "files": one.files,
            "diff": one.diff,
            "is_free": one.is_free,
        })
    });
    Ok(shown.collect())
}

/// Takes back the patch that is listed under an id; the paths of its files. It blocks.
pub(crate) fn take_back_listed(app: &App, folder: &Path, id: &str) -> Result<Vec<PathBuf>> {
    let environment = app.code.as_ref().ok_or_else(unavailable)?;
    Ok(coder::take_back_listed(folder, id, &environment.data)?)
}

/// Takes the newest patch back; the paths of its files. It blocks.
pub(crate) fn undo(app: &App, folder: &Path) -> Result<Vec<PathBuf>> {
    let environment = app.code.as_ref().ok_or_else(unavailable)?;
    Ok(coder::undo(folder, &environment.data)?)
}
