//! A file that is read in places, and never beyond its end.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::error::{Checked, Fault, invalid, unread};

/// Bytes that are in memory at once while a file is summed.
const CHUNK: usize = 64 << 10;

/// A file and its length.
pub(super) struct Input<'a, R> {
    reader: &'a mut R,
    length: u64,
}

impl<'a, R: Read + Seek> Input<'a, R> {
    pub(super) fn new(reader: &'a mut R) -> io::Result<Self> {
        let length = reader.seek(SeekFrom::End(0))?;
        Ok(Self { reader, length })
    }

    /// Bytes in all.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// `N` bytes at a place.
    pub(super) fn array<const N: usize>(&mut self, at: u64) -> Checked<[u8; N]> {
        let mut bytes = [0; N];
        self.check(at, N as u64)?;
        self.reader.seek(SeekFrom::Start(at))?;
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// A number of 32 bits at a place, most significant byte first.
    pub(super) fn number(&mut self, at: u64) -> Checked<u32> {
        Ok(u32::from_be_bytes(self.array(at)?))
    }

    /// The bytes of a range, which has `max` at most.
    pub(super) fn bytes(&mut self, range: &Range<u64>, max: u64) -> Checked<Vec<u8>> {
        let length = range.end.saturating_sub(range.start);
        self.check(range.start, length)?;
        if length > max {
            return unread(format!("a part of `{length}` bytes, and `{max}` are read"));
        }
        let mut bytes = vec![0; length as usize];
        self.reader.seek(SeekFrom::Start(range.start))?;
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Passes the bytes of a range on, in order.
    pub(super) fn each(&mut self, range: Range<u64>, mut take: impl FnMut(&[u8])) -> Checked<()> {
        let mut left = range.end.saturating_sub(range.start);
        self.check(range.start, left)?;
        self.reader.seek(SeekFrom::Start(range.start))?;
        let mut chunk = vec![0; CHUNK.min(left as usize)];
        while left > 0 {
            let part = (chunk.len() as u64).min(left) as usize;
            self.reader.read_exact(&mut chunk[..part])?;
            take(&chunk[..part]);
            left -= part as u64;
        }
        Ok(())
    }

    fn check(&self, at: u64, length: u64) -> Checked<()> {
        match at.checked_add(length) {
            Some(end) if end <= self.length => Ok(()),
            _ => invalid("the file ends too early"),
        }
    }
}

impl Input<'_, io::Cursor<&[u8]>> {
    /// Runs `look` on bytes in memory.
    pub(super) fn over<T>(
        bytes: &[u8],
        look: impl FnOnce(&mut Input<'_, io::Cursor<&[u8]>>) -> Checked<T>,
    ) -> Checked<T> {
        let mut reader = io::Cursor::new(bytes);
        let mut input = Input::new(&mut reader).map_err(Fault::File)?;
        look(&mut input)
    }
}
