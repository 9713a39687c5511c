//! A file's bytes in memory: mapped, or held.

#![allow(
    unsafe_code,
    reason = "mapping a file, which the system cannot keep others from changing"
)]

use std::fs::File;
use std::ops::{Deref, Range};
use std::path::Path;

use memmap2::{Mmap, UncheckedAdvice};

use crate::Error;

/// The bytes of a file.
///
/// A file that shrinks while it is mapped ends the process at the next read beyond its new end
/// (SIGBUS), as in every engine that maps weights: replace model files by renaming, as Freehold does,
/// and never write into them.
#[derive(Debug)]
pub(super) enum Bytes {
    Mapped(Mmap),
    Held(Vec<u8>),
}

impl Bytes {
    /// Maps the file at `path`.
    pub(super) fn map(path: &Path) -> Result<Self, Error> {
        // A pipe would block, and a device has no length.
        let about = std::fs::metadata(path).map_err(Error::io("open", path))?;
        if !about.is_file() {
            return Err(Error::NotAModel {
                path: path.to_owned(),
                reason: "is not a regular file".to_owned(),
                hint: "point at a `.safetensors` or `.gguf` file or at the folder of one"
                    .to_owned(),
            });
        }
        let file = File::open(path).map_err(Error::io("open", path))?;
        // SAFETY: the mapping is read-only, and weights are read as plain bytes whose every pattern is
        // valid. That nobody writes into the file is asked of the user, and cannot be enforced.
        let mapped = unsafe { Mmap::map(&file) };
        mapped.map(Self::Mapped).map_err(Error::io("map", path))
    }

    /// Gives the memory of `range` back to the system; it is read from the file again when needed.
    /// Only ever saves memory, so what the system refuses is not reported.
    pub(super) fn release(&self, range: Range<usize>) {
        if let Self::Mapped(mapped) = self
            && !range.is_empty()
        {
            // SAFETY: the pages belong to a read-only mapping of a file, so they come back with the
            // same bytes.
            let _ = unsafe {
                mapped.unchecked_advise_range(UncheckedAdvice::DontNeed, range.start, range.len())
            };
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(mapped) => mapped,
            Self::Held(bytes) => bytes,
        }
    }
}
