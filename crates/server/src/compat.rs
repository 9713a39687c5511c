//! What clients of Ollama and LM Studio ask first, so that they find us.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use policy::action::SeeModels;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::fault::Result;

/// The version of Ollama's API that is answered; clients look for one that is new enough.
const OLLAMA: &str = "0.13.4";

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/version", get(version))
        .route("/api/tags", get(tags))
        .route("/api/v0/models", get(lm_studio))
}

async fn version() -> Json<Value> {
    Json(json!({ "version": OLLAMA }))
}

async fn tags(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>> {
    let _permit = app.gate.permit(&caller, SeeModels).await?;
    let models = app.catalogue.list().into_iter().map(|listed| {
        json!({
            "name": listed.name,
            "model": listed.name,
            "modified_at": crate::app::rfc3339(listed.created),
            "size": listed.bytes,
            "digest": "",
            "details": { "format": "gguf", "family": "", "parameter_size": "", "quantization_level": "" },
        })
    });
    Ok(Json(json!({ "models": models.collect::<Vec<Value>>() })))
}

async fn lm_studio(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>> {
    let _permit = app.gate.permit(&caller, SeeModels).await?;
    let resident = app.catalogue.resident();
    let models = app.catalogue.list().into_iter().map(|listed| {
        let state = match resident.contains(&listed.name) {
            true => "loaded",
            false => "not-loaded",
        };
        json!({
            "id": listed.name,
            "object": "model",
            "type": "llm",
            "publisher": listed.owner,
            "state": state,
        })
    });
    Ok(Json(
        json!({ "object": "list", "data": models.collect::<Vec<Value>>() }),
    ))
}
