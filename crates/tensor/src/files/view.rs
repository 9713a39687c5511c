//! A tensor where it lies in its file.

use super::Dtype;

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
    /// When there is no such dimension or part.
    pub fn at(&self, index: usize) -> View<'a> {
        let (outermost, shape) = self.shape.split_first().expect("a view with dimensions");
        assert!(index < *outermost, "part {index} of {outermost}");
        let bytes = self.bytes.len() / outermost;
        View {
            dtype: self.dtype,
            shape: shape.to_vec(),
            bytes: &self.bytes[index * bytes..][..bytes],
        }
    }
}
