//! How a run stands: how far its first tests are, and whether it is to end.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::error::Error;

/// What is done with the unchanged project before anything is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
    /// It is copied into its boxes, and its tests are built and collected.
    Building,
    /// Its tests are run.
    Testing,
    /// It is noted which lines they run.
    Tracing,
}

/// How far the first tests are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What is being done.
    pub step: Step,
    /// Tests that were run so far.
    pub ran: usize,
    /// Tests that there are; 0 while that is unknown.
    pub tests: usize,
}

/// How a run stands, shared by all who work on it.
#[derive(Clone, Debug, Default)]
pub struct Course(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Set when the owner wants it to end.
    owner: Arc<AtomicBool>,
    /// When the time for what is done at present is over.
    ends: Mutex<Option<Instant>>,
    step: AtomicU8,
    ran: AtomicUsize,
    tests: AtomicUsize,
}

impl Course {
    /// A run that ends when `owner` is set.
    pub fn new(owner: &Arc<AtomicBool>) -> Self {
        Self(Arc::new(Shared {
            owner: Arc::clone(owner),
            ..Shared::default()
        }))
    }

    /// Gives what is done from now until `ends`; for ever, when none.
    pub fn limit(&self, ends: Option<Instant>) {
        *self.0.ends.lock().unwrap_or_else(PoisonError::into_inner) = ends;
    }

    /// Whether the time for what is done is over.
    pub fn has_run_out(&self) -> bool {
        let ends = self.0.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.is_some_and(|ends| Instant::now() >= ends)
    }

    /// Whether it is to end: its owner wants that, or the time is over.
    pub fn is_over(&self) -> bool {
        self.0.owner.load(Ordering::Relaxed) || self.has_run_out()
    }

    /// [`Error::Stopped`] once it is to end.
    ///
    /// # Errors
    /// That alone.
    pub fn check(&self) -> Result<(), Error> {
        match self.is_over() {
            true => Err(Error::Stopped),
            false => Ok(()),
        }
    }

    /// Begins a step with so many tests.
    pub(crate) fn begin(&self, step: Step, tests: usize) {
        self.0.step.store(step as u8, Ordering::Relaxed);
        self.0.tests.store(tests, Ordering::Relaxed);
        self.0.ran.store(0, Ordering::Relaxed);
    }

    /// Says how many tests were run in this step.
    pub(crate) fn set_ran(&self, ran: usize) {
        self.0.ran.store(ran, Ordering::Relaxed);
    }

    /// Says that one more was.
    pub(crate) fn one_ran(&self) {
        self.0.ran.fetch_add(1, Ordering::Relaxed);
    }

    /// How far the first tests are.
    pub fn seen(&self) -> Seen {
        let step = match self.0.step.load(Ordering::Relaxed) {
            0 => Step::Building,
            1 => Step::Testing,
            _ => Step::Tracing,
        };
        Seen {
            step,
            ran: self.0.ran.load(Ordering::Relaxed),
            tests: self.0.tests.load(Ordering::Relaxed),
        }
    }
}
