//! Whether an upstream that failed may be asked again: closed, open for a while, then one trial.

use std::time::Duration;

use tokio::time::Instant;

use crate::options::Ejection;

/// A trial that has not begun to be answered for so long does not keep the next one waiting.
const TRIAL: Duration = Duration::from_secs(5);

/// Counts failures, and leaves the upstream alone when there are too many.
#[derive(Debug)]
pub struct Breaker {
    options: Ejection,
    state: State,
    /// Since a reply was last done.
    failures: u32,
    /// How often it was opened since then.
    level: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Closed,
    Open { until: Instant, cause: Cause },
    HalfOpen { trial: Option<Instant> },
}

/// Why an upstream failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No connection came about: once one does, it may be tried.
    Unreachable,
    /// It broke off, stalled or sent nonsense, which a probe may not show.
    Misbehaved,
}

/// What a breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    Ordinary,
    Trial,
}

/// What a person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Closed,
    Open(Duration),
    HalfOpen,
}

impl Breaker {
    pub fn new(options: Ejection) -> Self {
        Self {
            options,
            state: State::Closed,
            failures: 0,
            level: 0,
        }
    }

    /// How long until a request may pass; zero if one may now.
    pub fn closed_for(&self, now: Instant) -> Duration {
        match self.state {
            State::Open { until, .. } => until.saturating_duration_since(now),
            State::HalfOpen { trial: Some(since) } => TRIAL.saturating_sub(now - since),
            State::Closed | State::HalfOpen { trial: None } => Duration::ZERO,
        }
    }

    /// Lets a request through, or not. A trial's end has to be told.
    pub fn pass(&mut self, now: Instant) -> Option<Pass> {
        if !self.closed_for(now).is_zero() {
            return None;
        }
        if self.state == State::Closed {
            return Some(Pass::Ordinary);
        }
        self.state = State::HalfOpen { trial: Some(now) };
        Some(Pass::Trial)
    }

    /// A reply began: a trial has worked.
    pub fn began(&mut self, pass: Pass) {
        if pass == Pass::Trial && matches!(self.state, State::HalfOpen { .. }) {
            self.state = State::Closed;
            // One more failure, not three, and it is left alone again.
            self.failures = self.options.failures.saturating_sub(1);
        }
    }

    /// A reply came to its end.
    pub fn done(&mut self) {
        if self.state == State::Closed {
            (self.failures, self.level) = (0, 0);
        }
    }

    /// A trial ended without telling anything.
    pub fn released(&mut self, pass: Pass) {
        if pass == Pass::Trial && matches!(self.state, State::HalfOpen { .. }) {
            self.state = State::HalfOpen { trial: None };
        }
    }

    /// A request failed. True if the upstream is left alone from now on.
    pub fn failed(&mut self, cause: Cause, pass: Pass, now: Instant) -> bool {
        self.failures = self.failures.saturating_add(1);
        let is_enough = match self.state {
            State::Closed => self.failures >= self.options.failures,
            State::HalfOpen { .. } => pass == Pass::Trial,
            // What was on its way when it opened fails too.
            State::Open { .. } => false,
        };
        is_enough && self.open(cause, now)
    }

    /// A reply stalled: that is enough by itself.
    pub fn stalled(&mut self, now: Instant) -> bool {
        !matches!(self.state, State::Open { .. }) && self.open(Cause::Misbehaved, now)
    }

    /// A probe reached it: if that was what failed, it may be tried at once.
    pub fn reached(&mut self) {
        if let State::Open {
            cause: Cause::Unreachable,
            ..
        } = self.state
        {
            self.state = State::HalfOpen { trial: None };
        }
    }

    pub fn seen(&self, now: Instant) -> Seen {
        match self.state {
            State::Closed => Seen::Closed,
            State::Open { until, .. } if until > now => Seen::Open(until - now),
            State::Open { .. } | State::HalfOpen { .. } => Seen::HalfOpen,
        }
    }

    fn open(&mut self, cause: Cause, now: Instant) -> bool {
        let factor = 1u32.checked_shl(self.level).unwrap_or(u32::MAX);
        let time = self.options.base.saturating_mul(factor);
        self.level = (self.level + 1).min(31);
        self.failures = 0;
        self.state = State::Open {
            until: now + time.min(self.options.longest),
            cause,
        };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn failing(breaker: &mut Breaker, times: u32, now: Instant) -> bool {
        (0..times).fold(false, |_, _| {
            breaker.failed(Cause::Unreachable, Pass::Ordinary, now)
        })
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_after_a_trial() {
        let now = Instant::now();
        let mut breaker = Breaker::new(Ejection::default());
        assert!(!failing(&mut breaker, 2, now));
        breaker.done();
        assert!(!failing(&mut breaker, 2, now));
        assert!(failing(&mut breaker, 1, now));
        assert_eq!((breaker.pass(now), breaker.closed_for(now)), (None, S));

        let later = now + S;
        assert_eq!(breaker.pass(later), Some(Pass::Trial));
        assert_eq!(breaker.pass(later), None, "one trial at a time");
        breaker.began(Pass::Trial);
        assert_eq!(breaker.pass(later), Some(Pass::Ordinary));
    }

    #[test]
    fn each_time_it_stays_open_twice_as_long_up_to_the_longest() {
        let mut now = Instant::now();
        let mut breaker = Breaker::new(Ejection::default());
        breaker.stalled(now);
        let mut seconds = vec![breaker.closed_for(now).as_secs()];
        for _ in 0..8 {
            now += breaker.closed_for(now);
            let pass = breaker.pass(now).unwrap();
            assert!(breaker.failed(Cause::Misbehaved, pass, now));
            seconds.push(breaker.closed_for(now).as_secs());
        }
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        now += 60 * S;
        let pass = breaker.pass(now).unwrap();
        breaker.began(pass);
        breaker.done();
        breaker.stalled(now);
        assert_eq!(breaker.closed_for(now), S, "a reply that is done forgives");
    }

    #[test]
    fn many_requests_that_fail_together_count_once() {
        let now = Instant::now();
        let mut breaker = Breaker::new(Ejection::default());
        failing(&mut breaker, 100, now);
        assert_eq!(breaker.closed_for(now), S);
    }

    #[test]
    fn a_probe_ends_the_wait_for_who_was_unreachable_and_not_for_who_stalled() {
        let now = Instant::now();
        let mut breaker = Breaker::new(Ejection::default());
        failing(&mut breaker, 3, now);
        breaker.reached();
        assert_eq!(breaker.pass(now), Some(Pass::Trial));
        breaker.failed(Cause::Misbehaved, Pass::Trial, now);
        breaker.reached();
        assert_eq!(breaker.pass(now), None);
    }

    #[test]
    fn a_trial_that_is_dropped_or_takes_too_long_makes_room_for_the_next() {
        let now = Instant::now();
        let mut breaker = Breaker::new(Ejection::default());
        breaker.stalled(now);
        let now = now + S;
        assert_eq!(breaker.pass(now), Some(Pass::Trial));
        breaker.released(Pass::Trial);
        assert_eq!(breaker.pass(now), Some(Pass::Trial));
        assert_eq!(breaker.pass(now + TRIAL), Some(Pass::Trial));
    }
}
