//! What whoever leased a job may do.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{Job, JobState, Jobs, append_events, owner};
use crate::database::{BoxFuture, Connection, values};
use crate::objects::{bytes, json as parsed};
use crate::{Error, Result, Store, Timestamp};

/// The longest wait between two attempts.
const BACKOFF_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The right to work on a job, for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// The job, as it stood when it was leased.
    pub job: Job,
    /// The number of this lease; a later one has a higher number.
    pub fence: u64,
}

/// What a write has to hold on to while it is done.
pub(crate) struct Fence {
    job: String,
    number: u64,
}

impl Fence {
    pub fn of(lease: &Lease) -> Self {
        let (job, number) = (lease.job.id.clone(), lease.fence);
        Self { job, number }
    }

    /// That the lease is the last one, until the transaction ends.
    pub async fn hold(&self, connection: &mut Connection) -> Result<()> {
        let update =
            "UPDATE jobs SET fence = fence WHERE id = $1 AND fence = $2 AND state = 'running'";
        if connection
            .run(update, values![&self.job, self.number])
            .await?
            == 0
        {
            let job = self.job.clone();
            return Err(Error::Stale { job });
        }
        Ok(())
    }
}

/// What is recorded of a step under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What came of it.
    pub result: Json,
    /// Whether this call recorded it, and not one before.
    pub is_new: bool,
}

impl Jobs<'_> {
    /// Lets the lease last until `duration` after `now`. It may have run out, as long as nobody else took the job.
    ///
    /// # Errors
    /// [`Error::Stale`] where the lease is over.
    pub async fn extend(&self, lease: &Lease, now: Timestamp, duration: Duration) -> Result<()> {
        let until = now.after(duration);
        let extended = self.fenced(lease, move |connection, _, id| {
            Box::pin(async move {
                let update = "UPDATE jobs SET lease_until = $2 WHERE id = $1";
                connection.run(update, values![id, until]).await.map(drop)
            })
        });
        extended.await
    }

    /// Records that the step `name` was done, once in the life of the job: if it was recorded before, by this or an
    /// earlier lease, what was recorded then is returned.
    ///
    /// # Errors
    /// [`Error::Stale`] where the lease is over.
    pub async fn step(&self, lease: &Lease, name: &str, result: Json) -> Result<Step> {
        let (name, number) = (name.to_owned(), lease.fence);
        let recorded = self.fenced(lease, move |connection, store, id| {
            Box::pin(async move {
                let owner = owner(connection, &id).await?;
                let key = store.keyring().get(connection, &owner).await?;
                let place = format!("job step/{id}/{name}");
                let select = "SELECT result FROM job_steps WHERE job_id = $1 AND name = $2";
                if let Some(mut row) = connection.row(select, values![&id, &name]).await? {
                    let result = parsed(&place, &key.open(&place, &row.blob()?)?)?;
                    let is_new = false;
                    return Ok(Step { result, is_new });
                }
                let sealed = key.seal(&place, &bytes(&result)?)?;
                let insert =
                    "INSERT INTO job_steps(job_id, name, fence, result) VALUES ($1, $2, $3, $4)";
                connection
                    .run(insert, values![id, name, number, sealed])
                    .await?;
                let is_new = true;
                Ok(Step { result, is_new })
            })
        });
        recorded.await
    }

    /// What was recorded of a job's steps, by name.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such job.
    pub async fn steps(&self, id: &str) -> Result<BTreeMap<String, Json>> {
        let mut connection = self.store.database().reader().await?;
        let owner = owner(&mut connection, id).await?;
        let key = self.store.keyring().get(&mut connection, &owner).await?;
        let select = "SELECT name, result FROM job_steps WHERE job_id = $1";
        let rows = connection.rows(select, values![id]).await?;
        let read = rows.into_iter().map(|mut row| {
            let (name, sealed) = (row.text()?, row.blob()?);
            let place = format!("job step/{id}/{name}");
            let result = parsed(&place, &key.open(&place, &sealed)?)?;
            Ok((name, result))
        });
        read.collect()
    }

    /// Appends events to the job.
    ///
    /// # Errors
    /// [`Error::Stale`] where the lease is over.
    pub async fn append_events(
        &self,
        lease: &Lease,
        at: Timestamp,
        events: Vec<Json>,
    ) -> Result<()> {
        let appended = self.fenced(lease, move |connection, store, id| {
            Box::pin(
                async move { append_events(connection, store.keyring(), &id, at, &events).await },
            )
        });
        appended.await
    }

    /// Ends the job with what came of it.
    ///
    /// # Errors
    /// [`Error::Stale`] where the lease is over.
    pub async fn complete(&self, lease: &Lease, result: Json, now: Timestamp) -> Result<()> {
        let completed = self.fenced(lease, move |connection, store, id| {
            Box::pin(async move {
                end(connection, store, &id, JobState::Done, &result, now).await?;
                append_events(
                    connection,
                    store.keyring(),
                    &id,
                    now,
                    &[json!({"type": "done"})],
                )
                .await
            })
        });
        completed.await
    }

    /// Says that the attempt failed, and why. The job is queued again if it may be begun once more, after a wait
    /// that doubles each time; otherwise it has failed. Returns which.
    ///
    /// # Errors
    /// [`Error::Stale`] where the lease is over.
    pub async fn fail(&self, lease: &Lease, reason: Json, now: Timestamp) -> Result<JobState> {
        let (attempts, backoff) = (lease.job.attempts, lease.job.backoff);
        let is_last = attempts >= lease.job.attempts_max;
        let failed = self.fenced(lease, move |connection, store, id| {
            Box::pin(async move {
                if is_last {
                    end(connection, store, &id, JobState::Failed, &reason, now).await?;
                    let event = json!({"type": "failed", "reason": reason});
                    append_events(connection, store.keyring(), &id, now, &[event]).await?;
                    return Ok(JobState::Failed);
                }
                let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
                let run_at = now.after(backoff.saturating_mul(doubled).min(BACKOFF_MAX));
                let update = "UPDATE jobs SET state = 'queued', run_at = $2, lease_until = NULL WHERE id = $1";
                connection.run(update, values![&id, run_at]).await?;
                let event = json!({"type": "retried", "reason": reason, "run_at": run_at.as_millis()});
                append_events(connection, store.keyring(), &id, now, &[event]).await?;
                Ok(JobState::Queued)
            })
        });
        failed.await
    }

    /// Does `work` in one transaction with the job's id, if the lease holds.
    async fn fenced<T, F>(&self, lease: &Lease, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection, &'c Store, String) -> BoxFuture<'c, Result<T>>
            + Send
            + 'static,
    {
        let store = self.store.clone();
        let fence = Fence::of(lease);
        let written = self.store.database().write(move |connection| {
            Box::pin(async move {
                fence.hold(connection).await?;
                work(connection, &store, fence.job).await
            })
        });
        written.await
    }
}

async fn end(
    connection: &mut Connection,
    store: &Store,
    id: &str,
    state: JobState,
    result: &Json,
    now: Timestamp,
) -> Result<()> {
    let owner = owner(connection, id).await?;
    let key = store.keyring().get(connection, &owner).await?;
    let sealed = key.seal(&format!("job result/{id}"), &bytes(result)?)?;
    let update =
        "UPDATE jobs SET state = $2, result = $3, ended_at = $4, lease_until = NULL WHERE id = $1";
    connection
        .run(update, values![id, state.word(), sealed, now])
        .await
        .map(drop)
}
