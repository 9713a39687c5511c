//! `/v1/chat/completions`.

pub(crate) mod reply;
pub(crate) mod request;
mod stored;

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};

use crate::app::App;
use crate::caller::Caller;
use crate::fault::Result;
use crate::ids;
use crate::reading::Parsed;
use crate::sse;
use reply::{Chunks, Frame, Last, completion, free_form};
use request::ChatRequest;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/chat/completions", post(create).get(stored::list))
        .route(
            "/v1/chat/completions/{id}",
            get(stored::retrieve)
                .post(stored::update)
                .delete(stored::delete),
        )
        .route("/v1/chat/completions/{id}/messages", get(stored::messages))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Parsed<ChatRequest>,
) -> Result<Response> {
    let request = body.value;
    let model = request.model.clone();
    let streams = request.stream.unwrap_or(false);
    let functions = request.speaks_of_functions();
    let include_usage = request
        .stream_options
        .as_ref()
        .is_some_and(|options| options.include_usage);
    if app.catalogue.is_far(&model) && request.store != Some(true) {
        let to = (model.as_str(), "/chat/completions");
        return app.pass(&caller, to, headers, body.bytes).await;
    }
    let keeping = request.keeping(&body.bytes)?;
    let asked = request.asked()?;
    let choices = asked.choices;
    let frame = Frame {
        id: ids::new("chatcmpl-"),
        created: app.now(),
        model: model.clone(),
        free_form: free_form(&asked.tools),
        functions,
        include_usage,
        logprobs: asked.logprobs.is_some(),
    };
    let answer = app.answer(&caller, &model, asked).await?;
    if streams {
        let last = keeping.map(|keeping| Last::new(app, caller, keeping));
        return Ok(sse::reply(Chunks::new(frame, answer, choices, last)));
    }
    let wholes = answer.whole().await?;
    let completion = completion(&frame, &wholes);
    if let Some(keeping) = keeping {
        keeping.put(&app, &caller, &completion).await?;
    }
    Ok(Json(completion).into_response())
}
