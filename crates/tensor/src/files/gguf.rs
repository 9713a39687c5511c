//! GGUF: metadata, the places of tensors, and their numbers. Versions 2 and 3, little-endian.
//!
//! Source: `docs/gguf.md` of the `ggml` project.

mod cursor;
mod header;
mod metadata;
mod write;

use std::path::{Path, PathBuf};

pub use metadata::{Array, Metadata, Value};
pub use write::{GgufWriter, TensorInfo};

use super::directory::Directory;
use super::map::Bytes;
use super::{View, identify};
use crate::Error;

/// What every GGUF file begins with.
pub(super) const MAGIC: &[u8; 4] = b"GGUF";

/// A GGUF file, mapped and checked.
#[derive(Debug)]
pub struct Gguf {
    path: PathBuf,
    bytes: Bytes,
    metadata: Metadata,
    tensors: Directory,
}

impl Gguf {
    /// Maps the file at `path` and checks its header. Of a split model this is one part;
    /// [`Checkpoint`](super::Checkpoint) opens all.
    ///
    /// # Errors
    /// When it cannot be mapped, is cut off, contradicts itself, or holds a type that is not read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = Bytes::map(path)?;
        identify::refuse_strangers(path, &bytes)?;
        Self::read(path.to_owned(), bytes)
    }

    /// The same of bytes that are in memory.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn of_bytes(bytes: Vec<u8>) -> Result<Self, Error> {
        Self::read(PathBuf::from("<memory>"), Bytes::Held(bytes))
    }

    fn read(path: PathBuf, bytes: Bytes) -> Result<Self, Error> {
        let (entries, tensors) = header::read(&bytes).map_err(|flaw| flaw.of(&path))?;
        Ok(Self {
            metadata: Metadata::new(path.clone(), entries),
            path,
            bytes,
            tensors,
        })
    }

    /// What the file says about the model.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The names of its tensors, in the order of their bytes.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.tensors.entries().iter().map(|entry| &*entry.name)
    }

    /// The tensor called `name`.
    ///
    /// # Errors
    /// When there is none.
    pub fn view(&self, name: &str) -> Result<View<'_>, Error> {
        let entry = self.tensors.find(name).ok_or_else(|| Error::Missing {
            path: self.path.clone(),
            what: "tensor",
            name: name.to_owned(),
        })?;
        Ok(entry.view(&self.bytes))
    }

    /// Gives the memory behind the tensor called `name` back to the system; looking at it again reads
    /// the file again.
    pub fn release(&self, name: &str) {
        if let Some(entry) = self.tensors.find(name) {
            self.bytes.release(entry.range.clone());
        }
    }
}
