//! A set of integers kept as sorted, disjoint, half-open intervals.

use std::fmt;

/// The integers from `start` up to but not including `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    pub start: i64,
    pub end: i64,
}

impl Interval {
    pub fn new(start: i64, end: i64) -> Self {
        Interval { start, end }
    }

    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    pub fn len(&self) -> i64 {
        (self.end - self.start).max(0)
    }

    pub fn contains(&self, value: i64) -> bool {
        self.start <= value && value < self.end
    }

    /// The common part; may be empty.
    pub fn intersect(&self, other: &Interval) -> Interval {
        Interval::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// Whether the two share an element or stand side by side.
    pub fn touches(&self, other: &Interval) -> bool {
        self.start <= other.end && other.start <= self.end
    }
}

/// Disjoint intervals in rising order with gaps between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntervalSet {
    parts: Vec<Interval>,
}

impl IntervalSet {
    pub fn new() -> Self {
        IntervalSet::default()
    }

    pub fn parts(&self) -> &[Interval] {
        &self.parts
    }

    /// How many integers are in the set.
    pub fn size(&self) -> i64 {
        self.parts.iter().map(|part| part.len()).sum()
    }

    /// Adds every integer of `new`, merging what overlaps or touches.
    pub fn insert(&mut self, new: Interval) {
        if new.is_empty() {
            return;
        }
        let mut merged = new;
        let mut kept = Vec::with_capacity(self.parts.len() + 1);
        let mut placed = false;
        for part in &self.parts {
            if part.touches(&merged) {
                merged.start = merged.start.min(part.start);
                merged.end = merged.end.max(part.end);
            } else if part.end < merged.start {
                kept.push(*part);
            } else {
                if !placed {
                    kept.push(merged);
                    placed = true;
                }
                kept.push(*part);
            }
        }
        if !placed {
            kept.push(merged);
        }
        self.parts = kept;
    }

    /// Takes every integer of `gone` away.
    pub fn remove(&mut self, gone: Interval) {
        if gone.is_empty() {
            return;
        }
        let mut kept = Vec::new();
        for part in &self.parts {
            let left = Interval::new(part.start, part.end.min(gone.start));
            let right = Interval::new(part.start.max(gone.end), part.end);
            if !left.is_empty() {
                kept.push(left);
            }
            if !right.is_empty() {
                kept.push(right);
            }
        }
        self.parts = kept;
    }

    pub fn contains(&self, value: i64) -> bool {
        let index = self.parts.partition_point(|part| part.end <= value);
        match self.parts.get(index) {
            Some(part) => part.contains(value),
            None => false,
        }
    }

    /// The integers in both sets.
    pub fn intersection(&self, other: &IntervalSet) -> IntervalSet {
        let mut out = Vec::new();
        let (mut i, mut j) = (0, 0);
        while i < self.parts.len() && j < other.parts.len() {
            let common = self.parts[i].intersect(&other.parts[j]);
            if !common.is_empty() {
                out.push(common);
            }
            if self.parts[i].end < other.parts[j].end {
                i += 1;
            } else {
                j += 1;
            }
        }
        IntervalSet { parts: out }
    }

    /// The gaps between the parts, within `bounds`.
    pub fn gaps(&self, bounds: Interval) -> Vec<Interval> {
        let mut gaps = Vec::new();
        let mut cursor = bounds.start;
        for part in &self.parts {
            if part.end <= bounds.start {
                continue;
            }
            if part.start >= bounds.end {
                break;
            }
            if part.start > cursor {
                gaps.push(Interval::new(cursor, part.start));
            }
            cursor = part.end;
        }
        if cursor < bounds.end {
            gaps.push(Interval::new(cursor, bounds.end));
        }
        gaps
    }
}

impl fmt::Display for IntervalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{")?;
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                write!(f, ", ")?;
            }
            if part.len() == 1 {
                write!(f, "{}", part.start)?;
            } else {
                write!(f, "{}-{}", part.start, part.end - 1)?;
            }
        }
        write!(f, "}}")
    }
}
