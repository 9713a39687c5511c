//! Memory that starts on a cache line, as vector loads like it best.

use bytemuck::{Pod, Zeroable};

/// One cache line.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Bytes that start on a cache line; their number is a multiple of 64.
#[derive(Clone)]
pub(crate) struct Aligned(Vec<Line>);

impl Aligned {
    /// At least `bytes` bytes of nothing.
    pub fn zeroed(bytes: usize) -> Self {
        Self(vec![Line::zeroed(); bytes.div_ceil(64)])
    }

    /// The bytes as values of a type, as many as there are whole ones.
    pub fn of<T: Pod>(&self) -> &[T] {
        let bytes: &[u8] = bytemuck::cast_slice(&self.0);
        let whole = bytes.len() / size_of::<T>() * size_of::<T>();
        bytemuck::cast_slice(&bytes[..whole])
    }

    /// The bytes as values of a type, to be written, as many as there are whole ones.
    pub fn of_mut<T: Pod>(&mut self) -> &mut [T] {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.0);
        let whole = bytes.len() / size_of::<T>() * size_of::<T>();
        bytemuck::cast_slice_mut(&mut bytes[..whole])
    }

    /// How many bytes there are.
    pub fn bytes(&self) -> usize {
        self.0.len() * 64
    }
}
