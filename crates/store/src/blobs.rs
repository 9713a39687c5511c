//! Files of people: known by the SHA-256 of what is in them, sealed on disk below `blobs` in the data folder.
//!
//! A blob is kept as long as a document uses it. One that none uses is collected after a while, so that it may be put
//! before the document that will.

mod garbage;
mod reader;
mod writer;

use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::database::{Connection, values};
use crate::sealing::{Key, hex, random};
use crate::{Error, Result, Store, Timestamp};

pub use garbage::Garbage;
pub use reader::BlobReader;
use writer::Writer;

/// What is read from the source before it is sealed and written.
const READ_BYTES: usize = 1 << 20;

/// What is sealed as one piece.
const CHUNK_BYTES: usize = 1 << 16;

/// What a file begins with.
const MAGIC: [u8; 8] = *b"FHBLOB1\n";

/// The part of the nonce that all chunks of a file share.
const PREFIX_BYTES: usize = 19;

/// A file of somebody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// The SHA-256 of what is in it, in hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
}

/// Files of people.
#[derive(Clone, Copy, Debug)]
pub struct Blobs<'a> {
    store: &'a Store,
}

impl<'a> Blobs<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Keeps what `source` gives, of at most `bytes_max` bytes, as `owner`'s. What they have already is kept once.
    ///
    /// # Errors
    /// [`Error::Refused`] where there is more, [`Error::Full`] where there is no room, [`Error::Erased`] where the owner
    /// was, [`Error::File`] where the source fails.
    pub async fn put(
        &self,
        owner: &str,
        mut source: impl AsyncRead + Unpin + Send,
        bytes_max: u64,
        now: Timestamp,
    ) -> Result<Blob> {
        self.store.database().room().await?;
        let key = self
            .store
            .keyring()
            .make(self.store.database(), owner)
            .await?;
        let storage = hex(&random::<16>()?);
        let folder = folder(self.store);
        let name = storage.clone();
        let sealing = Arc::clone(&key);
        let mut writer = blocking(move || Writer::create(&folder, &name, sealing)).await?;
        loop {
            let mut part = Vec::with_capacity(READ_BYTES);
            while part.len() < READ_BYTES {
                let read = source.read_buf(&mut part).await;
                let read = read.map_err(|error| {
                    Error::file("read", Path::new("what is to be kept"), &error)
                })?;
                if read == 0 {
                    break;
                }
            }
            if part.is_empty() {
                break;
            }
            if writer.bytes() + part.len() as u64 > bytes_max {
                return Err(Error::refusal(format!(
                    "a file has more than `{bytes_max}` bytes"
                )));
            }
            writer = blocking(move || writer.write(&part)).await?;
        }
        let blob = blocking(move || writer.finish()).await?;
        self.insert(owner, &storage, blob, &key, now).await
    }

    async fn insert(
        &self,
        owner: &str,
        storage: &str,
        blob: Blob,
        key: &Key,
        now: Timestamp,
    ) -> Result<Blob> {
        let proof = key.seal(&place(owner, &blob), storage.as_bytes())?;
        let insert = "INSERT INTO blobs(owner, sha256, storage, bytes, touched_at, proof)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (owner, sha256) DO UPDATE SET touched_at = excluded.touched_at RETURNING storage";
        let values = values![owner, &blob.sha256, storage, blob.bytes, now, proof];
        let database = self.store.database();
        let inserted = database
            .write(move |connection| Box::pin(async move { connection.row(insert, values).await }))
            .await;
        let path = path(&folder(self.store), storage);
        let kept = match inserted {
            Ok(Some(mut row)) => row.text().map(|kept| kept == storage),
            Ok(None) => Ok(false),
            Err(Error::NotFound { .. }) => Err(Error::Erased {
                owner: owner.to_owned(),
            }),
            Err(other) => Err(other),
        };
        // Where nobody knows whether the row is there, the file stays until the garbage is collected.
        if !matches!(kept, Ok(true) | Err(Error::Unavailable { .. })) {
            let _ = blocking(move || remove(&path)).await;
        }
        kept.map(|_| blob)
    }

    /// Lets a document use a blob of its owner, which keeps it.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such document, or its owner has no such blob.
    pub async fn attach(&self, object: &str, sha256: &str) -> Result<()> {
        let (object, sha256) = (object.to_owned(), sha256.to_owned());
        let attached = self.store.database().write(move |connection| {
            Box::pin(async move { attach(connection, &object, &sha256).await })
        });
        attached.await
    }

    /// The blobs that a document uses, by their hash.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn of_object(&self, object: &str) -> Result<Vec<Blob>> {
        let select = "SELECT b.sha256, b.bytes FROM blob_uses u JOIN blobs b ON b.owner = u.owner AND b.sha256 = u.sha256
            WHERE u.object_id = $1 ORDER BY b.sha256";
        let rows = self.store.database().rows(select, values![object]).await?;
        let read = rows.into_iter().map(|mut row| {
            let (sha256, bytes) = (row.text()?, row.uint()?);
            Ok(Blob { sha256, bytes })
        });
        read.collect()
    }

    /// All blobs of a person, by their hash.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn of_owner(&self, owner: &str) -> Result<Vec<Blob>> {
        let select = "SELECT sha256, bytes FROM blobs WHERE owner = $1 ORDER BY sha256";
        let rows = self.store.database().rows(select, values![owner]).await?;
        let read = rows.into_iter().map(|mut row| {
            let (sha256, bytes) = (row.text()?, row.uint()?);
            Ok(Blob { sha256, bytes })
        });
        read.collect()
    }

    /// Opens a blob of `owner` to be read, whole or the bytes of `range`, which is cut to what there is.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none, [`Error::Damaged`] where it is not the one that was kept.
    pub async fn open(
        &self,
        owner: &str,
        sha256: &str,
        range: Option<Range<u64>>,
    ) -> Result<BlobReader> {
        let select = "SELECT storage, bytes, proof FROM blobs WHERE owner = $1 AND sha256 = $2";
        let row = self
            .store
            .database()
            .row(select, values![owner, sha256])
            .await?;
        let mut row = row.ok_or_else(|| Error::not_found("blob", sha256))?;
        let (storage, bytes, proof) = (row.text()?, row.uint()?, row.blob()?);
        let sha256 = sha256.to_owned();
        let blob = Blob { sha256, bytes };
        let key = self
            .store
            .keyring()
            .key(self.store.database(), owner)
            .await?;
        let place = place(owner, &blob);
        if key.open(&place, &proof)? != storage.as_bytes() {
            return Err(Error::damaged(
                format!("`{place}`"),
                "it was exchanged for another",
            ));
        }
        let folder = folder(self.store);
        blocking(move || BlobReader::open(&folder, &storage, blob, key, range)).await
    }
}

/// Lets a document use a blob of its owner.
pub(crate) async fn attach(connection: &mut Connection, object: &str, sha256: &str) -> Result<()> {
    let insert = "INSERT INTO blob_uses(object_id, owner, sha256)
        SELECT o.id, o.owner, b.sha256 FROM objects o JOIN blobs b ON b.owner = o.owner
        WHERE o.id = $1 AND b.sha256 = $2 ON CONFLICT (object_id, sha256) DO UPDATE SET owner = excluded.owner";
    match connection.run(insert, values![object, sha256]).await? {
        0 => Err(Error::not_found(
            "object or blob",
            format!("{object}, {sha256}"),
        )),
        _ => Ok(()),
    }
}

/// Where blobs lie.
fn folder(store: &Store) -> PathBuf {
    store.options().data.join("blobs")
}

/// Where the blob with this name lies.
pub(crate) fn path(folder: &Path, storage: &str) -> PathBuf {
    let shelf = storage.get(..2).unwrap_or_default();
    folder.join(shelf).join(storage)
}

/// What is sealed in the row of a blob.
fn place(owner: &str, blob: &Blob) -> String {
    format!("blob/{owner}/{}/{}", blob.sha256, blob.bytes)
}

/// What its chunks are sealed as.
fn chunk_place(storage: &str) -> String {
    format!("blob chunk/{storage}")
}

fn nonce(prefix: &[u8; PREFIX_BYTES], chunk: u32, is_last: bool) -> [u8; 24] {
    let mut nonce = [0; 24];
    nonce[..PREFIX_BYTES].copy_from_slice(prefix);
    nonce[PREFIX_BYTES..23].copy_from_slice(&chunk.to_be_bytes());
    nonce[23] = u8::from(is_last);
    nonce
}

/// Removes a file; one that is not there is removed.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", path, &error))
        }
        _ => Ok(()),
    }
}

/// Makes sure that what was renamed in `folder` stays so.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| Error::file("write", folder, &error))
}

/// Does what waits for the disk where nobody else has to wait with it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::unavailable)?
}
