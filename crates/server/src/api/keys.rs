//! `/api/keys`: the keys by which a person's programs are known.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{delete, get};
use axum::{Json, Router};
use policy::{Budgets, Key, NewKey, Scope};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Refusal;
use crate::app::{App, rfc3339};
use crate::caller::Caller;
use crate::reading::Parsed;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/keys", get(list).post(create))
        .route("/api/keys/{id}", delete(revoke))
}

async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let keys = app.gate.keys(&caller, Some(caller.user())).await?;
    let data: Vec<Value> = keys.iter().map(described).collect();
    Ok(Json(json!({ "data": data })))
}

#[derive(Deserialize)]
struct Wanted {
    name: String,
    scopes: Option<Vec<String>>,
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let wanted = body.value;
    let scopes = match &wanted.scopes {
        None => Scope::USUAL.to_vec(),
        Some(names) => {
            let scopes = names.iter().map(|name| name.parse());
            scopes.collect::<policy::Result<Vec<Scope>>>()?
        }
    };
    let new = NewKey {
        user: caller.user(),
        name: &wanted.name,
        project: None,
        scopes,
        budgets: Budgets::default(),
        expires_at: None,
    };
    let (key, secret) = app.gate.add_key(&caller, new).await?;
    let mut value = described(&key);
    value["key"] = json!(secret.reveal());
    Ok(Json(value))
}

async fn revoke(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    app.gate.revoke_key(&caller, &id).await?;
    Ok(Json(json!({ "id": id, "revoked": true })))
}

fn described(key: &Key) -> Value {
    let time = |at: store::Timestamp| rfc3339(u64::try_from(at.as_millis()).unwrap_or(0) / 1000);
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
    json!({
        "id": key.id,
        "name": key.name,
        "shown": key.shown,
        "scopes": scopes,
        "created_at": time(key.created_at),
        "expires_at": key.expires_at.map(time),
        "revoked_at": key.revoked_at.map(time),
    })
}
