//! How much was used, by key or person and by window of time.

use super::Identity;
use crate::database::{Row, values};
use crate::{Error, Result, Timestamp};

/// Adds to a counter, and returns what it stands at.
const ADD: &str =
    "INSERT INTO usage_counters(subject, window_start, requests, input_tokens, output_tokens)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (subject, window_start) DO UPDATE SET
        requests = usage_counters.requests + excluded.requests,
        input_tokens = usage_counters.input_tokens + excluded.input_tokens,
        output_tokens = usage_counters.output_tokens + excluded.output_tokens
    RETURNING requests, input_tokens, output_tokens";

/// What was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requests.
    pub requests: u64,
    /// Tokens that were read.
    pub input_tokens: u64,
    /// Tokens that were written.
    pub output_tokens: u64,
}

impl Identity<'_> {
    /// Adds to the counter of `subject` (a key's id, a person's) in the window that began at `window`, and
    /// returns what it stands at.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn add_usage(&self, subject: &str, window: Timestamp, used: Usage) -> Result<Usage> {
        let values = values![
            subject,
            window,
            used.requests,
            used.input_tokens,
            used.output_tokens
        ];
        let row = self
            .store
            .database()
            .write(move |connection| Box::pin(async move { connection.row(ADD, values).await }))
            .await?;
        usage(row.ok_or_else(|| Error::damaged("the database", "a row vanished"))?)
    }

    /// Adds `used` to several counters, each a subject and the beginning of a window, all or none.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn add_usages(&self, counters: &[(&str, Timestamp)], used: Usage) -> Result<()> {
        let counters: Vec<(String, Timestamp)> = counters
            .iter()
            .map(|(subject, window)| ((*subject).to_owned(), *window))
            .collect();
        let added = self.store.database().write(move |connection| {
            Box::pin(async move {
                for (subject, window) in counters {
                    let values = values![
                        subject,
                        window,
                        used.requests,
                        used.input_tokens,
                        used.output_tokens
                    ];
                    connection.rows(ADD, values).await?;
                }
                Ok(())
            })
        });
        added.await
    }

    /// What the counter of `subject` stands at in the window that began at `window`.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn usage(&self, subject: &str, window: Timestamp) -> Result<Usage> {
        let select = "SELECT requests, input_tokens, output_tokens FROM usage_counters
            WHERE subject = $1 AND window_start = $2";
        let row = self
            .store
            .database()
            .row(select, values![subject, window])
            .await?;
        row.map_or(Ok(Usage::default()), usage)
    }

    /// Deletes counters of windows that began before `before`, and says how many they were.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn delete_usage(&self, before: Timestamp) -> Result<u64> {
        let delete = "DELETE FROM usage_counters WHERE window_start < $1";
        self.store.database().run(delete, values![before]).await
    }
}

fn usage(mut row: Row) -> Result<Usage> {
    Ok(Usage {
        requests: row.uint()?,
        input_tokens: row.uint()?,
        output_tokens: row.uint()?,
    })
}
