//! Why a request came to nothing.

use std::fmt;
use std::time::Duration;

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request came to nothing, or an answer ended early. No message holds a key, a prompt or an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings of an upstream cannot be used.
    #[error("the upstream `{name}` cannot be used: {what}{}", hints(hint))]
    BadUpstream {
        /// The upstream.
        name: String,
        /// What is wrong with it.
        what: String,
        /// What mends it.
        hint: &'static str,
    },
    /// The call cannot be passed on as it is.
    #[error("the request cannot be passed on: {what}")]
    BadCall {
        /// What is wrong with it.
        what: String,
    },
    /// No upstream serves a model of this name.
    #[error("no upstream serves the model `{model}`")]
    NoSuchModel {
        /// The name that was asked for.
        model: String,
    },
    /// Upstreams serve the model, and none may be asked now: down, ejected or asked to wait.
    #[error("no upstream of the model `{model}` can be asked now{}", later(*retry_after))]
    Unavailable {
        /// The model.
        model: String,
        /// When one may be asked again.
        retry_after: Duration,
    },
    /// Every upstream of the model has as many requests as it may have at once.
    #[error("every upstream of the model `{model}` is busy")]
    Busy {
        /// The model.
        model: String,
    },
    /// No connection came about, so nothing was received.
    #[error("the upstream `{upstream}` cannot be reached: {cause}")]
    Unreachable {
        /// The upstream.
        upstream: String,
        /// Why.
        cause: String,
    },
    /// It sent nothing for too long, or was not done in time.
    #[error("the upstream `{upstream}` {} within {} s", waited_for(*has_begun), waited.as_secs_f64())]
    Stalled {
        /// The upstream.
        upstream: String,
        /// How long was waited.
        waited: Duration,
        /// Whether a part of the reply had been passed on.
        has_begun: bool,
    },
    /// The connection ended in the middle, or what came is not HTTP.
    #[error("the reply of the upstream `{upstream}` broke: {cause}")]
    Broken {
        /// The upstream.
        upstream: String,
        /// How.
        cause: String,
        /// Whether a part of the reply had been passed on.
        has_begun: bool,
    },
    /// It does not take the key it was given.
    #[error("the upstream `{upstream}` refuses its key with status {status}")]
    KeyRefused {
        /// The upstream.
        upstream: String,
        /// 401, 403 or 407.
        status: u16,
    },
    /// It redirects. Redirects are not followed, as they would take the key along.
    #[error("the upstream `{upstream}` redirects with status {status}")]
    Redirected {
        /// The upstream.
        upstream: String,
        /// The status, 3xx.
        status: u16,
    },
    /// An address of a user's request leads where it must not.
    #[error("the address `{url}` is refused: {what}")]
    AddressRefused {
        /// The address, without user and query.
        url: String,
        /// What is wrong with it.
        what: String,
    },
    /// What an address of a user's request leads to could not be fetched.
    #[error("the address `{url}` cannot be fetched: {what}")]
    AddressFailed {
        /// The address, without user and query.
        url: String,
        /// Why.
        what: String,
    },
}

impl Error {
    /// The stable code under which `docs/errors.md` explains it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadUpstream { .. } => "bad_upstream",
            Self::BadCall { .. } => "bad_call",
            Self::NoSuchModel { .. } => "no_such_model",
            Self::Unavailable { .. } => "upstreams_unavailable",
            Self::Busy { .. } => "upstreams_busy",
            Self::Unreachable { .. } => "upstream_unreachable",
            Self::Stalled { .. } => "upstream_stalled",
            Self::Broken { .. } => "upstream_broken",
            Self::KeyRefused { .. } => "upstream_key_refused",
            Self::Redirected { .. } => "upstream_redirected",
            Self::AddressRefused { .. } => "address_refused",
            Self::AddressFailed { .. } => "address_failed",
        }
    }

    /// After how long the same request may do better, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => Some(*retry_after),
            Self::Busy { .. } => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}

fn hints(hint: &str) -> String {
    hint.lines().map(|line| format!("\nhint: {line}")).collect()
}

fn later(retry_after: Duration) -> impl fmt::Display {
    format!("; try again in {} s", retry_after.as_secs_f64().ceil())
}

fn waited_for(has_begun: bool) -> &'static str {
    match has_begun {
        true => "did not go on with its reply",
        false => "did not begin to reply",
    }
}
