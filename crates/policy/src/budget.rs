//! How much a person and a key may use: requests and tokens by the minute, tokens by the day and in all.

mod bucket;
mod meters;

pub(crate) use meters::{Meters, day_of};
pub use meters::{Tokens, Used};

/// Limits; what is `None` is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budgets {
    /// Requests a minute; as many may come at once after a minute of rest.
    pub requests_per_minute: Option<u64>,
    /// Tokens a minute, read and written; likewise.
    pub tokens_per_minute: Option<u64>,
    /// Tokens a day, which begins at midnight in UTC.
    pub tokens_per_day: Option<u64>,
    /// Tokens in all.
    pub tokens_total: Option<u64>,
}

impl Budgets {
    pub(crate) fn of_store(kept: store::Budgets) -> Self {
        Self {
            requests_per_minute: kept.requests_per_minute,
            tokens_per_minute: kept.tokens_per_minute,
            tokens_per_day: kept.tokens_per_day,
            tokens_total: kept.tokens_total,
        }
    }

    pub(crate) fn to_store(self) -> store::Budgets {
        store::Budgets {
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
            tokens_per_day: self.tokens_per_day,
            tokens_total: self.tokens_total,
        }
    }
}
