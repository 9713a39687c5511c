//! A connection of either kind, and what may be asked of it.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column as _, PgConnection, Postgres, Row as _, SqlSafeStr, Sqlite,
    SqliteConnection, Transaction, TypeInfo as _, ValueRef as _,
};

use super::failure;
use super::value::{Row, Value};
use crate::{Error, Result};

/// Rows of one `INSERT`, at most.
const ROWS_MAX: usize = 64;

/// A connection of either kind.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    SqlitePooled(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>, Duration),
    PostgresTransaction(Transaction<'static, Postgres>, Duration),
}

enum Target<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection, Duration),
}

/// Waits for a server no longer than `patience`. What it was asked for may be done all the same.
pub(super) async fn within<T>(
    patience: Duration,
    work: impl Future<Output = sqlx::Result<T>> + Send,
) -> Result<T> {
    match tokio::time::timeout(patience, work).await {
        Ok(done) => done.map_err(|error| failure::of(&error)),
        Err(_) => Err(Error::unavailable("it did not answer in time")),
    }
}

impl Connection {
    fn target(&mut self) -> Target<'_> {
        match self {
            Self::Sqlite(connection) => Target::Sqlite(connection),
            Self::SqlitePooled(connection) => Target::Sqlite(connection),
            Self::Postgres(connection, patience) => Target::Postgres(connection, *patience),
            Self::PostgresTransaction(connection, patience) => {
                Target::Postgres(connection, *patience)
            }
        }
    }

    /// Whether PostgreSQL is at its other end.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(..) | Self::PostgresTransaction(..))
    }

    /// Runs `sql`, and says how many rows it changed.
    pub async fn run(&mut self, sql: impl SqlSafeStr + Send, values: Vec<Value>) -> Result<u64> {
        match self.target() {
            Target::Sqlite(connection) => {
                let query = bind_sqlite(sqlx::query(sql), values);
                let done = query.execute(connection).await;
                let done = done.map_err(|error| failure::of(&error))?;
                Ok(done.rows_affected())
            }
            Target::Postgres(connection, patience) => {
                let query = bind_postgres(sqlx::query(sql), values);
                let done = within(patience, query.execute(connection)).await?;
                Ok(done.rows_affected())
            }
        }
    }

    /// Runs statements without values, apart by `;`.
    pub async fn script(&mut self, sql: impl SqlSafeStr + Send) -> Result<()> {
        match self.target() {
            Target::Sqlite(connection) => {
                let done = sqlx::raw_sql(sql).execute(connection).await;
                done.map(drop).map_err(|error| failure::of(&error))
            }
            Target::Postgres(connection, patience) => {
                let script = sqlx::raw_sql(sql).execute(connection);
                within(patience, script).await.map(drop)
            }
        }
    }

    /// The rows that `sql` reads or returns.
    pub async fn rows(
        &mut self,
        sql: impl SqlSafeStr + Send,
        values: Vec<Value>,
    ) -> Result<Vec<Row>> {
        match self.target() {
            Target::Sqlite(connection) => {
                let query = bind_sqlite(sqlx::query(sql), values);
                let rows = query.fetch_all(connection).await;
                let rows = rows.map_err(|error| failure::of(&error))?;
                rows.iter().map(read_sqlite).collect()
            }
            Target::Postgres(connection, patience) => {
                let query = bind_postgres(sqlx::query(sql), values);
                let rows = within(patience, query.fetch_all(connection)).await?;
                rows.iter().map(read_postgres).collect()
            }
        }
    }

    /// The first of the rows that `sql` reads or returns.
    pub async fn row(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Inserts `rows`, many a statement. `into` is `table(column, …)`.
    pub async fn insert(&mut self, into: &str, rows: Vec<Vec<Value>>) -> Result<()> {
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            // Powers of two, so that few statements are prepared.
            let count = ROWS_MAX.min(1 << rows.len().ilog2());
            let chunk: Vec<Vec<Value>> = rows.by_ref().take(count).collect();
            let mut sql = format!("INSERT INTO {into} VALUES ");
            let mut number = 0;
            for (position, row) in chunk.iter().enumerate() {
                let numbers: Vec<String> = (1..=row.len())
                    .map(|column| format!("${}", number + column))
                    .collect();
                let comma = if position > 0 { ", " } else { "" };
                sql.push_str(&format!("{comma}({})", numbers.join(", ")));
                number += row.len();
            }
            let values = chunk.into_iter().flatten().collect();
            self.run(AssertSqlSafe(sql), values).await?;
        }
        Ok(())
    }

    /// Ends the transaction that it began with.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::PostgresTransaction(transaction, patience) => {
                within(patience, transaction.commit()).await
            }
            mut other => other.script("COMMIT").await,
        }
    }
}

type SqliteQuery<'q> = Query<'q, Sqlite, SqliteArguments>;
type PostgresQuery<'q> = Query<'q, Postgres, PgArguments>;

fn bind_sqlite(query: SqliteQuery<'_>, values: Vec<Value>) -> SqliteQuery<'_> {
    values.into_iter().fold(query, |query, value| match value {
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Blob(value) => query.bind(value),
    })
}

fn bind_postgres(query: PostgresQuery<'_>, values: Vec<Value>) -> PostgresQuery<'_> {
    values.into_iter().fold(query, |query, value| match value {
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Blob(value) => query.bind(value),
    })
}

fn read_sqlite(row: &SqliteRow) -> Result<Row> {
    let read = |column: usize| -> Result<Value, sqlx::Error> {
        let raw = row.try_get_raw(column)?;
        let kind = raw.type_info();
        Ok(match kind.name() {
            "INTEGER" => Value::Int(row.try_get_unchecked(column)?),
            "BLOB" => Value::Blob(row.try_get_unchecked(column)?),
            "NULL" => Value::Text(None),
            _ => Value::Text(row.try_get_unchecked(column)?),
        })
    };
    let values: Result<Vec<Value>, sqlx::Error> = (0..row.columns().len()).map(read).collect();
    Ok(Row::new(values.map_err(|error| failure::of(&error))?))
}

fn read_postgres(row: &PgRow) -> Result<Row> {
    let mut values = Vec::with_capacity(row.columns().len());
    for column in row.columns() {
        let position = column.ordinal();
        let value = match column.type_info().name() {
            "INT8" => row.try_get(position).map(Value::Int),
            "TEXT" => row.try_get(position).map(Value::Text),
            "BYTEA" => row.try_get(position).map(Value::Blob),
            other => {
                return Err(Error::damaged(
                    "a row",
                    format!("a column of type `{other}`"),
                ));
            }
        };
        values.push(value.map_err(|error| failure::of(&error))?);
    }
    Ok(Row::new(values))
}
