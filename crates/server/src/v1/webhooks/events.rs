//! What is told of.

use std::time::Duration;

use serde_json::{Value, json};
use store::NewJob;

use super::{DELIVERY, all};
use crate::app::App;
use crate::fault::Result;
use crate::ids;

/// How often an event is sent until an endpoint takes it: for almost two days.
const TRIES_MAX: u32 = 15;

/// After the first try that failed; twice as long after each more.
const RESTS_FOR: Duration = Duration::from_secs(10);

/// An event as endpoints read it. It names what has ended, and says nothing of what that holds.
pub(super) fn event(name: &str, of: &str, at: u64) -> Value {
    json!({
        "id": ids::new("evt_"),
        "object": "event",
        "created_at": at,
        "type": name,
        "data": { "id": of },
    })
}

/// Has all endpoints told that `of` has ended so, if they are told of that. Each is told once, however often this is called.
pub(crate) async fn announce(app: &App, name: &str, of: &str) {
    if let Err(fault) = queue(app, name, of).await {
        tracing::warn!(name, of, message = fault.message, "nobody is told of that");
    }
}

async fn queue(app: &App, name: &str, of: &str) -> Result<()> {
    let told = all(app).await?.into_iter().filter(|endpoint| {
        let types = endpoint.body["endpoint"]["event_types"].as_array();
        types.is_some_and(|types| types.iter().any(|known| known == name))
    });
    let event = event(name, of, app.now());
    for endpoint in told {
        let now = app.timestamp();
        let job = NewJob {
            id: ids::new("wh_"),
            kind: DELIVERY.to_owned(),
            owner: endpoint.owner.clone(),
            idempotency_key: Some(format!("{}/{name}/{of}", endpoint.id)),
            payload: json!({ "endpoint": endpoint.id, "name": endpoint.body["endpoint"]["name"], "event": event }),
            created_at: now,
            run_at: now,
            attempts_max: TRIES_MAX,
            backoff: RESTS_FOR,
        };
        app.store().jobs().enqueue(job).await?;
        app.webhooks.queued.notify_one();
    }
    Ok(())
}
