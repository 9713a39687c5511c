//! A tensor where it lies in its file.

use std::ops::Range;

use super::{Dtype, blocks, floats};

/// The bytes of one tensor, with what is needed to read them.
#[derive(Clone, Debug, PartialEq)]
pub struct View<'a> {
    /// How the numbers lie.
    pub dtype: Dtype,
    /// Lengths of the dimensions, outermost first, whatever the file's own order.
    pub shape: Vec<usize>,
    /// The numbers, row by row; as many as type and shape ask for, at any alignment.
    pub bytes: &'a [u8],
}

impl<'a> View<'a> {
    /// A view of `bytes`, or nothing where they are not as many as type and shape ask for.
    pub fn new(dtype: Dtype, shape: Vec<usize>, bytes: &'a [u8]) -> Option<Self> {
        let fits = dtype.bytes_of(&shape) == Some(bytes.len());
        fits.then_some(Self {
            dtype,
            shape,
            bytes,
        })
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.dtype.block_bytes() * self.dtype.block_len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The part at `index` of the outermost dimension: one expert of many, one row of a matrix.
    ///
    /// # Panics
    /// When there is no such dimension or part, or a part is not whole blocks.
    pub fn at(&self, index: usize) -> View<'a> {
        let mut part = self.rows(index..index + 1);
        part.shape.remove(0);
        part
    }

    /// The parts at `range` of the outermost dimension.
    ///
    /// # Panics
    /// When there is no such dimension or part, or a part is not whole blocks.
    pub fn rows(&self, range: Range<usize>) -> View<'a> {
        let mut shape = self.shape.clone();
        let length = *shape.first().expect("a view with dimensions");
        assert!(range.end <= length, "parts {range:?} of {length}");
        let bytes = self.bytes.len() / length.max(1);
        assert!(
            bytes.is_multiple_of(self.dtype.block_bytes()),
            "a part of whole blocks"
        );
        shape[0] = range.len();
        View {
            dtype: self.dtype,
            shape,
            bytes: &self.bytes[range.start * bytes..range.end * bytes],
        }
    }

    /// All its numbers. Whole numbers and f64 are rounded to the nearest f32; every other type fits.
    pub fn to_f32(&self) -> Vec<f32> {
        let mut numbers = vec![0.0; self.len()];
        self.read(&mut numbers);
        numbers
    }

    /// All its numbers, into `out`.
    ///
    /// # Panics
    /// When `out` does not hold as many.
    pub fn read(&self, out: &mut [f32]) {
        assert_eq!(
            out.len(),
            self.len(),
            "room for as many numbers as there are"
        );
        read_into(self.dtype, self.bytes, out);
    }
}

/// The numbers that `bytes` are in `dtype`, into `out`, which has room for as many.
pub(super) fn read_into(dtype: Dtype, bytes: &[u8], out: &mut [f32]) {
    if dtype.is_quantised() {
        blocks::read(dtype, bytes, out);
    } else {
        floats::read(dtype, bytes, out);
    }
}
