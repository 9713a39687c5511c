//! `/v1/responses`.

mod again;
pub(crate) mod background;
pub(crate) mod input;
pub(crate) mod make;
pub(crate) mod request;
mod tools;
mod turn;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::kept::{Wanted, page};
use crate::reading::{Parsed, Query};
use crate::sse;
pub(crate) use again::settle;
pub(crate) use background::{Running, obey};
use make::Plan;
pub(crate) use make::as_items;
use request::ResponseRequest;
pub(crate) use request::check_metadata;

/// What responses are called in the store.
pub(crate) const KIND: &str = "response";

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/responses", post(create))
        .route("/v1/responses/input_tokens", post(input_tokens))
        .route("/v1/responses/compact", post(compact))
        .route("/v1/responses/{id}", get(retrieve).delete(delete))
        .route("/v1/responses/{id}/cancel", post(cancel))
        .route("/v1/responses/{id}/input_items", get(input_items))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<ResponseRequest>,
) -> Result<Response> {
    let request = body.value;
    let (streams, in_background) = (
        request.stream == Some(true),
        request.background == Some(true),
    );
    let plan = Plan::new(&app, &caller, request).await?;
    if in_background {
        let id = background::start(&app, &caller, plan).await?;
        return match streams {
            true => Ok(sse::reply(background::follow(app, id, 0))),
            false => Ok(Json(background::response(&app, &id).await?).into_response()),
        };
    }
    if streams {
        return Ok(sse::reply(make::stream(app, caller, plan).await?));
    }
    Ok(Json(make::whole(&app, &caller, plan).await?).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Retrieval {
    stream: Option<bool>,
    starting_after: Option<u64>,
}

async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wanted): Query<Retrieval>,
) -> Result<Response> {
    let object = app.kept(&caller, KIND, &id).await?;
    if wanted.stream == Some(true) {
        if object.body["response"]["background"] != true {
            let message = "only responses that were made in the background can be streamed again";
            return Err(Fault::param("stream", message));
        }
        let from = wanted.starting_after.map_or(0, |after| after + 1);
        return Ok(sse::reply(background::follow(app, id, from)));
    }
    Ok(Json(object.body["response"].clone()).into_response())
}

async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    app.delete(&caller, KIND, &id).await?;
    app.running.stop(&id);
    Ok(Json(crate::kept::deleted(&id, KIND)))
}

async fn cancel(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let object = app.kept_to_change(&caller, KIND, &id).await?;
    if object.body["response"]["background"] != true {
        let message = "only responses that are made in the background can be cancelled";
        return Err(Fault::invalid(message));
    }
    background::cancel(&app, &id).await.map(Json)
}

async fn input_items(
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

/// How many tokens a request would have.
async fn input_tokens(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<ResponseRequest>,
) -> Result<Json<Value>> {
    let plan = Plan::new(&app, &caller, body.value).await?;
    let tokens = app.count(&caller, &plan.model, plan.asked).await?;
    Ok(Json(
        json!({ "object": "response.input_tokens", "input_tokens": tokens }),
    ))
}

/// What the model is told when it shortens a conversation.
const SHORTEN: &str = "Summarise this conversation for yourself, so that you can go on with it without having \
    it: what is wanted, what was found and decided, what is done and what is left. Keep names, figures, paths and \
    open questions. Answer with the summary alone.";

/// Shortens a conversation: what people said stays, the rest becomes a summary.
async fn compact(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<ResponseRequest>,
) -> Result<Json<Value>> {
    let mut plan = Plan::new(&app, &caller, body.value).await?;
    plan.asked.messages.push(models::chat::Message::new(
        models::chat::Role::User,
        SHORTEN,
    ));
    plan.asked.tools.clear();
    let from_people = |item: &&Value| item["type"] == "message" && item["role"] == "user";
    let mut output: Vec<Value> = plan.context.iter().filter(from_people).cloned().collect();
    let answer = app.answer(&caller, &plan.model, plan.asked).await?;
    let wholes = answer.whole().await?;
    let outcome = &wholes[0].outcome;
    let summary = outcome
        .message
        .content
        .as_ref()
        .map(models::chat::Content::text);
    output.push(json!({
        "id": crate::ids::new("cmp_"),
        "type": "compaction",
        "encrypted_content": input::carry(&summary.unwrap_or_default()),
    }));
    Ok(Json(json!({
        "id": crate::ids::new("resp_"),
        "object": "response.compaction",
        "created_at": app.now(),
        "output": output,
        "usage": turn::usage(&outcome.finished.usage),
    })))
}
