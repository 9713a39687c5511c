//! `/api/documents`: the words of files that a browser cannot read by itself. Nothing of them is kept.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use documents::{Limits, Text};
use policy::action::{Thing, Write};
use serde_json::{Value, json};

use super::Refusal;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::listen::Patience;

/// Bytes of a document at most.
const BYTES_MAX: usize = 32 << 20;

/// What people hand in, as the rules name it.
const KIND: &str = "document";

pub(crate) fn routes() -> Router<Arc<App>> {
    let limit = DefaultBodyLimit::max(BYTES_MAX);
    Router::new().route("/api/documents/text", post(text).layer(limit))
}

/// The words of the PDF that is the body.
async fn text(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    let all = Write(Thing::of(KIND, caller.user()));
    let _permit = app.gate.permit(&caller, all).await?;
    let bytes = body(&app, request).await?;
    // It takes its time and its memory: others are served meanwhile, and few such at once.
    let _place = app.large_bodies.acquire().await;
    let read = tokio::task::spawn_blocking(move || documents::pdf(&bytes, &Limits::default()));
    let read = read
        .await
        .map_err(|error| Fault::broken(error.to_string()))?;
    Ok(Json(described(&read.map_err(Fault::from)?)))
}

async fn body(app: &Arc<App>, request: Request) -> Result<Bytes> {
    let patience = request.extensions().get::<Patience>().copied();
    let patience = patience.unwrap_or_default().body;
    let bytes = tokio::time::timeout(patience, Bytes::from_request(request, app)).await;
    let late = |_| {
        Fault::new(
            StatusCode::REQUEST_TIMEOUT,
            "the document did not come in time",
        )
    };
    bytes.map_err(late)?.map_err(|rejection| {
        let status = rejection.status();
        let message = match status {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let most = BYTES_MAX >> 20;
                format!(
                    "the document is larger than `{most}` MiB\nhint: attach the pages that matter"
                )
            }
            _ => rejection.body_text(),
        };
        Fault::new(status, message).code("document_too_large")
    })
}

fn described(read: &Text) -> Value {
    json!({
        "kind": "pdf",
        "pages": read.pages,
        "pages_with_words": read.pages_with_words,
        "words": read.words,
        "unreadable_letters": read.unreadable,
        "is_cut": read.is_cut,
        "text": read.text,
    })
}

impl From<documents::Error> for Fault {
    fn from(error: documents::Error) -> Self {
        Self::invalid(error.to_string()).code(error.code())
    }
}
