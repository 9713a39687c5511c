//! The log of what was done: lines in order, none missing, none changed by us.
//!
//! What a line says and how lines are chained is the affair of whoever appends.

use crate::database::{Row, values};
use crate::{Durability, Error, Hash, Result, Store, Timestamp};

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Its place: 1 for the first, one more for each that follows.
    pub sequence: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Its hash, which holds the one before it.
    pub hash: Hash,
    /// What happened.
    pub line: String,
}

/// A signature under the log as it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last line it covers.
    pub sequence: u64,
    /// When it was signed.
    pub at: Timestamp,
    /// The hash of that line.
    pub hash: Hash,
    /// The signature.
    pub signature: Vec<u8>,
}

/// The log of what was done.
#[derive(Clone, Copy, Debug)]
pub struct Audit<'a> {
    store: &'a Store,
}

impl<'a> Audit<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Appends `lines`, all or none, and returns when they are as safe as `durability` says.
    ///
    /// # Errors
    /// [`Error::Version`] where the first does not follow the last that is there, or another was faster;
    /// [`Error::Refused`] where `lines` has a gap.
    pub async fn append(&self, lines: Vec<AuditLine>, durability: Durability) -> Result<()> {
        let Some(first) = lines.first().map(|line| line.sequence) else {
            return Ok(());
        };
        if (first..)
            .zip(&lines)
            .any(|(sequence, line)| line.sequence != sequence)
        {
            return Err(Error::refusal(
                "lines of the audit log do not follow each other",
            ));
        }
        let appended = self
            .store
            .database()
            .write_as(durability, move |connection| {
                Box::pin(async move {
                    let last = "SELECT COALESCE(MAX(sequence), 0) FROM audit";
                    let row = connection.row(last, Vec::new()).await?;
                    let last = row.map(|mut row| row.uint()).transpose()?.unwrap_or(0);
                    if first != last + 1 {
                        return Err(behind(first, last));
                    }
                    let row =
                        |line: AuditLine| values![line.sequence, line.at, line.hash, line.line];
                    let rows = lines.into_iter().map(row).collect();
                    connection
                        .insert("audit(sequence, at, hash, line)", rows)
                        .await
                })
            });
        match appended.await {
            // On PostgreSQL two may have seen the same end.
            Err(Error::Taken { .. }) => Err(behind(
                first,
                self.last().await?.map_or(0, |line| line.sequence),
            )),
            other => other,
        }
    }

    /// The last line.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn last(&self) -> Result<Option<AuditLine>> {
        let select = "SELECT sequence, at, hash, line FROM audit ORDER BY sequence DESC LIMIT 1";
        let row = self.store.database().row(select, Vec::new()).await?;
        row.map(line).transpose()
    }

    /// At most `limit` lines after the place `after`, in order.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn page(&self, after: u64, limit: u32) -> Result<Vec<AuditLine>> {
        let select = "SELECT sequence, at, hash, line FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2";
        let rows = self
            .store
            .database()
            .rows(select, values![after, limit])
            .await?;
        rows.into_iter().map(line).collect()
    }

    /// Keeps a checkpoint.
    ///
    /// # Errors
    /// [`Error::Taken`] where there is one for that line.
    pub async fn add_checkpoint(&self, checkpoint: &Checkpoint) -> Result<()> {
        let Checkpoint {
            sequence,
            at,
            hash,
            signature,
        } = checkpoint.clone();
        let insert =
            "INSERT INTO checkpoints(sequence, at, hash, signature) VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING";
        let added = self
            .store
            .database()
            .run(insert, values![sequence, at, hash, signature])
            .await?;
        if added == 0 {
            return Err(Error::taken("checkpoint", sequence.to_string()));
        }
        Ok(())
    }

    /// At most `limit` checkpoints after the line `after`, in order.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn checkpoints(&self, after: u64, limit: u32) -> Result<Vec<Checkpoint>> {
        let select = "SELECT sequence, at, hash, signature FROM checkpoints WHERE sequence > $1
            ORDER BY sequence LIMIT $2";
        let rows = self
            .store
            .database()
            .rows(select, values![after, limit])
            .await?;
        rows.into_iter().map(checkpoint).collect()
    }

    /// The last checkpoint.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn last_checkpoint(&self) -> Result<Option<Checkpoint>> {
        let select =
            "SELECT sequence, at, hash, signature FROM checkpoints ORDER BY sequence DESC LIMIT 1";
        let row = self.store.database().row(select, Vec::new()).await?;
        row.map(checkpoint).transpose()
    }
}

fn behind(first: u64, last: u64) -> Error {
    Error::Version {
        id: "audit".to_owned(),
        expected: first.saturating_sub(1),
        found: last,
    }
}

fn line(mut row: Row) -> Result<AuditLine> {
    Ok(AuditLine {
        sequence: row.uint()?,
        at: row.time()?,
        hash: row.hash()?,
        line: row.text()?,
    })
}

fn checkpoint(mut row: Row) -> Result<Checkpoint> {
    Ok(Checkpoint {
        sequence: row.uint()?,
        at: row.time()?,
        hash: row.hash()?,
        signature: row.blob()?,
    })
}
