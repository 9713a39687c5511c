//! Memory that starts on a cache line, as vector loads like it best.

#[cfg(target_os = "linux")]
mod mapped;

use bytemuck::{Pod, Zeroable};

#[cfg(target_os = "linux")]
use mapped::Mapped;

/// One cache line.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// From here on memory comes from the system itself: zeros that nobody has touched yet, and that go back when nobody
/// needs them, where others would leave holes.
#[cfg(target_os = "linux")]
const LARGE: usize = 1 << 17;

/// Bytes that start on a cache line; their number is a multiple of 64.
#[derive(Clone)]
pub(crate) struct Aligned(Memory);

#[derive(Clone)]
enum Memory {
    Lines(Vec<Line>),
    #[cfg(target_os = "linux")]
    Mapped(Mapped),
}

impl Aligned {
    /// At least `bytes` bytes of nothing. A large part that is never written takes no memory.
    pub fn zeroed(bytes: usize) -> Self {
        Self::new(bytes, false)
    }

    /// As [`zeroed`](Self::zeroed), in large pages where the system has some to give: for what is written
    /// once and read from its start to its end ever after.
    pub fn in_large_pages(bytes: usize) -> Self {
        Self::new(bytes, true)
    }

    fn new(bytes: usize, is_huge: bool) -> Self {
        let lines = bytes.div_ceil(64);
        #[cfg(target_os = "linux")]
        if bytes >= LARGE
            && let Some(mapped) = Mapped::new(lines * 64, is_huge)
        {
            return Self(Memory::Mapped(mapped));
        }
        let _ = is_huge;
        Self(Memory::Lines(vec![Line::zeroed(); lines]))
    }

    /// The bytes as values of a type, as many as there are whole ones.
    pub fn of<T: Pod>(&self) -> &[T] {
        let bytes: &[u8] = match &self.0 {
            Memory::Lines(lines) => bytemuck::cast_slice(lines),
            #[cfg(target_os = "linux")]
            Memory::Mapped(mapped) => mapped.bytes(),
        };
        let whole = bytes.len() / size_of::<T>() * size_of::<T>();
        bytemuck::cast_slice(&bytes[..whole])
    }

    /// The bytes as values of a type, to be written, as many as there are whole ones.
    pub fn of_mut<T: Pod>(&mut self) -> &mut [T] {
        let bytes: &mut [u8] = match &mut self.0 {
            Memory::Lines(lines) => bytemuck::cast_slice_mut(lines),
            #[cfg(target_os = "linux")]
            Memory::Mapped(mapped) => mapped.bytes_mut(),
        };
        let whole = bytes.len() / size_of::<T>() * size_of::<T>();
        bytemuck::cast_slice_mut(&mut bytes[..whole])
    }

    /// How many bytes there are.
    pub fn bytes(&self) -> usize {
        self.of::<u8>().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_every_size_is_zero_aligned_and_copied() {
        for bytes in [0, 1, 64, 100, 1 << 20, (5 << 20) + 3] {
            for mut memory in [Aligned::zeroed(bytes), Aligned::in_large_pages(bytes)] {
                assert_eq!(memory.bytes(), bytes.div_ceil(64) * 64);
                assert!(memory.of::<u8>().iter().all(|byte| *byte == 0));
                assert!(memory.of::<u8>().as_ptr().addr().is_multiple_of(64) || bytes == 0);
                if let Some(last) = memory.of_mut::<u8>().last_mut() {
                    *last = 7;
                }
                let copy = memory.clone();
                memory.of_mut::<u8>().fill(1);
                assert_eq!(copy.of::<u8>().last().copied().unwrap_or(7), 7);
            }
        }
    }

    #[test]
    fn pieces_of_large_pages_do_not_touch_each_other() {
        let mut pieces: Vec<Aligned> = (0..40)
            .map(|at| Aligned::in_large_pages((at % 7 + 1) << 19))
            .collect();
        for (at, piece) in pieces.iter_mut().enumerate() {
            assert!(piece.of::<u8>().iter().all(|byte| *byte == 0));
            piece.of_mut::<u8>().fill(at as u8 + 1);
        }
        pieces.remove(3);
        for (at, piece) in pieces.iter().enumerate() {
            let exact = if at < 3 { at + 1 } else { at + 2 };
            assert!(
                piece
                    .of::<u8>()
                    .iter()
                    .all(|byte| usize::from(*byte) == exact)
            );
        }
    }

    #[test]
    fn values_of_any_size_are_as_many_as_there_are_whole_ones() {
        let memory = Aligned::zeroed(100);
        assert_eq!(memory.of::<[u8; 3]>().len(), 42);
        assert_eq!(memory.of::<u64>().len(), 16);
    }
}
