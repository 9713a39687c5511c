//! Asking in a chat, following the answer from anywhere, and stopping it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use store::Object;

use super::branches::{AGAIN, FORGOTTEN, OF_CHAT, described, is_of, items, turn, written};
use super::titles::First;
use super::{pictures, settings, title, titles};
use crate::api::Refusal;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::reading::{Parsed, Query};
use crate::sse;
use crate::v1::responses::background;
use crate::v1::responses::make::Plan;
use crate::v1::responses::request::ResponseRequest;

/// Chats of fewer letters fit into every context, so that nobody need look.
const LETTERS_SMALL: usize = 6_000;

/// Turns that may lie before one.
const BEFORE_MAX: u32 = 20_000;

/// Turns that are read at once, the newest first.
const READ_AT_ONCE: usize = 64;

/// Letters of a token, rather too few than too many.
const LETTERS_OF_TOKEN: usize = 3;

/// What is asked, and where in the tree.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// A text, or parts of one message.
    input: Value,
    /// The turn that this one follows; `null` begins anew. The active one, when nothing is said.
    #[serde(deserialize_with = "said")]
    after: Option<Option<String>>,
    /// The turn whose question is asked once more, beside it.
    again: Option<String>,
    /// Another model than the chat's, from now on.
    model: Option<String>,
}

fn said<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<String>>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

/// Asks. The answer is made whether or not somebody listens.
pub(super) async fn start(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<Asked>,
) -> Result<Response, Refusal> {
    let asked = body.value;
    let mut chat = app.chat_to_change(&caller, &id).await?;
    if let Some(model) = &asked.model {
        chat.body["model"] = json!(model);
    }
    let mut request = request(&app, &chat, &asked).await?;
    let reads_pictures = app.catalogue.reads_pictures(request.model()?);
    if pictures::checked(&request.input)? > 0 && !reads_pictures {
        return Err(pictures::refused(request.model()?).into());
    }
    let (before, forgotten) = before(&app, &caller, &chat, &request).await?;
    if forgotten > 0 {
        let metadata = request.metadata.get_or_insert_default();
        metadata.insert(FORGOTTEN.to_owned(), forgotten.to_string());
    }
    let mut context = items(&before);
    if !reads_pictures {
        context = pictures::in_words(context);
    }
    let plan = Plan::of_chat(&app, &request, context)?;
    let name = match chat.body["title"].as_str() {
        Some(title) => title.to_owned(),
        None => title(&written(&json!(plan.input))),
    };
    let (turn, model) = (plan.id(), plan.model.clone());
    let now = app.timestamp().as_millis();
    let is_first = chat.body["active"].is_null() && chat.body["title"].is_null();
    let begun = background::start(&app, &caller, plan).await?;
    let chat = app.amend(chat, |chat| {
        chat.body["title"] = json!(name);
        chat.body["model"] = json!(model);
        chat.body["active"] = json!(turn);
        chat.body["updated_at"] = json!(now);
        Ok(())
    });
    let chat = chat.await?.id;
    if is_first {
        let first = First {
            chat,
            turn,
            title: name,
        };
        titles::follow(&app, &caller, first);
    }
    Ok(sse::reply(background::follow(app, begun, 0)))
}

/// The turns before the one that is asked for, the oldest first, as far back as the model can read; and how many came
/// before those.
async fn before(
    app: &App,
    caller: &Caller,
    chat: &Object,
    request: &ResponseRequest,
) -> Result<(Vec<Object>, usize)> {
    let Some(leaf) = &request.previous_response_id else {
        return Ok((Vec::new(), 0));
    };
    let objects = app.store().objects();
    let line = objects.line(leaf, BEFORE_MAX).await?;
    let model = request.model()?;
    let mut room = match app.catalogue.is_far(model) {
        true => usize::MAX,
        // Chats that fit into every context need no model to be loaded.
        false => LETTERS_SMALL,
    };
    let mut letters_read =
        letters(&request.input) + request.instructions.as_ref().map_or(0, String::len);
    let mut read = Vec::new();
    'back: for ids in line.chunks(READ_AT_ONCE) {
        for turn in objects.all_of(ids).await? {
            if !is_of(&turn, chat) {
                break 'back;
            }
            letters_read +=
                letters(&turn.body["input"]) + letters(&turn.body["response"]["output"]);
            if letters_read > room && room == LETTERS_SMALL {
                let context = app.speaker(caller, model).await?.context();
                // The rest is left for the answer.
                room = room.max(context / 4 * 3 * LETTERS_OF_TOKEN);
            }
            if letters_read > room {
                break 'back;
            }
            read.push(turn);
        }
    }
    let forgotten = line.len() - read.len();
    read.reverse();
    Ok((read, forgotten))
}

/// Letters of what is read of items.
fn letters(items: &Value) -> usize {
    match items {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(letters).sum(),
        Value::Object(map) => ["content", "text", "arguments", "input", "output"]
            .iter()
            .filter_map(|name| map.get(*name))
            .map(letters)
            .sum(),
        _ => 0,
    }
}

/// What is asked of the model.
async fn request(app: &App, chat: &Object, asked: &Asked) -> Result<ResponseRequest> {
    let mut request = ResponseRequest {
        background: Some(true),
        ..ResponseRequest::default()
    };
    settings::fill(&mut request, &chat.body);
    let mut metadata = store::Metadata::from([(OF_CHAT.to_owned(), chat.id.clone())]);
    if let Some(id) = &asked.again {
        let turn = turn(app, chat, id).await?;
        let first = turn.metadata.get(AGAIN).unwrap_or(&turn.id);
        metadata.insert(AGAIN.to_owned(), first.clone());
        request.input = without_ids(&turn.body["input"]);
        request.previous_response_id = turn.parent.clone();
    } else {
        request.input = match &asked.input {
            Value::String(text) if !text.trim().is_empty() => json!(text),
            Value::Array(parts) if !parts.is_empty() => {
                json!([{ "type": "message", "role": "user", "content": parts }])
            }
            _ => return Err(Fault::param("input", "there is nothing to answer")),
        };
        let after = match &asked.after {
            Some(after) => after.clone(),
            None => chat.body["active"].as_str().map(str::to_owned),
        };
        if let Some(id) = &after {
            turn(app, chat, id).await?;
        }
        request.previous_response_id = after;
    }
    request.metadata = Some(metadata);
    Ok(request)
}

/// The same items as new ones.
fn without_ids(items: &Value) -> Value {
    let mut items = items.clone();
    let list = items.as_array_mut().into_iter().flatten();
    for item in list.filter_map(Value::as_object_mut) {
        item.remove("id");
    }
    items
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct From {
    after: Option<u64>,
}

/// The events of an answer after one of them, those that are still to come included.
pub(super) async fn events(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, item)): Path<(String, String)>,
    Query(from): Query<From>,
) -> Result<Response, Refusal> {
    let chat = app.chat(&caller, &id).await?;
    let turn = turn(&app, &chat, &item).await?;
    let from = from.after.map_or(0, |after| after.saturating_add(1));
    Ok(sse::reply(background::follow(app, turn.id, from)))
}

/// Stops an answer; what was said until then is kept.
pub(super) async fn stop(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, item)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let chat = app.chat_to_change(&caller, &id).await?;
    let begun = turn(&app, &chat, &item).await?;
    background::cancel(&app, &begun.id).await?;
    Ok(Json(described(&turn(&app, &chat, &item).await?)))
}
