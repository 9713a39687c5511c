//! What is in the next batch.

use super::Scheduler;
use crate::cache::PAGE;
use crate::request::Reason;
use crate::sequence::Sequence;

/// Tokens of one sequence in a batch.
pub(super) struct Slice {
    /// The sequence, by its place among the running.
    pub(super) at: usize,
    /// How many of its own tokens.
    pub(super) feed: usize,
    /// Guesses at what follows.
    pub(super) drafts: Vec<u32>,
}

/// An answer with this many tokens to compute or fewer goes before prompts.
const SHORT: usize = 32;

impl Scheduler {
    /// Deals the tokens of a step out.
    pub(super) fn plan(&mut self) -> Vec<Slice> {
        let mut order: Vec<usize> = (0..self.running.len()).collect();
        if let Some(suspect) = self.running.iter().position(|sequence| sequence.is_suspect) {
            order = vec![suspect];
        }
        order.sort_unstable_by_key(|at| std::cmp::Reverse(self.turn(&self.running[*at])));
        let mut budget = self.options.step_tokens;
        let mut slices = Vec::new();
        let is_answer =
            |sequence: &Sequence| sequence.pending() <= SHORT && !sequence.generated().is_empty();
        let (answers, prompts): (Vec<usize>, Vec<usize>) = order
            .into_iter()
            .partition(|at| is_answer(&self.running[*at]));
        for at in answers {
            let feed = self.running[at].pending();
            if feed <= budget {
                budget -= feed;
                slices.push(Slice {
                    at,
                    feed,
                    drafts: Vec::new(),
                });
            }
        }
        for at in prompts {
            if budget == 0 {
                break;
            }
            let sequence = &mut self.running[at];
            self.cache.advance(&mut sequence.table, &sequence.tokens);
            sequence.note_cached();
            // What another sequence computes in this step is there to be taken in the next.
            if slices.iter().any(|slice| self.computes_the_same(slice, at)) {
                continue;
            }
            let feed = self.running[at].pending().min(budget);
            budget -= feed;
            slices.push(Slice {
                at,
                feed,
                drafts: Vec::new(),
            });
        }
        self.guess(&mut slices, budget);
        slices
    }

    /// Whether the next page of `at` is among what `slice` computes.
    fn computes_the_same(&self, slice: &Slice, at: usize) -> bool {
        let (one, other) = (&self.running[slice.at], &self.running[at]);
        let past = other.table.length();
        let next = other.tokens.get(past..past + PAGE);
        other.table.is_at_same_place(&one.table)
            && slice.feed >= PAGE
            && next.is_some_and(|next| one.tokens.get(past..past + PAGE) == Some(next))
    }

    /// Adds guesses to slices that end where a token is chosen.
    fn guess(&mut self, slices: &mut [Slice], budget: usize) {
        if !self.drafter.is_on() || budget == 0 {
            return;
        }
        let ready = slices
            .iter()
            .filter(|slice| self.running[slice.at].pending() == slice.feed);
        let share = budget / ready.count().max(1);
        let Self {
            running,
            drafter,
            scratch,
            ..
        } = self;
        let mut wishes = Vec::new();
        for (number, slice) in slices.iter().enumerate() {
            let sequence = &running[slice.at];
            let ends = sequence.pending() == slice.feed && sequence.siblings == 0;
            let most = share.min(sequence.tokens_left().saturating_sub(1));
            if ends && most > 0 {
                wishes.push((number, sequence, most.min(sequence.draft_length)));
            }
        }
        for (number, drafts) in drafter.propose(&wishes, scratch) {
            slices[number].drafts = drafts;
        }
    }

    /// Finds pages for a batch. Where there are none, guesses go first, then the last of the running.
    pub(super) fn secure(&mut self, slices: &mut Vec<Slice>) {
        slices.sort_unstable_by_key(|slice| std::cmp::Reverse(self.rank(&self.running[slice.at])));
        for slice in slices.iter_mut() {
            while !self.running[slice.at].is_set_aside && !self.grow(slice) {
                if !slice.drafts.is_empty() {
                    slice.drafts.clear();
                } else if let Some(last) = self.last_with_pages(slice.at) {
                    self.release(last);
                } else if self
                    .running
                    .iter()
                    .filter(|other| !other.is_set_aside)
                    .count()
                    > 1
                {
                    self.release(slice.at);
                } else {
                    // All the memory there is holds no more of it.
                    self.running[slice.at].finished = Some(Reason::Length);
                    break;
                }
            }
        }
        slices.retain(|slice| {
            let sequence = &self.running[slice.at];
            !sequence.is_set_aside && sequence.finished.is_none()
        });
    }

    fn grow(&mut self, slice: &Slice) -> bool {
        let Self {
            running,
            cache,
            network,
            ..
        } = self;
        let table = &mut running[slice.at].table;
        let length = table.length() + slice.feed + slice.drafts.len();
        cache
            .grow(table, length, &mut |from, to| network.copy_page(from, to))
            .is_ok()
    }

    /// The last of those that come after `at` and hold pages.
    fn last_with_pages(&self, at: usize) -> Option<usize> {
        let own = self.rank(&self.running[at]);
        (0..self.running.len())
            .filter(|other| !self.running[*other].table.pages().is_empty())
            .filter(|other| self.rank(&self.running[*other]) < own)
            .min_by_key(|other| self.rank(&self.running[*other]))
    }
}
