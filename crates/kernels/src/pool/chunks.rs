//! Values that several threads write, each its own chunks.

/// Values in chunks, of which each thread takes others.
pub(super) struct Chunks<'a, T> {
    start: *mut T,
    values: usize,
    length: usize,
    owner: std::marker::PhantomData<&'a mut [T]>,
}

// SAFETY: it stands for a mutable borrow of values that may be sent, each to one thread.
unsafe impl<T: Send> Sync for Chunks<'_, T> {}

impl<'a, T> Chunks<'a, T> {
    pub fn new(values: &'a mut [T], length: usize) -> Self {
        Self {
            start: values.as_mut_ptr(),
            values: values.len(),
            length: length.max(1),
            owner: std::marker::PhantomData,
        }
    }

    pub fn count(&self) -> usize {
        self.values.div_ceil(self.length)
    }

    /// The chunk of a number.
    ///
    /// # Safety
    /// Nobody has the same chunk at the same time.
    #[expect(clippy::mut_from_ref, reason = "others have other chunks")]
    pub unsafe fn get(&self, number: usize) -> &mut [T] {
        assert!(number < self.count());
        let from = number * self.length;
        // SAFETY: the chunk begins inside, as just checked.
        let first = unsafe { self.start.add(from) };
        let length = self.length.min(self.values - from);
        // SAFETY: it ends inside, and nobody else has it, as the caller promises.
        unsafe { std::slice::from_raw_parts_mut(first, length) }
    }
}
