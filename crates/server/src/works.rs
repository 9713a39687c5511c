//! Work that takes a while and goes on when nobody looks: models that come and are made smaller, projects that are
//! repaired and get tests.
//!
//! Each is a job of the store, on a thread of its own. A server that ends gives its jobs back, and the next one goes
//! on with them; what has come of a file is there already.

mod code;
mod live;
mod looking;
mod model;
mod speed;
mod suites;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use library::{HubName, HubOptions};
use serde_json::Value;
use store::{Job, Lease, NewJob};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinHandle};

use crate::api::house::FILMS_PAUSED;
use crate::app::App;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::leases::{self, LOOKED_EVERY, Queue};
use crate::v1::videos;

pub(crate) use code::{
    FIX, Fix, applied, apply, brief, example, in_folder, take_back, take_back_listed, undo,
};
pub(crate) use live::Live;
pub(crate) use looking::{look, remove};
pub(crate) use model::{ADD, Add, QUANTISE, Quantise, unknown_format};
pub(crate) use speed::{MEASURE, Measure};
pub(crate) use suites::{Suite, TESTS, sources};

/// Kinds of work, as jobs name them.
const KINDS: [&str; 5] = [ADD, QUANTISE, MEASURE, FIX, TESTS];

/// Films are made one after the other, in turns among those who wait, beside all other work.
const FILMS: [&str; 1] = [videos::KIND];

/// Jobs at the same time: they share the disk, and the processor with answers.
const AT_ONCE: usize = 2;

/// How often a job may be begun, as after a crash. What fails by itself is not tried again.
const BEGUN_MAX: u32 = 100;

/// The same of a film, which may be what a server dies of.
const FILM_BEGUN_MAX: u32 = 10;

/// How long a job rests whose end cannot be kept, as on a full disk.
const UNKEPT_REST: Duration = Duration::from_secs(30);

/// How often it is looked for films that nobody works on.
const ADOPTED_EVERY: Duration = Duration::from_secs(30);

/// How often it is written down what is told of a job.
const WRITTEN_EVERY: Duration = Duration::from_millis(400);

/// What is told to stop is waited for so long.
const STOPPED_WITHIN: Duration = Duration::from_millis(300);

/// The same of a film that was called off: the next one finds the memory free.
const FILM_STOPPED_WITHIN: Duration = Duration::from_secs(60);

/// The work that goes on, and what it needs.
pub(crate) struct Works {
    queued: Notify,
    filmed: Notify,
    /// Told when a job was called off or put aside, so that whoever works on it notices at once.
    pub taken: Notify,
    live: Mutex<HashMap<String, Arc<Live>>>,
    /// Where models are fetched from.
    pub hub: HubOptions,
}

impl Works {
    pub fn new(hub: HubOptions) -> Self {
        Self {
            queued: Notify::new(),
            filmed: Notify::new(),
            taken: Notify::new(),
            live: Mutex::default(),
            hub,
        }
    }

    /// How far the job called `id` is, while it is worked on here.
    pub fn live(&self, id: &str) -> Option<Arc<Live>> {
        self.all().get(id).map(Arc::clone)
    }

    /// How far all jobs are that are worked on here, by their names.
    pub fn all_live(&self) -> HashMap<String, Arc<Live>> {
        self.all().clone()
    }

    /// Ends the work on the job called `id`, which the store gave to nobody else yet, if it is worked on here.
    pub fn stop(&self, id: &str) {
        if let Some(live) = self.live(id) {
            live.stop();
        }
        self.taken.notify_waiters();
    }

    /// Has it looked for work that waits.
    pub fn wake(&self) {
        self.queued.notify_one();
        self.filmed.notify_one();
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
    enqueue_as(app, owner, kind, ids::new("job_"), payload).await
}

/// Queues work of `owner` under a name that it has elsewhere, too.
pub(crate) async fn enqueue_as(
    app: &App,
    owner: &str,
    kind: &'static str,
    id: String,
    payload: Value,
) -> Result<Job> {
    let now = app.timestamp();
    let job = NewJob {
        kind: kind.to_owned(),
        owner: owner.to_owned(),
        // One that is queued already is not queued twice.
        idempotency_key: Some(id.clone()),
        id,
        payload,
        created_at: now,
        run_at: now,
        attempts_max: match kind {
            videos::KIND => FILM_BEGUN_MAX,
            _ => BEGUN_MAX,
        },
        backoff: Duration::from_secs(1),
    };
    let job = app.store().jobs().enqueue(job).await?;
    app.works.wake();
    Ok(job)
}

/// Works on jobs until `stop` says true.
pub(crate) async fn start(app: Arc<App>, stop: watch::Receiver<bool>) {
    let queue = Queue {
        kinds: &KINDS,
        at_once: AT_ONCE,
        queued: &app.works.queued,
        held_by: None,
    };
    let films = Queue {
        kinds: &FILMS,
        at_once: 1,
        queued: &app.works.filmed,
        held_by: Some(FILMS_PAUSED),
    };
    let each = |lease| work(Arc::clone(&app), lease, stop.clone());
    tokio::join!(
        leases::work_through(&app, queue, stop.clone(), each),
        leases::work_through(&app, films, stop.clone(), each),
        adopt_films(&app, stop.clone()),
    );
}

/// Looks after films that nobody works on, now and then until `stop` says true.
async fn adopt_films(app: &App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = videos::adopt(app).await {
            tracing::error!(message = error.message, "films cannot be looked through");
        }
        tokio::select! {
            () = tokio::time::sleep(ADOPTED_EVERY) => {}
            () = leases::told(&mut stop) => break,
        }
    }
}

/// Works on a job as long as the lease lasts.
async fn work(app: Arc<App>, lease: Lease, mut stop: watch::Receiver<bool>) {
    let id = lease.job.id.clone();
    let live = Arc::new(Live::new());
    app.works.all().insert(id.clone(), Arc::clone(&live));
    let (of, job, watched) = (Arc::clone(&app), lease.job.clone(), Arc::clone(&live));
    let mut worked = tokio::task::spawn_blocking(move || perform(&of, &job, &watched));
    let ended = Arc::new(Notify::new());
    let writing = tokio::spawn(write_down(
        Arc::clone(&app),
        lease.clone(),
        Arc::clone(&live),
        Arc::clone(&ended),
    ));
    let outcome = tokio::select! {
        outcome = &mut worked => Some(outcome),
        // Called off, or somebody else has it.
        _ = leases::renew(&app, &lease) => None,
        () = leases::told(&mut stop) => None,
    };
    let outcome = match outcome {
        Some(outcome) => outcome,
        None => {
            live.stop();
            let is_film = lease.job.kind == videos::KIND;
            stopped(worked, is_film, &mut stop).await
        }
    };
    {
        let mut all = app.works.all();
        // Somebody may work on it again already.
        if all.get(&id).is_some_and(|known| Arc::ptr_eq(known, &live)) {
            all.remove(&id);
        }
    }
    ended.notify_one();
    // What breaks there is only a log.
    let _ = writing.await;
    let outcome = outcome.unwrap_or_else(|error| Err(Fault::broken(error.to_string())));
    settle(&app, lease, &live, outcome).await;
}

/// How work ends that was told to. A film has the memory that the next one needs, and is waited for as long as the server stays; whoever
/// waits for a hub that says nothing notices later, and is not.
async fn stopped(
    mut worked: JoinHandle<Result<Value>>,
    is_film: bool,
    stop: &mut watch::Receiver<bool>,
) -> std::result::Result<Result<Value>, JoinError> {
    if is_film {
        let waited = tokio::select! {
            waited = tokio::time::timeout(FILM_STOPPED_WITHIN, &mut worked) => waited.ok(),
            () = leases::told(stop) => None,
        };
        if let Some(outcome) = waited {
            return outcome;
        }
    }
    match tokio::time::timeout(STOPPED_WITHIN, worked).await {
        Ok(outcome) => outcome,
        Err(_) => Ok(Err(Fault::broken("it does not stop"))),
    }
}

/// Keeps how the work on a job ended.
async fn settle(app: &App, mut lease: Lease, live: &Live, outcome: Result<Value>) {
    let (id, jobs) = (lease.job.id.clone(), app.store().jobs());
    let ended = match outcome {
        Ok(result) => jobs.complete(&lease, result, app.timestamp()).await,
        // It goes on with the next server. One that was called off is nobody's any more.
        Err(_) if live.stops() => {
            leases::give_back(app, &lease, Duration::ZERO).await;
            return;
        }
        // Whoever worked on it before has not noticed yet that nobody waits for them.
        Err(fault) if fault.code.as_deref() == Some("already_fetching") => {
            leases::give_back(app, &lease, LOOKED_EVERY).await;
            return;
        }
        Err(fault) => {
            tracing::warn!(id, message = fault.message, "a job failed");
            // What fails by itself would fail again.
            forget(app, &lease.job);
            if lease.job.kind == videos::KIND
                && let Err(unkept) = videos::end_failed(app, &id, &fault).await
            {
                // As long as nobody can be told that it failed, it has not.
                tracing::warn!(
                    id,
                    message = unkept.message,
                    "the end of a film cannot be kept"
                );
                leases::give_back(app, &lease, UNKEPT_REST).await;
                return;
            }
            lease.job.attempts = lease.job.attempts_max;
            let failed = jobs.fail(&lease, fault.body(), app.timestamp()).await;
            failed.map(drop)
        }
    };
    match ended {
        Ok(()) | Err(store::Error::Stale { .. } | store::Error::NotFound { .. }) => {}
        Err(error) => {
            tracing::warn!(id, %error, "the end of a job cannot be kept");
            leases::give_back(app, &lease, LOOKED_EVERY).await;
        }
    }
}

/// Writes down what is told of a job, until it has ended.
async fn write_down(app: Arc<App>, lease: Lease, live: Arc<Live>, ended: Arc<Notify>) {
    let mut is_over = false;
    loop {
        if !is_over {
            is_over = tokio::select! {
                () = live.noted.notified() => false,
                () = ended.notified() => true,
            };
        }
        let lines = live.lines();
        if !lines.is_empty()
            && let Err(error) = app
                .store()
                .jobs()
                .append_events(&lease, app.timestamp(), lines)
                .await
        {
            // Whoever took the job writes down their own.
            tracing::debug!(%error, "the log of a job cannot be written");
        }
        if is_over {
            return;
        }
        // What comes meanwhile is written together.
        let rest = tokio::time::timeout(WRITTEN_EVERY, ended.notified());
        is_over = rest.await.is_ok();
    }
}

/// Whether work goes on where it was after it was put aside, and does not begin anew.
pub(crate) fn goes_on(job: &Job) -> bool {
    match job.kind.as_str() {
        // What came of a file is kept.
        ADD => read::<Add>(job).is_ok_and(|add| HubName::is_meant_by(&add.source)),
        // What was tried is written down, as are the numbers that were made.
        FIX | TESTS | QUANTISE => true,
        // A film is drawn from its first picture on.
        videos::KIND => false,
        // Each answer is kept.
        kind => !KINDS.contains(&kind),
    }
}

/// Forgets what was kept for going on with a job that ended otherwise than by being done.
pub(crate) fn forget(app: &App, job: &Job) {
    if job.kind == QUANTISE {
        model::forget(app, &job.id);
    }
}

/// Does what a job says. It blocks.
fn perform(app: &App, job: &Job, live: &Live) -> Result<Value> {
    match job.kind.as_str() {
        ADD => model::add(app, &read::<Add>(job)?, live),
        QUANTISE => model::quantise(app, &job.id, &read::<Quantise>(job)?, live),
        MEASURE => speed::measure(app, &read::<Measure>(job)?, live),
        FIX => code::fix(app, &job.id, &read::<Fix>(job)?, live),
        TESTS => suites::generate(app, &job.id, &read::<Suite>(job)?, live),
        videos::KIND => videos::film(app, job, live),
        other => Err(Fault::broken(format!("nobody does `{other}`"))),
    }
}

fn read<T: serde::de::DeserializeOwned>(job: &Job) -> Result<T> {
    let read = serde_json::from_value(job.payload.clone());
    read.map_err(|error| Fault::broken(format!("the job cannot be read: {error}")))
}
