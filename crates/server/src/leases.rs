//! Leases on jobs: taken while there is room, renewed while somebody works, given back when the server ends.

use std::time::Duration;

use store::{Error, Lease};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::api::house::is_set;
use crate::app::App;
use crate::ids;

/// How long a job is leased for. Whoever dies keeps others from it for so long.
const LEASED_FOR: Duration = Duration::from_secs(10);

/// How often a lease is renewed.
const RENEWED_EVERY: Duration = Duration::from_secs(3);

/// How often it is looked for jobs that nobody told of: of servers that died, for example.
pub(crate) const LOOKED_EVERY: Duration = Duration::from_secs(3);

/// Jobs that are worked on in one way.
pub(crate) struct Queue<'a> {
    pub kinds: &'a [&'a str],
    /// How many at the same time.
    pub at_once: usize,
    /// Told when one was queued here.
    pub queued: &'a Notify,
    /// The setting of the house by which it is held, where there is one. Such a queue goes round among those who wait.
    pub held_by: Option<&'a str>,
}

/// The job that is next, if one is.
async fn next(app: &App, queue: &Queue<'_>, worker: &str) -> Result<Option<Lease>, Error> {
    let (jobs, now) = (app.store().jobs(), app.timestamp());
    match queue.held_by {
        None => jobs.lease(worker, queue.kinds, now, LEASED_FOR).await,
        Some(setting) if is_set(app, setting).await? => Ok(None),
        Some(_) => {
            let leased = jobs.lease_fairly(worker, queue.kinds, now, LEASED_FOR);
            leased.await
        }
    }
}

/// Leases the jobs of a queue and lets `work` do each, until `stop` says true; then waits for those that were begun.
pub(crate) async fn work_through<F>(
    app: &App,
    queue: Queue<'_>,
    mut stop: watch::Receiver<bool>,
    work: impl Fn(Lease) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let worker = ids::new("server-");
    let mut running = JoinSet::new();
    while !*stop.borrow() {
        while running.len() < queue.at_once {
            match next(app, &queue, &worker).await {
                Ok(Some(lease)) => {
                    running.spawn(work(lease));
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%error, kinds = ?queue.kinds, "jobs cannot be leased");
                    break;
                }
            }
        }
        tokio::select! {
            () = queue.queued.notified() => {}
            Some(_) = running.join_next() => {}
            () = tokio::time::sleep(LOOKED_EVERY) => {}
            () = told(&mut stop) => break,
        }
    }
    while running.join_next().await.is_some() {}
}

/// Waits until it is said to stop.
pub(crate) async fn told(stop: &mut watch::Receiver<bool>) {
    // Whoever would say so may be gone, which says it, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Renews a lease until that fails for good.
pub(crate) async fn renew(app: &App, lease: &Lease) -> Error {
    loop {
        tokio::select! {
            () = tokio::time::sleep(RENEWED_EVERY) => {}
            () = app.works.taken.notified() => {}
        }
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
