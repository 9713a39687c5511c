//! A blob on its way from the disk.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use super::{Blob, CHUNK_BYTES, MAGIC, PREFIX_BYTES, blocking, chunk_place, nonce, path};
use crate::sealing::Key;
use crate::{Error, Result};

/// What a chunk is longer by once it is sealed.
const TAG_BYTES: usize = 16;

/// Chunks that are read at once.
const CHUNKS_AT_ONCE: u64 = 16;

/// A blob that is being read, from its beginning or a part of it. Each part is checked before it is given out.
#[derive(Debug)]
pub struct BlobReader {
    inner: Option<Inner>,
    blob: Blob,
    range: Range<u64>,
}

#[derive(Debug)]
struct Inner {
    file: File,
    key: Arc<Key>,
    place: String,
    prefix: [u8; PREFIX_BYTES],
    bytes: u64,
    rest: Range<u64>,
}

impl BlobReader {
    pub(super) fn open(
        folder: &Path,
        storage: &str,
        blob: Blob,
        key: Arc<Key>,
        range: Option<Range<u64>>,
    ) -> Result<Self> {
        let path = path(folder, storage);
        let place = chunk_place(storage);
        let file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Error::damaged(format!("the file `{}`", path.display()), "it is not there")
            }
            _ => Error::file("read", &path, &error),
        })?;
        let mut header = [0; MAGIC.len() + PREFIX_BYTES];
        file.read_exact_at(&mut header, 0)
            .map_err(|error| torn(&place, &error))?;
        if header[..MAGIC.len()] != MAGIC {
            return Err(Error::damaged(format!("`{place}`"), "it is no blob"));
        }
        let mut prefix = [0; PREFIX_BYTES];
        prefix.copy_from_slice(&header[MAGIC.len()..]);
        let range = range.unwrap_or(0..blob.bytes);
        let end = range.end.min(blob.bytes);
        let range = range.start.min(end)..end;
        let inner = Inner {
            file,
            key,
            place,
            prefix,
            bytes: blob.bytes,
            rest: range.clone(),
        };
        let inner = Some(inner);
        Ok(Self { inner, blob, range })
    }

    /// The blob that is read.
    #[must_use]
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// Which of its bytes are.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// The next part, up to a mebibyte of it, or nothing at the end.
    ///
    /// # Errors
    /// [`Error::Damaged`] where it is not what was kept. Nothing follows an error.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let Some(mut inner) = self.inner.take().filter(|inner| !inner.rest.is_empty()) else {
            return Ok(None);
        };
        let (inner, part) = blocking(move || {
            let part = inner.read()?;
            Ok((inner, part))
        })
        .await?;
        self.inner = Some(inner);
        Ok(Some(part))
    }

    /// All that is left to be read.
    ///
    /// # Errors
    /// Those of [`Self::next`].
    pub async fn read_to_end(&mut self) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(part) = self.next().await? {
            all.extend_from_slice(&part);
        }
        Ok(all)
    }
}

impl Inner {
    fn read(&mut self) -> Result<Vec<u8>> {
        let chunk_bytes = CHUNK_BYTES as u64;
        let first = self.rest.start / chunk_bytes;
        // A blob of whole chunks ends with a full one, an empty blob is one empty chunk.
        let chunks = self.bytes.div_ceil(chunk_bytes).max(1);
        let end = self
            .rest
            .end
            .div_ceil(chunk_bytes)
            .min(first + CHUNKS_AT_ONCE);
        let mut part = Vec::new();
        for chunk in first..end {
            let plain_bytes = (self.bytes - chunk * chunk_bytes).min(chunk_bytes);
            let length = usize::try_from(plain_bytes).unwrap_or(CHUNK_BYTES) + TAG_BYTES;
            let mut sealed = vec![0; length];
            let offset =
                (MAGIC.len() + PREFIX_BYTES) as u64 + chunk * (chunk_bytes + TAG_BYTES as u64);
            let read = self.file.read_exact_at(&mut sealed, offset);
            read.map_err(|error| torn(&self.place, &error))?;
            let number = u32::try_from(chunk)
                .map_err(|error| Error::damaged(format!("`{}`", self.place), error))?;
            let nonce = nonce(&self.prefix, number, chunk + 1 == chunks);
            part.extend(self.key.open_with(nonce, &self.place, &sealed)?);
        }
        let before = self.rest.start - first * chunk_bytes;
        let last = (self.rest.end - first * chunk_bytes).min(part.len() as u64);
        let cut = |position: u64| usize::try_from(position).unwrap_or(part.len());
        let part = part[cut(before)..cut(last)].to_vec();
        self.rest.start += part.len() as u64;
        Ok(part)
    }
}

fn torn(place: &str, error: &io::Error) -> Error {
    Error::damaged(format!("`{place}`"), error)
}
