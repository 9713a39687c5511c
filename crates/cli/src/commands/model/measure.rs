//! The log-probability of each token after those before it, for `freehold model score`.

use std::sync::Arc;

use models::{Batch, Model};
use tensor::{CacheType, Context, Pool, Sequence};

/// Tokens computed at once; what bounds the memory of their logits.
const STEP: usize = 128;

/// Tokens in a page of the cache.
const PAGE: usize = 64;

/// How probable each token was.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Natural logarithms; none for the first token, which nothing stands before.
    pub logprobs: Vec<Option<f64>>,
}

impl Scored {
    /// How many tokens were scored.
    pub fn count(&self) -> usize {
        self.logprobs.iter().flatten().count()
    }

    /// e to the mean of the negative log-probabilities.
    pub fn perplexity(&self) -> f64 {
        let sum: f64 = self.logprobs.iter().flatten().sum();
        (-sum / self.count().max(1) as f64).exp()
    }
}

/// Scores `tokens` in pieces of `context` tokens. The last token of a piece is the first of the next, so
/// that all but the very first are scored. `each` is told of the tokens that are done and says whether
/// to go on; none when it does not.
pub fn measure(
    model: &Model,
    pool: Arc<Pool>,
    (tokens, context): (&[u32], usize),
    cache_type: CacheType,
    each: &mut dyn FnMut(usize) -> bool,
) -> Option<Scored> {
    let cx = Context::new(pool);
    let context = context.clamp(2, tokens.len().max(2));
    let pages = context.div_ceil(PAGE);
    let mut cache = model.cache(pages, cache_type);
    let table: Vec<u32> = (0..pages as u32).collect();
    let mut logprobs = vec![None];
    let mut start = 0;
    while start + 1 < tokens.len() {
        let piece = &tokens[start..tokens.len().min(start + context)];
        cache.forget(0);
        // The last token of a piece has nothing to foretell in it.
        for past in (0..piece.len() - 1).step_by(STEP) {
            let step = &piece[past..(past + STEP).min(piece.len() - 1)];
            let sequence = Sequence {
                table: &table,
                past,
                tokens: step.len(),
            };
            let wanted: Vec<u32> = (0..step.len() as u32).collect();
            let batch = Batch {
                tokens: step,
                sequences: &[sequence],
                wanted: &wanted,
            };
            let logits = model.forward(&cx, &batch, &mut cache);
            let rows = logits.values().chunks_exact(model.config().vocab);
            let next = &piece[past + 1..=past + step.len()];
            logprobs.extend(
                rows.zip(next)
                    .map(|(row, token)| Some(logprob(row, *token))),
            );
            if !each(step.len()) {
                return None;
            }
        }
        start += piece.len() - 1;
    }
    Some(Scored { logprobs })
}

/// The logarithm of the share of `token` in the softmax of `logits`.
fn logprob(logits: &[f32], token: u32) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let most = f64::from(most);
    let sum: f64 = logits
        .iter()
        .map(|logit| (f64::from(*logit) - most).exp())
        .sum();
    f64::from(logits[token as usize]) - most - sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_however_large_logits_are() {
        let logits = [1000.0, 999.0, -1000.0];
        let sum: f64 = (0..3).map(|token| logprob(&logits, token).exp()).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
        assert!((logprob(&logits, 1) + 1.313_261_687_518_222_8).abs() < 1e-9);
    }

    #[test]
    fn perplexity_is_that_of_a_fair_choice() {
        let fair = Scored {
            logprobs: vec![None, Some(-(4.0_f64.ln())), Some(-(4.0_f64.ln()))],
        };
        assert!((fair.perplexity() - 4.0).abs() < 1e-12);
        assert_eq!(fair.count(), 2);
    }
}
