//! Jobs come in, are leased, and are called off.

use std::time::Duration;

use serde_json::json;
use sqlx::AssertSqlSafe;

use super::{Job, JobState, Jobs, Lease, NewJob, append_events, read};
use crate::database::{Connection, Value, values};
use crate::objects::bytes;
use crate::sealing::Keyring;
use crate::{Error, Result, Timestamp};

/// Who waits the longest comes first.
const BY_AGE: &str = "run_at, created_at, id";

/// Whose owner was served the longest ago comes first: each job that was ever begun counts until it ended.
const FAIRLY: &str = "COALESCE((SELECT MAX(COALESCE(served.ended_at, served.lease_until)) FROM jobs AS served
    WHERE served.owner = jobs.owner AND served.kind = jobs.kind AND served.fence > 0), 0), run_at, created_at, id";

impl Jobs<'_> {
    /// Queues a job, or finds the one that was queued with the same kind, owner and idempotency key.
    ///
    /// # Errors
    /// [`Error::Taken`] where another job has its id, [`Error::Erased`] where its owner was.
    pub async fn enqueue(&self, new: NewJob) -> Result<Job> {
        let store = self.store.clone();
        let key = store.keyring().make(store.database(), &new.owner).await?;
        let sealed = key.seal(&format!("job/{}", new.id), &bytes(&new.payload)?)?;
        let queued = self.store.database().write(move |connection| {
            Box::pin(async move {
                let keyring = store.keyring();
                if insert(connection, &new, sealed).await? {
                    let event = json!({"type": "queued"});
                    append_events(connection, keyring, &new.id, new.created_at, &[event]).await?;
                    return read(connection, keyring, &new.id).await;
                }
                let select =
                    "SELECT id FROM jobs WHERE kind = $1 AND owner = $2 AND idempotency_key = $3";
                let values = values![&new.kind, &new.owner, new.idempotency_key.clone()];
                let row = connection.row(select, values).await?;
                let id = row.ok_or_else(|| Error::taken("job", &new.id))?.text()?;
                read(connection, keyring, &id).await
            })
        });
        queued.await
    }

    /// Leases the job of one of `kinds` that waits the longest, until `duration` after `now`. A job whose lease ran out
    /// counts as waiting, unless it was begun as often as it may be: then it has failed.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn lease(
        &self,
        worker: &str,
        kinds: &[&str],
        now: Timestamp,
        duration: Duration,
    ) -> Result<Option<Lease>> {
        self.lease_first(worker, kinds, (now, duration), BY_AGE)
            .await
    }

    /// The same, and fair: the job comes first whose owner was served the longest ago, so that who has many waiting holds
    /// nobody up who has one.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn lease_fairly(
        &self,
        worker: &str,
        kinds: &[&str],
        now: Timestamp,
        duration: Duration,
    ) -> Result<Option<Lease>> {
        self.lease_first(worker, kinds, (now, duration), FAIRLY)
            .await
    }

    async fn lease_first(
        &self,
        worker: &str,
        kinds: &[&str],
        (now, duration): (Timestamp, Duration),
        order: &'static str,
    ) -> Result<Option<Lease>> {
        let store = self.store.clone();
        let worker = worker.to_owned();
        let kinds: Vec<Value> = kinds.iter().map(|kind| Value::from(*kind)).collect();
        if kinds.is_empty() {
            return Ok(None);
        }
        let leased = self.store.database().write(move |connection| {
            Box::pin(async move {
                let keyring = store.keyring();
                fail_abandoned(connection, keyring, now).await?;
                let numbers: Vec<String> = (0..kinds.len()).map(|kind| format!("${}", kind + 4)).collect();
                let kinds_sql = numbers.join(", ");
                let skip = if connection.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
                let update = format!(
                    "UPDATE jobs SET state = 'running', fence = fence + 1, attempts = attempts + 1, worker = $1,
                        lease_until = $2 WHERE id = (SELECT id FROM jobs WHERE kind IN ({kinds_sql})
                        AND ((state = 'queued' AND run_at <= $3) OR (state = 'running' AND lease_until <= $3))
                        ORDER BY {order} LIMIT 1 {skip}) RETURNING id, fence"
                );
                let mut values = values![&worker, now.after(duration), now];
                values.extend(kinds);
                let rows = connection.rows(AssertSqlSafe(update), values).await?;
                let Some(mut row) = rows.into_iter().next() else {
                    return Ok(None);
                };
                let (id, fence) = (row.text()?, row.uint()?);
                let event = json!({"type": "leased", "worker": worker, "fence": fence});
                append_events(connection, keyring, &id, now, &[event]).await?;
                let job = read(connection, keyring, &id).await?;
                Ok(Some(Lease { job, fence }))
            })
        });
        leased.await
    }

    /// Calls a job off, and says where it stands now. Whoever works on it can write nothing more; one that has
    /// ended stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none with this id.
    pub async fn cancel(&self, id: &str, now: Timestamp) -> Result<JobState> {
        let update = "UPDATE jobs SET state = 'cancelled', ended_at = $2, lease_until = NULL
            WHERE id = $1 AND state IN ('queued', 'running', 'paused')";
        self.change(id, update, "cancelled", now).await
    }

    /// Puts a job aside, and says where it stands now. Whoever works on it can write nothing more, and nobody leases it
    /// before it is let go on; one that has ended stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none with this id.
    pub async fn pause(&self, id: &str, now: Timestamp) -> Result<JobState> {
        let update = "UPDATE jobs SET state = 'paused', run_at = $2, lease_until = NULL
            WHERE id = $1 AND state IN ('queued', 'running')";
        self.change(id, update, "paused", now).await
    }

    /// Lets a job go on that was put aside, and says where it stands now: it is queued as one that was never begun, and
    /// keeps its steps. One that was not put aside stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none with this id.
    pub async fn resume(&self, id: &str, now: Timestamp) -> Result<JobState> {
        let update = "UPDATE jobs SET state = 'queued', run_at = $2, attempts = 0
            WHERE id = $1 AND state = 'paused'";
        self.change(id, update, "resumed", now).await
    }

    /// Does `update` with `id` and `now`, and notes `event` if that changed something; where the job stands then.
    async fn change(
        &self,
        id: &str,
        update: &'static str,
        event: &'static str,
        now: Timestamp,
    ) -> Result<JobState> {
        let store = self.store.clone();
        let id = id.to_owned();
        let changed = self.store.database().write(move |connection| {
            Box::pin(async move {
                if connection.run(update, values![&id, now]).await? > 0 {
                    let event = json!({"type": event});
                    append_events(connection, store.keyring(), &id, now, &[event]).await?;
                }
                let row = connection
                    .row("SELECT state FROM jobs WHERE id = $1", values![&id])
                    .await?;
                JobState::of(&row.ok_or_else(|| Error::not_found("job", id))?.text()?)
            })
        });
        changed.await
    }

    /// Deletes jobs that ended before `before`, and says how many they were.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn delete_ended(&self, before: Timestamp) -> Result<u64> {
        let delete = "DELETE FROM jobs WHERE ended_at < $1";
        self.store.database().run(delete, values![before]).await
    }
}

async fn insert(connection: &mut Connection, new: &NewJob, sealed: Vec<u8>) -> Result<bool> {
    let insert = "INSERT INTO jobs(id, kind, owner, idempotency_key, payload, state, created_at, run_at, attempts,
        attempts_max, backoff_ms, fence, events_next)
        VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7, 0, $8, $9, 0, 0) ON CONFLICT DO NOTHING";
    let backoff = u64::try_from(new.backoff.as_millis()).unwrap_or(u64::MAX);
    let values = values![
        &new.id,
        &new.kind,
        &new.owner,
        new.idempotency_key.clone(),
        sealed,
        new.created_at,
        new.run_at,
        new.attempts_max.max(1),
        backoff
    ];
    match connection.run(insert, values).await {
        Err(Error::NotFound { .. }) => {
            let owner = new.owner.clone();
            Err(Error::Erased { owner })
        }
        other => Ok(other? > 0),
    }
}

/// Ends jobs whose last worker never came back.
async fn fail_abandoned(
    connection: &mut Connection,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<()> {
    let update = "UPDATE jobs SET state = 'failed', ended_at = $1, lease_until = NULL
        WHERE state = 'running' AND lease_until <= $1 AND attempts >= attempts_max RETURNING id";
    for mut row in connection.rows(update, values![now]).await? {
        let event = json!({"type": "failed", "reason": "the last worker never came back"});
        append_events(connection, keyring, &row.text()?, now, &[event]).await?;
    }
    Ok(())
}
