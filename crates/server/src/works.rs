//! Work that takes a while and goes on when nobody looks: models that come and are made smaller, projects that are
//! repaired.
//!
//! Each is a job of the store, on a thread of its own. A server that ends gives its jobs back, and the next one goes
//! on with them; what has come of a file is there already.

mod code;
mod looking;
mod model;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use library::HubOptions;
use serde_json::{Value, json};
use store::{Job, Lease, NewJob};
use tokio::sync::{Notify, watch};

use crate::app::App;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::leases::{self, LOOKED_EVERY, Queue};

pub(crate) use code::{FIX, Fix, apply, undo};
pub(crate) use looking::{look, remove};
pub(crate) use model::{ADD, Add, QUANTISE, Quantise, unknown_format};

/// Kinds of work, as jobs name them.
const KINDS: [&str; 3] = [ADD, QUANTISE, FIX];

/// Jobs at the same time: they share the disk, and the processor with answers.
const AT_ONCE: usize = 2;

/// How often a job may be begun, as after a crash. What fails by itself is not tried again.
const BEGUN_MAX: u32 = 100;

/// What is told to stop is waited for so long.
const STOPPED_WITHIN: Duration = Duration::from_millis(300);

/// The work that goes on, and what it needs.
pub(crate) struct Works {
    queued: Notify,
    live: Mutex<HashMap<String, Arc<Live>>>,
    /// Where models are fetched from.
    pub hub: HubOptions,
}

/// A job that somebody works on.
#[derive(Debug)]
pub(crate) struct Live {
    stops: Arc<AtomicBool>,
    done: AtomicU64,
    total: AtomicU64,
    /// When counting began, and with how much there already.
    since: Mutex<(Instant, Option<u64>)>,
    /// What else is to be seen of it.
    told: Mutex<Value>,
}

impl Live {
    fn new() -> Self {
        Self {
            stops: Arc::default(),
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
            since: Mutex::new((Instant::now(), None)),
            told: Mutex::default(),
        }
    }

    /// Begins to count to `total`.
    fn begin(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
        self.done.store(0, Ordering::Relaxed);
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), None);
    }

    /// Says that `done` of them are done.
    fn set(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        // What was there at the beginning is no speed.
        since.1.get_or_insert(done);
    }

    /// Says that `more` are.
    fn add(&self, more: u64) {
        self.set(self.done.load(Ordering::Relaxed) + more);
    }

    /// Says what else is to be seen.
    fn tell(&self, told: Value) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = told;
    }

    fn stops(&self) -> bool {
        self.stops.load(Ordering::Relaxed)
    }

    /// How far it is: `done` and `total` in bytes, and how many a second.
    pub fn progress(&self) -> Value {
        let (since, before) = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let (done, total) = (
            self.done.load(Ordering::Relaxed),
            self.total.load(Ordering::Relaxed),
        );
        let seconds = since.elapsed().as_secs_f64().max(0.001);
        let speed = done.saturating_sub(before.unwrap_or(done)) as f64 / seconds;
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        json!({ "done": done, "total": total, "per_second": speed as u64, "told": *told })
    }
}

impl Works {
    pub fn new(hub: HubOptions) -> Self {
        Self {
            queued: Notify::new(),
            live: Mutex::default(),
            hub,
        }
    }

    /// How far the job called `id` is, while it is worked on here.
    pub fn live(&self, id: &str) -> Option<Arc<Live>> {
        self.all().get(id).map(Arc::clone)
    }

    /// Ends the job called `id`, if it is worked on here.
    pub fn stop(&self, id: &str) {
        if let Some(live) = self.live(id) {
            live.stops.store(true, Ordering::Relaxed);
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Queues work of `owner`.
pub(crate) async fn enqueue(
    app: &App,
    owner: &str,
    kind: &'static str,
    payload: Value,
) -> Result<Job> {
    let now = app.timestamp();
    let job = NewJob {
        id: ids::new("job_"),
        kind: kind.to_owned(),
        owner: owner.to_owned(),
        idempotency_key: None,
        payload,
        created_at: now,
        run_at: now,
        attempts_max: BEGUN_MAX,
        backoff: Duration::from_secs(1),
    };
    let job = app.store().jobs().enqueue(job).await?;
    app.works.queued.notify_one();
    Ok(job)
}

/// Works on jobs until `stop` says true.
pub(crate) async fn start(app: Arc<App>, stop: watch::Receiver<bool>) {
    let queue = Queue {
        kinds: &KINDS,
        at_once: AT_ONCE,
        queued: &app.works.queued,
    };
    let each = |lease| work(Arc::clone(&app), lease, stop.clone());
    leases::work_through(&app, queue, stop.clone(), each).await;
}

/// Works on a job as long as the lease lasts.
async fn work(app: Arc<App>, mut lease: Lease, mut stop: watch::Receiver<bool>) {
    let id = lease.job.id.clone();
    let live = Arc::new(Live::new());
    app.works.all().insert(id.clone(), Arc::clone(&live));
    let (of, job, watched) = (Arc::clone(&app), lease.job.clone(), Arc::clone(&live));
    let mut worked = tokio::task::spawn_blocking(move || perform(&of, &job, &watched));
    let outcome = tokio::select! {
        outcome = &mut worked => Some(outcome),
        // Called off, or somebody else has it.
        _ = leases::renew(&app, &lease) => None,
        () = leases::told(&mut stop) => None,
    };
    let outcome = match outcome {
        Some(outcome) => outcome,
        None => {
            live.stops.store(true, Ordering::Relaxed);
            // Whoever waits for a hub that says nothing notices later, and is not waited for.
            match tokio::time::timeout(STOPPED_WITHIN, worked).await {
                Ok(outcome) => outcome,
                Err(_) => Ok(Err(Fault::broken("it does not stop"))),
            }
        }
    };
    app.works.all().remove(&id);
    let outcome = outcome.unwrap_or_else(|error| Err(Fault::broken(error.to_string())));
    let jobs = app.store().jobs();
    let ended = match outcome {
        Ok(result) => jobs.complete(&lease, result, app.timestamp()).await,
        // It goes on with the next server. One that was called off is nobody's any more.
        Err(_) if live.stops() => {
            leases::give_back(&app, &lease, Duration::ZERO).await;
            return;
        }
        // Whoever worked on it before has not noticed yet that nobody waits for them.
        Err(fault) if fault.code.as_deref() == Some("already_fetching") => {
            leases::give_back(&app, &lease, LOOKED_EVERY).await;
            return;
        }
        Err(fault) => {
            tracing::warn!(id, message = fault.message, "a job failed");
            // What fails by itself would fail again.
            lease.job.attempts = lease.job.attempts_max;
            let failed = jobs.fail(&lease, fault.body(), app.timestamp()).await;
            failed.map(drop)
        }
    };
    match ended {
        Ok(()) | Err(store::Error::Stale { .. } | store::Error::NotFound { .. }) => {}
        Err(error) => {
            tracing::warn!(id, %error, "the end of a job cannot be kept");
            leases::give_back(&app, &lease, LOOKED_EVERY).await;
        }
    }
}

/// Does what a job says. It blocks.
fn perform(app: &App, job: &Job, live: &Live) -> Result<Value> {
    match job.kind.as_str() {
        ADD => model::add(app, &read::<Add>(job)?, live),
        QUANTISE => model::quantise(app, &read::<Quantise>(job)?, live),
        FIX => code::fix(app, &read::<Fix>(job)?, live),
        other => Err(Fault::broken(format!("nobody does `{other}`"))),
    }
}

fn read<T: serde::de::DeserializeOwned>(job: &Job) -> Result<T> {
    let read = serde_json::from_value(job.payload.clone());
    read.map_err(|error| Fault::broken(format!("the job cannot be read: {error}")))
}
