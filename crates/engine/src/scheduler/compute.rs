//! One batch through the network, and what its logits decide.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use models::Batch;

use super::Scheduler;
use super::plan::Slice;
use crate::error::Error;
use crate::request::Reason;
use crate::sequence::Sequence;

impl Scheduler {
    /// Computes a batch; the place of the first row of logits of each slice, where it has one. When
    /// the network breaks, every slice is tried alone and without guesses, so that only those that
    /// break it end.
    pub(super) fn compute(&mut self, slices: &mut [Slice]) -> Vec<Option<usize>> {
        self.logits.clear();
        let all: Vec<&Slice> = slices.iter().collect();
        if let Ok(rows) = self.forward(&all) {
            return rows;
        }
        self.logits.clear();
        if !self.network.keeps_pages_only() && slices.len() > 1 {
            // What it keeps of these pasts is not to be trusted any more: they begin anew, alone.
            for slice in slices.iter() {
                self.running[slice.at].is_suspect = true;
                self.release(slice.at);
            }
            return vec![None; slices.len()];
        }
        let mut rows = Vec::new();
        for slice in slices {
            slice.drafts.clear();
            let before = self.logits.len();
            match self.forward(&[&*slice]) {
                Ok(found) => rows.extend(found),
                Err(reason) => {
                    self.logits.truncate(before);
                    rows.push(None);
                    let request = self.running[slice.at].job.arrival;
                    tracing::error!(request, reason, "the network broke on a sequence");
                    let broken = Error::Broken { reason };
                    self.running[slice.at].finished = Some(Reason::Failed(broken));
                }
            }
        }
        rows
    }

    fn forward(&mut self, slices: &[&Slice]) -> Result<Vec<Option<usize>>, String> {
        let Self {
            running,
            network,
            logits,
            ..
        } = self;
        let (mut tokens, mut sequences) = (Vec::new(), Vec::new());
        let (mut wanted, mut rows) = (Vec::new(), Vec::new());
        let vocab = network.vocab();
        let first = logits.len() / vocab.max(1);
        for slice in slices {
            let sequence = &running[slice.at];
            let past = sequence.table.length();
            let own = &sequence.tokens[past..past + slice.feed];
            tokens.extend_from_slice(own);
            let ends = past + slice.feed == sequence.tokens.len();
            rows.push(ends.then_some(first + wanted.len()));
            if ends {
                let last = tokens.len() - 1;
                tokens.extend_from_slice(&slice.drafts);
                wanted.extend((last..tokens.len()).map(|at| at as u32));
            }
            sequences.push(tensor::Sequence {
                table: sequence.table.pages(),
                past,
                tokens: slice.feed + slice.drafts.len(),
            });
        }
        let batch = Batch {
            tokens: &tokens,
            sequences: &sequences,
            wanted: &wanted,
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| network.forward(&batch, logits)));
        outcome.map_err(|panic| message(&*panic))?;
        let expected = (first + wanted.len()) * vocab;
        if logits.len() != expected {
            return Err(format!(
                "`{}` logits where `{expected}` were asked for",
                logits.len()
            ));
        }
        Ok(rows)
    }

    /// Takes a batch's results in: what is computed now, and the tokens that follow.
    pub(super) fn settle(&mut self, slices: Vec<Slice>, rows: &[Option<usize>]) {
        let vocab = self.network.vocab();
        let Self {
            running,
            cache,
            logits,
            scratch,
            generated,
            shares,
            ..
        } = self;
        let mut siblings = Vec::new();
        for (slice, row) in slices.iter().zip(rows) {
            let sequence = &mut running[slice.at];
            if sequence.finished.is_some() || sequence.is_set_aside {
                continue;
            }
            sequence.is_suspect &= row.is_none();
            let known = sequence.table.length() + slice.feed;
            shares.charge(sequence.tenant(), slice.feed as u64);
            sequence.has_computed = true;
            cache.computed(&mut sequence.table, &sequence.tokens[..known]);
            let Some(row) = row else {
                continue;
            };
            let logits = &mut logits[row * vocab..][..(1 + slice.drafts.len()) * vocab];
            for choice in 1..=std::mem::take(&mut sequence.siblings) {
                let mut sibling = sequence.sibling(choice, cache.fork(&sequence.table));
                let mut copy = logits.to_vec();
                guarded(&mut sibling, |sibling| sibling.choose(&mut copy, scratch));
                *generated += 1;
                siblings.push(sibling);
            }
            let base = sequence.tokens.len();
            guarded(sequence, |sequence| {
                choose_along(sequence, &slice.drafts, logits, scratch);
            });
            let chosen = &sequence.tokens[base..];
            *generated += chosen.len() as u64;
            shares.charge(sequence.tenant(), chosen.len() as u64);
            let right = chosen
                .iter()
                .zip(&slice.drafts)
                .take_while(|(a, b)| a == b)
                .count();
            if !slice.drafts.is_empty() {
                sequence.learn(slice.drafts.len(), right);
            }
            cache.computed(&mut sequence.table, &sequence.tokens[..known + right]);
        }
        running.extend(siblings);
    }
}

/// Chooses tokens as long as the guesses were right, and one more.
fn choose_along(
    sequence: &mut Sequence,
    drafts: &[u32],
    logits: &mut [f32],
    scratch: &mut crate::sampling::Scratch,
) {
    let base = sequence.tokens.len();
    let vocab = logits.len() / (1 + drafts.len());
    loop {
        let row = sequence.tokens.len() - base;
        sequence.choose(&mut logits[row * vocab..][..vocab], scratch);
        let chosen = &sequence.tokens[base..];
        if sequence.finished.is_some() || !drafts.starts_with(chosen) {
            return;
        }
    }
}

/// Runs what concerns one sequence; a panic ends that one only.
fn guarded(sequence: &mut Sequence, work: impl FnOnce(&mut Sequence)) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(sequence))) {
        let reason = message(&*panic);
        sequence.finished = Some(Reason::Failed(Error::Broken { reason }));
    }
}

pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without words").to_owned()
}
