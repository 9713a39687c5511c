//! What holds for every request, before any handler: whose page it may come from, and how long it may take.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::fault::Fault;
use crate::ids;
use crate::pages::GUARDS;

/// Turns away requests that a page of somebody else made a browser send, and tells browsers what our pages may do.
pub(crate) async fn watch(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = ids::new("req_");
    let asked = tracing::enabled!(tracing::Level::INFO)
        .then(|| (request.method().clone(), short(request.uri().path())));
    let mut response = match check(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(fault) => fault.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in GUARDS {
        headers.insert(name, value);
    }
    // What somebody who asks for help names, as clients of OpenAI's API print it.
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        let never = HeaderValue::from_static("no-store");
        headers.insert(header::CACHE_CONTROL, never);
    }
    if let Some((method, path)) = asked {
        let status = response.status().as_u16();
        let ms = begun.elapsed().as_millis() as u64;
        tracing::info!(%method, path, status, ms, id, "answered");
    }
    response
}

fn check(app: &App, request: &Request) -> Result<(), Fault> {
    let text = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let host = host(request)?;
    // A name that somebody else's server gave this address to: their page would be taken for ours.
    if app.is_local && !is_local(host) {
        let message = format!(
            "`{}` is not the name of this server\nhint: `127.0.0.1` or `localhost`",
            short(host)
        );
        return Err(Fault::new(StatusCode::MISDIRECTED_REQUEST, message).code("wrong_host"));
    }
    // Browsers tell where a page came from that sends more than it may read.
    if let Some(origin) = text(header::ORIGIN) {
        let (_, from) = origin.split_once("://").unwrap_or(("", origin));
        if from != host {
            let message = format!("pages of `{}` may not ask this server", short(origin));
            return Err(Fault::new(StatusCode::FORBIDDEN, message).code("wrong_origin"));
        }
    }
    Ok(())
}

/// The name under which the server was asked: that of a whole address, or else of the only header.
fn host(request: &Request) -> Result<&str, Fault> {
    if let Some(authority) = request.uri().authority() {
        return Ok(authority.as_str());
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => Ok(""),
        (Some(host), None) if host.to_str().is_ok() => Ok(host.to_str().unwrap_or_default()),
        // Who stands before us may have looked at the other one.
        _ => Err(Fault::invalid("one `Host`, and that a name").code("wrong_host")),
    }
}

/// Whether `host` names this machine to itself.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_loopback = |name: &str| {
        name.parse()
            .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    };
    host.is_empty() || name == "localhost" || name.ends_with(".localhost") || is_loopback(name)
}

fn short(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        for host in [
            "127.0.0.1:8787",
            "localhost",
            "[::1]:80",
            "a.localhost:1",
            "127.9.9.9",
            "",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example:8787",
            "10.0.0.1",
            "localhost.evil",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
