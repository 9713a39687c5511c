//! `/api/models`: the models that may be asked, with what people want to know of them.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use library::{Measured, Memory, Rate};
use policy::action::SeeModels;
use serde_json::{Value, json};
use store::Timestamp;

use super::{Refusal, moment};
use crate::app::App;
use crate::caller::Caller;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/models", get(list))
}

/// How fast a model was, beside what this machine allows.
fn measured(found: &Measured) -> Value {
    let rate = |rate: &Rate| {
        json!({
            "tokens_per_second": rate.tokens_per_second,
            "limit_tokens_per_second": rate.limit,
        })
    };
    json!({
        "prefill": rate(&found.prefill),
        "decode": rate(&found.decode),
        "bytes_per_token": found.bytes_per_token,
        "machine_bytes_per_second": found.bytes_per_second,
        "machine_flops": found.flops,
        "threads": found.threads,
        "measured_at": moment(Timestamp::from_millis(found.at)),
    })
}

async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let _permit = app.gate.permit(&caller, SeeModels).await?;
    let (resident, loading) = (app.catalogue.in_memory(), app.catalogue.loading());
    let data: Vec<Value> = app
        .catalogue
        .list()
        .iter()
        .map(|listed| {
            let held = resident.iter().filter(|held| held.name == listed.name);
            let held: Option<u64> = held.map(|held| held.bytes).reduce(|one, other| one + other);
            let held = held.or_else(|| app.catalogue.built_in_bytes(&listed.name));
            let begun = loading.iter().find(|loading| loading.name == listed.name);
            json!({
                "name": listed.name,
                "owner": listed.owner,
                "bytes": listed.bytes,
                "is_loaded": held.is_some(),
                "memory_bytes": held,
                "loading": begun.map(|loading| loading.fraction),
                "licence": listed.licence,
                "context": app.catalogue.context(&listed.name),
                "measured": listed.measured.as_ref().map(measured),
                "reads_pictures": app.catalogue.reads_pictures(&listed.name),
            })
        })
        .collect();
    let used: u64 = resident.iter().map(|held| held.bytes).sum();
    let memory = json!({
        "used_bytes": used,
        "budget_bytes": app.catalogue.budget(),
        "available_bytes": Memory::read().available,
    });
    Ok(Json(json!({ "data": data, "memory": memory })))
}
