//! How the upstreams do, for people.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use crate::breaker::Seen;
use crate::member::Member;
use crate::metrics::Load;
use crate::pool::Pools;

/// How each upstream does, in the owner's order. `Display` is a table for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// One for each.
    pub upstreams: Vec<UpstreamStatus>,
}

/// How an upstream does.
#[derive(Clone, Debug, PartialEq)]
pub struct UpstreamStatus {
    /// What the owner calls it.
    pub name: String,
    /// Where it is.
    pub base_url: String,
    /// Whether it is asked.
    pub condition: Condition,
    /// What it serves, under the names that may be asked for.
    pub models: Vec<String>,
    /// Requests of ours that it has now.
    pub in_flight: usize,
    /// Requests that it was sent so far.
    pub sent: u64,
    /// How many of those failed: no connection, no reply in time, a broken one, 502, 503 or 504.
    pub failed: u64,
    /// How long the last replies took to begin; `None` before the first.
    pub first_byte: Option<Percentiles>,
    /// What it tells of its load, if it does.
    pub load: Option<Load>,
    /// Models for which it asked not to be asked (`Retry-After`), and for how long still.
    pub rests: BTreeMap<String, Duration>,
}

/// Whether an upstream is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It is.
    Healthy,
    /// Its probes fail; why.
    Down(String),
    /// It failed, and is left alone for so long.
    Ejected(Duration),
    /// It failed, and the next request tries it.
    OnTrial,
}

/// Durations that half, 95 and 99 in a hundred of the last replies did not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    /// Of half.
    pub p50: Duration,
    /// Of 95 in a hundred.
    pub p95: Duration,
    /// Of 99 in a hundred.
    pub p99: Duration,
}

impl Status {
    pub(crate) fn of(pools: &Pools, now: Instant) -> Self {
        let members = pools.members().iter().enumerate();
        let of_each = members.map(|(index, member)| of_one(member, pools.rests(index, now), now));
        Self {
            upstreams: of_each.collect(),
        }
    }
}

fn of_one(member: &Member, rests: BTreeMap<String, Duration>, now: Instant) -> UpstreamStatus {
    let models = member.models.lock().unwrap_or_else(PoisonError::into_inner);
    let models = models.keys().cloned().collect();
    let state = member.state();
    let condition = match (&state.down, state.breaker.seen(now)) {
        (Some(why), _) => Condition::Down(why.clone()),
        (None, Seen::Closed) => Condition::Healthy,
        (None, Seen::Open(time)) => Condition::Ejected(time),
        (None, Seen::HalfOpen) => Condition::OnTrial,
    };
    let percentiles = state.latencies.percentiles([50, 95, 99]);
    UpstreamStatus {
        name: member.name.to_string(),
        base_url: member.base_url.clone(),
        condition,
        models,
        in_flight: member.in_flight(),
        sent: member.sent.load(Ordering::Relaxed),
        failed: member.failed.load(Ordering::Relaxed),
        first_byte: percentiles.map(|[p50, p95, p99]| Percentiles { p50, p95, p99 }),
        load: state.measured.map(|measured| measured.load),
        rests,
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy => out.write_str("healthy"),
            Self::Down(why) => write!(out, "down: {why}"),
            Self::Ejected(time) => write!(out, "ejected for {:.0} s", time.as_secs_f64().ceil()),
            Self::OnTrial => out.write_str("on trial"),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for upstream in &self.upstreams {
            let UpstreamStatus {
                name,
                base_url,
                condition,
                in_flight,
                sent,
                failed,
                ..
            } = upstream;
            writeln!(out, "{name}  {base_url}  {condition}")?;
            write!(out, "  {in_flight} in flight, {sent} sent, {failed} failed")?;
            if let Some(Percentiles { p50, p95, p99 }) = upstream.first_byte {
                let [p50, p95, p99] = [p50, p95, p99].map(|time| time.as_millis());
                write!(
                    out,
                    "; first byte {p50} / {p95} / {p99} ms (p50 / p95 / p99)"
                )?;
            }
            if let Some(load) = upstream.load {
                write!(out, "; it computes {}, {} wait", load.running, load.waiting)?;
            }
            for (model, rest) in &upstream.rests {
                write!(
                    out,
                    "; rests from {model} for {:.0} s",
                    rest.as_secs_f64().ceil()
                )?;
            }
            writeln!(out, "\n  {}", upstream.models.join(", "))?;
        }
        Ok(())
    }
}
