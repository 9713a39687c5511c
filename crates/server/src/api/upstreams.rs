//! `/api/upstreams`: the servers that run further models, and how they do.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use fleet::{Condition, UpstreamStatus};
use policy::action::Operate;
use serde_json::{Value, json};

use super::Refusal;
use crate::app::App;
use crate::caller::Caller;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/upstreams", get(list))
}

async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let change = "see_upstreams";
    let _permit = app.gate.permit(&caller, Operate { change }).await?;
    let status = app.catalogue.fleet().status();
    let data: Vec<Value> = status.upstreams.iter().map(described).collect();
    Ok(Json(json!({ "data": data })))
}

fn described(upstream: &UpstreamStatus) -> Value {
    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let (condition, reason) = match &upstream.condition {
        Condition::Healthy => ("healthy", None),
        Condition::Down(reason) => ("down", Some(reason.clone())),
        Condition::Ejected(rest) => (
            "ejected",
            Some(format!("asked again in {} s", rest.as_secs())),
        ),
        Condition::OnTrial => ("on_trial", None),
    };
    let first_byte = upstream.first_byte.map(|found| {
        json!({ "p50_ms": ms(found.p50), "p95_ms": ms(found.p95), "p99_ms": ms(found.p99) })
    });
    json!({
        "name": upstream.name,
        "base_url": upstream.base_url,
        "condition": condition,
        "reason": reason,
        "models": upstream.models,
        "in_flight": upstream.in_flight,
        "sent": upstream.sent,
        "failed": upstream.failed,
        "first_byte": first_byte,
    })
}
