//! What is done while nobody waits: batches, and putting things in order.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::{App, inner};
use crate::v1::batches;
use crate::v1::files::tidy;

/// Work that goes on beside the requests of clients.
pub(crate) struct Behind {
    batches: JoinHandle<()>,
    tidying: JoinHandle<()>,
}

impl Behind {
    /// Begins, and goes on until `stop` says true. What is not done then is taken up again at the next start.
    pub fn start(app: &Arc<App>, stop: watch::Receiver<bool>) -> Self {
        let routes = inner(Arc::clone(app));
        Self {
            batches: tokio::spawn(batches::start(Arc::clone(app), routes, stop)),
            tidying: tokio::spawn(tidy_up(Arc::clone(app))),
        }
    }

    /// Waits until it has ended.
    pub async fn end(self) {
        self.tidying.abort();
        if let Err(error) = self.batches.await {
            tracing::error!(%error, "the work on batches broke");
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
