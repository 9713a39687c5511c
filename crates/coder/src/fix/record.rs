//! The replayable record of a repair: what was tried in which order, and what came of it.
//!
//! JSON lines: a head with the seed and the files, a line for each trial with its edits and
//! verdict, and a foot with the outcome.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use discovery::Entry;
use serde_json::{Value, json};

use super::Options;
use super::report::Report;
use programs::{Candidate, Error, Project, Sources};

/// Writes the record, if one is wanted.
pub(super) struct Record {
    place: Option<(PathBuf, BufWriter<File>)>,
    /// The first write that failed, told at the end: a full disk does not stop a repair.
    failure: Option<std::io::Error>,
    paths: Vec<PathBuf>,
}

impl Record {
    pub fn open(options: &Options, project: &Project, sources: &Sources) -> Result<Self, Error> {
        let mut record = Self {
            place: None,
            failure: None,
            paths: sources
                .iter()
                .map(|(_, source)| source.path.clone())
                .collect(),
        };
        let Some(path) = &options.record else {
            return Ok(record);
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = std::fs::create_dir_all(folder)
            .and_then(|()| File::create(path))
            .map_err(|source| Error::io("write the record", path, source))?;
        record.place = Some((path.clone(), BufWriter::new(file)));
        record.line(&json!({
            "record": "freehold fix",
            "version": 1,
            "seed": options.seed,
            "root": project.root,
            "test": options.test,
            "jobs": options.jobs,
            "budget_ms": options.budget.as_millis() as u64,
            "files": record.paths,
        }));
        Ok(record)
    }

    /// A record that keeps nothing.
    #[cfg(test)]
    pub fn none() -> Self {
        Self {
            place: None,
            failure: None,
            paths: Vec::new(),
        }
    }

    /// Adds what a batch brought.
    pub fn add(&mut self, batch: &[Entry<Candidate>]) {
        if self.place.is_none() {
            return;
        }
        for entry in batch {
            let edits: Vec<Value> = entry
                .content
                .edits
                .iter()
                .map(|edit| {
                    let path = &self.paths[edit.file.0 as usize];
                    json!([path, edit.span.start, edit.span.end, edit.replacement])
                })
                .collect();
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
            }));
        }
    }

    /// Writes the foot.
    pub fn finish(&mut self, report: &Report) -> Result<(), Error> {
        self.line(&json!({
            "tried": report.candidates.tried,
            "plausible": report.candidates.plausible,
            "patches": report.patches.iter().map(|patch| &patch.diff).collect::<Vec<_>>(),
        }));
        if let Some((path, writer)) = &mut self.place {
            let flushed = writer.flush();
            if let Some(source) = self.failure.take().or(flushed.err()) {
                return Err(Error::io("write the record", path, source));
            }
        }
        Ok(())
    }

    /// Where the record lies, if one was written.
    pub fn path(&self) -> Option<PathBuf> {
        self.place.as_ref().map(|(path, _)| path.clone())
    }

    fn line(&mut self, value: &Value) {
        if let Some((_, writer)) = &mut self.place
            && self.failure.is_none()
        {
            self.failure = writeln!(writer, "{value}").err();
        }
    }
}
