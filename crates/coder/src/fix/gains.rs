//! Which failing tests a candidate repairs that does not repair all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use programs::{Candidate, Edit};

/// Candidates whose gains are looked into, at most: each costs a run of every failing test.
const KNOWN_MAX: usize = 256;
/// Candidates whose symptoms are kept, at most.
const SYMPTOMS_MAX: usize = 4096;

/// Edits, and the tests that they repair.
pub(crate) type Gain = (Vec<Edit>, Vec<usize>);

/// What the judge has found out and those who join candidates build upon.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gains {
    known: Arc<Mutex<HashMap<Vec<Edit>, Vec<usize>>>>,
    symptoms: Arc<Mutex<HashMap<Vec<Edit>, u64>>>,
    /// What was noted since it was last asked for.
    fresh: Arc<Mutex<Vec<Gain>>>,
}

impl Gains {
    /// Whether it is worth finding out what a further candidate repairs.
    pub fn wanted(&self) -> bool {
        self.known.lock().expect("no holder panics").len() < KNOWN_MAX
    }

    /// Takes note that `candidate` repairs `tests`, as indexes into those of the baseline.
    pub fn note(&self, candidate: &Candidate, tests: Vec<usize>) {
        let edits = candidate.edits.clone();
        let mut fresh = self.fresh.lock().expect("no holder panics");
        fresh.push((edits.clone(), tests.clone()));
        self.remember(edits, tests);
    }

    /// Takes note of what a run before found out.
    pub fn remember(&self, edits: Vec<Edit>, tests: Vec<usize>) {
        let mut known = self.known.lock().expect("no holder panics");
        known.insert(edits, tests);
    }

    /// What was noted since this was asked for, to be written down.
    pub fn fresh(&self) -> Vec<Gain> {
        std::mem::take(&mut self.fresh.lock().expect("no holder panics"))
    }

    /// Takes note of how the tests fail on a `candidate` that repairs none.
    pub fn note_symptom(&self, candidate: &Candidate, symptom: u64) {
        let mut symptoms = self.symptoms.lock().expect("no holder panics");
        if candidate.edits.len() == 1 && symptoms.len() < SYMPTOMS_MAX {
            symptoms.insert(candidate.edits.clone(), symptom);
        }
    }

    /// How the tests fail on single edits that repair none.
    pub fn symptoms(&self) -> HashMap<Vec<Edit>, u64> {
        self.symptoms.lock().expect("no holder panics").clone()
    }

    /// The tests that `candidate` repairs; nothing where nobody looked.
    pub fn of(&self, candidate: &Candidate) -> Vec<usize> {
        let known = self.known.lock().expect("no holder panics");
        known.get(&candidate.edits).cloned().unwrap_or_default()
    }
}
