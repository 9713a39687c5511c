//! How long the last replies took to begin.

use std::time::Duration;

/// As many as are remembered.
const SAMPLES_MAX: usize = 512;

/// The last durations, oldest overwritten first.
#[derive(Debug, Default)]
pub struct Latencies {
    samples: Vec<Duration>,
    next: usize,
}

impl Latencies {
    pub fn add(&mut self, duration: Duration) {
        match self.samples.len() < SAMPLES_MAX {
            true => self.samples.push(duration),
            false => self.samples[self.next] = duration,
        }
        self.next = (self.next + 1) % SAMPLES_MAX;
    }

    /// The smallest of them that so many in a hundred do not exceed, for each of `percents`.
    pub fn percentiles<const N: usize>(&self, percents: [usize; N]) -> Option<[Duration; N]> {
        let mut sorted = self.samples.clone();
        sorted.sort_unstable();
        let rank = |percent: usize| (sorted.len() * percent).div_ceil(100).max(1) - 1;
        (!sorted.is_empty()).then(|| percents.map(|percent| sorted[rank(percent)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_last_samples_only() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentiles([50]), None);
        for _ in 0..SAMPLES_MAX {
            latencies.add(Duration::from_secs(9));
        }
        for ms in 0..SAMPLES_MAX as u64 {
            latencies.add(Duration::from_millis(ms));
        }
        let found = latencies.percentiles([50, 100]).unwrap();
        assert_eq!(found.map(|duration| duration.as_millis()), [255, 511]);
    }
}
