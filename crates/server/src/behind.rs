//! What is done while nobody waits: batches and jobs, the word that it lives, and putting things in order.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::{App, inner};
use crate::presence;
use crate::v1::batches;
use crate::v1::files::tidy;
use crate::v1::webhooks;
use crate::works;

/// Work that goes on beside the requests of clients.
pub(crate) struct Behind {
    batches: JoinHandle<()>,
    works: JoinHandle<()>,
    presence: JoinHandle<()>,
    webhooks: JoinHandle<()>,
    tidying: JoinHandle<()>,
}

impl Behind {
    /// Begins, and goes on until `stop` says true. What is not done then is taken up again at the next start.
    pub fn start(app: &Arc<App>, stop: watch::Receiver<bool>) -> Self {
        let routes = inner(Arc::clone(app));
        Self {
            works: tokio::spawn(works::start(Arc::clone(app), stop.clone())),
            presence: tokio::spawn(presence::keep(Arc::clone(app), stop.clone())),
            webhooks: tokio::spawn(webhooks::start(Arc::clone(app), stop.clone())),
            batches: tokio::spawn(batches::start(Arc::clone(app), routes, stop)),
            tidying: tokio::spawn(tidy_up(Arc::clone(app))),
        }
    }

    /// Waits until it has ended.
    pub async fn end(self) {
        self.tidying.abort();
        for (what, work) in [
            ("batches", self.batches),
            ("jobs", self.works),
            ("presence", self.presence),
            ("webhooks", self.webhooks),
        ] {
            if let Err(error) = work.await {
                tracing::error!(%error, what, "the work behind broke");
            }
        }
    }
}

async fn tidy_up(app: Arc<App>) {
    loop {
        if let Err(fault) = tidy::tidy(&app).await {
            tracing::warn!(message = fault.message, "what is over could not be deleted");
        }
        tokio::time::sleep(tidy::EVERY).await;
    }
}
