//! Where candidates come from.

use crate::archive::Archive;

/// A candidate that its proposer would like to see tried.
#[derive(Clone, Debug)]
pub struct Proposal<C> {
    /// What to try.
    pub content: C,
    /// Names what is tried: two proposals of the same key are the same experiment, and the
    /// second is dropped.
    pub key: u64,
    /// How promising it is, above 0: comparable between proposers before the bandit weighs them.
    pub weight: f64,
}

/// Makes candidates, best first.
///
/// Edit operators, random mutation, recombination of earlier successes and language models are
/// all proposers; the search asks each for more whenever its pool of proposals runs low.
pub trait Proposer<C> {
    /// A short stable name for records and progress.
    fn name(&self) -> &str;

    /// Up to `wanted` further proposals, most promising first. An empty answer means "none now":
    /// the proposer is asked again after the archive has changed.
    fn propose(&mut self, archive: &Archive<C>, wanted: usize) -> Vec<Proposal<C>>;
}

/// Proposes a fixed list in its order: a recorded run, or a script in a test.
#[derive(Debug)]
pub struct Scripted<C> {
    name: String,
    rest: std::vec::IntoIter<Proposal<C>>,
}

impl<C> Scripted<C> {
    /// A proposer called `name` that will propose `proposals` and then nothing.
    pub fn new(name: impl Into<String>, proposals: Vec<Proposal<C>>) -> Self {
        Self {
            name: name.into(),
            rest: proposals.into_iter(),
        }
    }
}

impl<C> Proposer<C> for Scripted<C> {
    fn name(&self) -> &str {
        &self.name
    }

    fn propose(&mut self, _archive: &Archive<C>, wanted: usize) -> Vec<Proposal<C>> {
        self.rest.by_ref().take(wanted).collect()
    }
}
