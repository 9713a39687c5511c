//! `/v1/webhook_endpoints`: addresses that are told when something has ended. Only the owner names them.

mod events;
mod send;
mod sign;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64ct::{Base64, Encoding as _};
use fleet::guard::{Guard, Limits, is_public};
use policy::action::Operate;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Cursor, List, Object};
use tokio::sync::Notify;

use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::kept::{PAGE_MAX, deleted, page};
use crate::reading::{Parsed, Query};
use crate::v1::files::seconds;

pub(crate) use events::announce;
pub(crate) use send::start;

/// What endpoints are called in the store.
const KIND: &str = "webhook_endpoint";

/// Deliveries, as jobs name them.
pub(crate) const DELIVERY: &str = "webhook";

/// What can be told of.
pub(crate) const EVENTS: [&str; 10] = [
    "batch.completed",
    "batch.failed",
    "batch.expired",
    "batch.cancelled",
    "response.completed",
    "response.failed",
    "response.cancelled",
    "response.incomplete",
    "video.completed",
    "video.failed",
];

/// Endpoints of a house.
const ENDPOINTS_MAX: u32 = 32;

/// Characters of a name.
const NAME_MAX: usize = 100;

/// Bytes of an address.
const URL_MAX: usize = 2048;

/// How long an old secret may go on being used.
const OLD_SECRET: Duration = Duration::from_secs(24 * 3600);

/// What is read of a reply: none of it matters, so that little is.
const LIMITS: Limits = Limits {
    bytes_max: 64 << 10,
    timeout: Duration::from_secs(15),
};

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/webhook_endpoints", post(create).get(list))
        .route(
            "/v1/webhook_endpoints/{id}",
            get(retrieve).post(update).delete(delete),
        )
        .route("/v1/webhook_endpoints/{id}/rotate_secret", post(rotate))
        .route("/v1/webhook_endpoints/{id}/test", post(test))
        .route("/v1/webhook_event_types", get(types))
}

/// What all deliveries share.
pub(crate) struct Webhooks {
    /// A delivery was queued.
    queued: Notify,
    /// What they pass through.
    guard: Guard,
}

impl Webhooks {
    /// Addresses may lead to the public Internet, and to those of `private`.
    pub fn new(private: &[IpAddr]) -> Self {
        Self {
            queued: Notify::new(),
            guard: Guard::new(LIMITS).exempt(private),
        }
    }

    /// That an address is one to which something may be sent.
    async fn check(&self, url: &str) -> Result<()> {
        if url.len() > URL_MAX {
            let message = format!("an address has at most `{URL_MAX}` bytes");
            return Err(Fault::param("url", message));
        }
        let target = self.guard.check(url).await.map_err(|error| {
            let hint = match &error {
                fleet::Error::AddressRefused { .. } => {
                    "\nhint: addresses of this machine or network are named under `[webhooks]` in `freehold.toml`: `private = [\"127.0.0.1\"]`"
                }
                _ => "\nhint: the name must be known when the endpoint is made",
            };
            Fault::param("url", format!("{error}{hint}")).code(error.code())
        })?;
        let is_plain = !url.trim_start().to_ascii_lowercase().starts_with("https:");
        if is_plain && is_public(target.socket_address().ip()) {
            let message = "what is sent through the Internet is encrypted\nhint: an address that begins with `https://`";
            return Err(Fault::param("url", message));
        }
        Ok(())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wishes {
    event_types: Option<Vec<String>>,
    name: Option<String>,
    url: Option<String>,
}

impl Wishes {
    async fn check(&self, app: &App) -> Result<()> {
        if let Some(types) = &self.event_types {
            if types.is_empty() || types.len() > EVENTS.len() {
                return Err(Fault::param(
                    "event_types",
                    format!(
                        "an endpoint is told of 1 to {} types of events",
                        EVENTS.len()
                    ),
                ));
            }
            let unknown = types.iter().find(|name| !EVENTS.contains(&name.as_str()));
            if let Some(name) = unknown {
                return Err(unknown_event("event_types", name));
            }
        }
        if let Some(name) = &self.name {
            let length = name.trim().chars().count();
            if !(1..=NAME_MAX).contains(&length) || name.chars().any(char::is_control) {
                let message = format!("a name has 1 to {NAME_MAX} characters");
                return Err(Fault::param("name", message));
            }
        }
        match &self.url {
            Some(url) => app.webhooks.check(url).await,
            None => Ok(()),
        }
    }

    /// Writes into `endpoint` what is wished, each event once.
    fn write(self, endpoint: &mut Value) {
        if let Some(mut types) = self.event_types {
            types.sort();
            types.dedup();
            endpoint["event_types"] = json!(types);
        }
        if let Some(name) = self.name {
            endpoint["name"] = json!(name.trim());
        }
        if let Some(url) = self.url {
            endpoint["url"] = json!(url);
        }
    }
}

fn unknown_event(param: &str, name: &str) -> Fault {
    let shown: String = name.chars().take(64).collect();
    let message = format!(
        "nothing here is called `{shown}`\nhint: `{}`",
        EVENTS.join("`, `")
    );
    Fault::param(param, message)
}

/// What signs what is sent, as it is shown once.
fn secret() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Fault::broken(error.to_string()))?;
    Ok(format!("{}{}", sign::PREFIX, Base64::encode_string(&bytes)))
}

/// The end of a secret, by which it is told from others.
fn hint(secret: &str) -> String {
    let end = secret.len() - 5;
    format!("{}…{}", sign::PREFIX, &secret[end..])
}

/// Who may see and change them: what is told concerns everybody of the house.
async fn permit(app: &App, caller: &Caller, looks: bool) -> Result<()> {
    let permit = match looks {
        true => {
            let change = "see_webhooks";
            app.gate.permit(caller, Operate { change }).await
        }
        false => {
            let change = "change_webhooks";
            app.gate.permit(caller, Operate { change }).await
        }
    };
    Ok(permit.map(drop)?)
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Wishes>,
) -> Result<Json<Value>> {
    permit(&app, &caller, false).await?;
    let wishes = body.value;
    for (param, is_there) in [
        ("event_types", wishes.event_types.is_some()),
        ("name", wishes.name.is_some()),
        ("url", wishes.url.is_some()),
    ] {
        if !is_there {
            return Err(super::files::incoming::missing(param));
        }
    }
    wishes.check(&app).await?;
    if all(&app).await?.len() >= ENDPOINTS_MAX as usize {
        let message =
            format!("there are `{ENDPOINTS_MAX}` endpoints already\nhint: delete one of them");
        return Err(Fault::invalid(message));
    }
    let (id, now, secret) = (ids::new("we_"), app.timestamp(), secret()?);
    let mut endpoint = json!({
        "id": id,
        "object": "webhook_endpoint",
        "created_at": seconds(now),
        "updated_at": seconds(now),
        "event_types": [],
        "name": "",
        "url": "",
        "signing_secret_hint": hint(&secret),
    });
    wishes.write(&mut endpoint);
    let object = Object {
        id,
        kind: KIND.to_owned(),
        owner: caller.user().to_owned(),
        created_at: now,
        version: 1,
        body: json!({ "endpoint": endpoint, "secret": secret, "old_secret": null }),
        ..Object::default()
    };
    let object = app.store().objects().put(object).await?;
    Ok(Json(with_secret(object)))
}

fn wire(mut object: Object) -> Value {
    object.body["endpoint"].take()
}

/// The endpoint with its secret, which is shown once.
fn with_secret(mut object: Object) -> Value {
    let mut endpoint = object.body["endpoint"].take();
    endpoint["signing_secret"] = object.body["secret"].take();
    endpoint
}

/// All endpoints, the newest first.
async fn all(app: &App) -> Result<Vec<Object>> {
    let list = List {
        kind: Some(KIND.to_owned()),
        order: store::Order::Descending,
        limit: ENDPOINTS_MAX,
        ..List::default()
    };
    Ok(app.store().objects().list(&list).await?.data)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    after: Option<String>,
    limit: Option<u32>,
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(part): Query<Part>,
) -> Result<Json<Value>> {
    permit(&app, &caller, true).await?;
    let limit = part.limit.unwrap_or(20);
    if !(1..=PAGE_MAX).contains(&limit) {
        let message = format!("`limit` is `{limit}`; it lies between `1` and `{PAGE_MAX}`");
        return Err(Fault::param("limit", message));
    }
    let list = List {
        kind: Some(KIND.to_owned()),
        cursor: match part.after {
            Some(id) if !id.is_empty() => Cursor::After(id),
            _ => Cursor::Start,
        },
        order: store::Order::Descending,
        limit,
        metadata: BTreeMap::new(),
        ..List::default()
    };
    let found = app.store().objects().list(&list).await?;
    let data = found.data.into_iter().map(wire).collect();
    Ok(Json(page(data, found.has_more)))
}

async fn find(app: &App, id: &str) -> Result<Object> {
    match app.store().objects().get(id).await {
        Ok(object) if object.kind == KIND => Ok(object),
        Ok(_) | Err(store::Error::NotFound { .. }) => Err(Fault::not_found("webhook endpoint", id)),
        Err(error) => Err(error.into()),
    }
}

async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    permit(&app, &caller, true).await?;
    Ok(Json(wire(find(&app, &id).await?)))
}

async fn update(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<Wishes>,
) -> Result<Json<Value>> {
    permit(&app, &caller, false).await?;
    let mut object = find(&app, &id).await?;
    let wishes = body.value;
    wishes.check(&app).await?;
    let before = object.body["endpoint"].clone();
    wishes.write(&mut object.body["endpoint"]);
    if object.body["endpoint"] == before {
        return Ok(Json(before));
    }
    object.body["endpoint"]["updated_at"] = json!(app.now());
    Ok(Json(wire(app.store().objects().update(object).await?)))
}

async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    permit(&app, &caller, false).await?;
    let object = find(&app, &id).await?;
    app.store().objects().delete(&object.id).await?;
    Ok(Json(deleted(&id, "webhook_endpoint.deleted")))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rotation {
    keep_old_secret_active_for_24_hours: Option<bool>,
}

/// Another secret. For a day what is sent can be signed by both.
async fn rotate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<Rotation>,
) -> Result<Json<Value>> {
    permit(&app, &caller, false).await?;
    let mut object = find(&app, &id).await?;
    let keeps = body
        .value
        .keep_old_secret_active_for_24_hours
        .unwrap_or(false);
    let old = object.body["secret"].take();
    object.body["old_secret"] = match keeps {
        true => json!({ "secret": old, "until": app.now() + OLD_SECRET.as_secs() }),
        false => Value::Null,
    };
    let fresh = secret()?;
    object.body["endpoint"]["signing_secret_hint"] = json!(hint(&fresh));
    object.body["endpoint"]["updated_at"] = json!(app.now());
    object.body["secret"] = json!(fresh);
    let object = app.store().objects().update(object).await?;
    Ok(Json(with_secret(object)))
}

#[derive(Debug, Deserialize)]
struct Trial {
    event_type: String,
}

/// Sends an event of something that is not there, and says what came back.
async fn test(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<Trial>,
) -> Result<Json<Value>> {
    permit(&app, &caller, false).await?;
    let endpoint = find(&app, &id).await?;
    let name = body.value.event_type;
    if !EVENTS.contains(&name.as_str()) {
        return Err(unknown_event("event_type", &name));
    }
    let kind = name.split('.').next().unwrap_or_default();
    let event = events::event(&name, &format!("{kind}_test"), app.now());
    let sent = send::send(&app, &caller.0, &endpoint, &ids::new("wh_"), &event).await;
    let status = sent.map_err(|unsent| {
        let message = format!("the endpoint cannot be reached: {}", unsent.reason);
        Fault::new(StatusCode::BAD_REQUEST, message).code("webhook_unreachable")
    })?;
    Ok(Json(json!({
        "object": "webhook_endpoint.test",
        "webhook_endpoint_id": id,
        "event_type": name,
        "success": true,
        "status_code": status.as_u16(),
    })))
}

async fn types(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>> {
    permit(&app, &caller, true).await?;
    Ok(Json(json!({ "object": "list", "data": EVENTS })))
}
