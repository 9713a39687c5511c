//! A backup becomes a store again.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Backup;
use super::file::{Reader, Record};
use super::tables::{Found, Kind, TABLES, Table};
use crate::blobs::{blocking, path as blob_path, sync_folder};
use crate::database::{Connection, Database, VERSION, Value};
use crate::sealing::MasterKey;
use crate::{Error, Options, Result, Store};

/// Rows that are inserted at once.
const ROWS: usize = 64;

impl Store {
    /// Fills the empty database that `options` name from the backup `path`, and opens it. The master key has to lie in its
    /// place already. Whoever was erased since, as the data folder remembers, is erased again.
    ///
    /// # Errors
    /// [`Error::Refused`] where the database holds something, [`Error::Damaged`] where the backup is cut or changed,
    /// [`Error::MasterKey`] where the key is not the one of the backup. Then nothing is restored.
    pub async fn restore(options: &Options, path: &Path) -> Result<(Self, Backup)> {
        let (file, key) = (path.to_owned(), options.master_key());
        blocking(move || check(&file, &key)).await?;
        options.make_data()?;
        let database = Database::open(options).await?;
        let filled = fill(&database, options, path).await;
        database.close().await;
        let mut backup = filled?;
        let length = fs::metadata(path)
            .map_err(|error| Error::file("read", path, &error))?
            .len();
        backup.bytes = length;
        Ok((Self::open(options).await?, backup))
    }
}

/// That the backup is whole, of a version that is known, and of this master key.
fn check(path: &Path, key: &Path) -> Result<()> {
    let mut reader = Reader::open(path)?;
    if reader.schema > VERSION {
        let (found, known) = (reader.schema, VERSION);
        return Err(Error::Newer { found, known });
    }
    let mut is_facts = false;
    while let Some(record) = reader.next()? {
        match record {
            Record::Table(table) => is_facts = table.starts_with("facts "),
            Record::Row(row) if is_facts => {
                if let [Value::Text(Some(name)), Value::Blob(Some(proof))] = row.as_slice()
                    && name == "master key"
                {
                    let master = MasterKey::read(key)?.ok_or_else(|| MasterKey::missing(key))?;
                    return master.check(proof, key);
                }
            }
            _ => {}
        }
    }
    Err(reader.damaged("it names no master key"))
}

async fn fill(database: &Database, options: &Options, path: &Path) -> Result<Backup> {
    // Before anything is written: blobs of whatever is there would be overwritten.
    refuse_unless_empty(&mut database.reader().await?).await?;
    let (source, blobs) = (path.to_owned(), options.data.join("blobs"));
    // Blobs first: a row without its file would be worse than a file without its row.
    let written = blocking(move || write_blobs(&source, &blobs)).await?;
    let source = path.to_owned();
    let filled = database.write(move |connection| {
        Box::pin(async move {
            refuse_unless_empty(connection).await?;
            connection.run("DELETE FROM facts", Vec::new()).await?;
            insert_rows(connection, &source).await
        })
    });
    let rows = filled.await?;
    Ok(Backup {
        rows,
        blobs: written,
        bytes: 0,
    })
}

async fn refuse_unless_empty(connection: &mut Connection) -> Result<()> {
    for table in TABLES.iter().filter(|table| table.name != "facts") {
        let select = format!("SELECT COUNT(*) FROM {}", table.name);
        let rows = connection
            .rows(sqlx::AssertSqlSafe(select), Vec::new())
            .await?;
        if rows
            .into_iter()
            .next()
            .map_or(Ok(0), |mut row| row.uint())?
            > 0
        {
            let hint = "name an empty database with --database, or move the old one away";
            return Err(Error::refusal(format!(
                "the database holds something already\nhint: {hint}"
            )));
        }
    }
    Ok(())
}

async fn insert_rows(connection: &mut Connection, source: &Path) -> Result<u64> {
    let mut reader = Reader::open(source)?;
    let mut table: Option<Found> = None;
    let (mut rows, mut count) = (Vec::new(), 0);
    while let Some(record) = reader.next()? {
        match record {
            Record::Row(row) => {
                let table = table
                    .as_ref()
                    .ok_or_else(|| reader.damaged("a row of no table"))?;
                rows.push(
                    typed(table, row)
                        .ok_or_else(|| reader.damaged("a row does not fit its table"))?,
                );
                count += 1;
                if rows.len() == ROWS {
                    insert(connection, table, std::mem::take(&mut rows)).await?;
                }
            }
            Record::Table(text) => {
                if let Some(table) = &table {
                    insert(connection, table, std::mem::take(&mut rows)).await?;
                }
                let found = Table::of(&text);
                table = Some(found.ok_or_else(|| reader.damaged("a table that is not known"))?);
            }
            Record::Blob(_) | Record::Part(_) => break,
        }
    }
    if let Some(table) = &table {
        insert(connection, table, rows).await?;
    }
    Ok(count)
}

async fn insert(connection: &mut Connection, table: &Found, rows: Vec<Vec<Value>>) -> Result<()> {
    let into = format!("{}({})", table.name, table.names.join(", "));
    connection.insert(&into, rows).await
}

/// The row with nothing in it being nothing of the column's kind, which PostgreSQL minds.
fn typed(table: &Found, row: Vec<Value>) -> Option<Vec<Value>> {
    let kinds = &table.kinds;
    if kinds.len() != row.len() {
        return None;
    }
    let typed = row
        .into_iter()
        .zip(kinds.iter().copied())
        .map(|(value, kind)| match (value, kind) {
            (Value::Text(None), Kind::Int) => Some(Value::Int(None)),
            (Value::Text(None), Kind::Blob) => Some(Value::Blob(None)),
            (value @ Value::Int(_), Kind::Int) => Some(value),
            (value @ Value::Text(_), Kind::Text) => Some(value),
            (value @ Value::Blob(_), Kind::Blob) => Some(value),
            _ => None,
        });
    typed.collect()
}

fn write_blobs(source: &Path, folder: &Path) -> Result<u64> {
    let mut reader = Reader::open(source)?;
    let (mut count, mut open): (u64, Option<(File, PathBuf)>) = (0, None);
    while let Some(record) = reader.next()? {
        match record {
            Record::Blob(storage) => {
                if storage.len() != 32 || !storage.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(reader.damaged("a blob of an impossible name"));
                }
                close(open.take())?;
                let path = blob_path(folder, &storage);
                let shelf = path.parent().unwrap_or(folder);
                fs::create_dir_all(shelf).map_err(|error| Error::file("make", shelf, &error))?;
                let file =
                    File::create(&path).map_err(|error| Error::file("write", &path, &error))?;
                open = Some((file, path));
                count += 1;
            }
            Record::Part(part) => {
                let Some((file, path)) = &mut open else {
                    return Err(reader.damaged("a part of no blob"));
                };
                file.write_all(&part)
                    .map_err(|error| Error::file("write", path, &error))?;
            }
            Record::Table(_) | Record::Row(_) => {}
        }
    }
    close(open)?;
    Ok(count)
}

fn close(open: Option<(File, PathBuf)>) -> Result<()> {
    let Some((file, path)) = open else {
        return Ok(());
    };
    file.sync_all()
        .map_err(|error| Error::file("write", &path, &error))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}
