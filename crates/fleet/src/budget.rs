//! How many requests may be tried again, so that servers in trouble do not get twice as many.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::options::Retries;

/// Thousandths of a retry, so that shares are whole numbers.
const ONE: i64 = 1000;

/// Fills with each request, empties with each retry.
#[derive(Debug)]
pub struct Budget {
    left: AtomicI64,
    each: i64,
    most: i64,
}

impl Budget {
    pub fn new(retries: &Retries) -> Self {
        let most = i64::from(retries.burst) * ONE;
        Self {
            left: AtomicI64::new(most),
            each: (retries.share.clamp(0.0, 10.0) * ONE as f64) as i64,
            most,
        }
    }

    /// A request came.
    pub fn deposit(&self) {
        let more = |left: i64| Some((left + self.each).min(self.most));
        // The closure never refuses.
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Whether one may be tried again; if so, that is counted.
    pub fn withdraw(&self) -> bool {
        let less = |left: i64| (left >= ONE).then_some(left - ONE);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_burst_only_the_share_of_requests_is_tried_again() {
        let budget = Budget::new(&Retries {
            each_max: 2,
            share: 0.25,
            burst: 3,
        });
        let burst = (0..10).filter(|_| budget.withdraw()).count();
        (0..8).for_each(|_| budget.deposit());
        let later = (0..10).filter(|_| budget.withdraw()).count();
        assert_eq!((burst, later), (3, 2));
    }
}
