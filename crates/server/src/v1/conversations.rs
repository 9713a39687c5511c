//! `/v1/conversations`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Change, Object};

use super::responses::check_metadata;
use super::responses::input::items as read_items;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::kept::{New, Wanted, deleted, page};
use crate::reading::{Parsed, Query};
use crate::v1::responses::as_items;

/// What conversations are called in the store.
pub(crate) const KIND: &str = "conversation";

/// The most items that are added at a time.
const ITEMS_MAX: usize = 20;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/conversations", post(create))
        .route(
            "/v1/conversations/{id}",
            get(retrieve).post(update).delete(delete),
        )
        .route("/v1/conversations/{id}/items", get(items).post(add_items))
        .route(
            "/v1/conversations/{id}/items/{item}",
            get(item).delete(delete_item),
        )
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ConversationRequest {
    items: Value,
    metadata: Option<BTreeMap<String, String>>,
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<ConversationRequest>,
) -> Result<Json<Value>> {
    let request = body.value;
    check_metadata(request.metadata.as_ref())?;
    let items = few(read_items(&request.items)?)?;
    let id = ids::new("conv_");
    let items = Change::Items {
        object: id.clone(),
        items: as_items(&items),
    };
    let new = New {
        id,
        kind: KIND,
        parent: None,
        state: String::new(),
        metadata: request.metadata.unwrap_or_default(),
        body: Value::Null,
    };
    let object = app.keep_with(&caller, new, vec![items]).await?;
    Ok(Json(conversation(&object)))
}

async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    Ok(Json(conversation(&app.kept(&caller, KIND, &id).await?)))
}

async fn update(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<ConversationRequest>,
) -> Result<Json<Value>> {
    let metadata = body.value.metadata;
    check_metadata(metadata.as_ref())?;
    let mut object = app.kept_to_change(&caller, KIND, &id).await?;
    object.metadata = metadata.unwrap_or_default();
    let object = app.store().objects().update(object).await?;
    Ok(Json(conversation(&object)))
}

async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    app.delete(&caller, KIND, &id).await?;
    Ok(Json(deleted(&id, "conversation.deleted")))
}

async fn items(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>> {
    let object = app.kept(&caller, KIND, &id).await?;
    let items = app.items(&object, &wanted).await?;
    let data = items.data.into_iter().map(|item| item.body).collect();
    Ok(Json(page(data, items.has_more)))
}

async fn add_items(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<ConversationRequest>,
) -> Result<Json<Value>> {
    let items = few(read_items(&body.value.items)?)?;
    let object = app.kept_to_change(&caller, KIND, &id).await?;
    app.store()
        .objects()
        .append_items(&object.id, as_items(&items))
        .await?;
    Ok(Json(page(items, false)))
}

async fn item(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, item)): Path<(String, String)>,
) -> Result<Json<Value>> {
    let object = app.kept(&caller, KIND, &id).await?;
    let found = app.store().objects().item(&object.id, &item).await;
    let found = found.map_err(|error| missing(error, &item))?;
    Ok(Json(found.body))
}

async fn delete_item(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, item)): Path<(String, String)>,
) -> Result<Json<Value>> {
    let object = app.kept_to_change(&caller, KIND, &id).await?;
    match app.store().objects().delete_item(&object.id, &item).await? {
        true => Ok(Json(conversation(&object))),
        false => Err(Fault::not_found("item", &item)),
    }
}

fn missing(error: store::Error, id: &str) -> Fault {
    match error {
        store::Error::NotFound { .. } => Fault::not_found("item", id),
        other => other.into(),
    }
}

fn few(items: Vec<Value>) -> Result<Vec<Value>> {
    match items.len() {
        0..=ITEMS_MAX => Ok(items),
        count => {
            let message = format!("`{count}` items; `{ITEMS_MAX}` are added at a time");
            Err(Fault::param("items", message))
        }
    }
}

fn conversation(object: &Object) -> Value {
    json!({
        "id": object.id,
        "object": "conversation",
        "created_at": object.created_at.as_millis() / 1000,
        "metadata": object.metadata,
    })
}
