//! A bucket of tokens that fills at a steady rate.

const MINUTE_MS: i64 = 60_000;

/// Holds as much as comes in a minute. What was taken too much is owed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// In thousandths of a token times a minute of milliseconds, so that no refill is rounded away.
    level: i128,
    filled_at: i64,
}

/// One token, in units of the level.
const ONE: i128 = MINUTE_MS as i128;

impl Bucket {
    /// A full one of `per_minute`.
    pub fn full(per_minute: u64, now: i64) -> Self {
        Self {
            level: i128::from(per_minute) * ONE,
            filled_at: now,
        }
    }

    /// Lets in what has come since. A clock that was set back brings nothing and costs nothing.
    fn fill(&mut self, per_minute: u64, now: i64) {
        let passed = (now - self.filled_at).max(0);
        self.filled_at = now;
        let whole = i128::from(per_minute) * ONE;
        self.level = whole.min(self.level + i128::from(passed) * i128::from(per_minute));
    }

    /// Milliseconds until `amount` can be taken; 0 when it can be now. What is more than a minute brings can be
    /// taken from a full bucket, and is owed.
    pub fn wait_ms(&mut self, amount: u64, per_minute: u64, now: i64) -> u64 {
        self.fill(per_minute, now);
        let wanted = i128::from(amount.min(per_minute)) * ONE;
        let lacking = wanted - self.level;
        match u64::try_from(lacking) {
            Ok(lacking) if lacking > 0 => lacking.div_ceil(per_minute.max(1)),
            Ok(_) => 0,
            Err(_) if lacking < 0 => 0,
            Err(_) => u64::MAX,
        }
    }

    /// How much of a minute is taken and has not come back yet, rounded up.
    pub fn taken(&mut self, per_minute: u64, now: i64) -> u64 {
        self.fill(per_minute, now);
        let lacking = i128::from(per_minute) * ONE - self.level;
        u64::try_from(lacking.max(0)).map_or(u64::MAX, |lacking| lacking.div_ceil(ONE as u64))
    }

    /// Takes `amount`, negative to give back.
    pub fn take(&mut self, amount: i64, per_minute: u64) {
        let whole = i128::from(per_minute) * ONE;
        self.level = whole.min(self.level - i128::from(amount) * ONE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Dice;

    #[test]
    fn a_minute_of_rest_fills_it_and_no_more() {
        let mut bucket = Bucket::full(60, 0);
        bucket.take(60, 60);
        assert_eq!(bucket.wait_ms(1, 60, 0), 1_000);
        assert_eq!(bucket.wait_ms(1, 60, 999), 1);
        assert_eq!(bucket.wait_ms(1, 60, 1_000), 0);
        assert_eq!(bucket.wait_ms(60, 60, 10 * MINUTE_MS), 0);
        bucket.take(60, 60);
        assert_eq!(bucket.wait_ms(60, 60, 10 * MINUTE_MS), 60_000);
    }

    #[test]
    fn what_is_more_than_a_minute_brings_is_owed() {
        let mut bucket = Bucket::full(100, 0);
        assert_eq!(bucket.wait_ms(250, 100, 0), 0);
        bucket.take(250, 100);
        assert_eq!(bucket.wait_ms(1, 100, 0), 90_600);
    }

    #[test]
    fn a_limit_of_nothing_lets_nothing_through_and_a_clock_set_back_gives_nothing() {
        let mut bucket = Bucket::full(0, 0);
        // Nothing is wanted of nothing; who sets such a limit is stopped before.
        assert_eq!(bucket.wait_ms(0, 0, 0), 0);
        let mut bucket = Bucket::full(10, 1_000_000);
        bucket.take(10, 10);
        assert!(bucket.wait_ms(1, 10, 0) > 0);
    }

    #[test]
    fn over_any_span_no_more_comes_out_than_a_full_bucket_and_its_rate() {
        let mut dice = Dice::new(5);
        for _ in 0..200 {
            let per_minute = 1 + dice.below(5_000) as u64;
            let mut bucket = Bucket::full(per_minute, 0);
            let (mut now, mut taken) = (0, 0);
            for _ in 0..200 {
                now += dice.below(3_000) as i64;
                let amount = 1 + dice.below(per_minute as usize) as u64;
                let wait = bucket.wait_ms(amount, per_minute, now);
                if wait == 0 {
                    bucket.take(amount as i64, per_minute);
                    taken += amount;
                    let most = per_minute as f64 * (1.0 + now as f64 / MINUTE_MS as f64);
                    assert!(taken as f64 <= most, "{taken} of {most}");
                } else {
                    // What was said of the wait is true to the millisecond.
                    let mut later = bucket;
                    assert_eq!(later.wait_ms(amount, per_minute, now + wait as i64), 0);
                    let mut sooner = bucket;
                    assert!(sooner.wait_ms(amount, per_minute, now + wait as i64 - 1) > 0);
                }
            }
        }
    }
}
