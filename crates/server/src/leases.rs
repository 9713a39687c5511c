//! Leases on jobs: renewed while somebody works, given back when the server ends.

use std::time::Duration;

use store::{Error, Lease};
use tokio::sync::watch;

use crate::app::App;

/// How long a job is leased for. Whoever dies keeps others from it for so long.
pub(crate) const LEASED_FOR: Duration = Duration::from_secs(10);

/// How often a lease is renewed.
const RENEWED_EVERY: Duration = Duration::from_secs(3);

/// Waits until it is said to stop.
pub(crate) async fn told(stop: &mut watch::Receiver<bool>) {
    // Whoever would say so may be gone, which says it, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Renews a lease until that fails for good.
pub(crate) async fn renew(app: &App, lease: &Lease) -> Error {
    loop {
        tokio::time::sleep(RENEWED_EVERY).await;
        let jobs = app.store().jobs();
        let renewed = jobs.extend(lease, app.timestamp(), LEASED_FOR).await;
        if let Err(error @ Error::Stale { .. }) = renewed {
            return error;
        }
    }
}

/// Lets others have the job after a rest.
pub(crate) async fn give_back(app: &App, lease: &Lease, rest: Duration) {
    let jobs = app.store().jobs();
    if let Err(error) = jobs.extend(lease, app.timestamp(), rest).await {
        // It runs out by itself.
        tracing::debug!(%error, "a lease cannot be given back");
    }
}
