//! The web app: one page under all of its addresses, and the files that it is made of.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::app::App;
use crate::assets::Lasting;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(page))
        .route("/sign-in", get(page))
        .route("/welcome", get(page))
        .route("/chat/{id}", get(page))
        .route("/code", get(page))
        .route("/video", get(page))
        .route("/models", get(page))
        .route("/training", get(page))
        .route("/activity", get(page))
        .route("/settings", get(page))
        .route("/sw.js", get(worker))
        .route("/app/{hash}/{*path}", get(file))
        .route("/health", get(health))
}

/// The page, which finds out by its address what it shows.
async fn page(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    app.assets.reply("index.html", Lasting::Never, &headers)
}

/// What keeps the shell of the app for when there is no server. It lies at the root, so that it may answer for all
/// addresses.
async fn worker(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    app.assets.reply("sw.js", Lasting::Never, &headers)
}

async fn file(
    State(app): State<Arc<App>>,
    Path((hash, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    app.assets.file(&hash, &path, &headers)
}

/// That it runs, and whether what is kept can be reached.
async fn health(State(app): State<Arc<App>>) -> Response {
    match app.store().ping().await {
        Ok(()) => Json(json!({ "status": "ok" })).into_response(),
        Err(error) => crate::fault::Fault::from(error).into_response(),
    }
}

/// What browsers are told with every reply. Nothing in the app makes HTML of text, which `require-trusted-types-for`
/// makes sure of; the one policy is for the address of the service worker.
pub(crate) const GUARDS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
             media-src 'self'; \
             font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types freehold",
        ),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];
