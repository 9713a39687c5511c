//! How much a document may take.

use std::cell::Cell;

use crate::error::{Error, Result};

/// How much a document may take, whatever it says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps: about one a byte that is looked at. A million take some milliseconds.
    pub steps: u64,
    /// Bytes that come out of compressed parts, all together.
    pub decoded_bytes: u64,
    /// Bytes that come out of one of them.
    pub part_bytes: u64,
    /// Pages that are read; those that follow are counted.
    pub pages: usize,
    /// Letters that are kept; what follows is cut off.
    pub letters: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 400_000_000,
            decoded_bytes: 128 << 20,
            part_bytes: 48 << 20,
            pages: 5_000,
            letters: 2_000_000,
        }
    }
}

/// What is left of it.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    steps: Cell<u64>,
    decoded: Cell<u64>,
}

impl Budget {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            steps: Cell::new(limits.steps),
            decoded: Cell::new(limits.decoded_bytes),
        }
    }

    /// Takes `count` steps.
    pub fn step(&self, count: usize) -> Result<()> {
        let left = self.steps.get().checked_sub(count as u64);
        self.steps.set(left.ok_or(Error::TooMuch {
            of: "steps",
            limit: self.limits.steps,
        })?);
        Ok(())
    }

    /// Bytes that one part may still come to.
    pub fn decodable(&self) -> usize {
        let left = self.decoded.get().min(self.limits.part_bytes);
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    /// Takes decoded bytes.
    pub fn decode(&self, bytes: usize) -> Result<()> {
        let bytes = bytes as u64;
        if bytes > self.limits.part_bytes {
            let limit = self.limits.part_bytes;
            return Err(Error::TooMuch {
                of: "bytes in one part once it is unpacked",
                limit,
            });
        }
        let left = self.decoded.get().checked_sub(bytes);
        self.decoded.set(left.ok_or(Error::TooMuch {
            of: "bytes once it is unpacked",
            limit: self.limits.decoded_bytes,
        })?);
        Ok(())
    }
}
