//! One request of a batch: it goes where it would go if a client had sent it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Router, http::HeaderValue};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};

use super::VIDEOS;
use super::input::Line;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;
use crate::ids;
use crate::v1::videos::{self, Named};

/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// The longest wait until a request is tried again.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// How often a request is tried for which there is no model or engine.
const TRIES_MAX: u32 = 10;

/// What requests of batches go through.
#[derive(Clone)]
pub(super) struct Asking {
    pub app: Arc<App>,
    /// The routes that clients use.
    pub routes: Router,
    pub endpoint: String,
    /// What the batch is called.
    pub batch: String,
}

impl Asking {
    /// The result of a request, as it stands in the file of results. While its owner has used up what they may use
    /// for now, or the models are busy, it waits.
    pub async fn ask(&self, caller: &Result<Caller, Fault>, (number, line): (u32, Line)) -> Value {
        let refused = refused(&line.body);
        let named = Named(film(&self.batch, number));
        let mut tries = 0;
        let (status, body) = loop {
            tries += 1;
            let turn = self.app.batches.lines.acquire().await;
            let response = match (caller, &refused) {
                (Err(fault), _) | (_, Some(fault)) => fault.clone().into_response(),
                (Ok(caller), None) => self.send(caller.clone(), &line.body, &named).await,
            };
            let status = response.status();
            let wait = response
                .headers()
                .get(header::RETRY_AFTER)
                .and_then(seconds);
            let read = read(response).await;
            drop(turn);
            match (status, wait) {
                (StatusCode::TOO_MANY_REQUESTS, Some(wait)) => sleep(wait).await,
                (StatusCode::SERVICE_UNAVAILABLE, wait) if tries < TRIES_MAX => {
                    sleep(wait.unwrap_or(Duration::from_secs(1))).await;
                }
                _ => break (status, read),
            }
        };
        let (status, body) = match self.endpoint == VIDEOS && status.is_success() {
            true => self.made(&named.0).await,
            false => (status, body),
        };
        let response = json!({
            "status_code": status.as_u16(),
            "request_id": ids::new("req_"),
            "body": body,
        });
        result(&line.custom_id, response, Value::Null)
    }

    /// What came of a film, once it has ended.
    async fn made(&self, id: &str) -> (StatusCode, Value) {
        match videos::ended(&self.app, id).await {
            Ok(film) if film["status"] == "completed" => (StatusCode::OK, film),
            Ok(film) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                json!({ "error": film["error"] }),
            ),
            Err(fault) => (fault.status, json!({ "error": fault.body() })),
        }
    }

    async fn send(&self, caller: Caller, body: &Value, named: &Named) -> Response {
        let request = Request::post(&self.endpoint)
            .header(header::CONTENT_TYPE, "application/json")
            .extension(caller)
            .extension(named.clone())
            .body(Body::from(body.to_string()))
            .expect("endpoints are paths");
        let routes = TowerToHyperService::new(self.routes.clone());
        match routes.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// What the film of a line is called: the same however often it is asked for, so that it is made once.
pub(super) fn film(batch: &str, line: u32) -> String {
    let batch = batch.strip_prefix("batch_").unwrap_or(batch);
    format!("video_{batch}_{line}")
}

/// A line of a file of results.
pub(super) fn result(custom_id: &str, response: Value, error: Value) -> Value {
    json!({
        "id": ids::new("batch_req_"),
        "custom_id": custom_id,
        "response": response,
        "error": error,
    })
}

/// What only makes sense while somebody waits.
fn refused(body: &Value) -> Option<Fault> {
    let asked = ["stream", "background"]
        .into_iter()
        .find(|name| body[*name] == true)?;
    let message = format!("`{asked}` has no place in a batch\nhint: leave it out");
    Some(Fault::param(asked, message))
}

async fn read(response: Response) -> Value {
    let bytes = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await;
    let bytes = bytes.unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

async fn sleep(wait: Duration) {
    tokio::time::sleep(wait.clamp(Duration::from_millis(100), WAIT_MAX)).await;
}
