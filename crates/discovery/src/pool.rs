//! Proposals that wait for their turn.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::archive::Archive;
use crate::bandit::Bandit;
use crate::propose::{Proposal, Proposer};

/// A proposal with what the search knows of it.
#[derive(Clone, Debug)]
pub(crate) struct Waiting<C> {
    pub proposal: Proposal<C>,
    pub proposer: usize,
    pub effort: u32,
    /// Order of arrival, so that equals keep their order and runs are repeatable.
    arrival: u64,
}

/// Each proposer's waiting proposals, and the ones to be tried again with more effort.
pub(crate) struct Pool<C> {
    queues: Vec<BinaryHeap<Ranked<C>>>,
    arrivals: u64,
}

struct Ranked<C>(Waiting<C>);

impl<C> Pool<C> {
    pub fn new(proposers: usize) -> Self {
        Self {
            queues: (0..proposers).map(|_| BinaryHeap::new()).collect(),
            arrivals: 0,
        }
    }

    /// Asks every proposer that has fewer than `low` proposals waiting for more.
    pub fn fill(
        &mut self,
        proposers: &mut [Box<dyn Proposer<C> + '_>],
        archive: &mut Archive<C>,
        low: usize,
    ) {
        for (index, proposer) in proposers.iter_mut().enumerate() {
            let waiting = self.queues[index].len();
            if waiting >= low {
                continue;
            }
            for proposal in proposer.propose(archive, 4 * low) {
                if archive.admit(proposal.key) {
                    self.add(proposal, index, 0);
                }
            }
        }
    }

    /// Puts a proposal in its proposer's queue.
    pub fn add(&mut self, proposal: Proposal<C>, proposer: usize, effort: u32) {
        self.arrivals += 1;
        self.queues[proposer].push(Ranked(Waiting {
            proposal,
            proposer,
            effort,
            arrival: self.arrivals,
        }));
    }

    /// Takes the most promising proposal of all, by its weight times its proposer's weight.
    pub fn take(&mut self, bandit: &Bandit) -> Option<Waiting<C>> {
        let best = (0..self.queues.len())
            .filter_map(|index| {
                let top = &self.queues[index].peek()?.0;
                Some((top.proposal.weight * bandit.weight(index), index))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
        self.queues[best.1].pop().map(|ranked| ranked.0)
    }
}

impl<C> Ord for Ranked<C> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.proposal.weight)
            .total_cmp(&other.0.proposal.weight)
            .then(other.0.arrival.cmp(&self.0.arrival))
    }
}

impl<C> PartialOrd for Ranked<C> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<C> PartialEq for Ranked<C> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<C> Eq for Ranked<C> {}
