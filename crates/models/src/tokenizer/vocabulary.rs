//! Every token's bytes, and the token of given bytes.

use crate::{Error, Result};

/// The most ids a vocabulary may have; the largest in use have 262,144.
pub(super) const IDS_MAX: usize = 1 << 22;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Part of text.
    Text,
    /// One byte of a character that no other token covers.
    Byte,
    /// Structure: never part of text.
    Special,
    /// An id without a token.
    Unused,
}

/// The tokens of a vocabulary by id and by their bytes.
pub(super) struct Vocabulary {
    /// The bytes of all tokens, one after another.
    bytes: Vec<u8>,
    /// Where each token's bytes end.
    ends: Vec<u32>,
    kinds: Vec<Kind>,
    /// Ids plus one by the hash of their bytes, 0 where free; a power of two long.
    table: Vec<u32>,
}

impl Vocabulary {
    /// An empty one, for about `tokens` tokens.
    pub fn with_capacity(tokens: usize) -> Self {
        let tokens = tokens.min(IDS_MAX);
        Self {
            bytes: Vec::with_capacity(tokens * 8),
            ends: Vec::with_capacity(tokens),
            kinds: Vec::with_capacity(tokens),
            table: vec![0; (tokens * 2).next_power_of_two().max(16)],
        }
    }

    /// Adds the token of the next id.
    pub fn push(&mut self, token: &[u8], kind: Kind) -> Result<()> {
        self.bytes.extend_from_slice(token);
        let Ok(end) = u32::try_from(self.bytes.len()) else {
            let reason = "its tokens are more than 4 GiB of text".to_owned();
            return Err(Error::tokenizer(reason, "take the file from its author"));
        };
        self.ends.push(end);
        self.kinds.push(kind);
        Ok(())
    }

    /// Lets [`Self::id`] find the tokens that are `reachable`; the first of equal ones.
    pub fn index(&mut self, reachable: impl Fn(u32) -> bool) {
        self.table = vec![0; (self.len() * 2).next_power_of_two().max(16)];
        for id in 0..self.len() as u32 {
            let token = self.token(id);
            if token.is_empty() || !reachable(id) {
                continue;
            }
            let slot = self.slot(token);
            if self.table[slot] == 0 {
                self.table[slot] = id + 1;
            }
        }
    }

    /// The id of the token with these bytes, if it may be part of text.
    #[inline]
    pub fn id(&self, token: &[u8]) -> Option<u32> {
        self.table[self.slot(token)].checked_sub(1)
    }

    /// The slot that holds `token`, or the free one where it belongs.
    #[inline]
    fn slot(&self, token: &[u8]) -> usize {
        let mask = self.table.len() - 1;
        let mut slot = hash(token) as usize & mask;
        while let Some(id) = self.table[slot].checked_sub(1) {
            if self.token(id) == token {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// The bytes of token `id`; none if there is no such token.
    #[inline]
    pub fn token(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let Some(&end) = self.ends.get(id) else {
            return &[];
        };
        let start = id.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..end as usize]
    }

    /// What token `id` is for.
    #[inline]
    pub fn kind(&self, id: u32) -> Kind {
        let kind = self.kinds.get(id as usize);
        kind.copied().unwrap_or(Kind::Unused)
    }

    /// The ids of the tokens that are one byte of a character.
    pub fn single_bytes(&self) -> Box<[Option<u32>; 256]> {
        let mut table = Box::new([None; 256]);
        for id in (0..self.len() as u32).rev() {
            if let (Kind::Byte, [byte]) = (self.kind(id), self.token(id)) {
                table[usize::from(*byte)] = Some(id);
            }
        }
        table
    }

    /// How many ids there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }
}

/// A quick hash of `bytes`, mixed so that its low bits are usable.
#[inline]
pub(super) fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut state = bytes.len() as u64;
    for word in words {
        state = (state.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR);
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    state = (state.rotate_left(5) ^ u64::from_le_bytes(last)).wrapping_mul(FACTOR);
    state ^ (state >> 32)
}
