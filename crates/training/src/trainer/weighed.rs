//! Steps in which it depends on how well tokens are foretold how much each counts: preferences and rewards.
//!
//! A loss of log-probabilities has the gradient of a sum of `weight · -log p`, whose weights are how the loss
//! depends on each `-log p`. So whatever is learnt by goes the way of [`Model::loss`](models::Model::loss).

use std::ops::Range;

use models::Model;
use tensor::Gradients;

use super::{Measured, Trainer};
use crate::error::Result;
use crate::example::{Example, parts};

/// How some examples of a batch are foretold.
#[derive(Debug)]
pub struct Foretold<'a> {
    first: usize,
    examples: &'a [Example],
    losses: &'a [f32],
}

impl Foretold<'_> {
    /// Each example by its place in the batch, with the place of its tokens in [`losses`](Self::losses).
    pub fn examples(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let mut end = 0;
        let examples = self.examples.iter().enumerate();
        examples.map(move |(at, example)| {
            let start = end;
            end += if example.inputs() > 0 {
                example.wanted()
            } else {
                0
            };
            (self.first + at, start..end)
        })
    }

    /// `-log p` of each token that counts.
    pub fn losses(&self) -> &[f32] {
        self.losses
    }
}

impl Trainer {
    /// Learns from a batch by weights that `weigh` makes: it gets how some examples are foretold and writes how
    /// much each of their tokens counts, zero before, and returns their part of the loss. So many examples as
    /// `together` says are looked at together.
    ///
    /// # Errors
    /// As [`step_within`](Self::step_within).
    pub fn step_weighed(
        &mut self,
        batch: &[Example],
        together: usize,
        usual: f64,
        weigh: &mut dyn FnMut(&Foretold<'_>, &mut [f32]) -> f64,
    ) -> Result<Measured> {
        let mut gradients = Gradients::default();
        let (mut sum, mut tokens, mut first) = (0.0, 0, 0);
        for examples in parts(batch, self.options.tokens_at_once, together) {
            self.joined.fill(examples, 1.0);
            if !self.joined.wanted.is_empty() {
                self.cx.record_onto(std::mem::take(&mut gradients));
                let loss = self.loss(
                    None,
                    Some(&mut |losses, weights| {
                        let foretold = Foretold {
                            first,
                            examples,
                            losses,
                        };
                        sum += weigh(&foretold, weights);
                    }),
                );
                gradients = self.cx.backward(&loss);
                tokens += self.joined.tokens.len();
            }
            first += examples.len();
        }
        self.take_step(&mut gradients, (sum, tokens), usual)
    }

    /// Shows `look` how each token of the examples is foretold; nothing is learnt.
    pub fn foretell(
        &mut self,
        batch: &[Example],
        together: usize,
        look: &mut dyn FnMut(&Foretold<'_>),
    ) {
        self.look_at(batch, (None, together), look);
    }

    /// Shows `look` how each token of the examples is foretold by another model of the same shape.
    pub fn foretell_by(
        &mut self,
        model: &Model,
        batch: &[Example],
        look: &mut dyn FnMut(&Foretold<'_>),
    ) {
        self.look_at(batch, (Some(model), 1), look);
    }

    fn look_at(
        &mut self,
        batch: &[Example],
        (by, together): (Option<&Model>, usize),
        look: &mut dyn FnMut(&Foretold<'_>),
    ) {
        let mut first = 0;
        for examples in parts(batch, self.options.tokens_at_once, together) {
            self.joined.fill(examples, 1.0);
            if !self.joined.wanted.is_empty() {
                self.loss(by, None);
                look(&Foretold {
                    first,
                    examples,
                    losses: &self.losses,
                });
            }
            first += examples.len();
        }
    }
}
