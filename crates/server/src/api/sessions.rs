//! `/api/session`: signing in and out, and who one is.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use policy::{Principal, SignIn, SignedIn};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Refusal;
use super::may::may;
use crate::app::App;
use crate::caller::{COOKIE, Caller, session};
use crate::fault::Fault;
use crate::reading::Parsed;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/api/session",
            get(retrieve).post(create).patch(change).delete(delete),
        )
        .route("/api/session/password", put(set_password))
}

/// Name and password, or the token of a link.
#[derive(Deserialize)]
struct Shown {
    name: Option<String>,
    password: Option<String>,
    link: Option<String>,
}

async fn create(
    State(app): State<Arc<App>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Parsed<Shown>,
) -> Result<Response, Refusal> {
    let shown = body.value;
    let old_session = session(&headers);
    let entered = match (&shown.link, &shown.name, &shown.password) {
        (Some(link), _, _) => app.gate.sign_in_by_link(link, old_session).await?,
        (None, Some(name), Some(password)) => {
            let from = from.ip().to_string();
            let typed = SignIn {
                name,
                password,
                from: &from,
                old_session,
            };
            app.gate.sign_in(typed).await?
        }
        _ => return Err(Fault::invalid("`name` and `password`, or `link`").into()),
    };
    Ok(signed_in(&app, &entered).await?)
}

/// The cookie of a new session, and who it is.
async fn signed_in(app: &App, entered: &SignedIn) -> Result<Response, Fault> {
    let seconds = entered.expires_at.as_millis() / 1000 - app.now().cast_signed();
    let cookie = format!(
        "{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}",
        entered.token.reveal(),
        seconds.max(0),
        if app.is_secure { "; Secure" } else { "" },
    );
    let mut response = Json(described(app, &entered.principal).await?).into_response();
    // Tokens are letters, digits, `-` and `_`.
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn retrieve(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    Ok(Json(described(&app, &caller.0).await?))
}

/// What is changed of oneself; what is not there stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// What others see one called; nothing for the name one signs in with.
    display_name: Option<String>,
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Change>,
) -> Result<Json<Value>, Refusal> {
    let mut said = described(&app, &caller.0).await?;
    if let Some(name) = body.value.display_name {
        let name = Some(name.trim()).filter(|name| !name.is_empty());
        app.gate
            .set_display_name(&caller, caller.user(), name)
            .await?;
        said["display_name"] = json!(name.unwrap_or(caller.name()));
    }
    Ok(Json(said))
}

async fn delete(State(app): State<Arc<App>>, caller: Caller) -> Result<Response, Refusal> {
    app.gate.sign_out(&caller).await?;
    let gone =
        HeaderValue::from_static("freehold_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    let mut response = Json(json!({ "signed_in": false })).into_response();
    response.headers_mut().insert(header::SET_COOKIE, gone);
    Ok(response)
}

#[derive(Deserialize)]
struct Password {
    old: Option<String>,
    new: String,
}

async fn set_password(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Password>,
) -> Result<Response, Refusal> {
    let Password { old, new } = body.value;
    let entered = app
        .gate
        .set_password(&caller, caller.user(), old.as_deref(), &new)
        .await?;
    Ok(match entered {
        Some(entered) => signed_in(&app, &entered).await?,
        None => Json(described(&app, &caller.0).await?).into_response(),
    })
}

async fn described(app: &App, principal: &Principal) -> Result<Value, Fault> {
    let password = app.gate.password_of(principal).await?;
    Ok(json!({
        "user": principal.user(),
        "name": principal.name(),
        "display_name": principal.display_name(),
        "role": principal.role().name(),
        "via": principal.via().name(),
        "csrf": principal.csrf(),
        "has_password": password.has_one,
        "asks_for_password": password.is_asked_for,
        "may": may(app, principal),
    }))
}
