//! How far the loading of a checkpoint is.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The part of a checkpoint that has been read and packed.
#[derive(Debug, Default)]
pub struct Progress {
    total: u64,
    read: Mutex<Read>,
}

#[derive(Debug, Default)]
struct Read {
    bytes: u64,
    /// Fused matrices are given back once for each of their parts.
    names: HashSet<String>,
}

impl Progress {
    pub(super) fn of(total: u64) -> Self {
        Self {
            total,
            read: Mutex::default(),
        }
    }

    /// Bytes of all tensors.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Bytes of those that have been read. Small arrays are not counted.
    pub fn bytes(&self) -> u64 {
        self.read().bytes
    }

    /// What has been read of what there is, from 0 to 1.
    pub fn fraction(&self) -> f64 {
        match self.total {
            0 => 1.0,
            total => self.bytes() as f64 / total as f64,
        }
    }

    pub(super) fn add(&self, name: &str, bytes: u64) {
        let mut read = self.read();
        if read.names.insert(name.to_owned()) {
            read.bytes += bytes;
        }
    }

    fn read(&self) -> MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_counts_once() {
        let progress = Progress::of(10);
        assert_eq!(progress.fraction(), 0.0);
        progress.add("qkv", 4);
        progress.add("qkv", 4);
        assert_eq!((progress.bytes(), progress.fraction()), (4, 0.4));
        progress.add("o", 6);
        assert_eq!(progress.fraction(), 1.0);
        assert_eq!(Progress::of(0).fraction(), 1.0);
    }
}
