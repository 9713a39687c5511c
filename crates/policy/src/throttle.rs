//! Slows down whoever guesses passwords.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use crate::error::{Error, Limited, Result};

/// Failures that cost nothing yet.
const FREE: u32 = 5;

/// The wait behind the first failure that costs; it doubles with each further one.
const FIRST_WAIT_MS: i64 = 1_000;

/// The longest wait.
const LONGEST_WAIT_MS: i64 = 15 * 60_000;

/// Failures are forgotten after so long without another.
const FORGOTTEN_MS: i64 = 60 * 60_000;

/// Names and addresses that are remembered.
const REMEMBERED_MAX: usize = 16_384;

/// Failed sign-ins by name and by address. They are kept in memory: a restart forgets them, and takes longer
/// than a guess.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    failures: Mutex<HashMap<String, Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last_at: i64,
}

impl Failures {
    fn open_at(self) -> i64 {
        let doubled = self.count.checked_sub(FREE).map_or(0, |over| {
            FIRST_WAIT_MS
                .saturating_mul(1 << over.min(20))
                .min(LONGEST_WAIT_MS)
        });
        self.last_at + doubled
    }
}

impl Throttle {
    /// Counts an attempt for each of `keys` as failed until [`succeeded`](Self::succeeded) says otherwise, so
    /// that attempts made side by side are counted too. Refuses where one must wait, and counts nothing then.
    pub fn attempt(&self, keys: &[String], now: i64) -> Result<()> {
        let mut failures = self.lock();
        let open_at = keys.iter().filter_map(|key| failures.get(key));
        let open_at = open_at.map(|known| known.open_at()).max().unwrap_or(now);
        if open_at > now {
            return Err(Error::Limited(Limited {
                what: "too many failed attempts to sign in".to_owned(),
                retry_after: Some(Duration::from_millis((open_at - now) as u64)),
            }));
        }
        if failures.len() + keys.len() > REMEMBERED_MAX {
            make_room(&mut failures, now);
        }
        for key in keys {
            let known = failures.entry(key.clone()).or_insert(Failures {
                count: 0,
                last_at: now,
            });
            if now - known.last_at > FORGOTTEN_MS {
                known.count = 0;
            }
            known.count += 1;
            known.last_at = now;
        }
        Ok(())
    }

    /// Forgets the failures of the first of `keys`, the name. For the others the attempt counts for nothing, so
    /// that nobody rubs out an address by signing in as themselves.
    pub fn succeeded(&self, keys: &[String]) {
        let mut failures = self.lock();
        for (index, key) in keys.iter().enumerate() {
            if index == 0 {
                failures.remove(key);
            } else if let Some(known) = failures.get_mut(key) {
                known.count = known.count.saturating_sub(1);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Failures>> {
        self.failures.lock().expect("no holder of the lock panics")
    }
}

/// Forgets what is old; where that is not enough, whoever failed least: a flood of made-up names does not
/// wash out the one that is being guessed.
fn make_room(failures: &mut HashMap<String, Failures>, now: i64) {
    failures.retain(|_, known| now - known.last_at <= FORGOTTEN_MS);
    if failures.len() < REMEMBERED_MAX * 3 / 4 {
        return;
    }
    let mut ranked: Vec<(u32, i64, String)> = failures
        .iter()
        .map(|(key, known)| (known.count, known.last_at, key.clone()))
        .collect();
    ranked.sort_unstable();
    for (_, _, key) in ranked.iter().take(REMEMBERED_MAX / 4) {
        failures.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait_ms(throttle: &Throttle, keys: &[String], now: i64) -> u128 {
        match throttle.attempt(keys, now) {
            Ok(()) => 0,
            Err(Error::Limited(limited)) => limited.retry_after.unwrap().as_millis(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn five_failures_are_free_then_each_doubles_the_wait() {
        let throttle = Throttle::default();
        let keys = ["name:ada".to_owned()];
        let mut now = 0;
        for _ in 0..5 {
            assert_eq!(wait_ms(&throttle, &keys, now), 0);
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = wait_ms(&throttle, &keys, now);
            waits.push(wait / 1000);
            now += wait as i64;
            assert_eq!(wait_ms(&throttle, &keys, now), 0);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    }

    #[test]
    fn success_and_an_hour_of_rest_forget_failures() {
        let throttle = Throttle::default();
        let keys = ["name:ada".to_owned()];
        (0..5).for_each(|_| throttle.attempt(&keys, 0).unwrap());
        assert!(wait_ms(&throttle, &keys, 0) > 0);
        throttle.succeeded(&keys);
        (0..5).for_each(|_| throttle.attempt(&keys, 0).unwrap());
        let later = FORGOTTEN_MS + 1;
        (0..5).for_each(|_| throttle.attempt(&keys, later).unwrap());
        assert!(wait_ms(&throttle, &keys, later) > 0);
    }

    #[test]
    fn one_address_that_tries_many_names_must_wait() {
        let throttle = Throttle::default();
        for number in 0..5 {
            let keys = [format!("name:{number}"), "from:10.0.0.1".to_owned()];
            throttle.attempt(&keys, 0).unwrap();
        }
        let keys = ["name:fresh".to_owned(), "from:10.0.0.1".to_owned()];
        assert!(wait_ms(&throttle, &keys, 0) > 0);
        assert_eq!(wait_ms(&throttle, &keys[..1], 0), 0);
    }

    #[test]
    fn an_address_is_not_rubbed_out_by_signing_in_as_oneself() {
        let throttle = Throttle::default();
        let keys = |name: &str| [format!("name:{name}"), "from:10.0.0.1".to_owned()];
        for number in 0..5 {
            throttle.attempt(&keys("mallory"), 0).ok();
            throttle.succeeded(&keys("mallory"));
            throttle.attempt(&keys(&number.to_string()), 0).unwrap();
        }
        assert!(wait_ms(&throttle, &keys("ada"), 0) > 0);
    }

    #[test]
    fn a_flood_of_names_does_not_wash_out_the_one_that_is_guessed() {
        let throttle = Throttle::default();
        let guessed = ["name:ada".to_owned()];
        (0..6).for_each(|step| throttle.attempt(&guessed, step * 2_000).unwrap());
        for number in 0..3 * REMEMBERED_MAX {
            throttle
                .attempt(&[format!("name:{number}")], 10_000)
                .unwrap();
        }
        assert!(wait_ms(&throttle, &guessed, 10_001) > 0);
        assert!(throttle.lock().len() <= REMEMBERED_MAX);
    }
}
