//! A batch that its owner puts aside: meanwhile its time to expire stands still.

use serde_json::{Value, json};
use store::Timestamp;

use crate::app::App;
use crate::fault::Result;

/// Since when it lies aside, in milliseconds; beside the batch as clients see it.
const SINCE: &str = "aside_since";

/// Notes that the batch called `id` was put aside.
pub(crate) async fn put_aside(app: &App, id: &str, now: Timestamp) -> Result<()> {
    change(app, id, |body| {
        if body[SINCE].is_null() {
            body[SINCE] = json!(now.as_millis());
        }
    })
    .await
}

/// Notes that it goes on; it expires as much later as it lay aside.
pub(crate) async fn taken_up(app: &App, id: &str, now: Timestamp) -> Result<()> {
    change(app, id, |body| {
        let Some(since) = body[SINCE].take().as_i64() else {
            return;
        };
        let rested = now.as_millis().saturating_sub(since).max(0) as u64;
        let batch = &mut body["batch"];
        if let Some(expires_at) = batch["expires_at"].as_u64() {
            batch["expires_at"] = json!(expires_at + rested.div_ceil(1000));
        }
    })
    .await
}

async fn change(app: &App, id: &str, change: impl Fn(&mut Value)) -> Result<()> {
    loop {
        let mut object = app.store().objects().get(id).await?;
        let before = object.body.clone();
        change(&mut object.body);
        if object.body == before {
            return Ok(());
        }
        match app.store().objects().update(object).await {
            // Whoever works on it changed it meanwhile.
            Err(store::Error::Version { .. }) => {}
            updated => return Ok(updated.map(drop)?),
        }
    }
}
