//! An upstream at work: what it may be sent, what it is busy with, and how it has done.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::time::Instant;

use crate::address::Address;
use crate::breaker::{Breaker, Cause, Pass};
use crate::connect::{Connections, Door};
use crate::error::{Error, Result};
use crate::latency::Latencies;
use crate::metrics::Load;
use crate::options::{Ejection, Health, Probe, Upstream};

/// An upstream at work.
pub struct Member {
    pub name: Arc<str>,
    pub base_url: String,
    pub address: Address,
    pub door: Door,
    /// `Host`, the key, and what else each request carries; all marked as sensitive.
    pub headers: HeaderMap,
    pub probe: Probe,
    pub reads_metrics: bool,
    /// Whether its models are those that it lists.
    pub lists_models: bool,
    pub connections: Connections,
    /// What it serves, and its own name for it.
    pub models: Mutex<BTreeMap<String, String>>,
    /// Which life it is in: what it remembers of prompts ends with it.
    pub era: AtomicU32,
    pub sent: AtomicU64,
    pub failed: AtomicU64,
    weight: f64,
    in_flight: AtomicUsize,
    in_flight_max: usize,
    /// What is measured longer ago than this is not believed.
    load_age_max: Duration,
    state: Mutex<State>,
}

/// What changes together.
pub struct State {
    pub breaker: Breaker,
    /// Why its probes fail.
    pub down: Option<String>,
    pub measured: Option<Measured>,
    pub latencies: Latencies,
}

/// A load that the upstream told.
#[derive(Clone, Copy)]
pub struct Measured {
    pub load: Load,
    at: Instant,
    /// Our own requests then, which the load counts too.
    in_flight: usize,
}

/// Whether an upstream may be asked.
pub enum Standing {
    Free,
    Busy,
    /// Not before so long.
    Away(Duration),
}

impl Member {
    pub fn new(upstream: &Upstream, ejection: Ejection, health: &Health) -> Result<Self> {
        let bad = |what: String, hint| Error::BadUpstream {
            name: upstream.name.clone(),
            what,
            hint,
        };
        let address = Address::parse(&upstream.base_url).map_err(|what| {
            bad(
                format!("its base URL is wrong: {what}"),
                "like `https://host.example/v1`; a key is a setting of its own",
            )
        })?;
        if address.path.contains('?') {
            let hint = "take away what follows `?`";
            return Err(bad("its base URL has a query".to_owned(), hint));
        }
        if upstream.weight == 0 || upstream.in_flight_max == 0 {
            let what = "its weight, or the most requests at once, is 0".to_owned();
            return Err(bad(what, "leave the upstream out to ask it nothing"));
        }
        if upstream.models.is_empty() && upstream.probe != Probe::Models {
            let what = "it names no models, and its list of models is not asked for".to_owned();
            return Err(bad(what, "name its models, or let the probe be `models`"));
        }
        let door =
            Door::new(&address, upstream.roots_pem.as_deref()).map_err(|what| bad(what, ""))?;
        let headers = headers(upstream, &address).map_err(|name| {
            bad(
                format!("its header `{name}` cannot be sent"),
                "letters, digits and `-`",
            )
        })?;
        Ok(Self {
            name: upstream.name.as_str().into(),
            base_url: upstream.base_url.clone(),
            address,
            door,
            headers,
            probe: upstream.probe,
            reads_metrics: upstream.reads_metrics,
            lists_models: upstream.models.is_empty(),
            connections: Connections::default(),
            models: Mutex::new(upstream.models.clone()),
            era: AtomicU32::new(0),
            sent: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            weight: f64::from(upstream.weight),
            in_flight: AtomicUsize::new(0),
            in_flight_max: upstream.in_flight_max,
            load_age_max: health.interval.saturating_mul(3),
            state: Mutex::new(State {
                breaker: Breaker::new(ejection),
                down: None,
                measured: None,
                latencies: Latencies::default(),
            }),
        })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// The path of a request: the base URL's, with `path` behind it.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.address.path.trim_end_matches('/'))
    }

    /// Whether it may be asked at `now`, a probe's interval being `interval`.
    pub fn standing(&self, now: Instant, interval: Duration) -> Standing {
        let state = self.state();
        let closed_for = state.breaker.closed_for(now);
        match state.down {
            Some(_) => Standing::Away(closed_for.max(interval)),
            None if !closed_for.is_zero() => Standing::Away(closed_for),
            None if self.in_flight() >= self.in_flight_max => Standing::Busy,
            None => Standing::Free,
        }
    }

    /// Our own requests by weight, with one more.
    pub fn own_load(&self) -> f64 {
        (self.in_flight() + 1) as f64 / self.weight
    }

    /// All requests by weight as far as is known, with one more; and the share of its memory in use.
    pub fn load(&self, now: Instant) -> (f64, f64) {
        let own = self.in_flight() as f64;
        let measured = self.state().measured;
        let Some(measured) = measured.filter(|measured| now - measured.at < self.load_age_max)
        else {
            return (self.own_load(), 0.0);
        };
        // Others may ask it too. Ours have come and gone since it was measured.
        let Load {
            running, waiting, ..
        } = measured.load;
        let all = (running + waiting + own - measured.in_flight as f64).max(own);
        let kv_usage = measured.load.kv_usage.unwrap_or(0.0);
        ((all + 1.0) / self.weight, kv_usage)
    }

    /// It told its load.
    pub fn measured(&self, load: Option<Load>, now: Instant) {
        self.state().measured = load.map(|load| Measured {
            load,
            at: now,
            in_flight: self.in_flight(),
        });
    }

    /// Takes a request on board, unless that has become impossible.
    pub fn board(self: &Arc<Self>, now: Instant) -> Option<Flight> {
        let more = |count: usize| (count < self.in_flight_max).then_some(count + 1);
        self.in_flight
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .ok()?;
        let Some(pass) = self.state().breaker.pass(now) else {
            self.in_flight.fetch_sub(1, Ordering::Relaxed);
            return None;
        };
        self.sent.fetch_add(1, Ordering::Relaxed);
        Some(Flight {
            member: Arc::clone(self),
            pass,
            since: now,
        })
    }
}

fn headers(upstream: &Upstream, address: &Address) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let mut insert = |name: &str, value: &str| -> Result<(), String> {
        let wrong = || name.to_owned();
        let name: HeaderName = name.parse().map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.insert(name, value);
        Ok(())
    };
    insert(header::HOST.as_str(), &address.authority())?;
    let agent = concat!("freehold/", env!("CARGO_PKG_VERSION"));
    insert(header::USER_AGENT.as_str(), agent)?;
    if let Some(key) = &upstream.key {
        let bearer = format!("Bearer {}", key.reveal());
        insert(header::AUTHORIZATION.as_str(), &bearer)?;
    }
    for (name, value) in &upstream.headers {
        insert(name, value.reveal())?;
    }
    Ok(headers)
}

/// A request on its way. Dropping it frees its place, and tells nothing about the upstream.
pub struct Flight {
    pub member: Arc<Member>,
    pass: Pass,
    since: Instant,
}

impl Flight {
    /// The reply began.
    pub fn began(&mut self, now: Instant) {
        let mut state = self.member.state();
        state.latencies.add(now - self.since);
        state.breaker.began(self.pass);
        self.pass = Pass::Ordinary;
    }

    /// The reply came to its end.
    pub fn done(self) {
        self.member.state().breaker.done();
    }

    /// The upstream failed.
    pub fn failed(self, cause: Cause, now: Instant) {
        let member = &self.member;
        member.failed.fetch_add(1, Ordering::Relaxed);
        if member.state().breaker.failed(cause, self.pass, now) {
            member.ejected(cause);
        }
    }

    /// The reply did not come, or not go on, in time.
    pub fn stalled(self, now: Instant) {
        self.member.failed.fetch_add(1, Ordering::Relaxed);
        if self.member.state().breaker.stalled(now) {
            self.member.ejected(Cause::Misbehaved);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.member.state().breaker.released(self.pass);
        self.member.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Member {
    /// It broke over what another could do.
    pub fn blame(&self, now: Instant) {
        let cause = Cause::Misbehaved;
        let is_ejected = self.state().breaker.failed(cause, Pass::Ordinary, now);
        if is_ejected {
            self.ejected(cause);
        }
    }

    fn ejected(&self, cause: Cause) {
        tracing::warn!(
            upstream = &*self.name,
            ?cause,
            "upstream is left alone for a while"
        );
        if cause == Cause::Unreachable {
            self.forgets();
        }
    }

    /// It was started anew, or will be.
    pub fn forgets(&self) {
        self.era.fetch_add(1, Ordering::Relaxed);
    }
}
