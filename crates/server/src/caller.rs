//! Who asks.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use policy::{Credential, Principal, Via};

use crate::app::App;
use crate::fault::Fault;

/// The cookie of a session.
pub(crate) const COOKIE: &str = "freehold_session";

/// What keys of ours begin with.
const KEY: &str = "fh-";

/// Whoever a request comes from, known by their key or session, and whether they wait for it.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub Principal, pub Urgency);

/// Who goes first when not all can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// Somebody waits.
    Usual,
    /// It is done when there is time.
    Low,
}

impl Caller {
    /// The priority of their requests; larger is earlier.
    pub fn priority(&self) -> i32 {
        match self.1 {
            Urgency::Usual => 0,
            Urgency::Low => -16,
        }
    }

    /// A number that stands for them among those who share a model.
    pub fn tenant(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.user().hash(&mut hasher);
        hasher.finish()
    }
}

impl Deref for Caller {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Fault> {
        // Work of this house on somebody's behalf; nothing from outside gets here with it.
        if let Some(caller) = parts.extensions.get::<Self>() {
            return Ok(caller.clone());
        }
        let headers = &parts.headers;
        let credential = match (key(headers), session(headers)) {
            // Clients of machines that know no keys send what they like.
            (Some(key), _) if app.is_open && !key.starts_with(KEY) => Credential::Nothing,
            (Some(key), _) => Credential::Key(key),
            (None, Some(token)) => Credential::Session(token),
            (None, None) => Credential::Nothing,
        };
        let principal = app.gate.identify(credential).await?;
        let changes = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if changes && matches!(credential, Credential::Session(_)) {
            let shown = headers
                .get("x-csrf-token")
                .and_then(|value| value.to_str().ok());
            app.gate.check_csrf(&principal, shown)?;
        }
        Ok(Self(principal, Urgency::Usual))
    }
}

/// The key that a program shows, as OpenAI's and others' clients send it.
fn key(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text("authorization").and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    bearer.or_else(|| text("x-api-key"))
}

/// The token of the session that a browser shows.
pub(crate) fn session(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let cookies = cookies.filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';'));
    pairs.find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    })
}

/// Reads how somebody was known.
pub(crate) fn read_via(text: &str) -> Via {
    match text.split_once(':') {
        Some(("key", id)) => Via::Key(id.to_owned()),
        _ if text == "console" => Via::Console,
        _ if text == "session" => Via::Session,
        _ => Via::Anonymous,
    }
}
