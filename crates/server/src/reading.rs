//! Reads the bodies of requests, and says which parameter is wrong.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::app::App;
use crate::fault::{Fault, Result};
use crate::listen::Patience;

/// Bytes of a body that is parsed at once.
const SMALL_BYTES: usize = 256 << 10;

/// Larger bodies that are parsed at the same time.
pub(crate) const LARGE_AT_ONCE: usize = 2;

/// Values in a large body at most.
const VALUES_MAX: usize = 1 << 20;

/// A body of JSON, with the bytes it was read from.
pub(crate) struct Parsed<T> {
    pub value: T,
    pub bytes: Bytes,
}

impl<T: DeserializeOwned + Send + 'static> FromRequest<Arc<App>> for Parsed<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_form = kind.starts_with("multipart/") || kind.contains("x-www-form-urlencoded");
        if is_form {
            let message = "this is read as JSON\nhint: send `Content-Type: application/json`";
            return Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        let patience = request.extensions().get::<Patience>().copied();
        let patience = patience.unwrap_or_default().body;
        let bytes = tokio::time::timeout(patience, Bytes::from_request(request, app)).await;
        let late = |_| Fault::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time");
        let bytes = bytes.map_err(late)?.map_err(unread)?;
        if bytes.len() <= SMALL_BYTES {
            let value = parse(&bytes)?;
            return Ok(Self { value, bytes });
        }
        // It takes its time and its memory: others are served meanwhile, and few such at once.
        let _place = app.large_bodies.acquire().await;
        let parsed = tokio::task::spawn_blocking(move || {
            check_values(&bytes)?;
            let value = parse(&bytes)?;
            Ok(Self { value, bytes })
        });
        let broken = |error| Err(Fault::broken(format!("the request broke: {error}")));
        parsed.await.unwrap_or_else(broken)
    }
}

/// That there are not too many values in some JSON: each takes many times the memory of its two bytes.
fn check_values(json: &[u8]) -> Result<()> {
    let (mut values, mut is_text, mut is_escaped) = (0, false, false);
    for byte in json {
        match (is_text, byte) {
            (true, _) if is_escaped => is_escaped = false,
            (true, b'\\') => is_escaped = true,
            (_, b'"') => is_text = !is_text,
            (false, b',' | b'[' | b'{') => values += 1,
            _ => {}
        }
    }
    if values > VALUES_MAX {
        let message = format!("the body has more than `{VALUES_MAX}` values");
        return Err(Fault::new(StatusCode::PAYLOAD_TOO_LARGE, message).code("too_many_values"));
    }
    Ok(())
}

/// What stands behind the `?` of an address.
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let query = axum::extract::Query::try_from_uri(&parts.uri);
        let query = query.map_err(|error| {
            let reason = error.body_text();
            Fault::invalid(format!("the query cannot be read: {reason}")).code("invalid_query")
        })?;
        Ok(Self(query.0))
    }
}

/// JSON as `T`.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader);
    let value = value.and_then(|value| {
        let end = reader.end();
        end.map(|()| value).map_err(|error| {
            let nowhere: serde_path_to_error::Path = serde_path_to_error::Track::new().path();
            serde_path_to_error::Error::new(nowhere, error)
        })
    });
    value.map_err(|error| {
        let path = error.path().to_string();
        let inner = error.inner();
        if !inner.is_data() {
            let message = format!("the body is no JSON: {inner}");
            return Fault::invalid(message).code("invalid_json");
        }
        Fault {
            param: match path.as_str() {
                "." => culprit::<T>(bytes),
                _ => Some(path),
            },
            ..Fault::invalid(inner.to_string()).code("invalid_type")
        }
    })
}

/// Bytes of a body at most whose wrong parameter is searched for.
const SEARCHED_MAX: usize = 1 << 20;

/// The parameter without which the body could be read. Groups of parameters that several requests share do not tell
/// which of them was wrong.
fn culprit<T: DeserializeOwned>(bytes: &[u8]) -> Option<String> {
    if bytes.len() > SEARCHED_MAX {
        return None;
    }
    let mut body: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    let names: Vec<String> = body.keys().take(64).cloned().collect();
    names.into_iter().find(|name| {
        let taken = body.insert(name.clone(), Value::Null);
        let reads = T::deserialize(&body).is_ok();
        body.insert(name.clone(), taken.unwrap_or_default());
        reads
    })
}

fn unread(rejection: BytesRejection) -> Fault {
    let status = rejection.status();
    let message = match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            "the body is larger than may be\nhint: upload files through `/v1/uploads`, in parts"
                .to_owned()
        }
        _ => rejection.body_text(),
    };
    Fault::new(status, message)
}
