//! Learning by rewards for answers that the model gave itself.
//!
//! Source: Shao et al. 2024 (GRPO); Yu et al. 2025 (DAPO) for the mean over tokens and the two bounds; Liu et al.
//! 2025 (Dr. GRPO) for advantages that are not divided; Schulman 2020 for the estimate of the divergence.

use serde::Deserialize;

use crate::error::Result;
use crate::example::Example;
use crate::trainer::{Foretold, Measured, Trainer};

/// How rewards are learnt by.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reinforcement {
    /// Tasks of a round.
    pub prompts: usize,
    /// Answers to each.
    pub group: usize,
    /// Tokens of an answer at most.
    pub tokens_max: usize,
    /// What scores are divided by before a token is drawn. One draws from what is learnt.
    pub temperature: f64,
    /// Steps with the answers of a round.
    pub updates: usize,
    /// How much less likely than it was a token may become by one round.
    pub clip_low: f64,
    /// How much more likely.
    pub clip_high: f64,
    /// How strongly the model is held to the one that the stage began with.
    pub kl: f64,
    /// Whether advantages are divided by the deviation of their group.
    pub scale: bool,
    /// The share of the reward that is for the form alone.
    pub format: f64,
}

impl Default for Reinforcement {
    fn default() -> Self {
        Self {
            prompts: 8,
            group: 8,
            tokens_max: 128,
            temperature: 1.0,
            updates: 1,
            clip_low: 0.2,
            clip_high: 0.2,
            kl: 0.0,
            scale: true,
            format: 0.0,
        }
    }
}

/// An answer that was drawn, and what is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// How much better it was than the others of its group.
    pub advantage: f64,
    /// `-log p` of its tokens when it was drawn; empty before the first step with it.
    pub before: Vec<f32>,
    /// The same by the model that the stage began with; empty where nothing is held to it.
    pub reference: Vec<f32>,
}

/// What a step saw beside the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moved {
    /// The mean divergence from the reference, a token.
    pub kl: f64,
    /// The share of tokens that were at a bound.
    pub clipped: f64,
}

impl Reinforcement {
    /// How much better each reward of a group is than the others; none when all are the same.
    pub fn advantages(&self, rewards: &[f64]) -> Option<Vec<f64>> {
        let count = rewards.len() as f64;
        let mean = rewards.iter().sum::<f64>() / count;
        let variance = rewards.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        let deviation = variance.sqrt();
        if deviation < 1e-9 {
            return None;
        }
        let unit = if self.scale { deviation + 1e-4 } else { 1.0 };
        Some(
            rewards
                .iter()
                .map(|reward| (reward - mean) / unit)
                .collect(),
        )
    }

    /// Takes a step with answers, of a round of so many tokens.
    ///
    /// # Errors
    /// As [`Trainer::step`].
    pub fn step(
        &self,
        trainer: &mut Trainer,
        examples: &[Example],
        drawn: &mut [Drawn],
        tokens: usize,
    ) -> Result<(Measured, Moved)> {
        let share = 1.0 / tokens.max(1) as f64;
        let mut moved = Moved::default();
        let mut weigh = |foretold: &Foretold<'_>, weights: &mut [f32]| {
            let mut loss = 0.0;
            for (at, place) in foretold.examples() {
                let losses = &foretold.losses()[place.clone()];
                let drawn = &mut drawn[at];
                if drawn.before.is_empty() {
                    drawn.before = losses.to_vec();
                }
                for (token, weight) in weights[place].iter_mut().enumerate() {
                    let reference = drawn.reference.get(token).copied();
                    let before = drawn.before[token];
                    let seen = self.token(drawn.advantage, [losses[token], before], reference);
                    loss += share * seen.loss;
                    moved.kl += share * seen.kl;
                    moved.clipped += share * f64::from(u8::from(seen.is_clipped));
                    *weight = (share * seen.weight) as f32;
                }
            }
            loss
        };
        let measured = trainer.step_weighed(examples, 1, f64::INFINITY, &mut weigh)?;
        Ok((measured, moved))
    }

    /// What a token adds to the loss, and how much it is to count, from `-log p` now, before and by the
    /// reference.
    fn token(&self, advantage: f64, [now, before]: [f32; 2], reference: Option<f32>) -> Token {
        let ratio = (f64::from(before) - f64::from(now)).exp();
        let bounded = ratio.clamp(1.0 - self.clip_low, 1.0 + self.clip_high);
        let is_clipped = bounded * advantage < ratio * advantage;
        let gain = if is_clipped { bounded } else { ratio } * advantage;
        let mut token = Token {
            loss: -gain,
            weight: if is_clipped { 0.0 } else { gain },
            kl: 0.0,
            is_clipped,
        };
        if let Some(reference) = reference {
            // `log p_ref - log p`: the mean of `exp(x) - x - 1` is the divergence.
            let apart = f64::from(now) - f64::from(reference);
            token.kl = apart.exp() - apart - 1.0;
            token.loss += self.kl * token.kl;
            token.weight += self.kl * (apart.exp() - 1.0);
        }
        token
    }
}

struct Token {
    loss: f64,
    weight: f64,
    kl: f64,
    is_clipped: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_how_the_loss_depends_on_each_token() {
        let rules = Reinforcement {
            kl: 0.3,
            clip_high: 0.3,
            ..Reinforcement::default()
        };
        let mut clipped = 0;
        for advantage in [-1.5, 0.0, 0.7] {
            for now in [0.25_f32, 0.9375, 1.125, 2.5] {
                for reference in [None, Some(0.5), Some(2.0)] {
                    let seen = |now| rules.token(advantage, [now, 1.0], reference);
                    let step = 1.0 / 1024.0;
                    let slope =
                        (seen(now + step).loss - seen(now - step).loss) / f64::from(2.0 * step);
                    let weight = seen(now).weight;
                    assert!(
                        (slope - weight).abs() < 1e-4,
                        "{advantage} {now}: {slope} {weight}"
                    );
                    clipped += usize::from(seen(now).is_clipped);
                }
            }
        }
        // Better ones that became likely already, and worse ones that became unlikely.
        assert_eq!(clipped, 2 * 3);
    }

    #[test]
    fn advantages_are_what_stands_out_of_a_group() {
        let rules = Reinforcement::default();
        assert_eq!(rules.advantages(&[0.5; 4]), None);
        let scaled = rules
            .advantages(&[1.0, 0.0, 0.0, 1.0])
            .expect("two are better");
        assert!(
            scaled.iter().all(|x| (x.abs() - 1.0).abs() < 1e-3),
            "{scaled:?}"
        );
        let plain = Reinforcement {
            scale: false,
            ..rules
        };
        assert_eq!(plain.advantages(&[1.0, 0.0]), Some(vec![0.5, -0.5]));
    }
}
