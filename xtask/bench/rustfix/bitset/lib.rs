//! A set of small integers in 64-bit words.

const BITS: usize = 64;

/// A set that grows as needed.
#[derive(Debug, Clone, Default)]
pub struct BitSet {
    words: Vec<u64>,
}

impl BitSet {
    pub fn new() -> Self {
        BitSet { words: Vec::new() }
    }

    pub fn from_values(values: &[usize]) -> Self {
        let mut set = BitSet::new();
        for &value in values {
            set.insert(value);
        }
        set
    }

    /// Adds `value`; true if it was not there.
    pub fn insert(&mut self, value: usize) -> bool {
        let word = value / BITS;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let mask = 1u64 << (value % BITS);
        let fresh = self.words[word] & mask == 0;
        self.words[word] |= mask;
        fresh
    }

    /// Takes `value` away; true if it was there.
    pub fn remove(&mut self, value: usize) -> bool {
        let word = value / BITS;
        if word >= self.words.len() {
            return false;
        }
        let mask = 1u64 << (value % BITS);
        let there = self.words[word] & mask != 0;
        self.words[word] &= !mask;
        there
    }

    pub fn contains(&self, value: usize) -> bool {
        match self.words.get(value / BITS) {
            Some(word) => word >> (value % BITS) & 1 == 1,
            None => false,
        }
    }

    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The members in rising order.
    pub fn to_vec(&self) -> Vec<usize> {
        let mut out = Vec::with_capacity(self.len());
        for (index, &word) in self.words.iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                let bit = rest.trailing_zeros() as usize;
                out.push(index * BITS + bit);
                rest &= rest - 1;
            }
        }
        out
    }

    pub fn max(&self) -> Option<usize> {
        for (index, &word) in self.words.iter().enumerate().rev() {
            if word != 0 {
                return Some(index * BITS + BITS - 1 - word.leading_zeros() as usize);
            }
        }
        None
    }

    pub fn min(&self) -> Option<usize> {
        let index = self.words.iter().position(|&word| word != 0)?;
        Some(index * BITS + self.words[index].trailing_zeros() as usize)
    }

    pub fn union(&self, other: &BitSet) -> BitSet {
        let length = self.words.len().max(other.words.len());
        let words = (0..length).map(|i| self.word(i) | other.word(i)).collect();
        BitSet { words }
    }

    pub fn intersection(&self, other: &BitSet) -> BitSet {
        let length = self.words.len().min(other.words.len());
        let words = (0..length).map(|i| self.word(i) & other.word(i)).collect();
        BitSet { words }
    }

    pub fn difference(&self, other: &BitSet) -> BitSet {
        let words = (0..self.words.len()).map(|i| self.word(i) & !other.word(i)).collect();
        BitSet { words }
    }

    pub fn is_subset(&self, other: &BitSet) -> bool {
        (0..self.words.len()).all(|i| self.word(i) & !other.word(i) == 0)
    }

    pub fn is_disjoint(&self, other: &BitSet) -> bool {
        let shared = self.words.len().min(other.words.len());
        (0..shared).all(|i| self.words[i] & other.words[i] == 0)
    }

    fn word(&self, index: usize) -> u64 {
        self.words.get(index).copied().unwrap_or(0)
    }

    /// Adds every integer from `start` up to but not including `end`.
    pub fn insert_range(&mut self, start: usize, end: usize) {
        for value in start..end {
            self.insert(value);
        }
    }

    /// How many members are below `value`.
    pub fn rank(&self, value: usize) -> usize {
        let word = value / BITS;
        let full: usize = self.words.iter().take(word).map(|w| w.count_ones() as usize).sum();
        let mask = (1u64 << (value % BITS)) - 1;
        full + (self.word(word) & mask).count_ones() as usize
    }

    /// The smallest integer that is not a member.
    pub fn first_missing(&self) -> usize {
        for (index, &word) in self.words.iter().enumerate() {
            if word != u64::MAX {
                return index * BITS + word.trailing_ones() as usize;
            }
        }
        self.words.len() * BITS
    }
}

impl PartialEq for BitSet {
    fn eq(&self, other: &BitSet) -> bool {
        let length = self.words.len().max(other.words.len());
        (0..length).all(|i| self.word(i) == other.word(i))
    }
}

impl Eq for BitSet {}

/// Prime numbers below `limit`.
pub fn primes(limit: usize) -> Vec<usize> {
    let mut sieve = BitSet::new();
    sieve.insert_range(2, limit);
    let mut factor = 2;
    while factor * factor < limit {
        if sieve.contains(factor) {
            let mut multiple = factor * factor;
            while multiple < limit {
                sieve.remove(multiple);
                multiple += factor;
            }
        }
        factor += 1;
    }
    sieve.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserts_and_removes() {
        let mut set = BitSet::new();
        assert!(set.is_empty());
        assert!(set.insert(3));
        assert!(!set.insert(3));
        assert!(set.insert(130));
        assert!(set.contains(130) && !set.contains(2) && !set.contains(900));
        assert_eq!(set.len(), 2);
        assert!(set.remove(3));
        assert!(!set.remove(3));
        assert!(!set.remove(9999));
        assert_eq!(set.to_vec(), vec![130]);
    }

    #[test]
    fn lists_in_order() {
        let set = BitSet::from_values(&[200, 5, 63, 64, 0]);
        assert_eq!(set.to_vec(), vec![0, 5, 63, 64, 200]);
        assert_eq!((set.min(), set.max()), (Some(0), Some(200)));
        assert_eq!(BitSet::new().max(), None);
        assert_eq!(BitSet::from_values(&[70]).min(), Some(70));
    }

    #[test]
    fn combines() {
        let a = BitSet::from_values(&[1, 2, 3, 100]);
        let b = BitSet::from_values(&[2, 3, 4]);
        assert_eq!(a.union(&b).to_vec(), vec![1, 2, 3, 4, 100]);
        assert_eq!(a.intersection(&b).to_vec(), vec![2, 3]);
        assert_eq!(a.difference(&b).to_vec(), vec![1, 100]);
        assert_eq!(b.difference(&a).to_vec(), vec![4]);
    }

    #[test]
    fn compares() {
        let a = BitSet::from_values(&[1, 2]);
        let b = BitSet::from_values(&[1, 2, 3, 500]);
        assert!(a.is_subset(&b) && !b.is_subset(&a));
        assert!(BitSet::from_values(&[7]).is_disjoint(&a) && !a.is_disjoint(&b));
        let mut c = BitSet::from_values(&[1, 2, 500]);
        assert!(a != c);
        c.remove(500);
        assert!(a == c);
    }

    #[test]
    fn ranks() {
        let set = BitSet::from_values(&[0, 10, 64, 65, 200]);
        assert_eq!((set.rank(0), set.rank(1), set.rank(65), set.rank(1000)), (0, 1, 3, 5));
        let mut run = BitSet::new();
        run.insert_range(0, 70);
        assert_eq!(run.len(), 70);
        assert_eq!(run.first_missing(), 70);
        run.remove(12);
        assert_eq!(run.first_missing(), 12);
    }

    #[test]
    fn sieves() {
        assert_eq!(primes(30), vec![2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
        assert_eq!(primes(25), vec![2, 3, 5, 7, 11, 13, 17, 19, 23]);
        assert_eq!(primes(2), Vec::<usize>::new());
    }
}
