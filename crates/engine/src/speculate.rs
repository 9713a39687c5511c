//! Guesses at the tokens to come, so that one pass over the weights may yield several.
//!
//! A guess is only ever compared with the token that is chosen anyway, at its own position with its
//! own random number; so an answer is the same with guesses as without, at any temperature. Source:
//! Leviathan et al. 2023 and Chen et al. 2023 for the idea, here with exact agreement in place of
//! agreement in distribution.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use models::Batch;

use crate::cache::{Cache, Table};
use crate::network::Network;
use crate::sampling::Scratch;
use crate::sequence::Sequence;

/// How to guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speculation {
    /// Tokens guessed at a time at most.
    pub drafts_max: usize,
    /// What followed the last time the text ended like this many tokens is guessed again.
    /// Source: prompt look-up decoding (Saxena 2023).
    pub lookup: usize,
}

impl Default for Speculation {
    fn default() -> Self {
        Self {
            drafts_max: 8,
            lookup: 3,
        }
    }
}

/// Tokens that a draft network reads at a time.
const READ: usize = 512;

/// What guesses.
pub(crate) struct Drafter {
    speculation: Option<Speculation>,
    draft: Option<Draft>,
}

/// A smaller network that guesses.
struct Draft {
    network: Box<dyn Network>,
    cache: Cache,
    pasts: HashMap<(u64, u32), Past>,
    logits: Vec<f32>,
}

/// What the draft network knows of a sequence.
#[derive(Default)]
struct Past {
    table: Table,
    /// Tokens whose keys and values it computed, right or wrong.
    fed: Vec<u32>,
}

/// A slice's number, its sequence, and how many tokens may be guessed.
pub(crate) type Wish<'a> = (usize, &'a Sequence, usize);

impl Drafter {
    pub(crate) fn new(speculation: Option<Speculation>, draft: Option<Box<dyn Network>>) -> Self {
        let draft = draft.filter(|draft| draft.keeps_pages_only() && speculation.is_some());
        Self {
            speculation,
            draft: draft.map(|network| Draft {
                cache: Cache::new(network.pages(), true),
                network,
                pasts: HashMap::new(),
                logits: Vec::new(),
            }),
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.speculation.is_some()
    }

    /// Guesses for those who wish; by the wish's number.
    pub(crate) fn propose(
        &mut self,
        wishes: &[Wish<'_>],
        scratch: &mut Scratch,
    ) -> Vec<(usize, Vec<u32>)> {
        let Some(speculation) = &self.speculation else {
            return Vec::new();
        };
        let mut guesses = Vec::new();
        let mut open = Vec::new();
        for (number, sequence, most) in wishes {
            let most = (*most).min(speculation.drafts_max);
            let found = look_up(&sequence.tokens, speculation.lookup, most);
            if !found.is_empty() {
                guesses.push((*number, found));
            } else if self.draft.is_some() && most > 0 {
                open.push((*number, *sequence, most));
            }
        }
        if let Some(draft) = &mut self.draft
            && !open.is_empty()
        {
            let work = AssertUnwindSafe(|| draft.propose(&open, scratch));
            match catch_unwind(work) {
                Ok(found) => guesses.extend(found),
                // Answers do not need it.
                Err(_) => self.draft = None,
            }
        }
        guesses
    }

    /// Gives back what was kept for a sequence.
    pub(crate) fn forget(&mut self, sequence: &Sequence) {
        if let Some(draft) = &mut self.draft
            && let Some(past) = draft.pasts.remove(&key(sequence))
        {
            draft.cache.release(past.table, &past.fed);
        }
    }
}

fn key(sequence: &Sequence) -> (u64, u32) {
    (sequence.job.arrival, sequence.choice)
}

/// What followed the last earlier place where the text ended as it does now, by `length` tokens.
fn look_up(tokens: &[u32], length: usize, most: usize) -> Vec<u32> {
    let Some(end) = tokens.len().checked_sub(length).filter(|_| length > 0) else {
        return Vec::new();
    };
    let (pattern, last) = (&tokens[end..], tokens[tokens.len() - 1]);
    // Compares the last token first, which rarely agrees.
    let places = (length..tokens.len()).rev();
    let found = places
        .filter(|after| tokens[after - 1] == last)
        .find(|after| &tokens[after - length..*after] == pattern);
    found.map_or_else(Vec::new, |after| {
        tokens[after..].iter().copied().take(most).collect()
    })
}

impl Draft {
    fn propose(&mut self, wishes: &[Wish<'_>], scratch: &mut Scratch) -> Vec<(usize, Vec<u32>)> {
        let mut guesses: Vec<(usize, Vec<u32>)> = Vec::new();
        let mut samplers = Vec::new();
        let mut ready: Vec<Wish<'_>> = Vec::new();
        for wish in wishes {
            if self.read(wish.1) {
                samplers.push(wish.1.guesser());
                guesses.push((wish.0, Vec::new()));
                ready.push(*wish);
            }
        }
        let longest = ready.iter().map(|wish| wish.2).max().unwrap_or(0);
        for _ in 0..longest {
            let open: Vec<usize> = (0..ready.len())
                .filter(|at| guesses[*at].1.len() < ready[*at].2)
                .collect();
            let feeds: Vec<(&Sequence, Vec<u32>)> = open
                .iter()
                .map(|at| {
                    let sequence = ready[*at].1;
                    let text = [&sequence.tokens[..], &guesses[*at].1[..]].concat();
                    (sequence, text)
                })
                .collect();
            if !self.forward(&feeds) {
                break;
            }
            let width = self.network.vocab();
            for (row, (at, (sequence, text))) in open.iter().zip(&feeds).enumerate() {
                let words = width.min(sequence.job.vocabulary.len());
                let row = &mut self.logits[row * width..][..words];
                let Some(token) = samplers[*at].sample(row, text, scratch) else {
                    return guesses;
                };
                guesses[*at].1.push(token);
            }
        }
        guesses
    }

    /// Reads on in a long text; whether only its end is unread.
    fn read(&mut self, sequence: &Sequence) -> bool {
        let tokens = &sequence.tokens;
        if tokens.len() > self.network.context_length() {
            return false;
        }
        let Self {
            network,
            cache,
            pasts,
            ..
        } = self;
        let past = pasts.entry(key(sequence)).or_insert_with(|| {
            let table = cache.begin(tokens, &mut |from, to| network.copy_page(from, to));
            let fed = tokens[..table.length()].to_vec();
            Past { table, fed }
        });
        let unread = tokens.len() - common(&past.fed, tokens);
        let vocab = network.vocab();
        if tokens[tokens.len() - unread..]
            .iter()
            .any(|token| *token as usize >= vocab)
        {
            return false;
        }
        if unread <= READ {
            return true;
        }
        let until = tokens.len() - unread + READ;
        self.forward(&[(sequence, tokens[..until].to_vec())]);
        false
    }

    /// Computes what is new of each text; a row of logits for the end of each. `false` when there
    /// is no room.
    fn forward(&mut self, feeds: &[(&Sequence, Vec<u32>)]) -> bool {
        let Self {
            network,
            cache,
            pasts,
            logits,
        } = self;
        for (sequence, text) in feeds {
            let Some(past) = pasts.get_mut(&key(sequence)) else {
                return false;
            };
            if text.len() > network.context_length() {
                return false;
            }
            let right = common(&past.fed, text).min(text.len() - 1);
            past.fed.truncate(right);
            // What was right stays right: only that is ever counted as computed.
            let settled = right.min(sequence.tokens.len());
            if settled > past.table.length() {
                cache.computed(&mut past.table, &text[..settled]);
            }
            let copy = &mut |from, to| network.copy_page(from, to);
            if cache.grow(&mut past.table, text.len(), copy).is_err() {
                return false;
            }
        }
        let (mut tokens, mut sequences, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
        for (sequence, text) in feeds {
            let past = &pasts[&key(sequence)];
            tokens.extend_from_slice(&text[past.fed.len()..]);
            wanted.push(tokens.len() as u32 - 1);
            sequences.push(tensor::Sequence {
                table: past.table.pages(),
                past: past.fed.len(),
                tokens: text.len() - past.fed.len(),
            });
        }
        logits.clear();
        let batch = Batch {
            tokens: &tokens,
            sequences: &sequences,
            wanted: &wanted,
        };
        network.forward(&batch, logits);
        for (sequence, text) in feeds {
            if let Some(past) = pasts.get_mut(&key(sequence)) {
                past.fed.clone_from(text);
            }
        }
        true
    }
}

fn common(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

impl Sequence {
    /// Guesses more after right guesses, less after wrong ones.
    pub(crate) fn learn(&mut self, drafted: usize, right: usize) {
        self.usage.drafted += drafted;
        self.usage.accepted += right;
        self.draft_length = match right {
            0 => (self.draft_length / 2).max(1),
            right if right == drafted => (2 * self.draft_length).min(64),
            right => right + 1,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_followed_last_time_is_guessed() {
        assert_eq!(look_up(&[1, 2, 3, 9, 8, 1, 2, 3], 3, 2), [9, 8]);
        assert_eq!(look_up(&[1, 2, 5, 1, 2, 6, 1, 2], 2, 9), [6, 1, 2]);
        assert_eq!(look_up(&[7, 7, 7, 7], 3, 5), [7]);
        assert_eq!(look_up(&[1, 2, 3], 3, 5), [] as [u32; 0]);
        assert_eq!(look_up(&[1, 2], 3, 5), [] as [u32; 0]);
    }
}
