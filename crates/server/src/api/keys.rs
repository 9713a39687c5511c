//! `/api/keys`: the keys by which a person's programs are known.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{delete, get};
use axum::{Json, Router};
use policy::{Budgets, Key, NewKey, Scope, Used};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refusal, moment};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;
use crate::reading::{Parsed, Query};

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/keys", get(list).post(create))
        .route("/api/keys/{id}", delete(revoke))
}

/// Whose keys: one's own, or `everybody`'s.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Whose {
    of: Option<String>,
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(query): Query<Whose>,
) -> Result<Json<Value>, Refusal> {
    let everybody = query.of.as_deref() == Some("everybody");
    let of = (!everybody).then(|| caller.user());
    let keys = app.gate.keys(&caller, of).await?;
    let mut data: Vec<Value> = Vec::with_capacity(keys.len());
    for key in &keys {
        let used = app.gate.used_by(key).await?;
        data.push(described(key, used));
    }
    Ok(Json(json!({ "data": data })))
}

#[derive(Deserialize)]
struct Wanted {
    name: String,
    scopes: Option<Vec<String>>,
    #[serde(default)]
    budgets: Limits,
    /// Seconds since 1970.
    expires_at: Option<u64>,
}

/// What a key may use; what is not said is not limited.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Limits {
    requests_per_minute: Option<u64>,
    tokens_per_minute: Option<u64>,
    tokens_per_day: Option<u64>,
    tokens_total: Option<u64>,
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
    let expires_at = wanted.expires_at.map(|seconds| {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        store::Timestamp::from_millis(seconds.saturating_mul(1000))
    });
    if expires_at.is_some_and(|at| at <= app.timestamp()) {
        let message =
            "a key that has expired opens nothing\nhint: seconds since 1970, in the future";
        return Err(Fault::param("expires_at", message).into());
    }
    let new = NewKey {
        user: caller.user(),
        name: &wanted.name,
        project: None,
        scopes,
        budgets: Budgets {
            requests_per_minute: wanted.budgets.requests_per_minute,
            tokens_per_minute: wanted.budgets.tokens_per_minute,
            tokens_per_day: wanted.budgets.tokens_per_day,
            tokens_total: wanted.budgets.tokens_total,
        },
        expires_at,
    };
    let (key, secret) = app.gate.add_key(&caller, new).await?;
    let mut value = described(&key, Used::default());
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

fn described(key: &Key, used: Used) -> Value {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
    json!({
        "id": key.id,
        "name": key.name,
        "shown": key.shown,
        "user": key.user,
        "scopes": scopes,
        "budgets": {
            "requests_per_minute": key.budgets.requests_per_minute,
            "tokens_per_minute": key.budgets.tokens_per_minute,
            "tokens_per_day": key.budgets.tokens_per_day,
            "tokens_total": key.budgets.tokens_total,
        },
        "used": {
            "requests_this_minute": used.requests_this_minute,
            "tokens_this_minute": used.tokens_this_minute,
            "tokens_today": used.tokens_today,
            "tokens_total": used.tokens_total,
            "requests_total": used.requests_total,
        },
        "created_at": moment(key.created_at),
        "expires_at": key.expires_at.map(moment),
        "revoked_at": key.revoked_at.map(moment),
    })
}
