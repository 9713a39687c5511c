//! Who starts to run, and who makes room.

use std::cmp::Reverse;

use super::{PATIENCE, Scheduler};
use crate::cache::PAGE;
use crate::sequence::Sequence;

/// Who goes first: the largest.
pub(super) type Rank = (i64, Reverse<u64>, Reverse<u32>);

/// The place of a sequence among others. It rises while it waits, and it keeps what it has risen.
pub(super) fn rank(sequence: &Sequence) -> Rank {
    let by_waiting = (sequence.waited / PATIENCE) as i64;
    let priority = i64::from(sequence.job.request.priority) + by_waiting;
    (
        priority,
        Reverse(sequence.job.arrival),
        Reverse(sequence.choice),
    )
}

impl Scheduler {
    /// Starts waiting sequences while there is room.
    pub(super) fn admit(&mut self) {
        for sequence in &mut self.waiting {
            sequence.waited += 1;
        }
        while let Some(next) = self.next_in_queue() {
            let choices = 1 + self.waiting[next].siblings as usize;
            let is_full = self.running.len() + choices > self.options.running_max;
            if is_full && !self.running.is_empty() {
                if self.displace(next) {
                    continue;
                }
                break;
            }
            if !self.begin(next) {
                if self.displace(next) {
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
        (0..self.waiting.len()).max_by_key(|at| rank(&self.waiting[*at]))
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

    /// Sets the last of the running aside for `next`, if that is of lower priority.
    fn displace(&mut self, next: usize) -> bool {
        let priority = rank(&self.waiting[next]).0;
        let last = (0..self.running.len()).min_by_key(|at| rank(&self.running[*at]));
        let Some(last) = last.filter(|at| rank(&self.running[*at]).0 < priority) else {
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
