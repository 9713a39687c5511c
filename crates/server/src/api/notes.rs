//! `/api/notes`: texts that people give models to begin with, kept to be used again.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Object;

use super::{Refusal, moment};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::kept::{New, deleted};
use crate::reading::Parsed;

/// What notes are called in the store.
const KIND: &str = "note";

/// Letters of a title at most.
const TITLE_MAX: usize = 200;

/// Letters of a note at most.
const TEXT_MAX: usize = 100_000;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/notes", get(list).post(create))
        .route("/api/notes/{id}", put(change).delete(remove))
}

#[derive(Deserialize)]
struct Note {
    title: String,
    text: String,
}

impl Note {
    fn checked(self) -> Result<Value> {
        let is_right = |text: &str, most| !text.trim().is_empty() && text.chars().count() <= most;
        if !is_right(&self.title, TITLE_MAX) {
            return Err(Fault::param("title", format!("1 to `{TITLE_MAX}` letters")));
        }
        if !is_right(&self.text, TEXT_MAX) {
            return Err(Fault::param("text", format!("1 to `{TEXT_MAX}` letters")));
        }
        Ok(json!({ "title": self.title.trim(), "text": self.text }))
    }
}

/// All notes of who asks, the newest first.
async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let _permit = app.permit_all(&caller, KIND).await?;
    let notes = app.every(caller.user(), KIND, None).await?;
    let data: Vec<Value> = notes.iter().map(described).collect();
    Ok(Json(json!({ "data": data })))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Note>,
) -> Result<Json<Value>, Refusal> {
    let new = New {
        id: ids::new("note_"),
        kind: KIND,
        parent: None,
        state: String::new(),
        metadata: store::Metadata::default(),
        body: body.value.checked()?,
    };
    Ok(Json(described(&app.keep(&caller, new).await?)))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<Note>,
) -> Result<Json<Value>, Refusal> {
    let text = body.value.checked()?;
    let note = app.kept_to_change(&caller, KIND, &id).await?;
    let note = app.amend(note, |note| {
        note.body = text.clone();
        Ok(())
    });
    Ok(Json(described(&note.await?)))
}

async fn remove(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    app.delete(&caller, KIND, &id).await?;
    Ok(Json(deleted(&id, KIND)))
}

fn described(note: &Object) -> Value {
    json!({
        "id": note.id,
        "title": note.body["title"],
        "text": note.body["text"],
        "created_at": moment(note.created_at),
    })
}
