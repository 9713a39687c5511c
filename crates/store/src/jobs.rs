//! Work that is done to its end, whoever dies on the way.
//!
//! A worker leases a job for a while and works under a number, the fence, that is one higher with each lease. When the
//! lease runs out another may take the job; whoever had it before holds a fence of the past, and can write nothing.

mod lease;
mod queue;
mod turns;

use std::time::Duration;

use serde_json::Value as Json;
use sqlx::AssertSqlSafe;

use crate::database::{Connection, Row, values};
use crate::objects::{bytes, json};
use crate::sealing::Keyring;
use crate::{Error, Order, Result, Store, Timestamp};

pub(crate) use lease::Fence;
pub use lease::{Lease, Step};

const COLUMNS: &str =
    "id, kind, owner, payload, state, created_at, run_at, attempts, attempts_max, backoff_ms,
    worker, lease_until, result, ended_at";

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// A name of its own.
    pub id: String,
    /// What is to be done: workers ask for kinds.
    pub kind: String,
    /// For whom, and whose key seals it.
    pub owner: String,
    /// With the same kind, owner and key it is the same job, which is not queued twice.
    pub idempotency_key: Option<String>,
    /// With what.
    pub payload: Json,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Not before this moment.
    pub run_at: Timestamp,
    /// How often it is begun at most; at least once.
    pub attempts_max: u32,
    /// How long to wait after the first failure; twice as long after each more, a day at most.
    pub backoff: Duration,
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its name.
    pub id: String,
    /// What is to be done.
    pub kind: String,
    /// For whom.
    pub owner: String,
    /// With what.
    pub payload: Json,
    /// Where it stands.
    pub state: JobState,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Not before this moment.
    pub run_at: Timestamp,
    /// How often it was begun since it was queued or let go on.
    pub attempts: u32,
    /// How often it may be.
    pub attempts_max: u32,
    /// How long to wait after the first failure.
    pub backoff: Duration,
    /// Who works on it, or did last.
    pub worker: Option<String>,
    /// Until when.
    pub lease_until: Option<Timestamp>,
    /// What came of it, or why nothing did.
    pub result: Option<Json>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits for a worker.
    Queued,
    /// Somebody has leased it.
    Running,
    /// Somebody put it aside, until somebody lets it go on.
    Paused,
    /// It came to its end.
    Done,
    /// It failed as often as it may.
    Failed,
    /// Somebody called it off.
    Cancelled,
}

/// Which jobs.
#[derive(Clone, Debug, Default)]
pub struct JobList {
    /// Of this owner.
    pub owner: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// In this state.
    pub state: Option<JobState>,
    /// After the job with this id.
    pub after: Option<String>,
    /// Which end comes first, by the moment at which they were asked for.
    pub order: Order,
    /// How many at most.
    pub limit: u32,
}

/// Something that happened to a job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobEvent {
    /// Its place: 0 for the first, one more for each that follows.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What: an object with a `type`, which is `queued`, `leased`, `retried`, `paused`, `resumed`, `done`, `failed` or
    /// `cancelled` where the store wrote it.
    pub body: Json,
}

/// Jobs and their queue.
#[derive(Clone, Copy, Debug)]
pub struct Jobs<'a> {
    store: &'a Store,
}

impl<'a> Jobs<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// The job with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none.
    pub async fn get(&self, id: &str) -> Result<Job> {
        let mut connection = self.store.database().reader().await?;
        read(&mut connection, self.store.keyring(), id).await
    }

    /// The jobs that meet all conditions of `list`.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no job `list.after`.
    pub async fn list(&self, list: &JobList) -> Result<Vec<Job>> {
        let mut connection = self.store.database().reader().await?;
        let mut conditions = crate::objects::Conditions::default();
        let columns = [
            ("owner", list.owner.as_deref()),
            ("kind", list.kind.as_deref()),
            ("state", list.state.map(JobState::word)),
        ];
        for (column, value) in columns {
            if let Some(value) = value {
                let number = conditions.bind(value);
                conditions.add(format!("{column} = ${number}"));
            }
        }
        if let Some(id) = &list.after {
            let select = "SELECT created_at FROM jobs WHERE id = $1";
            let row = connection.row(select, values![id]).await?;
            let created_at = row.ok_or_else(|| Error::not_found("job", id))?.time()?;
            let (time, id) = (conditions.bind(created_at), conditions.bind(id));
            conditions.add(format!(
                "(created_at, id) {} (${time}, ${id})",
                list.order.beyond()
            ));
        }
        let limit = conditions.bind(list.limit);
        let select = format!(
            "SELECT {COLUMNS} FROM jobs {} ORDER BY created_at {direction}, id {direction} LIMIT ${limit}",
            conditions.sql,
            direction = list.order.sql(),
        );
        let rows = connection
            .rows(AssertSqlSafe(select), conditions.values)
            .await?;
        let mut jobs = Vec::with_capacity(rows.len());
        for row in rows {
            jobs.push(job(&mut connection, self.store.keyring(), row).await?);
        }
        Ok(jobs)
    }

    /// At most `limit` events of a job after the place `after`, or from the first on.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such job.
    pub async fn events_after(
        &self,
        id: &str,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<JobEvent>> {
        let mut connection = self.store.database().reader().await?;
        let owner = owner(&mut connection, id).await?;
        let key = self.store.keyring().get(&mut connection, &owner).await?;
        let select =
            "SELECT sequence, at, body FROM job_events WHERE job_id = $1 AND sequence >= $2
            ORDER BY sequence LIMIT $3";
        let from = after.map_or(0, |after| after.saturating_add(1));
        let rows = connection.rows(select, values![id, from, limit]).await?;
        let read = rows.into_iter().map(|mut row| {
            let (sequence, at, sealed) = (row.uint()?, row.time()?, row.blob()?);
            let place = event_place(id, sequence);
            let body = json(&place, &key.open(&place, &sealed)?)?;
            Ok(JobEvent { sequence, at, body })
        });
        read.collect()
    }
}

impl JobState {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn of(word: &str) -> Result<Self> {
        let all = [
            Self::Queued,
            Self::Running,
            Self::Paused,
            Self::Done,
            Self::Failed,
            Self::Cancelled,
        ];
        let found = all.into_iter().find(|state| state.word() == word);
        found.ok_or_else(|| Error::damaged("a job", format!("an unknown state `{word}`")))
    }
}

async fn owner(connection: &mut Connection, id: &str) -> Result<String> {
    let row = connection
        .row("SELECT owner FROM jobs WHERE id = $1", values![id])
        .await?;
    row.ok_or_else(|| Error::not_found("job", id))?.text()
}

async fn read(connection: &mut Connection, keyring: &Keyring, id: &str) -> Result<Job> {
    let select = AssertSqlSafe(format!("SELECT {COLUMNS} FROM jobs WHERE id = $1"));
    let rows = connection.rows(select, values![id]).await?;
    let row = rows
        .into_iter()
        .next()
        .ok_or_else(|| Error::not_found("job", id))?;
    job(connection, keyring, row).await
}

/// The job of a row of [`COLUMNS`].
async fn job(connection: &mut Connection, keyring: &Keyring, mut row: Row) -> Result<Job> {
    let (id, kind, owner, payload) = (row.text()?, row.text()?, row.text()?, row.blob()?);
    let key = keyring.get(connection, &owner).await?;
    let place = format!("job/{id}");
    let payload = json(&place, &key.open(&place, &payload)?)?;
    let mut job = Job {
        kind,
        owner,
        payload,
        state: JobState::of(&row.text()?)?,
        created_at: row.time()?,
        run_at: row.time()?,
        attempts: u32::try_from(row.uint()?).unwrap_or(u32::MAX),
        attempts_max: u32::try_from(row.uint()?).unwrap_or(u32::MAX),
        backoff: Duration::from_millis(row.uint()?),
        worker: row.optional_text()?,
        lease_until: row.optional_time()?,
        result: None,
        ended_at: None,
        id,
    };
    if let Some(sealed) = row.optional_blob()? {
        let place = format!("job result/{}", job.id);
        job.result = Some(json(&place, &key.open(&place, &sealed)?)?);
    }
    job.ended_at = row.optional_time()?;
    Ok(job)
}

/// Appends events to a job.
async fn append_events(
    connection: &mut Connection,
    keyring: &Keyring,
    id: &str,
    at: Timestamp,
    events: &[Json],
) -> Result<()> {
    let update =
        "UPDATE jobs SET events_next = events_next + $2 WHERE id = $1 RETURNING events_next, owner";
    let count = events.len() as u64;
    let row = connection.row(update, values![id, count]).await?;
    let mut row = row.ok_or_else(|| Error::not_found("job", id))?;
    let first = row.uint()?.saturating_sub(count);
    let key = keyring.get(connection, &row.text()?).await?;
    let mut rows = Vec::with_capacity(events.len());
    for (sequence, body) in (first..).zip(events) {
        let sealed = key.seal(&event_place(id, sequence), &bytes(body)?)?;
        rows.push(values![id, sequence, at, sealed]);
    }
    connection
        .insert("job_events(job_id, sequence, at, body)", rows)
        .await
}

fn event_place(id: &str, sequence: u64) -> String {
    format!("job event/{id}/{sequence}")
}
