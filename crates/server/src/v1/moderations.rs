//! `/v1/moderations`: the way in; a classifier is still to come.

use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use serde::Deserialize;
use serde_json::Value;

use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::reading::Parsed;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/moderations", post(create))
}

#[derive(Debug, Deserialize)]
struct ModerationRequest {
    input: Value,
}

async fn create(_caller: Caller, body: Parsed<ModerationRequest>) -> Result<()> {
    if !(body.value.input.is_string() || body.value.input.is_array()) {
        return Err(Fault::param("input", "a text, or a list of texts"));
    }
    Err(Fault::not_implemented(
        "there is no classifier for moderation in this version\nhint: nothing was judged; do not take this as a pass",
    ))
}
