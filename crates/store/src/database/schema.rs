//! The tables, and how those of an older version become those of this one.

use sqlx::AssertSqlSafe;

use super::Connection;
use super::value::values;
use crate::{Error, Result};

/// The format that this version writes.
pub(crate) const VERSION: u64 = MIGRATIONS.len() as u64;

/// What leads from each version to the next. What was released is never changed, only added to.
/// `TEXT` and `BLOB` are translated for PostgreSQL, whose texts are to be ordered by their bytes as SQLite's are.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
];

/// Any number; that of everybody who migrates a database of ours.
const LOCK: i64 = 0x6672_6565_686f_6c64;

/// Brings the tables to this version. `connection` is in a transaction that nobody else writes beside.
pub(super) async fn migrate(connection: &mut Connection) -> Result<()> {
    if connection.is_postgres() {
        let lock = "SELECT 1::bigint FROM (SELECT pg_advisory_xact_lock($1)) AS locked";
        connection.rows(lock, values![LOCK]).await?;
    }
    let create = "CREATE TABLE IF NOT EXISTS schema_version(version BIGINT NOT NULL)";
    connection.run(create, Vec::new()).await?;
    let row = connection
        .row("SELECT MAX(version) FROM schema_version", Vec::new())
        .await?;
    let found = row
        .map(|mut row| row.optional_uint())
        .transpose()?
        .flatten()
        .unwrap_or(0);
    if found > VERSION {
        let known = VERSION;
        return Err(Error::Newer { found, known });
    }
    for (version, script) in (1_u64..)
        .zip(MIGRATIONS)
        .skip(usize::try_from(found).unwrap_or(usize::MAX))
    {
        let script = if connection.is_postgres() {
            of_postgres(script)
        } else {
            (*script).to_owned()
        };
        connection.script(AssertSqlSafe(script)).await?;
        let insert = "INSERT INTO schema_version(version) VALUES ($1)";
        connection.run(insert, values![version]).await?;
    }
    Ok(())
}

fn of_postgres(script: &str) -> String {
    script
        .replace(" TEXT", " TEXT COLLATE \"C\"")
        .replace(" BLOB", " BYTEA")
}
