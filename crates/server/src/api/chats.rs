//! `/api/chats`: conversations as people have them. A chat is a document; its turns are responses, each of which
//! names the one before it, so that what was asked again or otherwise is a branch of a tree.

mod branches;
mod export;
mod found;
mod pictures;
mod plain;
mod search;
mod settings;
mod sweep;
mod titles;
mod turns;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Cursor, List, Object, Order, Timestamp};

use super::{Refusal, moment};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;
use crate::ids;
use crate::kept::{New, PAGE_MAX, deleted};
use crate::reading::{Parsed, Query};
use settings::{Change, title};
pub(crate) use sweep::keep_swept;

/// What chats are called in the store.
const KIND: &str = "chat";

/// The state of a chat that can still be taken back.
const DELETED: &str = "deleted";

/// The state of every other.
const KEPT: &str = "kept";

/// How often a change is tried that another tab's came before.
const TRIES: usize = 5;

/// Documents that are read from the store at once.
const AT_ONCE: u32 = 1000;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/chats", get(list).post(create))
        .route("/api/chats/search", get(search::search))
        .route(
            "/api/chats/{id}",
            get(retrieve).patch(change).delete(remove),
        )
        .route("/api/chats/{id}/restore", post(restore))
        .route("/api/chats/{id}/export", get(export::export))
        .route("/api/chats/{id}/turns", post(turns::start))
        .route("/api/chats/{id}/turns/{item}/events", get(turns::events))
        .route("/api/chats/{id}/turns/{item}/stop", post(turns::stop))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    after: Option<String>,
    limit: Option<u32>,
    deleted: Option<bool>,
}

/// The chats of who asks: those that changed last come first, and those that are pinned before them.
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let limit = wanted.limit.unwrap_or(50).clamp(1, PAGE_MAX) as usize;
    let state = if wanted.deleted == Some(true) {
        DELETED
    } else {
        KEPT
    };
    let _permit = app.permit_all(&caller, KIND).await?;
    let mut all = app.every(caller.user(), KIND, Some(state)).await?;
    let pinned = |chat: &Object| chat.body["pinned"] == true;
    let changed = |chat: &Object| chat.body["updated_at"].as_i64();
    all.sort_by(|one, other| {
        let key = |chat: &Object| (pinned(chat), changed(chat));
        key(other)
            .cmp(&key(one))
            .then_with(|| other.id.cmp(&one.id))
    });
    let from = match &wanted.after {
        None => 0,
        Some(id) => all
            .iter()
            .position(|chat| chat.id == *id)
            .map_or(all.len(), |at| at + 1),
    };
    let data: Vec<Value> = all.iter().skip(from).take(limit).map(described).collect();
    let has_more = from + data.len() < all.len();
    Ok(Json(json!({ "data": data, "has_more": has_more })))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Change>,
) -> Result<Json<Value>, Refusal> {
    let mut chat = json!({ "updated_at": app.timestamp().as_millis() });
    body.value.apply(&mut chat)?;
    let new = New {
        id: ids::new("chat_"),
        kind: KIND,
        parent: None,
        state: KEPT.to_owned(),
        metadata: store::Metadata::default(),
        body: chat,
    };
    Ok(Json(described(&app.keep(&caller, new).await?)))
}

/// A chat with all of its turns.
async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let chat = app.chat(&caller, &id).await?;
    let turns = branches::turns(&app, &chat).await?;
    let mut value = described(&chat);
    value["turns"] = turns.iter().map(branches::described).collect();
    Ok(Json(value))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<Change>,
) -> Result<Json<Value>, Refusal> {
    let wanted = body.value;
    let chat = app.chat_to_change(&caller, &id).await?;
    let chat = app.amend(chat, |chat| wanted.apply(&mut chat.body)).await?;
    Ok(Json(described(&chat)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct How {
    for_good: bool,
}

/// It can be taken back for a day; then it is gone. At once, where that is said.
async fn remove(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(how): Query<How>,
) -> Result<Json<Value>, Refusal> {
    if how.for_good {
        let chat = app.kept_to_delete(&caller, KIND, &id).await?;
        sweep::destroy(&app, &chat).await?;
        return Ok(Json(deleted(&id, KIND)));
    }
    let chat = app.chat_to_delete(&caller, &id).await?;
    for turn in branches::turns(&app, &chat).await? {
        app.running.stop(&turn.id);
    }
    let now = app.timestamp().as_millis();
    app.amend(chat, |chat| {
        chat.state = DELETED.to_owned();
        chat.body["deleted_at"] = json!(now);
        Ok(())
    })
    .await?;
    Ok(Json(deleted(&id, KIND)))
}

async fn restore(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let chat = app.kept_to_change(&caller, KIND, &id).await?;
    let chat = app.amend(chat, |chat| {
        chat.state = KEPT.to_owned();
        chat.body["deleted_at"] = Value::Null;
        Ok(())
    });
    Ok(Json(described(&chat.await?)))
}

/// A chat as it is told, without its turns.
fn described(chat: &Object) -> Value {
    let body = &chat.body;
    let at = |key: &str| {
        body[key]
            .as_i64()
            .map(|at| moment(Timestamp::from_millis(at)))
    };
    json!({
        "id": chat.id,
        "object": KIND,
        "title": body["title"],
        "model": body["model"],
        "instructions": body["instructions"],
        "settings": match &body["settings"] {
            Value::Object(settings) => json!(settings),
            _ => json!({}),
        },
        "active": body["active"],
        "pinned": body["pinned"] == true,
        "created_at": moment(chat.created_at),
        "updated_at": at("updated_at"),
        "deleted_at": at("deleted_at"),
    })
}

impl App {
    /// The chat called `id`, if the caller may read it and it was not deleted.
    async fn chat(&self, caller: &Caller, id: &str) -> Result<Object, Fault> {
        there(self.kept(caller, KIND, id).await?)
    }

    async fn chat_to_change(&self, caller: &Caller, id: &str) -> Result<Object, Fault> {
        there(self.kept_to_change(caller, KIND, id).await?)
    }

    async fn chat_to_delete(&self, caller: &Caller, id: &str) -> Result<Object, Fault> {
        there(self.kept_to_delete(caller, KIND, id).await?)
    }

    /// Changes a document; again where somebody else changed it in between.
    pub(super) async fn amend(
        &self,
        mut object: Object,
        change: impl Fn(&mut Object) -> Result<(), Fault>,
    ) -> Result<Object, Fault> {
        for _ in 0..TRIES {
            let id = object.id.clone();
            change(&mut object)?;
            match self.store().objects().update(object).await {
                Err(store::Error::Version { .. }) => {
                    object = self.store().objects().get(&id).await?;
                }
                updated => return Ok(updated?),
            }
        }
        Err(Fault::broken("too many changes at the same time"))
    }

    /// All documents of a kind that `owner` has, the newest first.
    pub(super) async fn every(
        &self,
        owner: &str,
        kind: &str,
        state: Option<&str>,
    ) -> Result<Vec<Object>, Fault> {
        let mut list = List {
            kind: Some(kind.to_owned()),
            owner: Some(owner.to_owned()),
            state: state.map(str::to_owned),
            order: Order::Descending,
            limit: AT_ONCE,
            ..List::default()
        };
        let mut all: Vec<Object> = Vec::new();
        loop {
            let page = self.store().objects().list(&list).await?;
            let last = page.data.last().map(|object| object.id.clone());
            all.extend(page.data);
            match last {
                Some(id) if page.has_more => list.cursor = Cursor::After(id),
                _ => return Ok(all),
            }
        }
    }
}

/// What was deleted is not there, but for whoever takes it back.
fn there(chat: Object) -> Result<Object, Fault> {
    match chat.state == DELETED {
        true => Err(Fault::not_found(KIND, &chat.id)),
        false => Ok(chat),
    }
}
