//! What has been tried, and what of it helped.

use std::collections::HashSet;

use crate::evaluate::Verdict;

/// How many improvements are kept, the fittest; solutions are always kept.
const IMPROVEMENTS_MAX: usize = 512;

/// One candidate that was tried.
#[derive(Clone, Debug)]
pub struct Entry<C> {
    /// The place in the order of trials, from 0.
    pub number: usize,
    /// What was tried.
    pub content: C,
    /// The proposal's key.
    pub key: u64,
    /// The proposal's weight.
    pub weight: f64,
    /// Index of the proposer.
    pub proposer: usize,
    /// With how much effort it was tried.
    pub effort: u32,
    /// Whether it could be run at all.
    pub runnable: bool,
    /// What came of it.
    pub verdict: Verdict,
}

/// What has been tried, and what of it helped.
#[derive(Debug)]
pub struct Archive<C> {
    tried: usize,
    refused: usize,
    inconclusive: usize,
    keys: HashSet<u64>,
    behaviours: HashSet<u64>,
    solutions: Vec<Entry<C>>,
    improvements: Vec<Entry<C>>,
}

impl<C> Default for Archive<C> {
    fn default() -> Self {
        Self {
            tried: 0,
            refused: 0,
            inconclusive: 0,
            keys: HashSet::new(),
            behaviours: HashSet::new(),
            solutions: Vec::new(),
            improvements: Vec::new(),
        }
    }
}

impl<C> Archive<C> {
    /// How many evaluations have ended, repeats with more effort included.
    pub fn tried(&self) -> usize {
        self.tried
    }

    /// How many candidates could not be run at all.
    pub fn refused(&self) -> usize {
        self.refused
    }

    /// How many evaluations hit a limit.
    pub fn inconclusive(&self) -> usize {
        self.inconclusive
    }

    /// Candidates that solve the problem, in the order in which they were found.
    pub fn solutions(&self) -> &[Entry<C>] {
        &self.solutions
    }

    /// Candidates that help without solving it, fittest first, at most 512.
    pub fn improvements(&self) -> &[Entry<C>] {
        &self.improvements
    }

    /// Takes note that the experiment `key` will be made; false if it was noted before.
    pub(crate) fn admit(&mut self, key: u64) -> bool {
        self.keys.insert(key)
    }

    /// Files the outcome of one trial and says what it is worth as news, in [0, 1].
    pub(crate) fn file(&mut self, entry: Entry<C>) -> f64 {
        if !entry.runnable {
            self.refused += 1;
            return 0.0;
        }
        self.tried += 1;
        self.inconclusive += usize::from(entry.verdict.inconclusive);
        let is_new_behaviour = self.behaviours.insert(entry.verdict.behaviour);
        let news = if entry.verdict.solved {
            1.0
        } else {
            entry.verdict.fitness * 0.8 + if is_new_behaviour { 0.1 } else { 0.0 }
        };
        if entry.verdict.solved {
            self.solutions.push(entry);
        } else if entry.verdict.fitness > 0.0 && !entry.verdict.inconclusive {
            let at = self
                .improvements
                .partition_point(|kept| kept.verdict.fitness >= entry.verdict.fitness);
            self.improvements.insert(at, entry);
            self.improvements.truncate(IMPROVEMENTS_MAX);
        }
        news
    }
}
