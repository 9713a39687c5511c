//! What the owner decides: which servers there are, and how patient the fleet is with them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::secret::Secret;

/// How a fleet is set up.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The servers, each under a name of its own.
    pub upstreams: Vec<Upstream>,
    /// Further names of models: what may be asked for, and the name it is served under.
    pub aliases: BTreeMap<String, String>,
    /// How one of several upstreams is chosen.
    pub routing: Routing,
    /// How long is waited for what.
    pub timeouts: Timeouts,
    /// How upstreams are looked after while nobody asks them.
    pub health: Health,
    /// When an upstream that fails is left alone, and for how long.
    pub ejection: Ejection,
    /// How often a request is tried elsewhere.
    pub retries: Retries,
    /// What random choices start from; by default another one in each process.
    pub seed: Option<u64>,
}

/// A server that speaks OpenAI's format.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// What people call it.
    pub name: String,
    /// What paths are appended to: `https://api.example/v1`.
    pub base_url: String,
    /// Sent as `Authorization: Bearer …`.
    pub key: Option<Secret>,
    /// Further headers of every request, such as `api-key`.
    pub headers: Vec<(String, Secret)>,
    /// The name that a model is served under, and the upstream's own name for it. When empty, the upstream
    /// serves what it lists at `/models`, which needs [`Probe::Models`].
    pub models: BTreeMap<String, String>,
    /// Its share of the requests beside others, at least 1: one of weight 2 gets twice as many.
    pub weight: u32,
    /// The most requests it may have at once.
    pub in_flight_max: usize,
    /// What tells whether it is well.
    pub probe: Probe,
    /// Whether its load is read from `/metrics`, beside the base URL's path. One that has no such page is
    /// asked for it less and less often.
    pub reads_metrics: bool,
    /// Certificates (PEM) of authorities to trust beside the public ones.
    pub roots_pem: Option<String>,
}

impl Upstream {
    /// A server with the defaults: no key, the models that it lists, weight 1, at most 1,024 requests at once.
    pub fn new(name: impl Into<String>, base_url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            base_url: base_url.into(),
            key: None,
            headers: Vec::new(),
            models: BTreeMap::new(),
            weight: 1,
            in_flight_max: 1024,
            probe: Probe::Models,
            reads_metrics: true,
            roots_pem: None,
        }
    }
}

/// What tells whether an upstream is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// `GET {base_url}/models`: servers of all kinds have it, and it lists the models.
    Models,
    /// `GET /health`, beside the base URL's path: vLLM, SGLang and llama-server have it.
    Health,
    /// Nothing but the requests themselves.
    Off,
}

/// How one of several upstreams is chosen.
#[derive(Clone, Debug)]
pub enum Routing {
    /// The one with the fewest of our requests, by weight.
    LeastInFlight,
    /// Of two drawn at random, the one with the lower load: its own metrics where it has them, our requests
    /// otherwise.
    PowerOfTwo,
    /// The one that has seen most of the prompt's beginning, unless it has much more to do than the others.
    PrefixAware(PrefixOptions),
}

impl Default for Routing {
    fn default() -> Self {
        Self::PrefixAware(PrefixOptions::default())
    }
}

/// What is remembered of prompts, and when it is set aside.
#[derive(Clone, Debug)]
pub struct PrefixOptions {
    /// Bytes of prompt that are remembered as one. Default: 128, about 32 tokens.
    pub chunk_bytes: usize,
    /// The most chunks remembered for one model; the longest unused are forgotten first. Each takes about
    /// 100 bytes. Default: 131,072, which are 16 MiB of prompts.
    pub chunks_max: usize,
    /// The share of a prompt that an upstream must have seen to be preferred for it. Default: 0.1.
    pub share_min: f64,
    /// An upstream is set aside when it has this many requests more than the least busy …
    /// Default: 16.
    pub balance_absolute: f64,
    /// … and this many times as many. Default: 1.5.
    pub balance_relative: f64,
}

impl Default for PrefixOptions {
    fn default() -> Self {
        Self {
            chunk_bytes: 128,
            chunks_max: 1 << 17,
            share_min: 0.1,
            balance_absolute: 16.0,
            balance_relative: 1.5,
        }
    }
}

/// How long is waited for what.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a connection, with TLS. Default: 5 s.
    pub connect: Duration,
    /// For the first byte of the reply's body, counted from when the request is sent. A reply that is not streamed
    /// is all computed before. Default: 600 s.
    pub first_byte: Duration,
    /// Between two parts of a reply, while the caller waits for the next. Default: 120 s.
    pub idle: Duration,
    /// For the whole reply. Default: 1 h.
    pub whole: Duration,
    /// How long an unused connection is kept. Default: 4 s, as many Python servers close theirs after 5.
    pub connection_idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(600),
            idle: Duration::from_secs(120),
            whole: Duration::from_secs(3600),
            connection_idle: Duration::from_secs(4),
        }
    }
}

/// How upstreams are looked after while nobody asks them.
#[derive(Clone, Copy, Debug)]
pub struct Health {
    /// From one look to the next. Default: 5 s.
    pub interval: Duration,
    /// How long a look may take. Default: 3 s.
    pub timeout: Duration,
    /// Looks in a row that must fail before the upstream counts as down; one that works brings it back.
    /// Default: 2.
    pub failures: u32,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(3),
            failures: 2,
        }
    }
}

/// When an upstream that fails is left alone, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Ejection {
    /// Requests that must fail with none done in between. A stalled reply counts as all of them. Default: 3.
    pub failures: u32,
    /// How long the first time; each further time takes twice as long, until a reply is done. Default: 1 s.
    pub base: Duration,
    /// The longest. Default: 60 s.
    pub longest: Duration,
    /// The longest that a server is left alone because it says so in `Retry-After`. Default: 300 s.
    pub retry_after_longest: Duration,
}

impl Default for Ejection {
    fn default() -> Self {
        Self {
            failures: 3,
            base: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            retry_after_longest: Duration::from_secs(300),
        }
    }
}

/// How often a request is tried elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// Further upstreams for one request. Default: 2.
    pub each_max: u32,
    /// Further tries in all, as a share of the requests, so that failing servers are not flooded. Default: 0.2.
    pub share: f64,
    /// Further tries that may be made at once before the share counts. Default: 100.
    pub burst: u32,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            each_max: 2,
            share: 0.2,
            burst: 100,
        }
    }
}
