//! How candidates are judged.

/// What an evaluation said of a candidate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// How good it is, from 0 (no better than nothing) to 1 (all that was asked for).
    pub fitness: f64,
    /// Whether it is a solution.
    pub solved: bool,
    /// Whether a limit was hit, so that more effort might give another verdict; the fitness is then
    /// what had been reached, and the trial counts as no improvement.
    pub inconclusive: bool,
    /// A digest of how it behaved, to tell a new behaviour from a known one.
    pub behaviour: u64,
}

/// Judges candidates, several at a time.
pub trait Evaluator<C>: Sync {
    /// What stops the whole search (not: a bad candidate).
    type Error: Send;

    /// How many threads may call [`evaluate`](Self::evaluate) at once.
    fn workers(&self) -> usize;

    /// How many candidates to take at once: small where a verdict is cheap and should steer the
    /// next choice, large where preparation is dear and shared.
    fn batch(&self) -> usize;

    /// Makes a batch ready; false for a candidate that cannot be run at all.
    fn prepare(&self, batch: &[C]) -> Result<Vec<bool>, Self::Error>;

    /// Judges candidates of the prepared batch on thread `worker` (below
    /// [`workers`](Self::workers)) and reports each verdict with the candidate's index in
    /// `candidates`. `effort` starts at 0 and grows when an inconclusive candidate is tried
    /// again.
    fn evaluate(
        &self,
        worker: usize,
        effort: u32,
        candidates: &[&C],
        report: &mut dyn FnMut(usize, Verdict),
    ) -> Result<(), Self::Error>;
}
