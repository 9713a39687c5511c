//! A least-recently-used cache with a byte budget and hit statistics.

use std::collections::HashMap;
use std::hash::Hash;

#[derive(Debug)]
struct Entry<V> {
    value: V,
    cost: usize,
    stamp: u64,
}

/// What the cache has done so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    pub hits: u64,
    pub misses: u64,
    pub evictions: u64,
}

impl Stats {
    /// Hits per hundred lookups, rounded down; 0 before the first lookup.
    pub fn hit_percent(&self) -> u64 {
        let total = self.hits + self.misses;
        if total == 0 {
            return 0;
        }
        self.hits * 100 / total
    }
}

/// A cache that holds entries worth at most `budget`.
#[derive(Debug)]
pub struct Cache<K, V> {
    entries: HashMap<K, Entry<V>>,
    budget: usize,
    used: usize,
    clock: u64,
    stats: Stats,
}

impl<K: Eq + Hash + Clone, V> Cache<K, V> {
    pub fn new(budget: usize) -> Self {
        Cache {
            entries: HashMap::new(),
            budget,
            used: 0,
            clock: 0,
            stats: Stats::default(),
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn used(&self) -> usize {
        self.used
    }

    pub fn stats(&self) -> Stats {
        self.stats
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Looks `key` up and marks it as just used.
    pub fn get(&mut self, key: &K) -> Option<&V> {
        let stamp = self.tick();
        match self.entries.get_mut(key) {
            Some(entry) => {
                entry.stamp = stamp;
                self.stats.hits += 1;
                Some(&entry.value)
            }
            None => {
                self.stats.misses += 1;
                None
            }
        }
    }

    /// Looks `key` up without touching order or statistics.
    pub fn peek(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    /// Stores `value`; false when it alone is larger than the budget.
    pub fn put(&mut self, key: K, value: V, cost: usize) -> bool {
        if cost > self.budget {
            return false;
        }
        self.remove(&key);
        while self.used + cost > self.budget {
            self.evict();
        }
        let stamp = self.tick();
        self.used += cost;
        self.entries.insert(key, Entry { value, cost, stamp });
        true
    }

    /// Drops `key` and gives its value back.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let entry = self.entries.remove(key)?;
        self.used -= entry.cost;
        Some(entry.value)
    }

    fn oldest(&self) -> Option<K> {
        self.entries
            .iter()
            .min_by_key(|(_, entry)| entry.stamp)
            .map(|(key, _)| key.clone())
    }

    fn evict(&mut self) {
        if let Some(key) = self.oldest() {
            self.remove(&key);
            self.stats.evictions += 1;
        }
    }

    /// Lowers or raises the budget, evicting as needed.
    pub fn set_budget(&mut self, budget: usize) {
        self.budget = budget;
        while self.used > self.budget {
            self.evict();
        }
    }
}
