//! Small arrays of a model: scales of norms, biases, sinks.

use std::sync::Arc;

use crate::shape::Shape;

/// The number of a trainable parameter, by which its gradient is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParameterId(pub usize);

/// An f32 array that belongs to a model. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    values: Arc<[f32]>,
    shape: Shape,
    id: Option<ParameterId>,
}

impl Parameter {
    /// A parameter that stays as it is.
    ///
    /// # Panics
    /// When the shape is of another count.
    pub fn new(values: impl Into<Arc<[f32]>>, shape: impl Into<Shape>) -> Self {
        let (values, shape) = (values.into(), shape.into());
        assert_eq!(values.len(), shape.count(), "numbers for {shape:?}");
        Self {
            values,
            shape,
            id: None,
        }
    }

    /// The same, whose gradient is wanted.
    pub fn trainable(mut self, id: ParameterId) -> Self {
        self.id = Some(id);
        self
    }

    /// The numbers, the last axis innermost.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Numbers along each axis.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Its number, when its gradient is wanted.
    pub fn id(&self) -> Option<ParameterId> {
        self.id
    }
}
