//! A fixed-capacity ring buffer that overwrites its oldest element.

/// A queue over a fixed block of slots.
#[derive(Debug, Clone)]
pub struct Ring<T> {
    slots: Vec<Option<T>>,
    head: usize,
    len: usize,
    overwritten: usize,
}

impl<T: Clone> Ring<T> {
    /// An empty ring of `capacity` slots; a capacity of zero becomes one.
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Ring {
            slots: vec![None; capacity],
            head: 0,
            len: 0,
            overwritten: 0,
        }
    }

    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn is_full(&self) -> bool {
        self.len == self.capacity()
    }

    /// How many elements were lost to overwriting so far.
    pub fn overwritten(&self) -> usize {
        self.overwritten
    }

    fn slot(&self, offset: usize) -> usize {
        (self.head + offset) % self.capacity()
    }

    /// Appends `value`, and returns the element that had to make room.
    pub fn push(&mut self, value: T) -> Option<T> {
        if self.is_full() {
            let index = self.head;
            let old = self.slots[index].replace(value);
            self.head = (self.head + 1) % self.capacity();
            self.overwritten += 1;
            return old;
        }
        let index = self.slot(self.len);
        self.slots[index] = Some(value);
        self.len += 1;
        None
    }

    /// Removes and returns the oldest element.
    pub fn pop(&mut self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        let value = self.slots[self.head].take();
        self.head = self.slot(1);
        self.len -= 1;
        value
    }

    /// Removes and returns the newest element.
    pub fn pop_back(&mut self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        let index = self.slot(self.len - 1);
        self.len -= 1;
        self.slots[index].take()
    }

    /// The element `index` places after the oldest.
    pub fn get(&self, index: usize) -> Option<&T> {
        if index >= self.len {
            return None;
        }
        self.slots[self.slot(index)].as_ref()
    }

    /// The newest element.
    pub fn last(&self) -> Option<&T> {
        self.get(self.len.checked_sub(1)?)
    }

    /// The elements, oldest first.
    pub fn to_vec(&self) -> Vec<T> {
        let mut out = Vec::with_capacity(self.len);
        for offset in 0..self.len {
            if let Some(value) = &self.slots[self.slot(offset)] {
                out.push(value.clone());
            }
        }
        out
    }

    /// Changes the capacity; the newest elements survive.
    pub fn resize(&mut self, capacity: usize) {
        let capacity = capacity.max(1);
        let mut items = self.to_vec();
        if items.len() > capacity {
            let surplus = items.len() - capacity;
            items.drain(..surplus);
            self.overwritten += surplus;
        }
        self.len = items.len();
        self.head = 0;
        self.slots = items.into_iter().map(Some).collect();
        self.slots.resize(capacity, None);
    }
}

/// The mean of the last `window` samples at each point of `samples`.
pub fn moving_average(samples: &[i64], window: usize) -> Vec<i64> {
    let mut ring = Ring::new(window);
    let mut sum = 0;
    let mut means = Vec::new();
    for &sample in samples {
        sum += sample;
        if let Some(old) = ring.push(sample) {
            sum -= old;
        }
        means.push(sum / ring.len() as i64);
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(capacity: usize, count: i32) -> Ring<i32> {
        let mut ring = Ring::new(capacity);
        for value in 1..=count {
            ring.push(value);
        }
        ring
    }

    #[test]
    fn starts_empty() {
        let ring: Ring<u8> = Ring::new(3);
        assert!(ring.is_empty());
        assert!(!ring.is_full());
        assert_eq!(ring.capacity(), 3);
        assert_eq!(ring.last(), None);
    }

    #[test]
    fn keeps_order() {
        let mut ring = filled(4, 3);
        assert_eq!(ring.to_vec(), vec![1, 2, 3]);
        assert_eq!(ring.pop(), Some(1));
        assert_eq!(ring.pop(), Some(2));
        assert_eq!(ring.push(9), None);
        assert_eq!(ring.to_vec(), vec![3, 9]);
        assert_eq!(ring.len(), 2);
    }

    #[test]
    fn overwrites_the_oldest() {
        let mut ring = filled(3, 3);
        assert!(ring.is_full());
        assert_eq!(ring.push(4), Some(1));
        assert_eq!(ring.push(5), Some(2));
        assert_eq!(ring.to_vec(), vec![3, 4, 5]);
        assert_eq!(ring.overwritten(), 2);
        assert_eq!(ring.get(0), Some(&3));
        assert_eq!(ring.get(2), Some(&5));
        assert_eq!(ring.get(3), None);
    }

    #[test]
    fn pops_from_both_ends() {
        let mut ring = filled(3, 5);
        assert_eq!(ring.pop_back(), Some(5));
        assert_eq!(ring.pop(), Some(3));
        assert_eq!(ring.last(), Some(&4));
        assert_eq!(ring.pop_back(), Some(4));
        assert_eq!(ring.pop_back(), None);
        assert_eq!(ring.pop(), None);
        assert!(ring.is_empty());
    }

    #[test]
    fn resizes() {
        let mut ring = filled(4, 6);
        ring.resize(2);
        assert_eq!(ring.to_vec(), vec![5, 6]);
        assert_eq!(ring.overwritten(), 4);
        ring.resize(3);
        assert_eq!(ring.push(7), None);
        assert_eq!(ring.push(8), Some(5));
        assert_eq!(ring.capacity(), 3);
    }

    #[test]
    fn averages() {
        assert_eq!(moving_average(&[2, 4, 6, 8], 2), vec![2, 3, 5, 7]);
        assert_eq!(moving_average(&[5, 5, 20], 3), vec![5, 5, 10]);
        assert_eq!(moving_average(&[], 3), Vec::<i64>::new());
    }

    #[test]
    fn zero_capacity_is_one() {
        let ring = filled(0, 2);
        assert_eq!(ring.to_vec(), vec![2]);
    }
}
