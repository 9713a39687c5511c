//! A copy of everything but the master key, in one file, the same for both databases.
//!
//! The file is a head, records and a sum. A record is its kind, the length of what follows, and that: a table's name and
//! columns, a row of it, a blob's name, or a part of it. What is sealed stays so: a backup can be read
//! by whoever has the master key, and by nobody else.

mod file;
mod restore;
mod tables;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sqlx::AssertSqlSafe;

use crate::blobs::{blocking, path as blob_path};
use crate::database::{Connection, VERSION, values};
use crate::{Error, Result, Store};

use file::{Record, Writer};
use tables::{TABLES, Table};

/// Rows that are read at once.
const PAGE: u64 = 500;

/// What a blob is copied by.
const PART_BYTES: usize = 1 << 20;

/// What is in a backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backup {
    /// Rows of all tables.
    pub rows: u64,
    /// Files.
    pub blobs: u64,
    /// Its length.
    pub bytes: u64,
}

impl Store {
    /// Copies everything as it stands at this moment into the new file `path`, while others go on. The master key is
    /// not in it.
    ///
    /// # Errors
    /// [`Error::File`] where the file is there already or cannot be written, [`Error::Full`] where there is no room; then
    /// there is no file.
    pub async fn backup(&self, path: &Path) -> Result<Backup> {
        if path.exists() {
            let reason = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(Error::file("write", path, &reason));
        }
        let (store, path) = (self.clone(), path.to_owned());
        // A task of its own, so that the snapshot is given back even if nobody waits for the end.
        let task = tokio::spawn(async move {
            // Files of blobs stay until we have copied them.
            let _kept = store.files().read().await;
            let mut connection = store.database().reader().await?;
            let begin = match connection.is_postgres() {
                true => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                false => "BEGIN",
            };
            connection.script(begin).await?;
            let copied = copy(&store, &mut connection, path).await;
            connection.script("ROLLBACK").await?;
            copied
        });
        task.await.map_err(Error::unavailable)?
    }
}

async fn copy(store: &Store, connection: &mut Connection, path: PathBuf) -> Result<Backup> {
    let row = connection
        .row("SELECT MAX(version) FROM schema_version", Vec::new())
        .await?;
    let version = row
        .map(|mut row| row.uint())
        .transpose()?
        .unwrap_or(VERSION);
    let mut writer = blocking(move || Writer::create(path, version)).await?;
    let mut backup = Backup::default();
    for table in TABLES {
        writer.write(&Record::Table(table.to_string()))?;
        let mut after = None;
        loop {
            let rows = page(connection, table, after.take()).await?;
            backup.rows += rows.len() as u64;
            let is_last = (rows.len() as u64) < PAGE;
            after = rows.last().map(|row| row[..table.keys].to_vec());
            writer = blocking(move || {
                for row in rows {
                    writer.write(&Record::Row(row))?;
                }
                Ok(writer)
            })
            .await?;
            if is_last {
                break;
            }
        }
    }
    let storages = connection
        .rows("SELECT storage FROM blobs ORDER BY storage", Vec::new())
        .await?;
    let folder = store.options().data.join("blobs");
    for mut row in storages {
        let storage = row.text()?;
        let path = blob_path(&folder, &storage);
        writer = blocking(move || copy_blob(writer, storage, &path)).await?;
        backup.blobs += 1;
    }
    backup.bytes = blocking(move || writer.finish()).await?;
    Ok(backup)
}

async fn page(
    connection: &mut Connection,
    table: &Table,
    after: Option<Vec<crate::database::Value>>,
) -> Result<Vec<Vec<crate::database::Value>>> {
    let columns = table.names().join(", ");
    let keys = table.names()[..table.keys].join(", ");
    let mut values = after.unwrap_or_default();
    let condition = match values.len() {
        0 => String::new(),
        count => {
            let numbers: Vec<String> = (1..=count).map(|number| format!("${number}")).collect();
            format!("WHERE ({keys}) > ({})", numbers.join(", "))
        }
    };
    let limit = values.len() + 1;
    values.extend(values![PAGE]);
    let select = format!(
        "SELECT {columns} FROM {} {condition} ORDER BY {keys} LIMIT ${limit}",
        table.name
    );
    let rows = connection.rows(AssertSqlSafe(select), values).await?;
    Ok(rows
        .into_iter()
        .map(crate::database::Row::into_values)
        .collect())
}

fn copy_blob(mut writer: Writer, storage: String, path: &Path) -> Result<Writer> {
    let failed = |error| Error::file("read", path, &error);
    let mut file = File::open(path).map_err(failed)?;
    writer.write(&Record::Blob(storage))?;
    loop {
        let mut part = Vec::with_capacity(PART_BYTES);
        let read = file.by_ref().take(PART_BYTES as u64).read_to_end(&mut part);
        if read.map_err(failed)? == 0 {
            return Ok(writer);
        }
        writer.write(&Record::Part(part))?;
    }
}
