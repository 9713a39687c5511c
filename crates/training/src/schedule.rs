//! How fast is learnt when.

/// Warm-up, then a stable rate, then decay to nothing.
/// Source: Hu et al. 2024 (MiniCPM), Hägele et al. 2024.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// Steps in all.
    pub steps: u64,
    /// Steps over which the rate grows from nothing.
    pub warmup: u64,
    /// Steps at the end over which it falls.
    pub decay: u64,
    /// The share of the rate at which it ends.
    pub floor: f64,
}

impl Schedule {
    /// The share of the learning rate with which step `step` is taken, the first being zero.
    pub fn share(&self, step: u64) -> f64 {
        let warm = match self.warmup {
            0 => 1.0,
            warmup => (step + 1) as f64 / warmup as f64,
        };
        let left = self.steps.saturating_sub(step);
        let cool = match self.decay {
            0 => 1.0,
            decay => self.floor + (1.0 - self.floor) * (left as f64 / decay as f64).min(1.0),
        };
        warm.min(1.0) * cool
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_grows_stays_and_falls() {
        let schedule = Schedule {
            steps: 100,
            warmup: 10,
            decay: 20,
            floor: 0.1,
        };
        let shares = [0, 4, 9, 50, 80, 90, 99].map(|step| (schedule.share(step) * 1000.0).round());
        assert_eq!(shares, [100.0, 500.0, 1000.0, 1000.0, 1000.0, 550.0, 145.0]);
        let flat = Schedule {
            steps: 3,
            warmup: 0,
            decay: 0,
            floor: 0.0,
        };
        assert_eq!(flat.share(2), 1.0);
    }
}
