//! Reading forwards through bytes that may end or lie at any point.

use crate::files::flaw::{Flaw, printable};

/// A text of more bytes than this is damage, not a cut-off file.
const TEXT_BYTES_MAX: u64 = 1 << 30;

/// A place in bytes, from which everything is read with its length checked first.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes have been read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The next `length` bytes.
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Flaw> {
        let Some(end) = self
            .at
            .checked_add(length)
            .filter(|end| *end <= self.bytes.len())
        else {
            return Err(Flaw::short_at_least((length - self.left()) as u64));
        };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let taken = self.take(N)?;
        Ok(taken.try_into().expect("as many bytes as were taken"))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Flaw> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Flaw> {
        self.array().map(u64::from_le_bytes)
    }

    /// A count of things of at least `bytes_each`: never more than can follow, so that what is
    /// allocated for them is bounded by the file.
    pub(super) fn count(&mut self, bytes_each: usize, what: &str) -> Result<usize, Flaw> {
        let count = self.u64()?;
        let needed = u128::from(count) * bytes_each as u128;
        match usize::try_from(count) {
            Ok(count) if needed <= self.left() as u128 => Ok(count),
            _ if needed <= u128::from(TEXT_BYTES_MAX) => Err(Flaw::short_at_least(
                u64::try_from(needed).expect("a small number") - self.left() as u64,
            )),
            _ => Err(Flaw::contradiction(format!(
                "it would hold {count} {what}, and is too short for them"
            ))),
        }
    }

    /// A length and as many bytes of UTF-8, at most `bytes_max` where that is given.
    pub(super) fn text(&mut self, what: &str, bytes_max: Option<usize>) -> Result<&'a str, Flaw> {
        let length = self.count(1, &format!("bytes of {what}"))?;
        if let Some(bytes_max) = bytes_max
            && length > bytes_max
        {
            return Err(Flaw::contradiction(format!(
                "{what} is {length} bytes long, {bytes_max} at most"
            )));
        }
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| {
            let start = String::from_utf8_lossy(&bytes[..length.min(64)]);
            Flaw::contradiction(format!("{what} `{}` is no UTF-8", printable(&start)))
        })
    }
}
