//! Chat completions that were kept: `store` in the request.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::kept::{New, Wanted, deleted, page};
use crate::reading::{Parsed, Query};
use crate::v1::responses::check_metadata;

/// What they are called in the store.
const KIND: &str = "chat.completion";

/// What is to be kept of a completion.
#[derive(Debug, Clone)]
pub(crate) struct Keeping {
    pub messages: Vec<Value>,
    pub metadata: BTreeMap<String, String>,
}

impl Keeping {
    /// Keeps a completion with the messages that it answers.
    pub async fn put(self, app: &App, caller: &Caller, completion: &Value) -> Result<()> {
        let new = New {
            id: completion["id"].as_str().unwrap_or_default().to_owned(),
            kind: KIND,
            parent: None,
            state: completion["model"].as_str().unwrap_or_default().to_owned(),
            metadata: self.metadata,
            body: json!({ "completion": completion, "messages": self.messages }),
        };
        app.keep(caller, new).await.map(drop)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Listing {
    #[serde(flatten)]
    wanted: Wanted,
    model: Option<String>,
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(listing): Query<Listing>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>> {
    let mut wanted = listing.wanted;
    // Alone among all lists, this one begins with the oldest.
    wanted.default_ascending();
    let metadata = pairs(query.as_deref().unwrap_or_default());
    let found = app
        .list(&caller, KIND, &wanted, metadata, listing.model)
        .await?;
    let data = found
        .data
        .iter()
        .map(|object| whole(&object.body, &object.metadata))
        .collect();
    Ok(Json(page(data, found.has_more)))
}

pub(super) async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let object = app.kept(&caller, KIND, &id).await?;
    Ok(Json(whole(&object.body, &object.metadata)))
}

#[derive(Debug, Deserialize)]
pub(super) struct Update {
    metadata: Option<BTreeMap<String, String>>,
}

pub(super) async fn update(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<Update>,
) -> Result<Json<Value>> {
    let Some(metadata) = body.value.metadata else {
        return Err(Fault::param(
            "metadata",
            "`metadata` is what can be changed, and it is missing",
        ));
    };
    check_metadata(Some(&metadata))?;
    let mut object = app.kept_to_change(&caller, KIND, &id).await?;
    object.metadata = metadata;
    let object = app.store().objects().update(object).await?;
    Ok(Json(whole(&object.body, &object.metadata)))
}

pub(super) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    app.delete(&caller, KIND, &id).await?;
    Ok(Json(deleted(&id, "chat.completion.deleted")))
}

pub(super) async fn messages(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let object = app.kept(&caller, KIND, &id).await?;
    let messages = object.body["messages"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let messages = messages.into_iter().enumerate().map(|(at, mut message)| {
        message["id"] = json!(format!("{id}-{at}"));
        message
    });
    Ok(Json(page(messages.collect(), false)))
}

fn whole(body: &Value, metadata: &BTreeMap<String, String>) -> Value {
    let mut completion = body["completion"].clone();
    completion["metadata"] = json!(metadata);
    completion
}

/// The pairs `metadata[name]=value` of a query.
fn pairs(query: &str) -> BTreeMap<String, String> {
    let all: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let pairs = all.into_iter().filter_map(|(key, value)| {
        let name = key.strip_prefix("metadata[")?.strip_suffix(']')?;
        Some((name.to_owned(), value))
    });
    pairs.collect()
}
