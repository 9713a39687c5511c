//! Reads the bodies of requests, and says which parameter is wrong.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use crate::fault::{Fault, Result};

/// A body must be there after so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// A body of JSON, with the bytes it was read from.
pub(crate) struct Parsed<T> {
    pub value: T,
    pub bytes: Bytes,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Parsed<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_form = kind.starts_with("multipart/") || kind.contains("x-www-form-urlencoded");
        if is_form {
            let message = "this is read as JSON\nhint: send `Content-Type: application/json`";
            return Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        let bytes = tokio::time::timeout(PATIENCE, Bytes::from_request(request, state)).await;
        let late = |_| Fault::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time");
        let bytes = bytes.map_err(late)?.map_err(unread)?;
        Ok(Self {
            value: parse(&bytes)?,
            bytes,
        })
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
            param: (path != ".").then_some(path),
            ..Fault::invalid(inner.to_string()).code("invalid_type")
        }
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
