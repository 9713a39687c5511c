//! A person is erased: their key is destroyed with everything it sealed, and stays destroyed.
//!
//! Their id is remembered in the database and in the file `erased` in the data folder, so that
//! a backup from before does not bring them back.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use crate::blobs::{blocking, sync_folder};
use crate::database::{Connection, Database, values};
use crate::{Error, Result, Store, Timestamp};

/// The file in the data folder that names who was erased, an id a line.
const FILE: &str = "erased";

impl Store {
    /// Destroys the key of the person `owner`, and everything of theirs: documents, files, jobs, sessions, keys, counters
    /// and who they were. The id is never used again. Lines of the audit log stay as they are; says whether there was
    /// anything. Erasing again what was erased does nothing.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn erase(&self, owner: &str, now: Timestamp) -> Result<bool> {
        let id = owner.to_owned();
        let database = self.database();
        let erased = database
            .write(move |connection| Box::pin(async move { erase(connection, &id, now).await }));
        let was_there = erased.await?;
        self.keyring().forget(owner);
        self.remember_erased().await?;
        database.scrub().await?;
        self.blobs().remove_garbage().await?;
        Ok(was_there)
    }

    /// Erases whom the file names and the database knows, as it came from a backup; then writes down whom the
    /// database names and the file does not.
    pub(crate) async fn keep_erased(&self) -> Result<()> {
        for owner in self.erased_in_file().await? {
            let select = "SELECT owner FROM erased WHERE owner = $1";
            if self
                .database()
                .row(select, values![&owner])
                .await?
                .is_none()
            {
                self.erase(&owner, Timestamp::default()).await?;
            }
        }
        self.remember_erased().await
    }

    async fn erased_in_file(&self) -> Result<BTreeSet<String>> {
        let path = self.options().data.join(FILE);
        blocking(move || read(&path)).await
    }

    async fn remember_erased(&self) -> Result<()> {
        let rows = self
            .database()
            .rows("SELECT owner FROM erased", Vec::new())
            .await?;
        let known: Result<BTreeSet<String>> = rows.into_iter().map(|mut row| row.text()).collect();
        let known = known?;
        let path = self.options().data.join(FILE);
        blocking(move || {
            let written = read(&path)?;
            let all: BTreeSet<&String> = known.union(&written).collect();
            if all.len() == written.len() {
                return Ok(());
            }
            write(&path, &all)
        })
        .await
    }
}

impl Database {
    /// Overwrites what was deleted, as far as the database lets us.
    async fn scrub(&self) -> Result<()> {
        match self {
            // Freed pages are overwritten already; the log still holds what they were.
            Self::Sqlite(sqlite) => sqlite.checkpoint().await,
            Self::Postgres(..) => self
                .reader()
                .await?
                .run("VACUUM data_keys", Vec::new())
                .await
                .map(drop),
        }
    }
}

async fn erase(connection: &mut Connection, owner: &str, now: Timestamp) -> Result<bool> {
    if connection.is_postgres() {
        // Whoever is about to store something waits, and then finds no key to hang it on.
        let lock = "SELECT owner FROM data_keys WHERE owner = $1 FOR UPDATE";
        connection.rows(lock, values![owner]).await?;
    }
    let mut deleted = 0;
    for sql in [
        "INSERT INTO garbage(storage) SELECT storage FROM blobs WHERE owner = $1",
        "DELETE FROM objects WHERE owner = $1",
        "DELETE FROM blobs WHERE owner = $1",
        "DELETE FROM jobs WHERE owner = $1",
        "DELETE FROM usage_counters WHERE subject = $1
            OR subject IN (SELECT id FROM api_keys WHERE user_id = $1)",
        "DELETE FROM users WHERE id = $1",
    ] {
        deleted += connection.run(sql, values![owner]).await?;
    }
    // Overwritten where it stands before its place is given up.
    let overwrite = "UPDATE data_keys SET id = $2, wrapped = $3 WHERE owner = $1";
    connection
        .run(overwrite, values![owner, vec![0_u8; 8], vec![0_u8; 81]])
        .await?;
    deleted += connection
        .run("DELETE FROM data_keys WHERE owner = $1", values![owner])
        .await?;
    let insert = "INSERT INTO erased(owner, erased_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    connection.run(insert, values![owner, now]).await?;
    Ok(deleted > 0)
}

fn read(path: &Path) -> Result<BTreeSet<String>> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(Error::file("read", path, &error)),
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
    }
}

fn write(path: &Path, owners: &BTreeSet<&String>) -> Result<()> {
    let failed = |error| Error::file("write", path, &error);
    let part = path.with_extension("part");
    let mut file = File::create(&part).map_err(failed)?;
    for owner in owners {
        writeln!(file, "{owner}").map_err(failed)?;
    }
    file.sync_all().map_err(failed)?;
    fs::rename(&part, path).map_err(failed)?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}
