//! What is seen of a job while somebody works on it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Notify;

/// A line of the log tells of each tenth that is done, but no more often than this.
const COUNTED_EVERY: Duration = Duration::from_secs(2);

/// Lines that are written down while a job is leased once.
const LINES_MAX: usize = 500;

/// A job that somebody works on.
#[derive(Debug)]
pub(crate) struct Live {
    /// Set when it is to end.
    pub(super) stops: Arc<AtomicBool>,
    done: AtomicU64,
    total: AtomicU64,
    /// When counting began, and with how much there already.
    since: Mutex<(Instant, Option<u64>)>,
    /// What else is to be seen of it.
    told: Mutex<Value>,
    /// What is to be seen by whoever looks at it alone, as it may be long.
    shown: Mutex<Value>,
    log: Mutex<Log>,
    /// Told when something is to be written down.
    pub(super) noted: Notify,
}

/// What is written down of it.
#[derive(Debug)]
struct Log {
    lines: Vec<Value>,
    /// How many there were.
    count: usize,
    /// When a line told how far it is, and how many tenths that were.
    counted: Instant,
    tenth: u64,
}

impl Live {
    pub fn new() -> Self {
        let now = Instant::now();
        Self {
            stops: Arc::default(),
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
            since: Mutex::new((now, None)),
            told: Mutex::default(),
            shown: Mutex::default(),
            log: Mutex::new(Log {
                lines: Vec::new(),
                count: 0,
                counted: now,
                tenth: 0,
            }),
            noted: Notify::new(),
        }
    }

    /// Begins to count to `total`.
    pub fn begin(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
        self.done.store(0, Ordering::Relaxed);
        *lock(&self.since) = (Instant::now(), None);
        lock(&self.log).tenth = 0;
    }

    /// Says that `done` of them are done.
    pub fn set(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
        {
            let mut since = lock(&self.since);
            // What was there at the beginning is no speed.
            since.1.get_or_insert(done);
        }
        let mut log = lock(&self.log);
        let total = self.total.load(Ordering::Relaxed);
        let tenth = done.saturating_mul(10).checked_div(total).unwrap_or(0);
        if tenth > log.tenth && log.counted.elapsed() >= COUNTED_EVERY {
            (log.tenth, log.counted) = (tenth, Instant::now());
            log.push(json!({ "type": "counted", "done": done, "total": total }));
            self.noted.notify_one();
        }
    }

    /// Says that `more` are.
    pub fn add(&self, more: u64) {
        self.set(self.done.load(Ordering::Relaxed) + more);
    }

    /// Says what else is to be seen.
    pub fn tell(&self, told: Value) {
        *lock(&self.told) = told;
    }

    /// Says what whoever looks at it alone is to see.
    pub fn show(&self, shown: Value) {
        *lock(&self.shown) = shown;
    }

    /// Writes down that a step was taken; `line` says which, and what came of it.
    pub fn note(&self, mut line: Value) {
        line["type"] = json!("told");
        lock(&self.log).push(line);
        self.noted.notify_one();
    }

    /// What was written down since this was asked for.
    pub fn lines(&self) -> Vec<Value> {
        std::mem::take(&mut lock(&self.log).lines)
    }

    /// What whoever looks at it alone sees.
    pub fn shown(&self) -> Value {
        lock(&self.shown).clone()
    }

    /// Has it end.
    pub fn stop(&self) {
        self.stops.store(true, Ordering::Relaxed);
    }

    /// What is set when it is to end.
    pub fn stop_flag(&self) -> &AtomicBool {
        &self.stops
    }

    /// Whether it is to end.
    pub fn stops(&self) -> bool {
        self.stops.load(Ordering::Relaxed)
    }

    /// How far it is: `done` and `total` in bytes, and how many a second.
    pub fn progress(&self) -> Value {
        let (since, before) = *lock(&self.since);
        let (done, total) = (
            self.done.load(Ordering::Relaxed),
            self.total.load(Ordering::Relaxed),
        );
        let seconds = since.elapsed().as_secs_f64().max(0.001);
        let speed = done.saturating_sub(before.unwrap_or(done)) as f64 / seconds;
        json!({ "done": done, "total": total, "per_second": speed as u64, "told": *lock(&self.told) })
    }
}

impl Log {
    fn push(&mut self, line: Value) {
        if self.count < LINES_MAX {
            self.count += 1;
            self.lines.push(line);
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
