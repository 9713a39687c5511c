//! Whole test runs: the user's own command, every file read anew, on a copy that it may write to.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{COLLECT_TIME, Place};
use super::plan::Kind;
use super::runner::Runner;
use crate::edit::Candidate;
use crate::error::Error;

/// The box in which whole test runs have the last word; its start is overlapped with the search.
pub(super) enum LastWord {
    Idle,
    Starting(JoinHandle<Result<Confirmer, Error>>),
    Ready(Confirmer),
}

/// A box with a copy of the project that the tests may write to.
pub(super) struct Confirmer {
    runner: Runner,
    copy: PathBuf,
}

impl LastWord {
    /// Begins to start the box.
    pub fn begin(&mut self, place: &Arc<Place>) {
        if matches!(self, Self::Idle) {
            let place = Arc::clone(place);
            *self = Self::Starting(std::thread::spawn(move || place.start_last_word()));
        }
    }

    /// What the whole test run says of a candidate; none if it brings down its box.
    pub fn ask(&mut self, place: &Place, candidate: &Candidate) -> Result<Option<Value>, Error> {
        let mut confirmer = match std::mem::replace(self, Self::Idle) {
            Self::Ready(confirmer) => confirmer,
            Self::Starting(handle) => handle.join().expect("starting a box does not panic")?,
            Self::Idle => place.start_last_word()?,
        };
        let mut answer = place.whole_run(&mut confirmer, candidate);
        if let Err(Error::Sandbox(sandbox::Error::Path { .. })) = answer {
            // Earlier tests have left links or folders where files belong: on to a fresh copy.
            confirmer = place.start_last_word()?;
            answer = place.whole_run(&mut confirmer, candidate);
        }
        match answer {
            Ok(answer) => {
                *self = Self::Ready(confirmer);
                Ok(Some(answer))
            }
            Err(Error::Runner { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Place {
    fn start_last_word(&self) -> Result<Confirmer, Error> {
        let number = self.confirmers.fetch_add(1, Ordering::Relaxed);
        let name = format!("confirm-{number}");
        let copy = self.scratch.join(&name);
        self.project.copy_to(&copy)?;
        let mut runner = self.start(7, &name, sandbox::Access::Write)?;
        runner.ask(&json!({"op": "warm"}), COLLECT_TIME)?;
        Ok(Confirmer { runner, copy })
    }

    /// Runs the user's whole test command on the candidate's files.
    fn whole_run(&self, confirmer: &mut Confirmer, candidate: &Candidate) -> Result<Value, Error> {
        self.project.restore(&confirmer.copy)?;
        for (file, text) in candidate.apply(&self.sources) {
            let path = &self.sources.get(file).path;
            sandbox::files::write_beneath_unsynced(&confirmer.copy, path, text.as_bytes())?;
        }
        let question = json!({
            "op": "confirm",
            "root": self.project.root,
            "tests": self.test_paths(),
            "kind": self.plan.kind.wire(),
            "prefer_pytest": self.plan.kind != Kind::Plain,
            "arguments": self.plan.arguments,
            "limit": 10.0,
            "total": 60.0,
        });
        confirmer.runner.ask(&question, Duration::from_secs(70))
    }
}
