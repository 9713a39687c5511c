//! Byte-pair encoding: a word begins as its bytes or characters and grows by merging neighbours.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{
    merges::{Merges, Neighbours},
    vocabulary::Vocabulary,
};

/// Words of at most so many pieces are scanned for their best merge; longer ones keep a heap.
const PIECES_SCANNED: usize = 48;

/// No piece: the end of the chain.
const NONE: u32 = u32::MAX;

/// An id that no token has; a character without a token.
const UNKNOWN: u32 = u32::MAX - 1;

/// What a word is made of before anything is merged.
pub(super) enum Alphabet {
    /// Bytes; the id of each.
    Bytes(Box<[Option<u32>; 256]>),
    /// Characters, and what stands for one that is no token.
    Characters {
        /// The tokens of single bytes, by byte.
        bytes: Option<Box<[Option<u32>; 256]>>,
        unknown: Option<u32>,
        /// Whether neighbouring unknown characters become one token.
        fuse_unknown: bool,
    },
}

/// A vocabulary with its merges.
pub(super) struct Bpe {
    pub alphabet: Alphabet,
    pub merges: Merges,
    /// Whether a word that is a token is that token, whatever the merges say.
    pub whole_words: bool,
}

/// Memory that words reuse.
#[derive(Default)]
pub(super) struct Scratch {
    pieces: Vec<Piece>,
    ranks: Vec<u64>,
    heap: BinaryHeap<Reverse<u64>>,
}

/// Part of a word: `start..end` in bytes, and its neighbours in the chain.
#[derive(Debug, Clone, Copy)]
struct Piece {
    id: u32,
    start: u32,
    end: u32,
    before: u32,
    after: u32,
}

impl Alphabet {
    /// The alphabet of all bytes that are tokens.
    pub fn of_bytes(vocabulary: &Vocabulary) -> Self {
        let ids = std::array::from_fn(|byte| vocabulary.id(&[byte as u8]));
        Self::Bytes(Box::new(ids))
    }
}

impl Bpe {
    /// Appends the ids of `word`, which is shorter than 4 GiB.
    pub fn encode(
        &self,
        word: &[u8],
        vocabulary: &Vocabulary,
        scratch: &mut Scratch,
        ids: &mut Vec<u32>,
    ) {
        if self.whole_words
            && let Some(id) = vocabulary.id(word)
        {
            ids.push(id);
            return;
        }
        scratch.pieces.clear();
        match &self.alphabet {
            Alphabet::Bytes(table) => {
                let known = (0..).zip(word).filter_map(|(at, byte)| {
                    let id = table[usize::from(*byte)]?;
                    Some((id, at, at + 1))
                });
                scratch.pieces.extend(known.map(Piece::new));
            }
            Alphabet::Characters { .. } => self.characters(word, vocabulary, &mut scratch.pieces),
        }
        if scratch.pieces.len() <= PIECES_SCANNED {
            self.merge_scanning(word, vocabulary, scratch);
        } else {
            self.merge_with_heap(word, vocabulary, scratch);
        }
        self.emit(word, &scratch.pieces, ids);
    }

    fn characters(&self, word: &[u8], vocabulary: &Vocabulary, pieces: &mut Vec<Piece>) {
        let mut start = 0;
        while start < word.len() {
            let end = end_of_character(word, start);
            let id = vocabulary.id(&word[start..end]).unwrap_or(UNKNOWN);
            pieces.push(Piece::new((id, start as u32, end as u32)));
            start = end;
        }
    }

    /// Merges the best pair until there is none; quadratic, and the fastest for short words.
    fn merge_scanning(&self, word: &[u8], vocabulary: &Vocabulary, scratch: &mut Scratch) {
        let Scratch { pieces, ranks, .. } = scratch;
        let merge_at = |pieces: &[Piece], at: usize| match pieces.get(at + 1) {
            Some(right) => self.merge_of(word, vocabulary, &pieces[at], right),
            None => u64::MAX,
        };
        ranks.clear();
        ranks.extend((0..pieces.len()).map(|at| merge_at(pieces, at)));
        while let Some((at, &best)) = ranks.iter().enumerate().min_by_key(|(_, rank)| **rank) {
            if best == u64::MAX {
                break;
            }
            pieces[at].id = best as u32;
            pieces[at].end = pieces[at + 1].end;
            pieces.remove(at + 1);
            ranks.remove(at + 1);
            ranks[at] = merge_at(pieces, at);
            if at > 0 {
                ranks[at - 1] = merge_at(pieces, at - 1);
            }
        }
    }

    /// The rank and the id of the merge of two pieces as one number, or the largest.
    #[inline]
    fn merge_of(&self, word: &[u8], vocabulary: &Vocabulary, left: &Piece, right: &Piece) -> u64 {
        let neighbours = Neighbours {
            left: left.id,
            right: right.id,
            both: &word[left.start as usize..right.end as usize],
        };
        match self.merges.of(&neighbours, vocabulary) {
            Some(merge) => u64::from(merge.rank) << 32 | u64::from(merge.id),
            None => u64::MAX,
        }
    }

    /// The same for long words, in n log n: a chain of pieces, and a heap of ranks and places.
    fn merge_with_heap(&self, word: &[u8], vocabulary: &Vocabulary, scratch: &mut Scratch) {
        let Scratch { pieces, heap, .. } = scratch;
        let last = pieces.len() as u32 - 1;
        for (at, piece) in (0..).zip(pieces.iter_mut()) {
            piece.before = if at == 0 { NONE } else { at - 1 };
            piece.after = if at == last { NONE } else { at + 1 };
        }
        heap.clear();
        heap.extend(pieces.windows(2).enumerate().filter_map(|(at, pair)| {
            let merge = self.merge_of(word, vocabulary, &pair[0], &pair[1]);
            (merge != u64::MAX).then_some(Reverse(merge & !0xffff_ffff | at as u64))
        }));
        while let Some(Reverse(entry)) = heap.pop() {
            let at = entry as u32;
            let left = pieces[at as usize];
            if left.start == left.end || left.after == NONE {
                continue;
            }
            let right = pieces[left.after as usize];
            let merge = self.merge_of(word, vocabulary, &left, &right);
            // An entry from before one of the two grew says another rank.
            if merge == u64::MAX || merge >> 32 != entry >> 32 {
                continue;
            }
            let merged = Piece {
                id: merge as u32,
                end: right.end,
                after: right.after,
                ..left
            };
            pieces[at as usize] = merged;
            pieces[left.after as usize].end = right.start;
            if right.after != NONE {
                pieces[right.after as usize].before = at;
                let with = self.merge_of(word, vocabulary, &merged, &pieces[right.after as usize]);
                if with != u64::MAX {
                    heap.push(Reverse(with & !0xffff_ffff | u64::from(at)));
                }
            }
            if merged.before != NONE {
                let before = &pieces[merged.before as usize];
                let with = self.merge_of(word, vocabulary, before, &merged);
                if with != u64::MAX {
                    heap.push(Reverse(with & !0xffff_ffff | u64::from(merged.before)));
                }
            }
        }
        pieces.retain(|piece| piece.start != piece.end);
    }

    fn emit(&self, word: &[u8], pieces: &[Piece], ids: &mut Vec<u32>) {
        let mut after_unknown = false;
        for piece in pieces {
            if piece.id != UNKNOWN {
                ids.push(piece.id);
                after_unknown = false;
                continue;
            }
            let Alphabet::Characters {
                bytes,
                unknown,
                fuse_unknown,
            } = &self.alphabet
            else {
                unreachable!("every piece of a byte-level word has an id");
            };
            let character = &word[piece.start as usize..piece.end as usize];
            let as_bytes = bytes.as_ref().and_then(|table| {
                let ids = character.iter().map(|byte| table[usize::from(*byte)]);
                ids.collect::<Option<Vec<u32>>>()
            });
            if let Some(as_bytes) = as_bytes {
                ids.extend(as_bytes);
                after_unknown = false;
            } else if let Some(unknown) = *unknown {
                if !(after_unknown && *fuse_unknown) {
                    ids.push(unknown);
                }
                after_unknown = true;
            }
        }
    }
}

impl Piece {
    fn new((id, start, end): (u32, u32, u32)) -> Self {
        Self {
            id,
            start,
            end,
            before: NONE,
            after: NONE,
        }
    }
}

/// Where the character that begins at `start` ends; `word` is UTF-8.
fn end_of_character(word: &[u8], start: usize) -> usize {
    let rest = &word[start + 1..];
    let more = rest.iter().take_while(|byte| **byte & 0xc0 == 0x80).count();
    start + 1 + more
}
