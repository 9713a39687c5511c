//! `/v1/models`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use policy::action::SeeModels;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::Listed;
use crate::fault::Result;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/models", get(list))
        .route("/v1/models/{*model}", get(retrieve))
}

async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>> {
    let _permit = app.gate.permit(&caller, SeeModels).await?;
    let models: Vec<Value> = app.catalogue.list().iter().map(model).collect();
    Ok(Json(json!({ "object": "list", "data": models })))
}

async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Value>> {
    let _permit = app.gate.permit(&caller, SeeModels).await?;
    let listed = app.catalogue.get(&name);
    let listed = listed.ok_or_else(|| app.catalogue.unknown(&name))?;
    Ok(Json(model(&listed)))
}

fn model(listed: &Listed) -> Value {
    json!({
        "id": listed.name,
        "object": "model",
        "created": listed.created,
        "owned_by": listed.owner,
    })
}
