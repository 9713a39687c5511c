//! Which tokens of which sequences are computed in the next step.
//!
//! Every step takes tokens of many sequences in one batch: first the next token of each answer, then
//! as much of the prompts as the budget holds, then guesses. Source: Orca (Yu et al. 2022) for
//! batching by steps, Sarathi-Serve (Agrawal et al. 2024) for prompts in chunks.

mod admit;
mod compute;
mod plan;
mod shares;

pub(crate) use compute::message;

use std::collections::{HashMap, HashSet};

use crate::cache::{Cache, Table};
use crate::network::Network;
use crate::request::Reason;
use crate::sampling::Scratch;
use crate::sequence::Sequence;
use crate::speculate::{Drafter, Speculation};
use shares::Shares;

/// Limits of an engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Tokens computed in one step at most; what keeps answers flowing while prompts are read.
    pub step_tokens: usize,
    /// Sequences that run at the same time at most.
    pub running_max: usize,
    /// Requests that wait at most; more are refused as busy.
    pub waiting_max: usize,
    /// Guessing ahead, which never changes an answer.
    pub speculation: Option<Speculation>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            step_tokens: 512,
            running_max: 16,
            waiting_max: 256,
            speculation: Some(Speculation::default()),
        }
    }
}

/// Steps of waiting that make up for one level of priority, or for having less than others.
const PATIENCE: u64 = 64;

/// The sequences of one network, and the pages that they read and write.
pub(crate) struct Scheduler {
    network: Box<dyn Network>,
    cache: Cache,
    options: Options,
    waiting: Vec<Sequence>,
    running: Vec<Sequence>,
    shares: Shares,
    /// The highest priority that anybody has asked for who waits or runs.
    highest: i64,
    drafter: Drafter,
    scratch: Scratch,
    logits: Vec<f32>,
    /// Who could not be admitted, and with how many pages to be had.
    blocked: Option<(u64, usize)>,
    steps: u64,
    generated: u64,
}

impl Scheduler {
    pub(crate) fn new(
        network: Box<dyn Network>,
        draft: Option<Box<dyn Network>>,
        options: Options,
    ) -> Self {
        let pages_only = network.keeps_pages_only();
        let speculation = options.speculation.clone().filter(|_| pages_only);
        Self {
            cache: Cache::new(network.pages(), pages_only),
            drafter: Drafter::new(speculation, draft),
            network,
            options,
            waiting: Vec::new(),
            running: Vec::new(),
            shares: Shares::default(),
            highest: 0,
            scratch: Scratch::default(),
            logits: Vec::new(),
            blocked: None,
            steps: 0,
            generated: 0,
        }
    }

    /// Takes a sequence in; it waits for its turn. Where no past can be shared, each choice is a
    /// sequence from the start.
    pub(crate) fn enqueue(&mut self, mut sequence: Sequence) {
        let known = self.waiting.iter().chain(&self.running);
        let active: HashSet<u64> = known.map(Sequence::tenant).collect();
        self.shares.arrive(sequence.tenant(), &active);
        if !self.network.keeps_pages_only() {
            let siblings = 1..=std::mem::take(&mut sequence.siblings);
            let alone = siblings.map(|choice| sequence.sibling(choice, Table::default()));
            self.waiting.extend(alone);
        }
        self.waiting.push(sequence);
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }

    /// Computes one batch and takes its results in. Who waits and who runs is told before, so that
    /// whoever has seen an event of a request knows that it waits no more.
    pub(crate) fn step(&mut self, tell: impl FnOnce(&Self)) {
        self.steps += 1;
        let _step = tracing::trace_span!("engine_step", step = self.steps).entered();
        self.notice_cancelled();
        self.retire();
        let known = self.waiting.iter().chain(&self.running);
        let priorities = known.map(|sequence| i64::from(sequence.job.request.priority));
        self.highest = priorities.max().unwrap_or_default();
        self.admit();
        tell(self);
        let mut slices = self.plan();
        self.secure(&mut slices);
        if !slices.is_empty() {
            tracing::trace!(
                sequences = slices.len(),
                tokens = slices.iter().map(|slice| slice.feed).sum::<usize>(),
                guesses = slices.iter().map(|slice| slice.drafts.len()).sum::<usize>(),
                waiting = self.waiting.len(),
                "computing"
            );
            let rows = self.compute(&mut slices);
            self.settle(slices, &rows);
        }
        self.set_aside();
        self.retire();
    }

    /// Ends everything, as when the engine is dropped without waiting.
    pub(crate) fn abandon(&mut self) {
        for sequence in self.running.iter_mut().chain(&mut self.waiting) {
            sequence.finished.get_or_insert(Reason::Cancelled);
        }
        self.retire();
    }

    /// Numbers for those who watch.
    pub(crate) fn status(&self) -> Status {
        Status {
            waiting: self.waiting.len(),
            running: self.running.len(),
            pages: self.cache.pages(),
            pages_available: self.cache.available(),
            pages_idle: self.cache.idle(),
            steps: self.steps,
            generated: self.generated,
        }
    }

    /// How many sequences of each tenant wait.
    pub(crate) fn waiting(&self) -> HashMap<u64, usize> {
        let mut waiting = HashMap::new();
        for sequence in &self.waiting {
            *waiting.entry(sequence.tenant()).or_default() += 1;
        }
        waiting
    }

    /// Forgets all remembered prefixes.
    pub(crate) fn forget(&mut self) {
        self.cache.forget();
    }

    fn notice_cancelled(&mut self) {
        for sequence in self.running.iter_mut().chain(&mut self.waiting) {
            if sequence.job.sender.is_cancelled() {
                sequence.finished.get_or_insert(Reason::Cancelled);
            }
        }
    }

    /// Takes finished sequences out, reports them and gives their pages back.
    fn retire(&mut self) {
        for list in [&mut self.running, &mut self.waiting] {
            let is_finished = |sequence: &mut Sequence| sequence.finished.is_some();
            for mut sequence in list.extract_if(.., is_finished) {
                let table = std::mem::take(&mut sequence.table);
                if let Some(first) = table.pages().first() {
                    self.network.forget(*first);
                }
                self.cache.release(table, &sequence.tokens);
                self.drafter.forget(&sequence);
                let reason = sequence.finished.take().unwrap_or(Reason::Cancelled);
                for choice in 1..=sequence.siblings {
                    let mut sibling = sequence.sibling(choice, Table::default());
                    sibling.report(reason.clone());
                }
                sequence.report(reason);
            }
        }
    }
}

/// How an engine is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Sequences that wait, for their turn or for memory.
    pub waiting: usize,
    /// Sequences that run.
    pub running: usize,
    /// Pages of keys and values there are.
    pub pages: usize,
    /// Pages that no sequence holds.
    pub pages_available: usize,
    /// Of those, pages that remember a past.
    pub pages_idle: usize,
    /// Steps computed.
    pub steps: u64,
    /// Tokens chosen.
    pub generated: u64,
}
