//! What a token loses for having been said already.

use std::collections::HashMap;

use super::{Dry, Sampling};

/// How often each token stands in the text, kept up to date as the text grows.
#[derive(Clone, Default)]
pub(super) struct Counts {
    /// Of the last `penalty_last_n` tokens.
    recent: HashMap<u32, u32>,
    /// Of the generated text.
    generated: HashMap<u32, u32>,
    /// Tokens counted so far.
    counted: usize,
}

impl Counts {
    /// Takes notice of what `tokens` holds beyond last time.
    pub(super) fn follow(&mut self, tokens: &[u32], prompt: usize, last_n: usize) {
        for (at, token) in tokens.iter().enumerate().skip(self.counted) {
            *self.recent.entry(*token).or_default() += 1;
            if let Some(gone) = at.checked_sub(last_n).map(|gone| tokens[gone])
                && let Some(count) = self.recent.get_mut(&gone)
            {
                *count -= 1;
                if *count == 0 {
                    self.recent.remove(&gone);
                }
            }
            if at >= prompt {
                *self.generated.entry(*token).or_default() += 1;
            }
        }
        self.counted = tokens.len();
    }

    /// Applies the three penalties. A repeated token's logit is divided by the penalty when positive
    /// and multiplied when negative (Keskar et al. 2019); presence and frequency are subtracted, as
    /// the OpenAI API defines them, for the generated text only.
    pub(super) fn apply(&self, logits: &mut [f32], options: &Sampling) {
        if options.repetition_penalty != 1.0 {
            for token in self.recent.keys() {
                if let Some(logit) = logits.get_mut(*token as usize) {
                    *logit = if *logit > 0.0 {
                        *logit / options.repetition_penalty
                    } else {
                        *logit * options.repetition_penalty
                    };
                }
            }
        }
        if options.presence_penalty != 0.0 || options.frequency_penalty != 0.0 {
            for (token, count) in &self.generated {
                if let Some(logit) = logits.get_mut(*token as usize) {
                    *logit -= options.presence_penalty + options.frequency_penalty * *count as f32;
                }
            }
        }
    }
}

/// Lowers what would continue a repetition of the end of the text, the more the longer it is.
/// Source: p-e-w 2024, "DRY: a modern repetition penalty", with the limits of llama.cpp.
pub(super) fn dry(logits: &mut [f32], tokens: &[u32], options: &Dry) {
    let recent = &tokens[tokens.len().saturating_sub(options.last_n)..];
    if recent.len() <= options.allowed_length || options.multiplier == 0.0 {
        return;
    }
    let is_breaker = |token: &&u32| options.breakers.contains(token);
    let since_breaker = recent.iter().rev().position(|token| is_breaker(&token));
    let longest = since_breaker.unwrap_or(recent.len());
    if longest < options.allowed_length {
        return;
    }
    let mut repeats: HashMap<u32, usize> = HashMap::new();
    for (at, length) in suffix_matches(recent) {
        let length = length.min(longest);
        if length >= options.allowed_length {
            let next = repeats.entry(recent[at + 1]).or_default();
            *next = (*next).max(length);
        }
    }
    // Beyond this the power is no number.
    let exponent_max = f32::MAX.ln() / options.base.max(1.000_001).ln();
    for (token, length) in repeats {
        if let Some(logit) = logits.get_mut(token as usize) {
            let exponent = ((length - options.allowed_length) as f32).min(exponent_max);
            *logit -= options.multiplier * options.base.powf(exponent);
        }
    }
}

/// For each place but the last, how many tokens up to and with it are also the last ones.
/// Source: the Z algorithm (Gusfield 1997) over the tokens read backwards.
fn suffix_matches(tokens: &[u32]) -> impl Iterator<Item = (usize, usize)> {
    let n = tokens.len();
    let back = |at: usize| tokens[n - 1 - at];
    let mut lengths = vec![0; n];
    let (mut left, mut right) = (0, 0);
    for at in 1..n {
        let mut length = if at < right {
            lengths[at - left].min(right - at)
        } else {
            0
        };
        while at + length < n && back(length) == back(at + length) {
            length += 1;
        }
        if at + length > right {
            (left, right) = (at, at + length);
        }
        lengths[at] = length;
    }
    (1..n).map(move |at| (n - 1 - at, lengths[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffix_matches_are_those_of_the_definition() {
        let mut state = 5_u64;
        for _ in 0..200 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let length = 2 + (state >> 40) as usize % 40;
            let tokens: Vec<u32> = (0..length)
                .map(|at| ((state >> (at % 50)) & 1) as u32)
                .collect();
            for (at, found) in suffix_matches(&tokens) {
                let naive = (0..=at)
                    .take_while(|back| tokens[at - back] == tokens[length - 1 - back])
                    .count();
                assert_eq!(found, naive, "{tokens:?} at {at}");
            }
        }
    }

    #[test]
    fn dry_punishes_what_would_continue_a_repetition_and_stops_at_breakers() {
        let options = Dry {
            multiplier: 2.0,
            base: 3.0,
            allowed_length: 2,
            last_n: 100,
            breakers: vec![9],
        };
        let mut logits = vec![0.0; 10];
        dry(&mut logits, &[1, 2, 3, 4, 0, 1, 2, 3], &options);
        assert_eq!(logits[4], -2.0 * 3.0);
        assert_eq!(logits.iter().filter(|x| **x != 0.0).count(), 1);

        let mut logits = vec![0.0; 10];
        dry(&mut logits, &[1, 9, 3, 4, 0, 1, 9, 3], &options);
        assert_eq!(logits, vec![0.0; 10]);
    }

    #[test]
    fn counts_follow_the_window_and_the_generated_text() {
        let mut counts = Counts::default();
        let tokens = [1, 1, 2, 3, 1];
        counts.follow(&tokens[..3], 2, 3);
        counts.follow(&tokens, 2, 3);
        assert_eq!(counts.recent, HashMap::from([(1, 1), (2, 1), (3, 1)]));
        assert_eq!(counts.generated, HashMap::from([(1, 1), (2, 1), (3, 1)]));
    }
}
