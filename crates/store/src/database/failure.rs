//! What a database's own errors mean for a caller.

use sqlx::error::ErrorKind;

use crate::Error;

/// The error that stands for `error`.
pub(super) fn of(error: &sqlx::Error) -> Error {
    let reason = error.to_string();
    match error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            match database.kind() {
                ErrorKind::UniqueViolation => return Error::taken("row", database.message()),
                ErrorKind::ForeignKeyViolation => {
                    return Error::not_found("row", database.message());
                }
                _ => {}
            }
            // PostgreSQL's codes have five characters, SQLite's are numbers below 10,000.
            match code.parse() {
                Ok(number) if code.len() < 5 => sqlite(number, reason),
                _ => postgres(&code, reason),
            }
        }
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::ColumnNotFound(_) => Error::damaged("a row", reason),
        sqlx::Error::Configuration(_) => Error::refusal(reason),
        sqlx::Error::PoolTimedOut => Error::unavailable("no connection could be had in time"),
        _ => Error::unavailable(reason),
    }
}

/// Whether SQLite refused because of what another connection does at the moment.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    const BUSY: u32 = 5;
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse().ok())
        .is_some_and(|code: u32| code & 0xff == BUSY)
}

/// SQLite's codes; the lowest byte is the family.
fn sqlite(code: u32, reason: String) -> Error {
    const IOERR: u32 = 10;
    const CORRUPT: u32 = 11;
    const FULL: u32 = 13;
    const NOTADB: u32 = 26;
    // A limit on the size of files is told as a write that failed.
    const IOERR_WRITE: u32 = IOERR | (3 << 8);
    const IOERR_SHMSIZE: u32 = IOERR | (19 << 8);
    match (code & 0xff, code) {
        (CORRUPT | NOTADB, _) => Error::damaged("the database", reason),
        (FULL, _) | (_, IOERR_WRITE | IOERR_SHMSIZE) => Error::Full { reason },
        _ => Error::unavailable(reason),
    }
}

/// PostgreSQL's, of five characters; the first two are the class.
fn postgres(code: &str, reason: String) -> Error {
    match (code.get(..2).unwrap_or_default(), code) {
        (_, "53100" | "53200") => Error::Full { reason },
        ("XX", _) => Error::damaged("the database", reason),
        ("22", _) => Error::refusal(reason),
        _ => Error::unavailable(reason),
    }
}
