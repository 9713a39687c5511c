//! A blob on its way to the disk.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::{Blob, CHUNK_BYTES, MAGIC, PREFIX_BYTES, chunk_place, nonce, path, sync_folder};
use crate::sealing::{Key, hex, random};
use crate::{Error, Result};

/// A file that has another name until it is whole, and vanishes if it never is.
pub(super) struct Writer {
    file: File,
    part: Part,
    path: PathBuf,
    key: Arc<Key>,
    place: String,
    prefix: [u8; PREFIX_BYTES],
    chunk: u32,
    sum: Sha256,
    bytes: u64,
    /// What is not written yet: the last chunk has to be known as such.
    rest: Vec<u8>,
}

/// Removes the file when it is dropped.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // It is gone already once it has its own name.
        let _ = fs::remove_file(&self.0);
    }
}

impl Writer {
    pub fn create(folder: &Path, storage: &str, key: Arc<Key>) -> Result<Self> {
        let parts = folder.join("parts");
        fs::create_dir_all(&parts).map_err(|error| Error::file("make", &parts, &error))?;
        let part = Part(parts.join(storage));
        let mut options = File::options();
        let opened = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part.0);
        let mut file = opened.map_err(|error| Error::file("write", &part.0, &error))?;
        let prefix = random()?;
        let header = [&MAGIC[..], &prefix].concat();
        file.write_all(&header)
            .map_err(|error| Error::file("write", &part.0, &error))?;
        Ok(Self {
            file,
            part,
            path: path(folder, storage),
            key,
            place: chunk_place(storage),
            prefix,
            chunk: 0,
            sum: Sha256::new(),
            bytes: 0,
            rest: Vec::new(),
        })
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn write(mut self, plain: &[u8]) -> Result<Self> {
        self.sum.update(plain);
        self.bytes += plain.len() as u64;
        self.rest.extend_from_slice(plain);
        let rest = std::mem::take(&mut self.rest);
        let mut rest = rest.as_slice();
        let mut sealed = Vec::with_capacity(rest.len() + rest.len() / 4096 + 16);
        while rest.len() > CHUNK_BYTES {
            let (chunk, after) = rest.split_at(CHUNK_BYTES);
            sealed.extend(self.seal(chunk, false)?);
            rest = after;
        }
        self.rest = rest.to_vec();
        self.write_all(&sealed)?;
        Ok(self)
    }

    /// Writes the last chunk, and gives the file its name once all of it is on disk.
    pub fn finish(mut self) -> Result<Blob> {
        let rest = std::mem::take(&mut self.rest);
        let sealed = self.seal(&rest, true)?;
        self.write_all(&sealed)?;
        let failed = |error| Error::file("write", &self.path, &error);
        self.file.sync_all().map_err(failed)?;
        let shelf = self.path.parent().unwrap_or(Path::new("."));
        let is_new = !shelf.exists();
        fs::create_dir_all(shelf).map_err(failed)?;
        fs::rename(&self.part.0, &self.path).map_err(failed)?;
        sync_folder(shelf)?;
        if is_new && let Some(folder) = shelf.parent() {
            sync_folder(folder)?;
        }
        let sha256 = hex(&self.sum.finalize_reset());
        let bytes = self.bytes;
        Ok(Blob { sha256, bytes })
    }

    fn seal(&mut self, plain: &[u8], is_last: bool) -> Result<Vec<u8>> {
        let nonce = nonce(&self.prefix, self.chunk, is_last);
        let next = self.chunk.checked_add(1);
        self.chunk = next.ok_or_else(|| Error::refusal("a file has more than 256 TiB"))?;
        Ok(self.key.seal_with(nonce, &self.place, plain))
    }

    fn write_all(&mut self, sealed: &[u8]) -> Result<()> {
        let written = self.file.write_all(sealed);
        written.map_err(|error| Error::file("write", &self.part.0, &error))
    }
}
