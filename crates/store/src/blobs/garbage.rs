//! What nobody uses is taken away.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::{Blobs, blocking, folder, path, remove};
use crate::database::values;
use crate::{Error, Result, Timestamp};

/// What was taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Garbage {
    /// Blobs that no document used.
    pub blobs: u64,
    /// Files that were never finished, or that nothing led to.
    pub files: u64,
}

impl Blobs<'_> {
    /// Takes away what no document uses and what was put longer than `unused_for` before `now`, and what a
    /// crash left behind as long ago.
    ///
    /// # Errors
    /// Those of every write, and [`Error::File`].
    pub async fn collect_garbage(&self, now: Timestamp, unused_for: Duration) -> Result<Garbage> {
        let before = now.before(unused_for);
        let collected = self.store.database().write(move |connection| {
            Box::pin(async move {
                let delete = "DELETE FROM blobs WHERE touched_at < $1 AND NOT EXISTS (SELECT 1 FROM blob_uses
                    WHERE blob_uses.owner = blobs.owner AND blob_uses.sha256 = blobs.sha256) RETURNING storage";
                let rows = connection.rows(delete, values![before]).await?;
                let storages: Result<Vec<_>> = rows.into_iter().map(|mut row| Ok(values![row.text()?])).collect();
                let storages = storages?;
                let count = storages.len() as u64;
                connection.insert("garbage(storage)", storages).await?;
                Ok(count)
            })
        });
        let blobs = collected.await?;
        self.remove_garbage().await?;
        let folder = folder(self.store);
        let old = blocking(move || old_files(&folder, before)).await?;
        let mut files = 0;
        for file in old {
            let name = file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let select = "SELECT storage FROM blobs WHERE storage = $1";
            if self
                .store
                .database()
                .row(select, values![name])
                .await?
                .is_none()
            {
                blocking(move || remove(&file)).await?;
                files += 1;
            }
        }
        Ok(Garbage { blobs, files })
    }

    /// Removes the files of blobs that are gone, unless a backup still reads them.
    pub(crate) async fn remove_garbage(&self) -> Result<()> {
        let Ok(_alone) = self.store.files().try_write() else {
            return Ok(());
        };
        let rows = self
            .store
            .database()
            .rows("SELECT storage FROM garbage", Vec::new())
            .await?;
        for mut row in rows {
            let storage = row.text()?;
            let file = path(&folder(self.store), &storage);
            blocking(move || remove(&file)).await?;
            let delete = "DELETE FROM garbage WHERE storage = $1";
            self.store.database().run(delete, values![storage]).await?;
        }
        Ok(())
    }
}

/// Files below `folder` that were last written before `before`.
fn old_files(folder: &Path, before: Timestamp) -> Result<Vec<PathBuf>> {
    let mut old = Vec::new();
    let Ok(shelves) = fs::read_dir(folder) else {
        return Ok(old);
    };
    let failed = |error| Error::file("read", folder, &error);
    for shelf in shelves {
        for file in fs::read_dir(shelf.map_err(failed)?.path()).map_err(failed)? {
            let file = file.map_err(failed)?;
            let modified = file.metadata().and_then(|metadata| metadata.modified());
            // One that vanished meanwhile is nobody's.
            let Ok(modified) = modified else { continue };
            let age = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
            let modified = Timestamp::default().after(age);
            if modified < before {
                old.push(file.path());
            }
        }
    }
    Ok(old)
}
