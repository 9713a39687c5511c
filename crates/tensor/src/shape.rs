//! How many numbers a tensor has along each axis.

use std::fmt;
use std::ops::Index;

/// The most axes a tensor has: a batch of videos is `[batch, frames, height, width, channels]`.
pub const RANK_MAX: usize = 5;

/// Numbers along each axis, outermost first. The last axis is contiguous in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    axes: [usize; RANK_MAX],
    rank: usize,
}

impl Shape {
    /// The axes.
    pub fn axes(&self) -> &[usize] {
        &self.axes[..self.rank]
    }

    /// How many numbers there are.
    pub fn count(&self) -> usize {
        self.axes().iter().product()
    }

    /// The last axis, 1 for a single number.
    pub fn width(&self) -> usize {
        self.axes().last().copied().unwrap_or(1)
    }

    /// The product of all axes but the last.
    pub fn rows(&self) -> usize {
        self.axes().iter().rev().skip(1).product()
    }

    /// The same with another last axis.
    pub(crate) fn with_width(mut self, width: usize) -> Self {
        assert!(self.rank > 0, "a single number has no last axis");
        self.axes[self.rank - 1] = width;
        self
    }
}

impl Index<usize> for Shape {
    type Output = usize;

    fn index(&self, axis: usize) -> &usize {
        &self.axes()[axis]
    }
}

impl From<&[usize]> for Shape {
    fn from(from: &[usize]) -> Self {
        assert!(from.len() <= RANK_MAX, "at most {RANK_MAX} axes");
        let mut axes = [1; RANK_MAX];
        axes[..from.len()].copy_from_slice(from);
        Self {
            axes,
            rank: from.len(),
        }
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(axes: [usize; N]) -> Self {
        Self::from(&axes[..])
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.axes()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_times_width_is_all_numbers() {
        for (axes, rows, width) in [
            (&[][..], 1, 1),
            (&[7], 1, 7),
            (&[2, 3], 2, 3),
            (&[2, 3, 4], 6, 4),
        ] {
            let shape = Shape::from(axes);
            assert_eq!((shape.rows(), shape.width()), (rows, width));
            assert_eq!(shape.count(), rows * width);
        }
    }
}
