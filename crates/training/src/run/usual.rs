//! What losses are usual, so that one that stands out is seen before anything is learnt from it.

use serde::{Deserialize, Serialize};

/// Steps that are looked at before any is called unusual.
const STEPS_MIN: u32 = 50;

/// How slowly what was seen is forgotten.
const DECAY: f64 = 0.98;

/// How many usual deviations above the mean a loss may lie.
const DEVIATIONS: f64 = 8.0;

/// What share of the mean a loss may lie above it in any case.
const SHARE: f64 = 0.5;

/// The running mean of the loss and of its distance from that. Kept as bits: it is the same to the bit after
/// it was written and read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Usual {
    steps: u32,
    mean: u64,
    deviation: u64,
}

impl Usual {
    /// The largest loss that is to be expected.
    pub fn most(self) -> f64 {
        if self.steps < STEPS_MIN {
            return f64::INFINITY;
        }
        let (mean, deviation) = (f64::from_bits(self.mean), f64::from_bits(self.deviation));
        mean + (DEVIATIONS * deviation).max(SHARE * mean)
    }

    /// A step was taken.
    pub fn saw(&mut self, loss: f64) {
        let (mean, deviation) = (f64::from_bits(self.mean), f64::from_bits(self.deviation));
        let decay = DECAY.min(f64::from(self.steps) / f64::from(self.steps + 1));
        let moved = decay * mean + (1.0 - decay) * loss;
        let distance = (loss - moved).abs();
        self.mean = moved.to_bits();
        self.deviation = (decay * deviation + (1.0 - decay) * distance).to_bits();
        self.steps = self.steps.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_is_usual_and_a_leap_is_not() {
        let mut usual = Usual::default();
        for step in 0..400 {
            let loss = 8.0 / (1.0 + f64::from(step) / 40.0) + 0.1 * f64::from(step % 3);
            assert!(
                loss <= usual.most(),
                "step {step}: {loss} of {}",
                usual.most()
            );
            usual.saw(loss);
        }
        assert!(usual.most() < 3.0, "{}", usual.most());
        let text = serde_json::to_string(&usual).unwrap();
        assert_eq!(serde_json::from_str::<Usual>(&text).unwrap(), usual);
    }
}
