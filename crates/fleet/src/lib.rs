//! Passes requests in OpenAI's format to other servers: which one, whether it is well, and what comes back.
//!
//! A [`Fleet`] is started with the [`Upstream`]s of the owner. A [`Call`] names a model; the fleet chooses
//! among the upstreams that serve it and are well, and hands back a [`Reply`], whose bytes come as the
//! upstream sends them. Dropping the reply ends the request. [`Fleet::status`] tells how each upstream does.
//! [`guard`] is for addresses that a user's request names; the owner's upstreams need it not.

mod error;

mod options;
mod secret;

mod address;
mod call;
mod fleet;
mod reply;
mod status;

mod attempt;
mod breaker;
mod budget;
mod connect;
mod headers;
mod json_model;

mod choose;
mod latency;
mod member;
mod pool;
mod prefix;
mod random;

mod metrics;
mod watch;

pub mod guard;

pub use call::{Call, Repeat};
pub use error::{Error, Result};
pub use fleet::Fleet;
pub use metrics::Load;
pub use options::{
    Ejection, Health, Options, PrefixOptions, Probe, Retries, Routing, Timeouts, Upstream,
};
pub use reply::{Body, Reply};
pub use secret::Secret;
pub use status::{Condition, Percentiles, Status, UpstreamStatus};
