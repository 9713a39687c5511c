//! An array of f32.

use std::fmt;
use std::ops::Range;
use std::rc::Rc;

use crate::arena::{Buffer, give_back};
use crate::shape::Shape;
use crate::tape::NodeId;

/// An array of f32, contiguous, the last axis innermost. Clones and views share the numbers; a
/// [`Context`](crate::Context) makes tensors, and gets their memory back when the last is dropped.
#[derive(Clone)]
pub struct Tensor {
    /// Only none while it is dropped.
    buffer: Option<Rc<Buffer>>,
    start: usize,
    shape: Shape,
    node: Option<NodeId>,
}

impl Tensor {
    pub(crate) fn new(buffer: Rc<Buffer>, shape: Shape) -> Self {
        assert!(shape.count() <= buffer.values.len(), "room for {shape:?}");
        Self {
            buffer: Some(buffer),
            start: 0,
            shape,
            node: None,
        }
    }

    /// Numbers along each axis.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The product of all axes but the last.
    pub fn rows(&self) -> usize {
        self.shape.rows()
    }

    /// The last axis.
    pub fn width(&self) -> usize {
        self.shape.width()
    }

    /// The numbers, the last axis innermost.
    pub fn values(&self) -> &[f32] {
        &self.buffer().values[self.start..][..self.shape.count()]
    }

    /// One row: the numbers along the last axis.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values()[row * self.width()..][..self.width()]
    }

    /// The numbers of a tensor that shares them with no other.
    pub(crate) fn values_mut(&mut self) -> &mut [f32] {
        let (start, count) = (self.start, self.shape.count());
        let buffer = self.buffer.as_mut().expect("a tensor in use has a buffer");
        let buffer = Rc::get_mut(buffer).expect("only new tensors are written");
        &mut buffer.values[start..][..count]
    }

    /// Whether no other tensor sees these numbers.
    pub(crate) fn is_unshared(&self) -> bool {
        Rc::strong_count(self.buffer()) == 1
    }

    /// The same numbers in another shape.
    ///
    /// # Panics
    /// When the shape is of another count.
    pub fn reshape(mut self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        assert_eq!(
            shape.count(),
            self.shape.count(),
            "{:?} as {shape:?}",
            self.shape
        );
        self.shape = shape;
        self
    }

    /// A view of some indices of the first axis, outside every tape.
    ///
    /// # Panics
    /// When the range is not inside.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let axes = self.shape.axes();
        assert!(
            range.start <= range.end && range.end <= axes[0],
            "{range:?} of {:?}",
            self.shape
        );
        let inner: usize = axes[1..].iter().product();
        let mut view = self.clone();
        view.start += range.start * inner;
        let mut sliced = [1; crate::shape::RANK_MAX];
        sliced[..axes.len()].copy_from_slice(axes);
        sliced[0] = range.len();
        view.shape = Shape::from(&sliced[..axes.len()]);
        view.node = None;
        view
    }

    pub(crate) fn node(&self) -> Option<NodeId> {
        self.node
    }

    pub(crate) fn on_tape(mut self, node: NodeId) -> Self {
        self.node = Some(node);
        self
    }

    fn buffer(&self) -> &Rc<Buffer> {
        self.buffer.as_ref().expect("a tensor in use has a buffer")
    }
}

impl Drop for Tensor {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            give_back(buffer);
        }
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values();
        let shown = &values[..values.len().min(8)];
        write!(f, "Tensor {:?} {shown:?}", self.shape)?;
        if values.len() > shown.len() {
            write!(f, " and {} more", values.len() - shown.len())?;
        }
        Ok(())
    }
}
