//! `.safetensors`: a length, a JSON header, and the numbers.
//!
//! Source: the format's own description in `huggingface/safetensors`. Read here and not by the crate
//! of that name because its errors do not say what is missing, and it lets a name stand twice.

mod header;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use write::write_safetensors;

use super::directory::Directory;
use super::map::Bytes;
use super::{View, identify};
use crate::Error;

/// A `.safetensors` file, mapped and checked.
#[derive(Debug)]
pub struct Safetensors {
    path: PathBuf,
    bytes: Bytes,
    metadata: BTreeMap<String, String>,
    tensors: Directory,
}

impl Safetensors {
    /// Maps the file at `path` and checks its header.
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
        let (metadata, tensors) = header::read(&bytes).map_err(|flaw| flaw.of(&path))?;
        Ok(Self {
            path,
            bytes,
            metadata,
            tensors,
        })
    }

    /// What the file says about itself.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
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
