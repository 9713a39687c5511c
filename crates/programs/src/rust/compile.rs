//! Builds the project's tests with rewritten sources, leaving out what does not compile.

use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sandbox::{Exec, Status, Worker};
use serde_json::Value;

use super::units::Unit;
use crate::error::Error;

/// Rounds of leaving out variants before a build is given up.
const ROUNDS_MAX: usize = 10;
/// One build, with all its rounds.
pub(super) const COMPILE_TIME: Duration = Duration::from_secs(300);

/// A source tree with a box in which it is built.
#[derive(Debug)]
pub(super) struct Builder {
    pub worker: Worker,
    /// Where the tree lies outside of the box.
    pub tree: PathBuf,
    /// Where rustc runs, inside.
    pub workspace: PathBuf,
    /// Where builds go, inside and outside.
    pub out: PathBuf,
}

/// A file with the places of its variants.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// Relative to the project.
    pub path: PathBuf,
    pub text: String,
    pub regions: Vec<(Range<usize>, u32)>,
}

/// What the compiler said of the crates.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Built {
    Done,
    /// Variants that do not compile.
    Blame(HashSet<u32>),
    /// A mistake that belongs to no variant, as the compiler words it.
    Broken(String),
}

impl Builder {
    /// Builds `units` again and again until the variants that do not compile are out.
    /// `texts` makes the files without the variants it is given. Returns the variants left out,
    /// or the message of a mistake that no variant explains, or of `limit` being over.
    pub fn build(
        &mut self,
        units: &[&Unit],
        limit: Duration,
        texts: &mut dyn FnMut(&HashSet<u32>) -> Vec<Text>,
    ) -> Result<Result<HashSet<u32>, String>, Error> {
        let ends = Instant::now() + limit.min(COMPILE_TIME);
        let mut dropped = HashSet::new();
        for _ in 0..ROUNDS_MAX {
            let files = texts(&dropped);
            for file in &files {
                sandbox::files::write_beneath_unsynced(
                    &self.tree,
                    &file.path,
                    file.text.as_bytes(),
                )?;
            }
            match self.compile(units, &files, ends)? {
                Built::Done => return Ok(Ok(dropped)),
                Built::Broken(message) => return Ok(Err(message)),
                Built::Blame(blamed) => {
                    let before = dropped.len();
                    dropped.extend(blamed);
                    if dropped.len() == before {
                        return Ok(Err("the same mistakes remain".into()));
                    }
                }
            }
        }
        Ok(Err(format!("still failing after {ROUNDS_MAX} rounds")))
    }

    fn compile(&mut self, units: &[&Unit], files: &[Text], ends: Instant) -> Result<Built, Error> {
        for unit in units {
            let left = ends.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Built::Broken("the time for the build is over".into()));
            }
            let exec = Exec {
                program: unit.program.clone(),
                args: unit.arguments(&self.out, units),
                env: unit.variables(&self.out, units),
                cwd: Some(self.workspace.clone()),
                wall_time: Some(left),
                ..Exec::default()
            };
            let outcome = self.worker.exec(&exec)?;
            if outcome.is_success() {
                continue;
            }
            if outcome.status == Status::Cancelled {
                return Err(Error::Stopped);
            }
            let text = String::from_utf8_lossy(&outcome.stderr);
            if outcome.status != Status::Exited(1) {
                return Ok(Built::Broken(format!(
                    "the compiler ended with {:?}",
                    outcome.status
                )));
            }
            return Ok(blame(&text, files));
        }
        Ok(Built::Done)
    }
}

/// Finds the variants that the errors of a compiler's JSON output point to.
fn blame(output: &str, files: &[Text]) -> Built {
    let mut blamed = HashSet::new();
    let mut orphan = None;
    for line in output.lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if message["level"] != "error" {
            continue;
        }
        let mut primary = HashSet::new();
        let mut any = HashSet::new();
        for span in message["spans"].as_array().into_iter().flatten() {
            let found = variants(span, files);
            if span["is_primary"] == true {
                primary.extend(&found);
            }
            any.extend(found);
        }
        let found = if primary.is_empty() { any } else { primary };
        if found.is_empty() && !message["spans"].as_array().is_none_or(Vec::is_empty) {
            orphan
                .get_or_insert_with(|| message["rendered"].as_str().unwrap_or_default().to_owned());
        }
        blamed.extend(found);
    }
    if blamed.is_empty() {
        let text = orphan.unwrap_or_else(|| output.lines().last().unwrap_or_default().to_owned());
        return Built::Broken(text);
    }
    Built::Blame(blamed)
}

/// The variants that hold a span, or the macro call that made it.
fn variants(span: &Value, files: &[Text]) -> HashSet<u32> {
    let mut found = HashSet::new();
    let mut span = span;
    loop {
        if let (Some(name), Some(start), Some(end)) = (
            span["file_name"].as_str(),
            span["byte_start"].as_u64(),
            span["byte_end"].as_u64(),
        ) {
            let (start, end) = (start as usize, end as usize);
            for file in files
                .iter()
                .filter(|file| is_same(Path::new(name), &file.path))
            {
                let inside = file
                    .regions
                    .iter()
                    .filter(|(region, _)| region.start <= start && end <= region.end);
                found.extend(inside.map(|(_, number)| *number));
            }
        }
        if span["expansion"]["span"].is_object() {
            span = &span["expansion"]["span"];
        } else {
            return found;
        }
    }
}

/// Whether a path of the compiler, absolute or below some folder, is that of a file.
fn is_same(shown: &Path, file: &Path) -> bool {
    shown == file || shown.ends_with(file) || (!shown.is_absolute() && file.ends_with(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_blamed_on_the_variants_that_they_point_to() {
        let files = [Text {
            path: "src/lib.rs".into(),
            text: String::new(),
            regions: vec![(10..20, 1), (30..40, 2)],
        }];
        let error = |start: u64, end: u64| {
            format!(
                r#"{{"level":"error","rendered":"no","spans":[{{"file_name":"src/lib.rs","byte_start":{start},"byte_end":{end},"is_primary":true,"expansion":null}}]}}"#
            )
        };
        let output = format!(
            "{}\n{}\n{{\"level\":\"warning\",\"spans\":[]}}",
            error(12, 14),
            error(31, 40)
        );
        assert_eq!(blame(&output, &files), Built::Blame(HashSet::from([1, 2])));
        assert_eq!(blame(&error(1, 2), &files), Built::Broken("no".into()));
        assert_eq!(
            blame(&format!("{}\n{}", error(1, 2), error(12, 13)), &files),
            Built::Blame(HashSet::from([1]))
        );
    }
}
