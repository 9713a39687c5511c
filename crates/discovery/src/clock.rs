//! Time, passed in so that a search can be tested without waiting.

use std::time::{Duration, Instant};

/// Tells how long the search has been running.
pub trait Clock: Sync {
    /// Time since the clock was made; never goes back.
    fn elapsed(&self) -> Duration;
}

/// The machine's monotonic clock.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl SystemClock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
