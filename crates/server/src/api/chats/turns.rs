//! Asking in a chat, following the answer from anywhere, and stopping it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use store::Object;

use super::branches::{AGAIN, FORGOTTEN, OF_CHAT, branch, described, items, text, turn, turns};
use super::{settings, title};
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
    let known = turns(&app, &chat).await?;
    let mut request = request(&chat, &asked, &known)?;
    let before = request.previous_response_id.as_deref();
    let before = before.map(|leaf| branch(&known, leaf)).unwrap_or_default();
    let forgotten = forgotten(&app, &request, &before).await?;
    if forgotten > 0 {
        let metadata = request.metadata.get_or_insert_default();
        metadata.insert(FORGOTTEN.to_owned(), forgotten.to_string());
    }
    let plan = Plan::of_chat(&app, &request, items(&before[forgotten..]))?;
    let name = match chat.body["title"].as_str() {
        Some(title) => title.to_owned(),
        None => title(&text(&json!(plan.input))),
    };
    let (turn, model) = (plan.id(), plan.model.clone());
    let now = app.timestamp().as_millis();
    let begun = background::start(&app, &caller, plan).await?;
    app.amend(chat, |chat| {
        chat.body["title"] = json!(name);
        chat.body["model"] = json!(model);
        chat.body["active"] = json!(turn);
        chat.body["updated_at"] = json!(now);
        Ok(())
    })
    .await?;
    Ok(sse::reply(background::follow(app, begun, 0)))
}

/// How many of the oldest turns the model cannot read any more, since its context would not hold them.
async fn forgotten(app: &App, request: &ResponseRequest, before: &[&Object]) -> Result<usize> {
    let new = letters(&request.input) + request.instructions.as_ref().map_or(0, String::len);
    let turns: Vec<usize> = before
        .iter()
        .map(|turn| letters(&turn.body["input"]) + letters(&turn.body["response"]["output"]))
        .collect();
    let all = new + turns.iter().sum::<usize>();
    let model = request.model()?;
    if all < LETTERS_SMALL || app.catalogue.is_far(model) {
        return Ok(0);
    }
    let context = app.catalogue.speaker(model).await?.context();
    // The rest is left for the answer.
    let room = context / 4 * 3 * LETTERS_OF_TOKEN;
    let mut kept = new;
    let fits = turns.iter().rev().take_while(|letters| {
        kept += **letters;
        kept <= room
    });
    Ok(turns.len() - fits.count())
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
fn request(chat: &Object, asked: &Asked, known: &[Object]) -> Result<ResponseRequest> {
    let find = |id: &str| {
        let found = known.iter().find(|turn| turn.id == id);
        found.ok_or_else(|| Fault::not_found("turn", id))
    };
    let mut request = ResponseRequest {
        background: Some(true),
        ..ResponseRequest::default()
    };
    settings::fill(&mut request, &chat.body);
    let mut metadata = store::Metadata::from([(OF_CHAT.to_owned(), chat.id.clone())]);
    if let Some(id) = &asked.again {
        let turn = find(id)?;
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
            find(id)?;
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
