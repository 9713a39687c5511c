//! The replayable record of a repair: what was tried in which order, and what came of it.
//!
//! JSON lines: a head with the seed and the files, a line for each trial with its edits and
//! verdict, and a foot with the outcome.

use std::path::PathBuf;
use std::time::Duration;

use discovery::Entry;
use serde_json::{Value, json};

use super::Options;
use super::judge::Judge;
use super::known::{Known, identity};
use super::report::Report;
use crate::kept::Kept;
use programs::{Baseline, Candidate, Edit, Error, Project, Sources};

/// Writes the record, if one is wanted.
pub(super) struct Record {
    kept: Option<Kept>,
    paths: Vec<PathBuf>,
}

impl Record {
    /// Opens the record, and reads what a run before found out, where it is to be gone on with.
    pub fn open(
        options: &Options,
        project: &Project,
        sources: &Sources,
        baseline: &Baseline,
    ) -> Result<(Self, Known), Error> {
        let paths = sources.iter().map(|(_, source)| source.path.clone());
        let mut record = Self {
            kept: None,
            paths: paths.collect(),
        };
        let mut known = Known::default();
        let Some(path) = &options.record else {
            return Ok((record, known));
        };
        let head = json!({
            "record": "freehold fix",
            "version": 1,
            "seed": options.seed,
            "root": project.root,
            "test": options.test,
            "jobs": options.jobs,
            "budget_ms": options.budget.as_millis() as u64,
            "files": record.paths,
            "of": identity(sources, baseline),
        });
        let mut take = |line: &Value| options.resumes && known.read(line, sources);
        let kept = Kept::open(path, &head, &mut take);
        record.kept = Some(kept.map_err(|source| Error::io("write the record", path, source))?);
        Ok((record, known))
    }

    /// A record that keeps nothing.
    #[cfg(test)]
    pub fn none() -> Self {
        Self {
            kept: None,
            paths: Vec::new(),
        }
    }

    /// Adds what a batch brought.
    pub fn add(&mut self, batch: &[Entry<Candidate>], judge: &Judge<'_>, spent: Duration) {
        if self.kept.is_none() {
            return;
        }
        for (edits, tests) in judge.gains.fresh() {
            self.line(&json!({ "edits": self.edits(&edits), "repairs": tests }));
        }
        let fresh = |entry: &&Entry<Candidate>| !judge.is_known(&entry.content, entry.effort);
        for entry in batch.iter().filter(fresh) {
            let edits = self.edits(&entry.content.edits);
            self.line(&json!({
                "trial": entry.number,
                "effort": entry.effort,
                "operators": entry.content.operators,
                "weight": entry.weight,
                "edits": edits,
                "runnable": entry.runnable,
                "fitness": entry.verdict.fitness,
                "solved": entry.verdict.solved,
                "timed_out": entry.verdict.inconclusive,
                "symptom": entry.verdict.behaviour,
                "spent_ms": spent.as_millis() as u64,
            }));
        }
        // Whoever goes on with it finds all that was judged.
        if let Some(kept) = &mut self.kept {
            kept.flush();
        }
    }

    fn edits(&self, edits: &[Edit]) -> Vec<Value> {
        let each = edits.iter().map(|edit| {
            let path = &self.paths[edit.file.0 as usize];
            json!([path, edit.span.start, edit.span.end, edit.replacement])
        });
        each.collect()
    }

    /// Writes the foot.
    pub fn finish(&mut self, report: &Report) -> Result<(), Error> {
        self.line(&json!({
            "tried": report.candidates.tried,
            "plausible": report.candidates.plausible,
            "patches": report.patches.iter().map(|patch| &patch.diff).collect::<Vec<_>>(),
        }));
        let Some(kept) = &mut self.kept else {
            return Ok(());
        };
        let finished = kept.finish();
        finished.map_err(|source| Error::io("write the record", &kept.path, source))
    }

    /// Where the record lies, if one was written.
    pub fn path(&self) -> Option<PathBuf> {
        self.kept.as_ref().map(|kept| kept.path.clone())
    }

    fn line(&mut self, value: &Value) {
        if let Some(kept) = &mut self.kept {
            kept.line(value);
        }
    }
}
