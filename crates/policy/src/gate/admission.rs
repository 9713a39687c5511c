//! How much somebody may use: asked before, settled after.

use store::{Timestamp, Usage};

use super::{Gate, Inner, keys::Key};
use crate::{
    budget::{Budgets, Tokens, Used, day_of},
    error::{Error, Result},
    principal::{Principal, Via},
};

const DAY_MS: i64 = 24 * 60 * 60_000;

/// The window of what was used in all: later than every day, so that it outlives them.
const EVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// Days are counted for so long after they are over.
const KEPT_DAYS: i64 = 62;

/// That a request was let in and counted. Dropped without [`settle`](Self::settle), the estimate counts: who
/// cannot say what was used does not go free.
#[derive(Debug)]
pub struct Admission {
    gate: Gate,
    subjects: Vec<String>,
    estimate: u64,
    at: i64,
    is_settled: bool,
}

impl Admission {
    /// Counts what was really used in place of the estimate.
    pub fn settle(mut self, tokens: Tokens) {
        self.is_settled = true;
        self.count(tokens);
    }

    fn count(&self, tokens: Tokens) {
        let meters = &self.gate.0.meters;
        meters.settle(&self.subjects, self.estimate, tokens, self.at);
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if !self.is_settled {
            self.count(Tokens {
                input: self.estimate,
                output: 0,
            });
        }
    }
}

impl Gate {
    /// Lets in a request of about `estimate` tokens, read and written, or says when to come again.
    ///
    /// # Errors
    /// [`Error::Limited`]; then nothing was counted.
    pub async fn admit(&self, principal: &Principal, estimate: u64) -> Result<Admission> {
        let subjects = subjects(principal);
        for (subject, _) in &subjects {
            self.0.learn(subject).await?;
        }
        let at = self.0.now();
        self.0.meters.admit(&subjects, estimate, at)?;
        Ok(Admission {
            gate: self.clone(),
            subjects: subjects.into_iter().map(|(subject, _)| subject).collect(),
            estimate,
            at,
            is_settled: false,
        })
    }

    /// What the person has used, by all their ways together.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn used(&self, principal: &Principal) -> Result<Used> {
        let subject = principal.user().to_owned();
        self.0.learn(&subject).await?;
        let used = self.0.meters.used(&subject, self.0.now());
        Ok(used.unwrap_or_default())
    }
}

impl Gate {
    /// What a key has used, which [`keys`](Self::keys) told of.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn used_by(&self, key: &Key) -> Result<Used> {
        self.0.learn(&key.id).await?;
        let used = self.0.meters.used(&key.id, self.0.now());
        Ok(used.unwrap_or_default())
    }
}

fn subjects(principal: &Principal) -> Vec<(String, Budgets)> {
    let known = &*principal.0;
    let mut subjects = vec![(known.user.clone(), known.user_budgets)];
    if let Via::Key(id) = &known.via {
        subjects.push((id.clone(), known.key_budgets));
    }
    subjects
}

impl Inner {
    /// Reads what `subject` used before this start, once.
    async fn learn(&self, subject: &str) -> Result<()> {
        if self.meters.knows(subject) {
            return Ok(());
        }
        let now = self.now();
        let today = Timestamp::from_millis(day_of(now) * DAY_MS);
        let identity = self.store.identity();
        let (today, ever) = (
            identity.usage(subject, today).await?,
            identity.usage(subject, EVER).await?,
        );
        let tokens = |usage: Usage| usage.input_tokens.saturating_add(usage.output_tokens);
        let used = Used {
            tokens_today: tokens(today),
            tokens_total: tokens(ever),
            requests_total: ever.requests,
            ..Used::default()
        };
        self.meters.learn(subject, used, now);
        Ok(())
    }

    /// Takes out of the store what expired, and days that nobody asks for any more.
    pub(super) async fn sweep(&self) -> Result<()> {
        let identity = self.store.identity();
        identity.delete_expired(self.options.clock.now()).await?;
        let first = (day_of(self.now()) - KEPT_DAYS) * DAY_MS;
        let first = Timestamp::from_millis(first);
        identity.delete_usage(first).await?;
        Ok(())
    }

    /// Adds to the store what was used since the last time.
    pub(super) async fn keep_usage(&self) -> Result<()> {
        let mut deltas = self.meters.take_unkept();
        while let Some(delta) = deltas.last() {
            let usage = Usage {
                requests: delta.requests,
                input_tokens: delta.tokens.input,
                output_tokens: delta.tokens.output,
            };
            let day = Timestamp::from_millis(delta.day * DAY_MS);
            let counters = [
                (delta.subject.as_str(), day),
                (delta.subject.as_str(), EVER),
            ];
            let kept = self.store.identity().add_usages(&counters, usage).await;
            if let Err(error) = kept {
                self.meters.return_unkept(deltas);
                return Err(Error::Store(error));
            }
            deltas.pop();
        }
        Ok(())
    }
}
