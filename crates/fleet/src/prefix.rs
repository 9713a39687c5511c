//! Which upstream has seen which beginnings of prompts.
//!
//! A prompt is cut into chunks, and each chunk is known by the hash of itself and all before it. So a trie of
//! chunks is one flat table: the children of a chunk are the entries whose hashes begin with its own.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use crate::options::PrefixOptions;

/// The most chunks of one prompt that are looked at.
const CHUNKS_OF_PROMPT_MAX: usize = 4096;

/// Stands for no entry.
const NONE: u32 = u32::MAX;

/// Beginnings of prompts, the longest unused forgotten first.
#[derive(Debug)]
pub struct PrefixTree {
    slots: HashMap<u64, u32>,
    entries: Vec<Entry>,
    newest: u32,
    oldest: u32,
    chunks_max: usize,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    /// Who has seen it, and in which of their lives: one that was started anew has forgotten.
    holders: Vec<Holder>,
    newer: u32,
    older: u32,
}

/// An upstream in one of its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub member: u16,
    pub era: u32,
}

/// Cuts prompts; hashes differ from process to process, so that nobody can choose prompts that collide.
#[derive(Debug, Default)]
pub struct Chunks(RandomState);

impl Chunks {
    /// The hashes of `prompt`'s whole chunks, each of all up to its end.
    pub fn of(&self, prompt: &[u8], options: &PrefixOptions) -> Vec<u64> {
        let most = CHUNKS_OF_PROMPT_MAX.min(options.chunks_max);
        let mut before = 0u64;
        let chunks = prompt.chunks_exact(options.chunk_bytes.max(1)).take(most);
        chunks
            .map(|chunk| {
                before = self.0.hash_one((before, chunk));
                before
            })
            .collect()
    }
}

impl PrefixTree {
    pub fn new(chunks_max: usize) -> Self {
        Self {
            slots: HashMap::new(),
            entries: Vec::new(),
            newest: NONE,
            oldest: NONE,
            chunks_max: chunks_max.clamp(1, NONE as usize - 1),
        }
    }

    /// How many of the first `chunks` the holder has seen.
    pub fn matched(&self, chunks: &[u64], holders: &[Holder]) -> Vec<usize> {
        let mut matched = vec![0; holders.len()];
        for (depth, hash) in chunks.iter().enumerate() {
            let Some(&slot) = self.slots.get(hash) else {
                break;
            };
            let seen = &self.entries[slot as usize].holders;
            let mut is_alive = false;
            for (holder, matched) in holders.iter().zip(&mut matched) {
                if *matched == depth && seen.contains(holder) {
                    *matched = depth + 1;
                    is_alive = true;
                }
            }
            if !is_alive {
                break;
            }
        }
        matched
    }

    /// The holder gets a prompt of these chunks.
    pub fn insert(&mut self, chunks: &[u64], holder: Holder) {
        // From the end, so that a beginning is always younger than what follows it, and outlives it.
        for &hash in chunks.iter().rev() {
            let slot = match self.slots.get(&hash) {
                Some(&slot) => {
                    self.unlink(slot);
                    slot
                }
                None => self.vacant(hash),
            };
            self.link(slot);
            let holders = &mut self.entries[slot as usize].holders;
            match holders
                .iter_mut()
                .find(|other| other.member == holder.member)
            {
                Some(known) => known.era = holder.era,
                None => holders.push(holder),
            }
        }
    }

    /// The number of chunks remembered.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.slots.len()
    }

    /// A slot for `hash`, linked nowhere: a new one, or the oldest.
    fn vacant(&mut self, hash: u64) -> u32 {
        let slot = if self.entries.len() < self.chunks_max {
            let entry = Entry {
                hash,
                holders: Vec::with_capacity(1),
                newer: NONE,
                older: NONE,
            };
            self.entries.push(entry);
            (self.entries.len() - 1) as u32
        } else {
            let slot = self.oldest;
            self.unlink(slot);
            let entry = &mut self.entries[slot as usize];
            entry.holders.clear();
            self.slots.remove(&entry.hash);
            entry.hash = hash;
            slot
        };
        self.slots.insert(hash, slot);
        slot
    }

    fn link(&mut self, slot: u32) {
        let before = self.newest;
        let entry = &mut self.entries[slot as usize];
        (entry.newer, entry.older) = (NONE, before);
        match before {
            NONE => self.oldest = slot,
            before => self.entries[before as usize].newer = slot,
        }
        self.newest = slot;
    }

    fn unlink(&mut self, slot: u32) {
        let Entry { newer, older, .. } = self.entries[slot as usize];
        match newer {
            NONE => self.newest = older,
            newer => self.entries[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.entries[older as usize].newer = newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Holder = Holder { member: 0, era: 0 };
    const B: Holder = Holder { member: 1, era: 0 };

    fn cut(chunks: &Chunks, prompt: &str) -> Vec<u64> {
        let options = PrefixOptions {
            chunk_bytes: 1,
            ..PrefixOptions::default()
        };
        chunks.of(prompt.as_bytes(), &options)
    }

    #[test]
    fn the_longest_beginning_that_each_has_seen_is_found() {
        let chunks = Chunks::default();
        let mut tree = PrefixTree::new(100);
        tree.insert(&cut(&chunks, "system: hello"), A);
        tree.insert(&cut(&chunks, "system: goodbye"), B);
        let matched = |tree: &PrefixTree, prompt| tree.matched(&cut(&chunks, prompt), &[A, B]);
        assert_eq!(matched(&tree, "system: help"), [11, 8]);
        assert_eq!(matched(&tree, "system: good"), [8, 12]);
        assert_eq!(matched(&tree, "other"), [0, 0]);
        assert_eq!(
            matched(&tree, "ystem: hello"),
            [0, 0],
            "the same chunks elsewhere are others"
        );
    }

    #[test]
    fn who_was_started_anew_has_seen_nothing() {
        let chunks = Chunks::default();
        let prompt = cut(&chunks, "abc");
        let mut tree = PrefixTree::new(100);
        tree.insert(&prompt, A);
        let reborn = Holder { era: 1, ..A };
        assert_eq!(tree.matched(&prompt, &[A, reborn]), [3, 0]);
        tree.insert(&prompt[..2], reborn);
        assert_eq!(tree.matched(&prompt, &[A, reborn]), [0, 2]);
    }

    #[test]
    fn the_longest_unused_end_is_forgotten_first_and_the_bound_holds() {
        let chunks = Chunks::default();
        let mut tree = PrefixTree::new(6);
        let matched = |tree: &PrefixTree, prompt| tree.matched(&cut(&chunks, prompt), &[A])[0];
        tree.insert(&cut(&chunks, "abcd"), A);
        tree.insert(&cut(&chunks, "xy"), A);
        tree.insert(&cut(&chunks, "ab"), A);
        tree.insert(&cut(&chunks, "12"), A);
        assert_eq!(tree.len(), 6);
        assert_eq!(
            ["abcd", "xy", "12"].map(|prompt| matched(&tree, prompt)),
            [2, 2, 2]
        );
        for prompt in ["qwertyuiop", "asdfghjkl"] {
            tree.insert(&cut(&chunks, prompt), A);
            assert_eq!((tree.len(), tree.entries.len()), (6, 6));
        }
        assert_eq!(
            matched(&tree, "asdfgh"),
            6,
            "of what is too long the beginning is kept"
        );
    }

    #[test]
    fn a_rest_that_fills_no_chunk_does_not_count() {
        let chunks = Chunks::default();
        let prompt = vec![b'x'; 300];
        assert_eq!(chunks.of(&prompt, &PrefixOptions::default()).len(), 2);
        let endless = vec![b'x'; 128 * (CHUNKS_OF_PROMPT_MAX + 9)];
        let cut = chunks.of(&endless, &PrefixOptions::default());
        assert_eq!(cut.len(), CHUNKS_OF_PROMPT_MAX);
    }
}
