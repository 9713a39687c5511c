//! `/api/house`: what the owner decided for everybody.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use policy::action::{ManageModels, Operate, SeeModels};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{List, Object};
use video::SCENE_MODEL;

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

/// Whether no film is begun.
pub(crate) const FILMS_PAUSED: &str = "films_paused";

/// What is changed; what is not there stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Whether models write the titles of chats.
    titles: Option<bool>,
    /// Whether no film is begun; the one that is being made is made to its end.
    films_paused: Option<bool>,
}

/// Whether models write the titles of chats.
pub(super) async fn titles(app: &App) -> Result<bool> {
    let settings = settings(app).await?;
    Ok(settings.is_none_or(|settings| settings.body["titles"] != false))
}

/// Whether the setting called `name` is set.
pub(crate) async fn is_set(app: &App, name: &str) -> store::Result<bool> {
    let settings = settings(app).await?;
    Ok(settings.is_some_and(|settings| settings.body[name] == true))
}

async fn settings(app: &App) -> store::Result<Option<Object>> {
    let list = List {
        kind: Some(KIND.to_owned()),
        limit: 1,
        ..List::default()
    };
    Ok(app.store().objects().list(&list).await?.data.pop())
}

async fn retrieve(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let _permit = app.gate.permit(&caller, SeeModels).await?;
    let settings = settings(&app).await?.map(|settings| settings.body);
    Ok(Json(described(&app, &settings.unwrap_or_default())))
}

fn described(app: &App, settings: &Value) -> Value {
    json!({
        "titles": settings["titles"] != false,
        "films_paused": settings[FILMS_PAUSED] == true,
        "film_models": app.networks.described(),
        "film_adapters": app.networks.adapter_names(),
    })
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Settings>,
) -> Result<Json<Value>, Refusal> {
    let wanted = body.value;
    if wanted.titles.is_some() || wanted.films_paused.is_none() {
        let change = "change_settings";
        let _permit = app.gate.permit(&caller, Operate { change }).await?;
    }
    if let Some(paused) = wanted.films_paused {
        // What models do is a matter of those who manage them.
        let change = match paused {
            true => "pause_films",
            false => "resume_films",
        };
        let model = Some(SCENE_MODEL.to_owned());
        let pausing = ManageModels { change, model };
        let _permit = app.gate.permit(&caller, pausing).await?;
    }
    let known = settings(&app).await?;
    let kept = match known {
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
    let kept = app
        .amend(kept, |kept| {
            let settings = [
                ("titles", wanted.titles),
                (FILMS_PAUSED, wanted.films_paused),
            ];
            for (name, wanted) in settings {
                if let Some(wanted) = wanted {
                    kept.body[name] = json!(wanted);
                }
            }
            Ok(())
        })
        .await?;
    app.works.wake();
    Ok(Json(described(&app, &kept.body)))
}
