//! What a run of the same repair found out before it was stopped, so that it goes on where it was.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use discovery::Verdict;
use serde_json::{Value, json};

use super::gains::Gain;
use super::judge::EFFORT_MAX;
use super::replay::edits;
use programs::{Baseline, Candidate, Edit, Sources, TestOutcome};

/// Verdicts of the run before, and what it cost.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// What came of each candidate at each effort; nothing where it could not be run.
    verdicts: HashMap<(Vec<Edit>, u32), Option<Verdict>>,
    /// Which tests candidates repair that do not repair all.
    pub gains: Vec<Gain>,
    /// How long was searched.
    pub spent: Duration,
}

impl Known {
    /// Takes in a line of a record; false where it does not fit these sources, or is the last.
    pub fn read(&mut self, line: &Value, sources: &Sources) -> bool {
        let edits = edits(&line["edits"], sources);
        edits.map(|edits| self.take(edits, line)).is_some()
    }

    fn take(&mut self, edits: Vec<Edit>, line: &Value) {
        if let Some(tests) = line["repairs"].as_array() {
            let tests = tests.iter().filter_map(Value::as_u64);
            self.gains
                .push((edits, tests.map(|test| test as usize).collect()));
            return;
        }
        let verdict = Verdict {
            fitness: line["fitness"].as_f64().unwrap_or_default(),
            solved: line["solved"] == true,
            inconclusive: line["timed_out"] == true,
            behaviour: line["symptom"].as_u64().unwrap_or_default(),
        };
        let verdict = (line["runnable"] == true).then_some(verdict);
        let effort = line["effort"].as_u64().unwrap_or_default() as u32;
        self.verdicts.insert((edits, effort), verdict);
        let spent = line["spent_ms"].as_u64().unwrap_or_default();
        self.spent = self.spent.max(Duration::from_millis(spent));
    }

    pub fn is_empty(&self) -> bool {
        self.verdicts.is_empty()
    }

    /// What came of a candidate at an effort.
    pub fn verdict(&self, candidate: &Candidate, effort: u32) -> Option<&Option<Verdict>> {
        match self.is_empty() {
            true => None,
            false => self.verdicts.get(&(candidate.edits.clone(), effort)),
        }
    }

    /// Whether a candidate could be run, where nothing of it needs to be run any more.
    pub fn outcome(&self, candidate: &Candidate) -> Option<bool> {
        for effort in 0..=EFFORT_MAX {
            match self.verdict(candidate, effort)? {
                None => return Some(false),
                Some(verdict) if !verdict.inconclusive => return Some(true),
                Some(_) => {}
            }
        }
        Some(true)
    }
}

/// What must be the same for a record to be of the same repair.
pub(crate) fn identity(sources: &Sources, baseline: &Baseline) -> Value {
    let mut hasher = DefaultHasher::new();
    for (_, source) in sources.iter() {
        (&source.path, &source.text).hash(&mut hasher);
    }
    let tests = baseline.tests.iter();
    let failing =
        tests.filter(|test| matches!(test.outcome, TestOutcome::Failed(_) | TestOutcome::TimedOut));
    let failing: Vec<&str> = failing.map(|test| test.name.as_str()).collect();
    json!({
        "sources": format!("{:016x}", hasher.finish()),
        "tests": baseline.tests.len(),
        "failing": failing,
    })
}
