//! An output that several threads write, each its own columns.

use std::marker::PhantomData;

/// A matrix `[rows, columns]` of which each thread writes other columns.
pub(crate) struct Columns<'a> {
    start: *mut f32,
    rows: usize,
    columns: usize,
    owner: PhantomData<&'a mut [f32]>,
}

// SAFETY: the pointer stands for a mutable borrow of plain numbers; `write` asks its callers to keep
// to columns of their own.
unsafe impl Sync for Columns<'_> {}

impl<'a> Columns<'a> {
    /// The whole of `values`, which are `[rows, columns]`.
    pub fn new(values: &'a mut [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(values.len(), rows * columns, "an output of {rows} rows");
        Self {
            start: values.as_mut_ptr(),
            rows,
            columns,
            owner: PhantomData,
        }
    }

    /// Hands the part of a row that starts at `column` to `write`, at most `count` numbers of it.
    ///
    /// # Safety
    /// No other thread touches these columns while this one does.
    pub unsafe fn with(
        &self,
        row: usize,
        column: usize,
        count: usize,
        write: impl FnOnce(&mut [f32]),
    ) {
        assert!(row < self.rows && column < self.columns);
        let count = count.min(self.columns - column);
        // SAFETY: row and column are inside, as checked above.
        let start = unsafe { self.start.add(row * self.columns + column) };
        // SAFETY: the numbers are inside, and nobody else touches them, as the caller promises.
        write(unsafe { std::slice::from_raw_parts_mut(start, count) });
    }
}
