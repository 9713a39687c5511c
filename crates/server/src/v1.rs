//! `/v1`: OpenAI's API, one file a resource.

pub(crate) mod batches;
pub(crate) mod chat;
mod completions;
mod conversations;
mod embeddings;
pub(crate) mod files;
pub(crate) mod messages;
mod models;
mod moderations;
pub(crate) mod responses;
pub(crate) mod tools;
pub(crate) mod uploads;
pub(crate) mod videos;
pub(crate) mod webhooks;

use std::sync::Arc;

use axum::Router;

use crate::app::App;

pub(crate) fn routes() -> Router<Arc<App>> {
    models::routes()
        .merge(chat::routes())
        .merge(completions::routes())
        .merge(embeddings::routes())
        .merge(moderations::routes())
        .merge(responses::routes())
        .merge(conversations::routes())
        .merge(files::routes())
        .merge(uploads::routes())
        .merge(batches::routes())
        .merge(videos::routes())
        .merge(webhooks::routes())
}
