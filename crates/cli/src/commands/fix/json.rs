//! The report of a repair as JSON.

use std::path::Path;

use coder::fix::{FixOutcome, Hindered, Patch, Report};
use serde_json::{Value, json};

/// The whole report; `undo` is the file that takes an applied patch back.
pub fn report(report: &Report, undo: Option<&Path>) -> Value {
    let tests = &report.tests;
    let counts = &report.candidates;
    let ms = |time: std::time::Duration| time.as_millis() as u64;
    let failing: Vec<Value> = tests
        .failing_before
        .iter()
        .map(|(name, message)| json!({"name": name, "message": message}))
        .collect();
    json!({
        "outcome": match report.outcome {
            FixOutcome::Fixed => "fixed",
            FixOutcome::NotFixed => "not_fixed",
            FixOutcome::NoFailingTest => "no_failing_test",
            FixOutcome::OnlyHindered => "only_hindered",
        },
        "language": report.language,
        "tests": {
            "command": report.command,
            "total": tests.total,
            "failing_before": failing,
            "passing_before": tests.passing_before,
            "flaky": tests.flaky,
            "hindered": tests.hindered.iter().map(hindered).collect::<Vec<Value>>(),
        },
        "candidates": {
            "tried": counts.tried,
            "refused": counts.refused,
            "timeouts": counts.timeouts,
            "plausible": counts.plausible,
            "exhausted": counts.exhausted,
            "per_second": counts.per_second.round(),
            "per_second_per_core": counts.per_second_per_core.round(),
        },
        "patches": report.patches.iter().enumerate().map(|(at, patch)| one(at + 1, patch)).collect::<Vec<_>>(),
        "time": {
            "total_ms": ms(report.times.total),
            "baseline_ms": ms(report.times.baseline),
            "search_ms": ms(report.times.search),
            "confirm_ms": ms(report.times.confirm),
        },
        "seed": report.seed,
        "record": report.record,
        "replayed": report.replayed.map(|counts| json!({"trials": counts.trials, "agreeing": counts.agreeing})),
        "applied": undo.is_some(),
        "undo": undo,
    })
}

fn hindered(test: &Hindered) -> Value {
    json!({"name": test.name, "by": test.by.name(), "message": test.message})
}

fn one(rank: usize, patch: &Patch) -> Value {
    let files: Vec<Value> = patch
        .files
        .iter()
        .map(|file| json!({"path": file.path, "content": file.after}))
        .collect();
    json!({
        "rank": rank,
        "diff": patch.diff,
        "confidence": (patch.confidence * 100.0).round() / 100.0,
        "operators": patch.operators,
        "edits": patch.operators.len(),
        "files": files,
        "confirmed": true,
    })
}
