//! Choices that need no secrecy: splitmix64 (Steele, Lea and Flood 2014), shared without a lock.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// A source of random numbers.
#[derive(Debug)]
pub struct Random(AtomicU64);

impl Random {
    /// Starts from `seed`, or from where no other process starts.
    pub fn new(seed: Option<u64>) -> Self {
        Self(AtomicU64::new(
            seed.unwrap_or_else(|| RandomState::new().hash_one(0)),
        ))
    }

    /// A number below `bound`, which is at least 1.
    pub fn below(&self, bound: usize) -> usize {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut x = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(x ^ (x >> 31)) * bound as u128) >> 64) as usize
    }
}
