//! Whose turn it is, where that goes round.

use std::collections::{BTreeMap, VecDeque};

use sqlx::AssertSqlSafe;

use super::Jobs;
use crate::database::Value;
use crate::{Result, Timestamp};

impl Jobs<'_> {
    /// The ids of the jobs of `kind` that wait at `now`, in the order in which [`lease_fairly`](Self::lease_fairly) would
    /// hand them out if nothing came in between.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn turns(&self, kind: &str, now: Timestamp) -> Result<Vec<String>> {
        let mut connection = self.store.database().reader().await?;
        let waiting = "SELECT id, owner FROM jobs WHERE kind = $1
            AND ((state = 'queued' AND run_at <= $2) OR (state = 'running' AND lease_until <= $2))
            ORDER BY run_at, created_at, id";
        let values = vec![Value::from(kind), Value::from(now)];
        let rows = connection.rows(AssertSqlSafe(waiting), values).await?;
        let mut owners: BTreeMap<String, Waiting> = BTreeMap::new();
        for (place, mut row) in rows.into_iter().enumerate() {
            let (id, owner) = (row.text()?, row.text()?);
            let jobs = &mut owners.entry(owner).or_default().jobs;
            jobs.push_back((place, id));
        }
        let served = "SELECT owner, MAX(COALESCE(ended_at, lease_until)) FROM jobs WHERE kind = $1 AND fence > 0
            GROUP BY owner";
        let values = vec![Value::from(kind)];
        for mut row in connection.rows(AssertSqlSafe(served), values).await? {
            let (owner, at) = (row.text()?, row.optional_int()?);
            if let Some(waiting) = owners.get_mut(&owner) {
                waiting.served_at = at.unwrap_or(0);
            }
        }
        Ok(go_round(owners.into_values().collect()))
    }
}

/// What somebody waits for.
#[derive(Default)]
struct Waiting {
    /// When one of theirs was worked on for the last time.
    served_at: i64,
    /// Their jobs, each with its place among all.
    jobs: VecDeque<(usize, String)>,
}

fn go_round(mut owners: Vec<Waiting>) -> Vec<String> {
    let last = owners.iter().map(|owner| owner.served_at).max();
    let (mut now, mut turns) = (last.unwrap_or(0), Vec::new());
    loop {
        owners.retain(|owner| !owner.jobs.is_empty());
        let next = owners
            .iter_mut()
            .min_by_key(|owner| (owner.served_at, owner.jobs.front().map(|(place, _)| *place)));
        let Some(next) = next else {
            return turns;
        };
        now += 1;
        next.served_at = now;
        turns.extend(next.jobs.pop_front().map(|(_, id)| id));
    }
}
