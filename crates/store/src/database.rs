//! One way to both databases: the same SQL with `$1`, the same three kinds of values.
//!
//! SQLite has one connection that writes, and callers who come at once share its transactions. PostgreSQL has a pool,
//! a transaction a caller, and gathers commits by itself.

mod connection;
mod failure;
mod reserve;
mod schema;
mod sqlite;
mod value;

use std::pin::Pin;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgPool};

use crate::{Error, Options, Result};

pub(crate) use connection::Connection;
use connection::within;
pub(crate) use schema::VERSION;

pub(crate) use value::{Row, Value, values};

/// What asynchronous work looks like once it is boxed.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// When a write counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// When it survives the end of this process. A power cut may take the last moments, whole transactions from
    /// the last one backwards.
    Process,
    /// When it survives a power cut, with all that was done before.
    Disk,
}

/// An open database of either kind.
#[derive(Debug)]
pub(crate) enum Database {
    Sqlite(Box<sqlite::Sqlite>),
    Postgres(PgPool, Duration),
}

impl Database {
    /// Opens the database that `options.url` names, and brings its tables to this version.
    pub async fn open(options: &Options) -> Result<Self> {
        let url = &options.url;
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            let path = options.data.join(path);
            let sqlite = sqlite::Sqlite::open(&path, options).await?;
            return Ok(Self::Sqlite(Box::new(sqlite)));
        }
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            let hint = "write sqlite:PATH or postgres://USER@HOST/DATABASE";
            return Err(Error::refusal(format!(
                "`{}` names no database that can be used\nhint: {hint}",
                url.split(':').next().unwrap_or_default()
            )));
        }
        let connect = PgConnectOptions::from_str(url)
            .map_err(|error| {
                Error::refusal(format!(
                    "the address of the database cannot be read: {error}"
                ))
            })?
            .application_name("freehold")
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(options.acquire_timeout)
            .connect_lazy_with(connect);
        let database = Self::Postgres(pool, options.patience);
        database
            .write(|connection| Box::pin(schema::migrate(connection)))
            .await?;
        Ok(database)
    }

    /// Does `work` in one transaction, and returns once it is on disk.
    ///
    /// Once begun it ends, whether or not the caller still waits. `work` may be told to fail
    /// after it succeeded: what it returns counts for nothing until this function returns it.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        self.write_as(Durability::Disk, work).await
    }

    /// The same, for what counts as done sooner, too.
    pub async fn write_as<T, F>(&self, durability: Durability, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.write(durability, work).await,
            Self::Postgres(pool, patience) => {
                let (pool, patience) = (pool.clone(), *patience);
                let task = tokio::spawn(async move {
                    let begun = within(patience, pool.begin()).await?;
                    let mut connection = Connection::PostgresTransaction(begun, patience);
                    if durability == Durability::Process {
                        connection
                            .script("SET LOCAL synchronous_commit = off")
                            .await?;
                    }
                    // Dropped where it fails, and so rolled back.
                    let value = work(&mut connection).await?;
                    connection.commit().await?;
                    Ok(value)
                });
                task.await.map_err(Error::unavailable)?
            }
        }
    }

    /// That there is room for more than what must be written.
    ///
    /// # Errors
    /// [`Error::Full`] while what is left is for the log and for deleting.
    pub async fn room(&self) -> Result<()> {
        match self {
            Self::Sqlite(sqlite) => sqlite.room().await,
            // It says so itself.
            Self::Postgres(..) => Ok(()),
        }
    }

    /// A connection to read with.
    pub async fn reader(&self) -> Result<Connection> {
        match self {
            Self::Sqlite(sqlite) => sqlite.reader().await,
            Self::Postgres(pool, patience) => {
                let connection = within(*patience, pool.acquire()).await?;
                Ok(Connection::Postgres(connection, *patience))
            }
        }
    }

    /// The rows that `sql` reads.
    pub async fn rows(
        &self,
        sql: impl sqlx::SqlSafeStr + Send,
        values: Vec<Value>,
    ) -> Result<Vec<Row>> {
        self.reader().await?.rows(sql, values).await
    }

    /// The first row that `sql` reads.
    pub async fn row(&self, sql: &'static str, values: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Runs one statement that writes, and says how many rows it changed.
    pub async fn run(&self, sql: &'static str, values: Vec<Value>) -> Result<u64> {
        self.write(move |connection| Box::pin(async move { connection.run(sql, values).await }))
            .await
    }

    /// Waits for what was begun, then closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
            // Whoever does not answer is not waited for.
            Self::Postgres(pool, patience) => {
                let _ = tokio::time::timeout(*patience, pool.close()).await;
            }
        }
    }
}
