//! Looks for the mark.

use super::agreement::{Agreement, Likely};
use super::pattern::{Pattern, TILE};
use super::residual::add_residual;
use super::spectrum::Spectrum;
use crate::error::{Error, Result};
use crate::picture::Picture;

/// Sizes of a picture, against that in which it was marked, at which the mark is looked for.
const SCALES: [f64; 7] = [1.0, 0.5, 0.75, 2.0 / 3.0, 4.0 / 3.0, 1.5, 2.0];

/// The smallest and the greatest when the size is not known.
const SCALE_ENDS: (f64, f64) = (0.4, 2.5);

/// From one such size to the next a picture grows by so many pixels: the waves stay together up to half of it.
const SCALE_STEP: f64 = 10.0;

/// A mark is found where none is with at most this probability.
const CHANCE_MAX: f64 = 1e-6;

/// Pictures that are looked at, at most; more say nothing new.
const PICTURES_MAX: u32 = 1 << 20;

/// A mark that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// What it says.
    pub message: u32,
    /// Decimal digits of certainty, 6 at least: with 9, something as likely is found in at most one of 10⁹ films or
    /// pictures without a mark.
    ///
    /// This is a bound, not an estimate. Without a mark, the directions of the waves have nothing to do with those of
    /// the key. So each cosine between them has the moments `I₀(s) ≤ exp(s²/4)`, and the sum of `n` cosines, with
    /// weights whose mean square is 1, is beyond `z · √(n/2)` with a probability of at most `exp(-z²/2)` (Chernoff).
    /// That holds for one message at one place; the bound is so many times that as there are messages, places and
    /// scales.
    pub confidence: f64,
}

/// Looks for the mark of one key in the pictures of a film, or in a single one.
pub struct Detector {
    pattern: Pattern,
    width: usize,
    height: usize,
    pictures: u32,
    /// What is left of all pictures together.
    sums: Vec<i32>,
}

impl Detector {
    /// Looks for the mark of `key`, which was used for marking.
    pub fn new(key: u64) -> Self {
        Self {
            pattern: Pattern::of(key),
            width: 0,
            height: 0,
            pictures: 0,
            sums: Vec::new(),
        }
    }

    /// Looks at the next picture.
    ///
    /// # Errors
    /// [`Error::Changed`] when it is not as large as those before.
    pub fn see(&mut self, picture: &Picture) -> Result<()> {
        let size = (picture.width, picture.height);
        if self.pictures == 0 {
            (self.width, self.height) = size;
            self.sums = vec![0; size.0 * size.1];
        }
        if (self.width, self.height) != size {
            return Err(Error::Changed(self.width, self.height, size.0, size.1));
        }
        if self.pictures < PICTURES_MAX {
            add_residual(picture, &mut self.sums);
            self.pictures += 1;
        }
        Ok(())
    }

    /// The mark in what was seen, if there is one, when the pictures are as large as they were, or a usual step larger
    /// or smaller: half, two thirds, three quarters, and the reverse.
    pub fn found(&self) -> Option<Found> {
        self.found_at(&SCALES)
    }

    /// The mark in what was seen, if there is one, at any size from 0.4 to 2.5 of that in which it was marked. This
    /// takes some twenty times as long as [`found`](Self::found).
    pub fn found_at_any_scale(&self) -> Option<Found> {
        let (smallest, greatest) = SCALE_ENDS;
        let step = 1.0 + SCALE_STEP / self.width.max(self.height).max(1) as f64;
        let grown = |scale: &f64| Some(scale * step).filter(|scale| *scale <= greatest);
        let scales: Vec<f64> = std::iter::successors(Some(smallest), grown).collect();
        self.found_at(&scales)
    }

    fn found_at(&self, scales: &[f64]) -> Option<Found> {
        if self.sums.iter().all(|&sum| sum == 0) {
            return None;
        }
        let values: Vec<f32> = self.sums.iter().map(|&sum| sum as f32).collect();
        let likely = scales.iter().filter_map(|scale| {
            let spectrum = Spectrum::of(&values, self.width, TILE as f64 * scale);
            Agreement::of(&spectrum, &self.pattern).likeliest()
        });
        let likely = likely.max_by(Likely::order)?;
        let found = Found {
            message: likely.message,
            confidence: self.confidence(likely.sum, scales.len()),
        };
        (found.confidence >= -CHANCE_MAX.log10()).then_some(found)
    }

    /// Decimal digits of certainty that a sum over all waves is no chance.
    fn confidence(&self, sum: f32, scales: usize) -> f64 {
        let square = f64::from(sum.max(0.0)).powi(2) / (self.pattern.waves.len() as f64 / 2.0);
        let places = (TILE * TILE * scales) as f64;
        let messages = 2.0_f64.powi(u32::BITS as i32);
        square / 2.0 * std::f64::consts::LOG10_E - (places * messages).log10()
    }
}
