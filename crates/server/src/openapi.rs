//! `/openapi.json`: what is served here, as programs read it.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

const DOCUMENT: &str = include_str!("../openapi.json");

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/openapi.json", get(document))
}

/// It tells nothing of whoever owns this place, so that nobody need say who he is.
async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}
