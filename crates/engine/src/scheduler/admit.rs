//! Who starts to run, and who makes room.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{PATIENCE, Scheduler};
use crate::cache::PAGE;
use crate::sequence::Sequence;

/// Who goes first: the largest.
pub(super) type Rank = (i64, Reverse<u64>, Reverse<u32>);

/// A rank among those of one level: who has had least, then who came first.
type Turn = (i64, Reverse<u64>, Reverse<u64>, Reverse<u32>);

impl Scheduler {
    /// The place of a sequence among others. It rises while it waits, up to the highest that anybody asked for, and
    /// it keeps what it has risen.
    pub(super) fn rank(&self, sequence: &Sequence) -> Rank {
        let by_waiting = (sequence.waited / PATIENCE) as i64;
        let priority = i64::from(sequence.job.request.priority) + by_waiting;
        (
            priority.min(self.highest),
            Reverse(sequence.job.arrival),
            Reverse(sequence.choice),
        )
    }

    /// Its place when tenants are told apart.
    pub(super) fn turn(&self, sequence: &Sequence) -> Turn {
        let (level, arrival, choice) = self.rank(sequence);
        let served = self.shares.served(sequence.tenant());
        (level, Reverse(served), arrival, choice)
    }

    /// Starts waiting sequences while there is room.
    pub(super) fn admit(&mut self) {
        for sequence in &mut self.waiting {
            sequence.waited += 1;
        }
        // For whom somebody made room, that one starts: whoever made it may have had less, and be first in the queue
        // again.
        let mut made_room_for = None;
        while let Some(next) = made_room_for.take().or_else(|| self.next_in_queue()) {
            let choices = 1 + self.waiting[next].siblings as usize;
            let is_full = self.running.len() + choices > self.options.running_max;
            if is_full && !self.running.is_empty() {
                if self.displace(next) {
                    made_room_for = Some(next);
                    continue;
                }
                break;
            }
            if !self.begin(next) {
                if self.displace(next) {
                    made_room_for = Some(next);
                    continue;
                }
                break;
            }
            let mut sequence = self.waiting.swap_remove(next);
            sequence.start();
            tracing::debug!(
                request = sequence.job.arrival,
                choice = sequence.choice,
                tokens = sequence.tokens.len(),
                cached = sequence.table.length(),
                waiting = self.waiting.len(),
                "a sequence runs"
            );
            self.running.push(sequence);
        }
    }

    fn next_in_queue(&self) -> Option<usize> {
        (0..self.waiting.len()).max_by_key(|at| self.turn(&self.waiting[*at]))
    }

    /// Gives a waiting sequence what is known of its past, if the rest of it would fit too.
    fn begin(&mut self, at: usize) -> bool {
        let sequence = &mut self.waiting[at];
        let ticket = (sequence.job.arrival, self.cache.available());
        let is_alone = self.running.is_empty();
        if self.blocked == Some(ticket) && !is_alone {
            return false;
        }
        let network = &mut self.network;
        let table = self.cache.begin(&sequence.tokens, &mut |from, to| {
            network.copy_page(from, to)
        });
        // Its tokens and the next, a page for each choice to part from the others, and a page for
        // each that runs, so that nobody is displaced a moment later.
        let all = (sequence.tokens.len() + 1).div_ceil(PAGE) + sequence.siblings as usize;
        let needed = all.saturating_sub(table.pages().len()) + self.running.len();
        if is_alone || self.cache.available() >= needed {
            sequence.table = table;
            self.blocked = None;
            return true;
        }
        self.cache.release(table, &sequence.tokens);
        self.blocked = Some((ticket.0, self.cache.available()));
        false
    }

    /// Sets one of the running aside for `next`: the last of lower priority, or of the tenant who has most running
    /// where the tenant of `next` has less and has waited.
    fn displace(&mut self, next: usize) -> bool {
        let priority = self.rank(&self.waiting[next]).0;
        let last = (0..self.running.len()).min_by_key(|at| self.rank(&self.running[*at]));
        let last = last.filter(|at| self.rank(&self.running[*at]).0 < priority);
        let Some(last) = last.or_else(|| self.one_too_many(next)) else {
            return false;
        };
        self.release(last);
        let sequence = self.running.swap_remove(last);
        tracing::debug!(
            request = sequence.job.arrival,
            choice = sequence.choice,
            tokens = sequence.tokens.len(),
            "a sequence makes room for another"
        );
        self.waiting.push(sequence);
        self.blocked = None;
        true
    }

    /// The last sequence of the tenant who has most running, if that is at least two more than the tenant of `next`
    /// has, so that those who change places do not change them back.
    fn one_too_many(&self, next: usize) -> Option<usize> {
        let next = &self.waiting[next];
        if next.waited < PATIENCE {
            return None;
        }
        let mut running: HashMap<u64, usize> = HashMap::new();
        for sequence in &self.running {
            *running.entry(sequence.tenant()).or_default() += 1;
        }
        let own = running.get(&next.tenant()).copied().unwrap_or_default();
        let priority = self.rank(next).0;
        let theirs = (0..self.running.len()).filter(|at| {
            let sequence = &self.running[*at];
            running[&sequence.tenant()] >= own + 2 && self.rank(sequence).0 <= priority
        });
        theirs.max_by_key(|at| {
            let sequence = &self.running[*at];
            (
                running[&sequence.tenant()],
                sequence.job.arrival,
                sequence.choice,
            )
        })
    }

    /// Takes the pages of a running sequence. What they hold may be found again.
    pub(super) fn release(&mut self, at: usize) {
        let sequence = &mut self.running[at];
        let table = std::mem::take(&mut sequence.table);
        if let Some(first) = table.pages().first() {
            self.network.forget(*first);
        }
        self.cache.release(table, &sequence.tokens);
        self.drafter.forget(sequence);
        sequence.is_set_aside = true;
    }

    /// Moves those without pages back to the queue.
    pub(super) fn set_aside(&mut self) {
        let is_aside =
            |sequence: &mut Sequence| sequence.is_set_aside && sequence.finished.is_none();
        let aside: Vec<Sequence> = self.running.extract_if(.., is_aside).collect();
        self.waiting.extend(aside);
    }
}
