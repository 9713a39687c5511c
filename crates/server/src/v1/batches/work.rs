//! Who works on batches: they are leased, worked on, and given back when the server ends.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use serde_json::{Value, json};
use store::{Error, List, Result};
use tokio::sync::watch;

use super::run::Run;
use super::{KIND, enqueue};
use crate::app::App;
use crate::leases::{Queue, give_back, renew, told, work_through};
use crate::v1::webhooks;

/// Batches that are worked on at the same time.
const BATCHES_AT_ONCE: usize = 16;

/// How long a batch rests after something failed that may be mended.
const RESTS_FOR: Duration = Duration::from_secs(5);

/// Works on batches until `stop` says true. Their requests go to `routes`.
pub(crate) async fn start(app: Arc<App>, routes: Router, stop: watch::Receiver<bool>) {
    if let Err(error) = adopt(&app).await {
        tracing::error!(%error, "batches cannot be looked through");
    }
    let queue = Queue {
        kinds: &[KIND],
        at_once: BATCHES_AT_ONCE,
        queued: &app.batches.queued,
        held_by: None,
    };
    let each = |lease| {
        work(
            Run::new(Arc::clone(&app), routes.clone(), lease),
            stop.clone(),
        )
    };
    work_through(&app, queue, stop.clone(), each).await;
}

/// Queues batches that were put just before a server ended, and so never were.
async fn adopt(app: &App) -> Result<()> {
    for state in ["validating", "in_progress", "finalizing", "cancelling"] {
        let mut list = List {
            kind: Some(KIND.to_owned()),
            state: Some(state.to_owned()),
            limit: 500,
            ..List::default()
        };
        loop {
            let page = app.store().objects().list(&list).await?;
            for batch in &page.data {
                enqueue(app, batch, app.timestamp()).await?;
            }
            match page.data.last().filter(|_| page.has_more) {
                Some(last) => list.cursor = store::Cursor::After(last.id.clone()),
                None => break,
            }
        }
    }
    Ok(())
}

/// Tells those who are told of it how a batch has ended.
async fn announce_end(app: &App, id: &str) {
    let Ok(batch) = app.store().objects().get(id).await else {
        return;
    };
    let name = format!("batch.{}", batch.state);
    if webhooks::EVENTS.contains(&name.as_str()) {
        webhooks::announce(app, &name, id).await;
    }
}

/// Works on a batch as long as the lease lasts.
async fn work(run: Run, mut stop: watch::Receiver<bool>) {
    let (app, lease) = (run.app(), run.lease());
    let worked = tokio::select! {
        worked = run.run() => worked,
        lost = renew(app, lease) => Err(lost),
        () = told(&mut stop) => {
            give_back(app, lease, Duration::ZERO).await;
            return;
        }
    };
    let ended = match worked {
        Err(Error::Damaged { what, reason }) => {
            let message = format!("{what} is damaged: {reason}");
            let error =
                json!({ "code": "file_damaged", "message": message, "param": null, "line": null });
            run.fail(vec![error]).await.map(drop)
        }
        // Whoever it belonged to is gone.
        Err(Error::NotFound { .. } | Error::Erased { .. }) => Ok(()),
        worked => worked,
    };
    let ended = match ended {
        Ok(()) => {
            // Before the job has ended: a server that dies here is followed by one that does it again.
            announce_end(app, &lease.job.id).await;
            app.store()
                .jobs()
                .complete(lease, Value::Null, app.timestamp())
                .await
        }
        Err(error) => Err(error),
    };
    match ended {
        Ok(()) => tracing::info!(id = lease.job.id, "a batch is done"),
        // Somebody else has it, or it went with its owner.
        Err(Error::Stale { .. } | Error::NotFound { .. }) => {}
        Err(error) => {
            tracing::warn!(id = lease.job.id, %error, "a batch is tried again");
            give_back(app, lease, RESTS_FOR).await;
        }
    }
}
