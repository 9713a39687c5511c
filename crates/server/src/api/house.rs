//! `/api/house`: what the owner decided for everybody.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use policy::action::{Operate, SeeModels};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{List, Object};

use super::Refusal;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Result;
use crate::ids;
use crate::reading::Parsed;

/// What the settings are called in the store.
const KIND: &str = "house.settings";

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/house", get(retrieve).patch(change))
}

/// What is changed; what is not there stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Whether models write the titles of chats.
    titles: Option<bool>,
}

/// Whether models write the titles of chats.
pub(super) async fn titles(app: &App) -> Result<bool> {
    let settings = settings(app).await?;
    Ok(settings.is_none_or(|settings| settings.body["titles"] != false))
}

async fn settings(app: &App) -> Result<Option<Object>> {
    let list = List {
        kind: Some(KIND.to_owned()),
        limit: 1,
        ..List::default()
    };
    Ok(app.store().objects().list(&list).await?.data.pop())
}

async fn retrieve(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let _permit = app.gate.permit(&caller, SeeModels).await?;
    Ok(Json(json!({ "titles": titles(&app).await? })))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Settings>,
) -> Result<Json<Value>, Refusal> {
    let change = "change_settings";
    let _permit = app.gate.permit(&caller, Operate { change }).await?;
    let wanted = body.value;
    let known = settings(&app).await?;
    let mut kept = match known {
        Some(kept) => kept,
        None => {
            let fresh = Object {
                id: ids::new("house_"),
                kind: KIND.to_owned(),
                owner: caller.user().to_owned(),
                created_at: app.timestamp(),
                version: 1,
                body: json!({}),
                ..Object::default()
            };
            app.store().objects().put(fresh.clone()).await?;
            fresh
        }
    };
    if let Some(titles) = wanted.titles {
        kept = app
            .amend(kept, |kept| {
                kept.body["titles"] = json!(titles);
                Ok(())
            })
            .await?;
    }
    Ok(Json(json!({ "titles": kept.body["titles"] != false })))
}
