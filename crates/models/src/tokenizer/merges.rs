//! Which two neighbours become one token, and in which order.

use super::vocabulary::Vocabulary;

/// A merge: the lower rank goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merge {
    pub rank: u32,
    pub id: u32,
}

/// Where merges come from.
pub(super) enum Merges {
    /// Pairs of ids in the order in which they were learnt.
    Pairs(PairTable),
    /// Any two neighbours that together are a token; the rank of each token, by falling score.
    Tokens(Vec<u32>),
}

/// Two neighbouring pieces of a word: their ids, and the bytes of both together.
pub(super) struct Neighbours<'a> {
    pub left: u32,
    pub right: u32,
    pub both: &'a [u8],
}

impl Merges {
    /// The merge of `neighbours`, if there is one.
    #[inline]
    pub fn of(&self, neighbours: &Neighbours, vocabulary: &Vocabulary) -> Option<Merge> {
        match self {
            Self::Pairs(pairs) => pairs.get(neighbours.left, neighbours.right),
            Self::Tokens(ranks) => {
                let id = vocabulary.id(neighbours.both)?;
                let rank = *ranks.get(id as usize)?;
                Some(Merge { rank, id })
            }
        }
    }
}

/// Merges by the pair of ids that they join: open addressing, a power of two long.
pub(super) struct PairTable {
    keys: Vec<u64>,
    merges: Vec<Merge>,
}

const FREE: u64 = u64::MAX;

impl PairTable {
    /// A table for `merges` pairs, at most half full.
    pub fn with_capacity(merges: usize) -> Self {
        let slots = (merges * 2).next_power_of_two().max(16);
        Self {
            keys: vec![FREE; slots],
            merges: vec![Merge { rank: 0, id: 0 }; slots],
        }
    }

    /// Notes that `left` and `right` become `merge`; a later note overrides an earlier one.
    /// No more than the capacity may be noted.
    pub fn insert(&mut self, left: u32, right: u32, merge: Merge) {
        let slot = self.slot(key(left, right));
        self.keys[slot] = key(left, right);
        self.merges[slot] = merge;
    }

    /// What `left` and `right` become.
    #[inline]
    pub fn get(&self, left: u32, right: u32) -> Option<Merge> {
        let slot = self.slot(key(left, right));
        (self.keys[slot] != FREE).then(|| self.merges[slot])
    }

    #[inline]
    fn slot(&self, key: u64) -> usize {
        let mask = self.keys.len() - 1;
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut slot = (mixed >> 32) as usize & mask;
        while self.keys[slot] != key && self.keys[slot] != FREE {
            slot = (slot + 1) & mask;
        }
        slot
    }
}

/// Both ids as one number. Ids stay far below `u32::MAX`, so that no key is [`FREE`].
#[inline]
fn key(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}
