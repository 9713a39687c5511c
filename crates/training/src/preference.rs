//! Learning which of two answers is preferred.
//!
//! Source: Rafailov et al. 2023 (DPO), eq. 7; Mitchell 2023 for `label_smoothing`.

use serde::Deserialize;

use crate::error::Result;
use crate::example::Example;
use crate::trainer::{Foretold, Measured, Trainer};

/// How preferences are learnt.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preference {
    /// How strongly the model is held to the reference: the larger, the more.
    #[serde(default = "beta")]
    pub beta: f64,
    /// The share of pairs that are taken to be the wrong way round.
    #[serde(default)]
    pub label_smoothing: f64,
}

fn beta() -> f64 {
    0.1
}

impl Default for Preference {
    fn default() -> Self {
        Self {
            beta: beta(),
            label_smoothing: 0.0,
        }
    }
}

/// What a model thinks of some pairs, as means.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Preferred {
    /// `-log σ(margin)`.
    pub loss: f64,
    /// The share of pairs whose margin is more than zero.
    pub accuracy: f64,
    /// `β` times how much more likely the preferred answer became.
    pub chosen: f64,
    /// The same of the other answer.
    pub rejected: f64,
}

impl Preferred {
    /// How much further the preferred answer is ahead than with the reference.
    pub fn margin(&self) -> f64 {
        self.chosen - self.rejected
    }

    fn add(&mut self, other: &Self, share: f64) {
        self.loss += share * other.loss;
        self.accuracy += share * other.accuracy;
        self.chosen += share * other.chosen;
        self.rejected += share * other.rejected;
    }
}

impl Preference {
    /// The log-probabilities of both answers of each pair: what the model is to be compared with, if it is asked
    /// before it learns. Only tokens that count are of an answer.
    pub fn reference(trainer: &mut Trainer, pairs: &[[Example; 2]]) -> Vec<[f64; 2]> {
        let mut sums = vec![[0.0; 2]; pairs.len()];
        trainer.foretell(pairs.as_flattened(), 2, &mut |foretold| {
            for (at, sum) in sums_of(foretold) {
                sums[at / 2][at % 2] = sum;
            }
        });
        sums
    }

    /// Takes a step with pairs, the preferred answer first, whose loss is at most `usual`.
    ///
    /// # Errors
    /// As [`Trainer::step_within`].
    pub fn step(
        &self,
        trainer: &mut Trainer,
        pairs: &[[Example; 2]],
        reference: &[[f64; 2]],
        usual: f64,
    ) -> Result<(Measured, Preferred)> {
        let share = 1.0 / pairs.len().max(1) as f64;
        let mut mean = Preferred::default();
        let measured =
            trainer.step_weighed(pairs.as_flattened(), 2, usual, &mut |foretold, weights| {
                let mut loss = 0.0;
                let sums: Vec<(usize, f64)> = sums_of(foretold).collect();
                let places: Vec<_> = foretold.examples().map(|(_, place)| place).collect();
                for (two, places) in sums.chunks_exact(2).zip(places.chunks_exact(2)) {
                    let reference = reference[two[0].0 / 2];
                    let (judged, weight) = self.judge([two[0].1, two[1].1], reference);
                    mean.add(&judged, share);
                    loss += share * judged.loss;
                    weights[places[0].clone()].fill((share * weight) as f32);
                    weights[places[1].clone()].fill((-share * weight) as f32);
                }
                loss
            })?;
        Ok((measured, mean))
    }

    /// What the model thinks of pairs that it does not learn from.
    pub fn measure(
        &self,
        trainer: &mut Trainer,
        pairs: &[[Example; 2]],
        reference: &[[f64; 2]],
    ) -> Preferred {
        let share = 1.0 / pairs.len().max(1) as f64;
        let mut mean = Preferred::default();
        let sums = Self::reference(trainer, pairs);
        for (sums, reference) in sums.into_iter().zip(reference) {
            mean.add(&self.judge(sums, *reference).0, share);
        }
        mean
    }

    /// What is thought of one pair, and how much each token of the preferred answer is to count; each of the
    /// other counts as much less than nothing.
    fn judge(&self, model: [f64; 2], reference: [f64; 2]) -> (Preferred, f64) {
        let [chosen, rejected] = [0, 1].map(|at| self.beta * (model[at] - reference[at]));
        let margin = chosen - rejected;
        let smooth = self.label_smoothing;
        let loss = (1.0 - smooth) * softplus(-margin) + smooth * softplus(margin);
        let slope = (1.0 - smooth) * sigmoid(-margin) - smooth * sigmoid(margin);
        let judged = Preferred {
            loss,
            accuracy: f64::from(u8::from(margin > 0.0)),
            chosen,
            rejected,
        };
        (judged, self.beta * slope)
    }
}

/// The log-probability of each example's answer.
fn sums_of(foretold: &Foretold<'_>) -> impl Iterator<Item = (usize, f64)> {
    foretold.examples().map(|(at, place)| {
        let losses = foretold.losses()[place].iter();
        (at, -losses.map(|loss| f64::from(*loss)).sum::<f64>())
    })
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `log(1 + exp(x))`, without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_how_the_loss_depends_on_log_probabilities() {
        for (beta, label_smoothing) in [(0.1, 0.0), (0.5, 0.1), (2.0, 0.3)] {
            let preference = Preference {
                beta,
                label_smoothing,
            };
            for (chosen, rejected) in [(-3.0, -9.0), (-40.0, -8.0), (-5.0, -5.0)] {
                let loss = |chosen: f64, rejected: f64| {
                    let judged = preference.judge([chosen, rejected], [-10.0, -11.0]);
                    judged.0.loss
                };
                let (_, weight) = preference.judge([chosen, rejected], [-10.0, -11.0]);
                let step = 1e-5;
                let up = loss(chosen - step, rejected) - loss(chosen + step, rejected);
                let down = loss(chosen, rejected - step) - loss(chosen, rejected + step);
                assert!((up / (2.0 * step) - weight).abs() < 1e-8, "{up} {weight}");
                assert!((down / (2.0 * step) + weight).abs() < 1e-8, "{down}");
            }
        }
    }

    #[test]
    fn a_margin_beyond_bounds_has_a_loss_within_them() {
        let (judged, weight) = Preference::default().judge([-1e6, 0.0], [0.0, 0.0]);
        assert!((judged.loss - 1e5).abs() < 1e-6 && (weight - 0.1).abs() < 1e-12);
        assert_eq!((judged.accuracy, judged.margin()), (0.0, -1e5));
    }
}
