//! The loop: propose, evaluate, select, remember.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::archive::{Archive, Entry};
use crate::bandit::Bandit;
use crate::clock::Clock;
use crate::evaluate::{Evaluator, Verdict};
use crate::pool::{Pool, Waiting};
use crate::propose::{Proposal, Proposer};

/// Limits of a search.
#[derive(Clone, Debug)]
pub struct Options {
    /// Wall time on the search's clock after which no further batch is begun.
    pub budget: Duration,
    /// How often an inconclusive candidate is tried again, with more effort each time.
    pub effort_max: u32,
    /// Candidates to try at most.
    pub trials_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            budget: Duration::from_secs(60),
            effort_max: 2,
            trials_max: 1_000_000,
        }
    }
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The observer has what it wants.
    Satisfied,
    /// No proposer has anything left.
    Exhausted,
    /// The time or the number of trials ran out.
    Budget,
}

/// What the observer sees after each batch.
pub struct Progress<'a, C> {
    /// The whole archive.
    pub archive: &'a Archive<C>,
    /// What this batch brought, in the order in which it was proposed.
    pub batch: &'a [Entry<C>],
    /// The weight of the best proposal in this batch, before the bandit.
    pub weight: f64,
    /// Time since the clock started.
    pub elapsed: Duration,
}

/// Tries proposals, best first, until `observe` answers false, nothing is left or the budget is
/// spent. `observe` is called after each batch.
///
/// The order of trials depends on the proposers and the verdicts only, never on which thread was
/// faster.
pub fn search<C, E>(
    proposers: &mut [Box<dyn Proposer<C> + '_>],
    evaluator: &E,
    options: &Options,
    clock: &dyn Clock,
    observe: &mut dyn FnMut(Progress<'_, C>) -> bool,
) -> Result<(Archive<C>, Stop), E::Error>
where
    C: Clone + Send + Sync,
    E: Evaluator<C>,
{
    let mut archive = Archive::default();
    let mut bandit = Bandit::new(proposers.len());
    let mut pool = Pool::new(proposers.len());
    let batch_max = evaluator.batch().max(1);
    loop {
        if clock.elapsed() >= options.budget || archive.tried() >= options.trials_max {
            return Ok((archive, Stop::Budget));
        }
        pool.fill(proposers, &mut archive, batch_max);
        let batch: Vec<Waiting<C>> = std::iter::from_fn(|| pool.take(&bandit))
            .take(batch_max)
            .collect();
        if batch.is_empty() {
            return Ok((archive, Stop::Exhausted));
        }
        let is_over = || clock.elapsed() >= options.budget;
        let outcomes = judge(evaluator, &batch, &is_over)?;
        let entries = file(
            batch,
            outcomes,
            &mut archive,
            &mut bandit,
            &mut pool,
            options,
        );
        let go_on = observe(Progress {
            archive: &archive,
            batch: &entries,
            weight: entries.iter().map(|entry| entry.weight).fold(0.0, f64::max),
            elapsed: clock.elapsed(),
        });
        if !go_on {
            return Ok((archive, Stop::Satisfied));
        }
    }
}

/// Files the verdicts in order; what was inconclusive waits again, with a lower weight.
fn file<C: Clone>(
    batch: Vec<Waiting<C>>,
    outcomes: Vec<Outcome>,
    archive: &mut Archive<C>,
    bandit: &mut Bandit,
    pool: &mut Pool<C>,
    options: &Options,
) -> Vec<Entry<C>> {
    let mut entries = Vec::with_capacity(batch.len());
    for (waiting, outcome) in batch.into_iter().zip(outcomes) {
        let verdict = match outcome {
            Outcome::Judged(verdict) => Some(verdict),
            Outcome::Refused => None,
            Outcome::NotReached => continue,
        };
        let entry = Entry {
            number: archive.tried() + archive.refused(),
            content: waiting.proposal.content,
            key: waiting.proposal.key,
            weight: waiting.proposal.weight,
            proposer: waiting.proposer,
            effort: waiting.effort,
            runnable: verdict.is_some(),
            verdict: verdict.unwrap_or_default(),
        };
        let news = archive.file(entry.clone());
        bandit.reward(entry.proposer, news);
        if entry.verdict.inconclusive && entry.effort < options.effort_max {
            let again = Proposal {
                content: entry.content.clone(),
                key: entry.key,
                weight: entry.weight * again_worth(&entry.verdict),
            };
            pool.add(again, entry.proposer, entry.effort + 1);
        }
        entries.push(entry);
    }
    entries
}

/// What a trial with more effort is worth beside a first one. Most candidates that hit a limit never
/// end; one that was good until then is likely to be slow and right.
fn again_worth(verdict: &Verdict) -> f64 {
    (0.5 * verdict.fitness * verdict.fitness).max(1.0 / 256.0)
}

/// What became of one candidate of a batch.
enum Outcome {
    Judged(Verdict),
    /// It cannot be run at all.
    Refused,
    /// The time was over before its turn.
    NotReached,
}

/// The verdict on each of the batch, as far as the time allows.
fn judge<C, E>(
    evaluator: &E,
    batch: &[Waiting<C>],
    is_over: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Outcome>, E::Error>
where
    C: Clone + Send + Sync,
    E: Evaluator<C>,
{
    let contents: Vec<C> = batch
        .iter()
        .map(|waiting| waiting.proposal.content.clone())
        .collect();
    let runnable = evaluator.prepare(&contents)?;
    let mut todo: Vec<usize> = (0..batch.len()).filter(|&index| runnable[index]).collect();
    todo.sort_by_key(|&index| batch[index].effort);
    let workers = evaluator.workers().max(1);
    let chunk = todo.len().div_ceil(workers * 2).clamp(1, 64);
    let next = AtomicUsize::new(0);
    let of = |runnable: &bool| {
        if *runnable {
            Outcome::NotReached
        } else {
            Outcome::Refused
        }
    };
    let outcomes: Mutex<Vec<Outcome>> = Mutex::new(runnable.iter().map(of).collect());
    let failure = Mutex::new(None);
    let work = |worker: usize| {
        while let Some(indexes) = claim(&next, &todo, chunk, |index| batch[index].effort) {
            if is_over() {
                break;
            }
            let candidates: Vec<&C> = indexes.iter().map(|&index| &contents[index]).collect();
            let effort = batch[indexes[0]].effort;
            let mut report = |at: usize, verdict: Verdict| {
                outcomes.lock().expect("no holder panics")[indexes[at]] = Outcome::Judged(verdict);
            };
            if let Err(error) = evaluator.evaluate(worker, effort, &candidates, &mut report) {
                *failure.lock().expect("no holder panics") = Some(error);
                next.store(todo.len(), Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for worker in 1..workers {
            let work = &work;
            scope.spawn(move || work(worker));
        }
        work(0);
    });
    match failure.into_inner().expect("no holder panics") {
        Some(error) => Err(error),
        None => Ok(outcomes.into_inner().expect("no holder panics")),
    }
}

/// The next up to `chunk` indexes of equal effort, or none when all are claimed.
fn claim<'a>(
    next: &AtomicUsize,
    todo: &'a [usize],
    chunk: usize,
    effort: impl Fn(usize) -> u32,
) -> Option<&'a [usize]> {
    let mut start = next.load(Ordering::Relaxed);
    loop {
        let first = *todo.get(start)?;
        let rest = &todo[start..todo.len().min(start + chunk)];
        let length = rest
            .iter()
            .take_while(|&&index| effort(index) == effort(first))
            .count();
        match next.compare_exchange(start, start + length, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return Some(&todo[start..start + length]),
            Err(moved) => start = moved,
        }
    }
}

#[cfg(test)]
mod tests;
