//! Memory that goes round: a buffer that no tensor needs any more serves the next one.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

/// Buffers for tensors. In a steady loop every buffer asked for is one that was given back.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    free: RefCell<Vec<Rc<Buffer>>>,
    made: Cell<usize>,
    bytes_made: Cell<usize>,
}

/// Numbers of a tensor; they outlive it when views share them.
#[derive(Debug)]
pub(crate) struct Buffer {
    pub values: Vec<f32>,
    home: Weak<Arena>,
}

impl Arena {
    /// A buffer of `count` numbers that hold anything, shared with nobody.
    pub fn take(self: &Rc<Self>, count: usize) -> Rc<Buffer> {
        let mut free = self.free.borrow_mut();
        // The smallest that suffices without wasting more than it holds: tens of buffers, so a scan.
        let fits = |buffer: &Rc<Buffer>| {
            let capacity = buffer.values.capacity();
            capacity >= count && capacity <= (2 * count).max(1024)
        };
        let best = (0..free.len())
            .filter(|at| fits(&free[*at]))
            .min_by_key(|at| free[*at].values.capacity());
        let mut buffer = best.map_or_else(
            || {
                let values = Vec::with_capacity(size_class(count));
                let bytes = size_of::<f32>() * values.capacity();
                self.made.set(self.made.get() + 1);
                self.bytes_made.set(self.bytes_made.get() + bytes);
                Rc::new(Buffer {
                    values,
                    home: Rc::downgrade(self),
                })
            },
            |at| free.swap_remove(at),
        );
        let values = &mut Rc::get_mut(&mut buffer)
            .expect("a free buffer has one owner")
            .values;
        if values.len() < count {
            values.resize(count, 0.0);
        }
        buffer
    }

    /// How many buffers were ever made.
    pub fn made(&self) -> usize {
        self.made.get()
    }

    /// Bytes of all of them.
    pub fn bytes_made(&self) -> usize {
        self.bytes_made.get()
    }

    /// Gives the memory of all free buffers back to the system.
    pub fn clear(&self) {
        self.free.borrow_mut().clear();
    }
}

/// Puts a buffer back when this was its last owner.
pub(crate) fn give_back(buffer: Rc<Buffer>) {
    if Rc::strong_count(&buffer) == 1
        && let Some(home) = buffer.home.upgrade()
    {
        home.free.borrow_mut().push(buffer);
    }
}

/// `count` rounded up to one of four sizes between two powers of two, so that batches of all lengths
/// share few sizes of buffers.
fn size_class(count: usize) -> usize {
    let step = (count.max(64).next_power_of_two() / 8).max(16);
    count.next_multiple_of(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_given_back_are_taken_again() {
        let arena = Rc::new(Arena::default());
        for count in [100, 97, 104, 5000, 4999] {
            give_back(arena.take(count));
        }
        assert_eq!(arena.made(), 2);
        let (first, second) = (arena.take(100), arena.take(100));
        assert_eq!(arena.made(), 3);
        let also_first = Rc::clone(&first);
        give_back(first);
        assert_eq!(arena.free.borrow().len(), 1, "it is still shared");
        give_back(also_first);
        give_back(second);
        assert_eq!(arena.free.borrow().len(), 3);
        arena.clear();
        assert_eq!(arena.free.borrow().len(), 0);
    }

    #[test]
    fn a_small_tensor_does_not_hold_a_large_buffer() {
        let arena = Rc::new(Arena::default());
        give_back(arena.take(1_000_000));
        assert!(arena.take(2000).values.capacity() < 4000);
    }

    #[test]
    fn a_buffer_may_outlive_its_arena() {
        let arena = Rc::new(Arena::default());
        let buffer = arena.take(10);
        drop(arena);
        give_back(buffer);
    }
}
