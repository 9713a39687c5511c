//! What each person and key has used.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use super::{Budgets, bucket::Bucket};
use crate::{error::Limited, secret::KEY_ID};

const DAY_MS: i64 = 24 * 60 * 60_000;

/// Meters beyond this number are looked through for idle ones.
const METERS_MAX: usize = 65_536;

/// A meter is idle after so long: its buckets are full again.
const IDLE_MS: i64 = 2 * 60_000;

/// What was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Tokens since midnight in UTC.
    pub tokens_today: u64,
    /// Tokens in all.
    pub tokens_total: u64,
    /// Requests in all.
    pub requests_total: u64,
    /// Requests that a minute has not brought back yet, where they are limited.
    pub requests_this_minute: u64,
    /// Tokens likewise.
    pub tokens_this_minute: u64,
}

/// Tokens of one request, or of many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Those that were read.
    pub input: u64,
    /// Those that were written.
    pub output: u64,
}

/// Usage that is not kept yet, to be added to what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delta {
    pub subject: String,
    /// Days since 1970 began.
    pub day: i64,
    pub tokens: Tokens,
    pub requests: u64,
}

#[derive(Debug)]
struct Meter {
    requests: Option<(u64, Bucket)>,
    tokens: Option<(u64, Bucket)>,
    day: i64,
    used: Used,
    /// By day: tokens and requests that are not kept yet. What is only estimated is not among them.
    unkept: Vec<(i64, Tokens, u64)>,
    touched_at: i64,
}

impl Meter {
    fn new(used: Used, now: i64) -> Self {
        Self {
            requests: None,
            tokens: None,
            day: day_of(now),
            used,
            unkept: Vec::new(),
            touched_at: now,
        }
    }

    /// Goes to the present: another day, other limits.
    fn renew(&mut self, budgets: &Budgets, now: i64) {
        self.touched_at = now;
        let day = day_of(now);
        if day > self.day {
            self.day = day;
            self.used.tokens_today = 0;
        }
        let renewed = |known: Option<(u64, Bucket)>, limit: Option<u64>| {
            let limit = limit?;
            let bucket = known.filter(|(before, _)| *before == limit);
            Some(bucket.unwrap_or_else(|| (limit, Bucket::full(limit, now))))
        };
        self.requests = renewed(self.requests, budgets.requests_per_minute);
        self.tokens = renewed(self.tokens, budgets.tokens_per_minute);
    }

    fn refusal(
        &mut self,
        whose: &str,
        budgets: &Budgets,
        estimate: u64,
        now: i64,
    ) -> Option<Limited> {
        let used = self.used;
        let spent = |budget: Option<u64>, used: u64| {
            budget.is_some_and(|budget| used >= budget || estimate > budget - used)
        };
        if spent(budgets.tokens_total, used.tokens_total) {
            return Some(Limited {
                what: format!("the token budget of this {whose} is used up"),
                retry_after: None,
            });
        }
        if spent(budgets.tokens_per_day, used.tokens_today) {
            let midnight = (day_of(now) + 1) * DAY_MS;
            return Some(Limited {
                what: format!("the tokens of this {whose} for today are used up"),
                retry_after: Some(Duration::from_millis((midnight - now) as u64)),
            });
        }
        let mut worst: Option<(u64, &str)> = None;
        let buckets = [
            (&mut self.requests, 1, "requests"),
            (&mut self.tokens, estimate, "tokens"),
        ];
        for (bucket, amount, what) in buckets {
            let Some((per_minute, bucket)) = bucket else {
                continue;
            };
            let wait = match *per_minute {
                0 => u64::MAX,
                per_minute => bucket.wait_ms(amount, per_minute, now),
            };
            if wait > worst.map_or(0, |(wait, _)| wait) {
                worst = Some((wait, what));
            }
        }
        worst.map(|(wait, what)| Limited {
            what: format!("too many {what} a minute of this {whose}"),
            retry_after: (wait != u64::MAX).then(|| Duration::from_millis(wait)),
        })
    }

    fn count(&mut self, tokens: i64, requests: i64, day: i64) {
        let add = |used: &mut u64, amount: i64| *used = used.saturating_add_signed(amount);
        if day == self.day {
            add(&mut self.used.tokens_today, tokens);
        }
        add(&mut self.used.tokens_total, tokens);
        add(&mut self.used.requests_total, requests);
        if let Some((per_minute, bucket)) = &mut self.tokens {
            bucket.take(tokens, *per_minute);
        }
        if let Some((per_minute, bucket)) = &mut self.requests {
            bucket.take(requests, *per_minute);
        }
    }

    fn keep(&mut self, day: i64, tokens: Tokens, requests: u64) {
        if !self.unkept.iter().any(|(of, ..)| *of == day) {
            self.unkept.push((day, Tokens::default(), 0));
        }
        for (of, kept_tokens, kept_requests) in &mut self.unkept {
            if *of == day {
                kept_tokens.input += tokens.input;
                kept_tokens.output += tokens.output;
                *kept_requests += requests;
            }
        }
    }
}

/// All meters, by the id of a person or key.
#[derive(Debug, Default)]
pub(crate) struct Meters(Mutex<HashMap<String, Meter>>);

impl Meters {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Meter>> {
        self.0.lock().expect("no holder of the lock panics")
    }

    /// Whether what `subject` used before is known here.
    pub fn knows(&self, subject: &str) -> bool {
        self.lock().contains_key(subject)
    }

    /// Tells what `subject` used before this start. What was counted meanwhile stays.
    pub fn learn(&self, subject: &str, used: Used, now: i64) {
        let mut meters = self.lock();
        if meters.len() >= METERS_MAX {
            meters.retain(|_, meter| !meter.unkept.is_empty() || now - meter.touched_at < IDLE_MS);
        }
        meters
            .entry(subject.to_owned())
            .or_insert_with(|| Meter::new(used, now));
    }

    /// Counts one request of about `estimate` tokens for all `subjects`, or for none of them.
    pub fn admit(
        &self,
        subjects: &[(String, Budgets)],
        estimate: u64,
        now: i64,
    ) -> Result<(), Limited> {
        let mut meters = self.lock();
        for (subject, budgets) in subjects {
            let meter = meters
                .entry(subject.clone())
                .or_insert_with(|| Meter::new(Used::default(), now));
            meter.renew(budgets, now);
            let whose = match subject.starts_with(KEY_ID) {
                true => "key",
                false => "person",
            };
            if let Some(limited) = meter.refusal(whose, budgets, estimate, now) {
                return Err(limited);
            }
        }
        for (subject, _) in subjects {
            if let Some(meter) = meters.get_mut(subject) {
                let day = meter.day;
                meter.count(signed(estimate), 1, day);
                meter.keep(day, Tokens::default(), 1);
            }
        }
        Ok(())
    }

    /// Puts what was really used in place of the `estimate` that was counted when admitted at `at`.
    pub fn settle(&self, subjects: &[String], estimate: u64, real: Tokens, at: i64) {
        let day = day_of(at);
        let more = signed(real.input.saturating_add(real.output)) - signed(estimate);
        let mut meters = self.lock();
        for subject in subjects {
            if let Some(meter) = meters.get_mut(subject) {
                meter.count(more, 0, day);
                meter.keep(day, real, 0);
            }
        }
    }

    /// What `subject` used.
    pub fn used(&self, subject: &str, now: i64) -> Option<Used> {
        let mut meters = self.lock();
        let meter = meters.get_mut(subject)?;
        let mut used = meter.used;
        if day_of(now) > meter.day {
            used.tokens_today = 0;
        }
        let taken = |bucket: &mut Option<(u64, Bucket)>| {
            let bucket = bucket.as_mut();
            bucket.map_or(0, |(per_minute, bucket)| bucket.taken(*per_minute, now))
        };
        used.requests_this_minute = taken(&mut meter.requests);
        used.tokens_this_minute = taken(&mut meter.tokens);
        Some(used)
    }

    /// Forgets what `subject` used, kept or not.
    pub fn forget(&self, subject: &str) {
        self.lock().remove(subject);
    }

    /// Takes what is not kept yet.
    pub fn take_unkept(&self) -> Vec<Delta> {
        let mut meters = self.lock();
        let mut deltas = Vec::new();
        for (subject, meter) in meters.iter_mut() {
            for (day, tokens, requests) in meter.unkept.drain(..) {
                deltas.push(Delta {
                    subject: subject.clone(),
                    day,
                    tokens,
                    requests,
                });
            }
        }
        deltas
    }

    /// Gives back what could not be kept, to be tried again.
    pub fn return_unkept(&self, deltas: Vec<Delta>) {
        let mut meters = self.lock();
        for delta in deltas {
            if let Some(meter) = meters.get_mut(&delta.subject) {
                meter.keep(delta.day, delta.tokens, delta.requests);
            }
        }
    }
}

fn signed(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

/// The day of `now`, counted from 1970.
pub(crate) fn day_of(now: i64) -> i64 {
    now.div_euclid(DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An hour before midnight.
    const LATE: i64 = 20_000 * DAY_MS - 3_600_000;

    fn subject(budgets: Budgets) -> Vec<(String, Budgets)> {
        vec![("k-1".to_owned(), budgets)]
    }

    fn written(output: u64) -> Tokens {
        Tokens { input: 0, output }
    }

    fn daily(tokens: u64) -> Vec<(String, Budgets)> {
        subject(Budgets {
            tokens_per_day: Some(tokens),
            ..Budgets::default()
        })
    }

    #[test]
    fn a_day_ends_at_midnight_and_says_so() {
        let meters = Meters::default();
        meters.admit(&daily(100), 100, LATE).unwrap();
        let limited = meters.admit(&daily(100), 1, LATE).unwrap_err();
        assert_eq!(limited.retry_after, Some(Duration::from_secs(3_600)));
        meters.admit(&daily(100), 100, LATE + 3_600_000).unwrap();
    }

    #[test]
    fn what_was_really_used_counts() {
        let meters = Meters::default();
        meters.admit(&daily(100), 90, LATE).unwrap();
        assert!(meters.admit(&daily(100), 20, LATE).is_err());
        meters.settle(&["k-1".to_owned()], 90, written(10), LATE);
        meters.admit(&daily(100), 20, LATE).unwrap();
        let used = meters.used("k-1", LATE).unwrap();
        assert_eq!((used.tokens_today, used.requests_total), (30, 2));
    }

    #[test]
    fn a_request_that_lasts_over_midnight_counts_for_the_day_it_began() {
        let meters = Meters::default();
        meters.admit(&daily(100), 50, LATE).unwrap();
        meters.admit(&daily(100), 10, LATE + DAY_MS).unwrap();
        meters.settle(&["k-1".to_owned()], 50, written(80), LATE);
        let used = meters.used("k-1", LATE + DAY_MS).unwrap();
        assert_eq!((used.tokens_today, used.tokens_total), (10, 90));
        let mut deltas = meters.take_unkept();
        deltas.sort_by_key(|delta| delta.day);
        let by_day: Vec<(u64, u64)> = deltas
            .iter()
            .map(|delta| (delta.tokens.output, delta.requests))
            .collect();
        // What is only estimated is not kept yet.
        assert_eq!(by_day, [(80, 1), (0, 1)]);
        assert_eq!(meters.take_unkept(), []);
    }

    #[test]
    fn what_was_used_before_a_start_still_counts() {
        let meters = Meters::default();
        let before = Used {
            tokens_today: 95,
            tokens_total: 1_000,
            requests_total: 3,
            ..Used::default()
        };
        meters.learn("k-1", before, LATE);
        assert!(meters.admit(&daily(100), 10, LATE).is_err());
        meters.admit(&daily(100), 5, LATE).unwrap();
        meters.settle(&["k-1".to_owned()], 5, written(5), LATE);
        // Only what is new is to be kept.
        assert_eq!(meters.take_unkept()[0].tokens, written(5));
    }

    #[test]
    fn a_total_that_is_used_up_never_comes_back() {
        let meters = Meters::default();
        let budgets = subject(Budgets {
            tokens_total: Some(10),
            ..Budgets::default()
        });
        let limited = meters.admit(&budgets, 11, LATE).unwrap_err();
        assert_eq!(limited.retry_after, None);
        meters.admit(&budgets, 10, LATE).unwrap();
        assert!(meters.admit(&budgets, 0, LATE + 9 * DAY_MS).is_err());
    }

    #[test]
    fn refused_by_the_person_nothing_is_counted_for_the_key() {
        let meters = Meters::default();
        let one_a_minute = Budgets {
            requests_per_minute: Some(1),
            ..Budgets::default()
        };
        let both = [
            ("k-1".to_owned(), Budgets::default()),
            ("u-1".to_owned(), one_a_minute),
        ];
        meters.admit(&both, 5, LATE).unwrap();
        let limited = meters.admit(&both, 5, LATE).unwrap_err();
        assert_eq!(limited.retry_after, Some(Duration::from_secs(60)));
        assert_eq!(limited.what, "too many requests a minute of this person");
        assert_eq!(meters.used("k-1", LATE).unwrap().requests_total, 1);
    }

    #[test]
    fn what_is_used_of_a_minute_comes_back_with_it() {
        let meters = Meters::default();
        let four = subject(Budgets {
            requests_per_minute: Some(4),
            ..Budgets::default()
        });
        meters.admit(&four, 5, LATE).unwrap();
        meters.admit(&four, 5, LATE).unwrap();
        let used = |now| meters.used("k-1", now).unwrap().requests_this_minute;
        assert_eq!(
            (used(LATE), used(LATE + 15_000), used(LATE + 60_000)),
            (2, 1, 0)
        );
    }

    #[test]
    fn a_limit_of_nothing_lets_nothing_through() {
        let meters = Meters::default();
        let none = subject(Budgets {
            requests_per_minute: Some(0),
            ..Budgets::default()
        });
        assert_eq!(meters.admit(&none, 1, LATE).unwrap_err().retry_after, None);
    }
}
