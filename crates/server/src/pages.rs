//! The pages that stand until the web app does: what there is, how to add a model, and signing in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::app::App;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(front))
        .route(
            "/sign-in",
            get(|| async { Html(include_str!("../pages/sign-in.html")) }),
        )
        .route(
            "/pages/sign-in.js",
            get(|| async { script(include_str!("../pages/sign-in.js")) }),
        )
        .route(
            "/pages/style.css",
            get(|| async { style(include_str!("../pages/style.css")) }),
        )
        .route("/health", get(health))
}

/// That it runs, and whether what is kept can be reached.
async fn health(State(app): State<Arc<App>>) -> Response {
    match app.store().ping().await {
        Ok(()) => Json(json!({ "status": "ok" })).into_response(),
        Err(error) => crate::fault::Fault::from(error).into_response(),
    }
}

fn script(text: &'static str) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")],
        text,
    )
}

fn style(text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], text)
}

/// The front page. Names of models are shown to those on this machine alone.
async fn front(State(app): State<Arc<App>>) -> Html<String> {
    let models = match app.is_open {
        true => app.catalogue.list(),
        false => Vec::new(),
    };
    let list: String = models
        .iter()
        .map(|listed| format!("<li><code>{}</code></li>", escaped(&listed.name)))
        .collect();
    let body = match (app.is_open, models.is_empty()) {
        (true, true) => include_str!("../pages/no-model.html").to_owned(),
        (true, false) => format!("<h2>Models</h2><ul class=\"models\">{list}</ul>"),
        (false, _) => "<p><a class=\"button\" href=\"/sign-in\">Sign in</a></p>".to_owned(),
    };
    Html(include_str!("../pages/front.html").replace("<!-- body -->", &body))
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

/// What browsers are told with every reply.
pub(crate) const GUARDS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];
