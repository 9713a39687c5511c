//! `/api/models`: the models that may be asked, with what people want to know of them.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use policy::action::SeeModels;
use serde_json::{Value, json};

use super::Refusal;
use crate::app::App;
use crate::caller::Caller;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/models", get(list))
}

async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let _permit = app.gate.permit(&caller, SeeModels).await?;
    let resident = app.catalogue.resident();
    let data: Vec<Value> = app
        .catalogue
        .list()
        .iter()
        .map(|listed| {
            json!({
                "name": listed.name,
                "owner": listed.owner,
                "bytes": listed.bytes,
                "is_loaded": resident.contains(&listed.name),
                "context": app.catalogue.context(&listed.name),
            })
        })
        .collect();
    Ok(Json(json!({ "data": data })))
}
