//! `/api`: what is Freehold's own. Accounts are here; errors have a code, a message and a hint.

mod audit;
pub(crate) mod chats;
mod code;
mod documents;
pub(crate) mod house;
mod jobs;
mod keys;
mod library;
pub(crate) mod may;
mod models;
mod notes;
mod patches;
mod people;
mod rules;
mod sessions;
mod trainings;
mod upstreams;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use store::Timestamp;

use crate::app::{App, rfc3339};
use crate::fault::Fault;

pub(crate) use people::tidy;

pub(crate) fn routes() -> Router<Arc<App>> {
    sessions::routes()
        .merge(keys::routes())
        .merge(people::routes())
        .merge(jobs::routes())
        .merge(library::routes())
        .merge(audit::routes())
        .merge(rules::routes())
        .merge(upstreams::routes())
        .merge(code::routes())
        .merge(patches::routes())
        .merge(chats::routes())
        .merge(notes::routes())
        .merge(models::routes())
        .merge(trainings::routes())
        .merge(documents::routes())
        .merge(house::routes())
}

/// A moment as this API writes it.
pub(crate) fn moment(at: Timestamp) -> String {
    rfc3339(u64::try_from(at.as_millis()).unwrap_or(0) / 1000)
}

/// A fault, as this API writes it: `{"error": {"code", "message", "hint"}}`, with the `param` that is wrong, or the
/// `action` that the `rules` refused.
pub(crate) struct Refusal(Fault);

impl<E: Into<Fault>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let fault = self.0;
        let (message, hint) = match fault.message.split_once("\nhint: ") {
            Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
            None => (fault.message.clone(), None),
        };
        let code = fault.code.clone().unwrap_or_else(|| fault.kind().into());
        let mut error = json!({ "code": code, "message": message, "hint": hint });
        if let Some(refused) = &fault.refused {
            let rules = refused.rules.iter();
            let rules = rules.map(|(id, says)| json!({ "id": id, "says": says }));
            error["action"] = json!(refused.action);
            error["rules"] = rules.collect();
        }
        if let Some(param) = &fault.param {
            error["param"] = json!(param);
        }
        let body = json!({ "error": error });
        let mut response = fault.into_response();
        let (parts, _) = std::mem::take(&mut response).into_parts();
        (parts.status, parts.headers, Json(body)).into_response()
    }
}
