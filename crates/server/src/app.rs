//! What all handlers share, and the router over them.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use policy::Gate;
use store::Store;
use tokio::sync::Semaphore;

use crate::assets::{Assets, wants_page};
use crate::catalogue::Catalogue;
use crate::fault::Fault;
use crate::presence::Presence;
use crate::reading::LARGE_AT_ONCE;
use crate::v1::batches::Batches;
use crate::v1::responses::Running;
use crate::v1::videos::Networks;
use crate::v1::webhooks::Webhooks;
use crate::works::Works;
use crate::{api, compat, guard, openapi, pages, v1};

/// Bytes of a body of JSON at most.
const JSON_BYTES_MAX: usize = 32 << 20;

/// The server's rooms.
pub(crate) struct App {
    pub catalogue: Catalogue,
    pub gate: Gate,
    pub presence: Presence,
    pub running: Running,
    pub batches: Batches,
    /// What makes films here beside the scene renderer.
    pub networks: Networks,
    /// What is told to addresses that the owner named.
    pub webhooks: Webhooks,
    /// Places for large bodies that are parsed.
    pub large_bodies: Semaphore,
    pub assets: Assets,
    /// What goes on while nobody looks.
    pub works: Works,
    reach: Reach,
    /// The folder of everything that is kept.
    pub data: PathBuf,
    /// What repairs of code may use of this machine; none are made without.
    pub code: Option<coder::Environment>,
}

/// Who can reach the server, and what they must show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    /// Whether those who show no key are let in.
    pub is_open: bool,
    /// Whether this machine alone reaches it.
    pub is_local: bool,
    /// Whether browsers reach it by TLS.
    pub is_secure: bool,
}

impl Deref for App {
    type Target = Reach;

    fn deref(&self) -> &Reach {
        &self.reach
    }
}

impl App {
    pub fn new(
        catalogue: Catalogue,
        (gate, presence): (Gate, Presence),
        assets: Assets,
        works: Works,
        reach: Reach,
        data: PathBuf,
    ) -> Self {
        Self {
            catalogue,
            gate,
            presence,
            running: Running::default(),
            batches: Batches::default(),
            networks: Networks::default(),
            webhooks: Webhooks::new(&[]),
            large_bodies: Semaphore::new(LARGE_AT_ONCE),
            assets,
            works,
            reach,
            data,
            code: None,
        }
    }

    /// Where things are kept.
    pub fn store(&self) -> &Store {
        self.gate.store()
    }

    /// Seconds since 1970.
    pub fn now(&self) -> u64 {
        self.since_1970().as_secs()
    }

    pub fn since_1970(&self) -> Duration {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.unwrap_or_default()
    }
}

/// The routes of the API for what this house does on somebody's behalf: no browser and no network stands before them.
pub(crate) fn inner(app: Arc<App>) -> Router {
    v1::routes()
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .with_state(app)
}

/// All routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    let watched = axum::middleware::from_fn_with_state(Arc::clone(&app), guard::watch);
    v1::routes()
        .merge(compat::routes())
        .merge(api::routes())
        .merge(pages::routes())
        .merge(openapi::routes())
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .layer(watched)
        .with_state(app)
}

/// A page for whoever typed a wrong address into a browser, and what programs understand for all others.
async fn unknown(
    State(app): State<Arc<App>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if matches!(method, Method::GET | Method::HEAD) && wants_page(&headers) {
        return app.assets.nowhere(&headers);
    }
    let path: String = uri.path().chars().take(200).collect();
    let message = format!("Invalid URL ({method} {path})");
    let fault = Fault::new(StatusCode::NOT_FOUND, message).code("unknown_url");
    fault.into_response()
}

async fn wrong_method(method: Method, uri: Uri) -> Fault {
    let path: String = uri.path().chars().take(200).collect();
    let message = format!("Not allowed to {method} on {path}");
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, message).code("method_not_supported")
}

/// A time as RFC 3339 writes it, in UTC.
pub(crate) fn rfc3339(seconds: u64) -> String {
    let moment = models::chat::Moment::from_local_seconds(seconds.cast_signed());
    moment.format("%Y-%m-%dT%H:%M:%SZ")
}
