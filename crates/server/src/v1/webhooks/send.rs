//! Events are sent: signed, through the guard, with a line in the log for each try.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use fleet::guard::Request;
use policy::action::SendWebhook;
use policy::{Principal, Via};
use serde_json::{Value, json};
use store::{JobState, Lease, Object};
use tokio::sync::watch;

use super::{DELIVERY, find, sign};
use crate::app::App;
use crate::fault::Fault;
use crate::leases::{self, Queue};

/// Events that are sent at the same time.
const AT_ONCE: usize = 4;

/// Who sends.
const AGENT: &str = concat!("Freehold/", env!("CARGO_PKG_VERSION"));

/// Why an event was not sent, or not taken.
pub(super) struct Unsent {
    /// Why, without the address: that may be a secret.
    pub reason: String,
    /// Whether another try may do better.
    again: bool,
}

impl Unsent {
    fn for_good(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            reason,
            again: false,
        }
    }
}

impl From<Fault> for Unsent {
    fn from(fault: Fault) -> Self {
        Self {
            // What is broken here may be mended.
            again: fault.status.is_server_error() || fault.status == StatusCode::TOO_MANY_REQUESTS,
            reason: fault.message,
        }
    }
}

/// Sends events until `stop` says true.
pub(crate) async fn start(app: Arc<App>, stop: watch::Receiver<bool>) {
    let queue = Queue {
        kinds: &[DELIVERY],
        at_once: AT_ONCE,
        queued: &app.webhooks.queued,
        held_by: None,
    };
    let each = |lease| work(Arc::clone(&app), lease, stop.clone());
    leases::work_through(&app, queue, stop.clone(), each).await;
}

/// Sends one, as long as the lease lasts.
async fn work(app: Arc<App>, mut lease: Lease, mut stop: watch::Receiver<bool>) {
    let sent = tokio::select! {
        sent = deliver(&app, &lease) => sent,
        _ = leases::renew(&app, &lease) => return,
        () = leases::told(&mut stop) => {
            leases::give_back(&app, &lease, Duration::ZERO).await;
            return;
        }
    };
    let (jobs, now, id) = (app.store().jobs(), app.timestamp(), lease.job.id.clone());
    let ended = match sent {
        Ok(status) => {
            let result = json!({ "status": status.as_u16() });
            jobs.complete(&lease, result, now)
                .await
                .map(|()| JobState::Done)
        }
        Err(unsent) => {
            tracing::info!(id, again = unsent.again, "an event was not taken");
            if !unsent.again {
                lease.job.attempts = lease.job.attempts_max;
            }
            let reason = json!({ "message": unsent.reason, "code": "webhook_unreachable" });
            jobs.fail(&lease, reason, now).await
        }
    };
    match ended {
        Ok(_) | Err(store::Error::Stale { .. } | store::Error::NotFound { .. }) => {}
        Err(error) => tracing::warn!(id, %error, "whether an event was sent cannot be kept"),
    }
}

async fn deliver(app: &App, lease: &Lease) -> Result<StatusCode, Unsent> {
    let payload = &lease.job.payload;
    let id = payload["endpoint"].as_str().unwrap_or_default();
    let endpoint = find(app, id).await?;
    // Whoever named it must still be one who may.
    let owner = app.gate.recall(&endpoint.owner, &Via::Session).await;
    let owner = owner.map_err(Fault::from)?;
    let status = send(app, &owner, &endpoint, &lease.job.id, &payload["event"]).await?;
    match status {
        status if status.is_success() => Ok(status),
        StatusCode::GONE => Err(Unsent::for_good("it answered 410: it is gone")),
        status => Err(Unsent {
            reason: format!("it answered {}", status.as_u16()),
            again: true,
        }),
    }
}

/// Sends `event` to an endpoint on behalf of `owner`, under the name `id`; what it answered.
pub(super) async fn send(
    app: &App,
    owner: &Principal,
    endpoint: &Object,
    id: &str,
    event: &Value,
) -> Result<StatusCode, Unsent> {
    let action = SendWebhook {
        endpoint: Some(endpoint.id.clone()),
    };
    let _permit = app.gate.permit(owner, action).await.map_err(Fault::from)?;
    let body = event.to_string();
    let headers = headers(&endpoint.body, id, app.now(), &body)?;
    let request = Request {
        method: Method::POST,
        headers,
        body: body.into(),
    };
    let url = endpoint.body["endpoint"]["url"]
        .as_str()
        .unwrap_or_default();
    match app.webhooks.guard.fetch(url, request).await {
        Ok(fetched) => Ok(fetched.status),
        Err(fleet::Error::AddressFailed { what, .. }) => Err(Unsent {
            reason: what,
            again: true,
        }),
        // A name may lead elsewhere later, but not where it must not.
        Err(fleet::Error::AddressRefused { what, .. }) => Err(Unsent::for_good(what)),
        Err(_) => Err(Unsent::for_good("its address cannot be used")),
    }
}

fn headers(endpoint: &Value, id: &str, now: u64, body: &str) -> Result<HeaderMap, Unsent> {
    let old = &endpoint["old_secret"];
    let old = old["until"]
        .as_u64()
        .filter(|until| now < *until)
        .and_then(|_| old["secret"].as_str());
    let secrets = endpoint["secret"].as_str().into_iter().chain(old);
    let signatures: Vec<String> = secrets
        .filter_map(|secret| sign::signature(secret, id, now, body))
        .collect();
    if signatures.is_empty() {
        return Err(Unsent::for_good("its secret cannot be read"));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json".to_owned()),
        ("content-length", body.len().to_string()),
        ("user-agent", AGENT.to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", now.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ] {
        let value = HeaderValue::try_from(value);
        let value = value.map_err(|_| Unsent::for_good("its head cannot be written"))?;
        headers.insert(name, value);
    }
    Ok(headers)
}
