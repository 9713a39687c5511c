//! What a model in training says when it is asked.

use models::{Batch, Model};
use tensor::{CacheType, Context, PAGE, Sequence};

/// Answers `question`, always with the likeliest token, until `end` or `tokens_max`.
pub(super) fn answer(
    cx: &Context,
    model: &Model,
    question: &[u32],
    end: &[u32],
    tokens_max: usize,
) -> Vec<u32> {
    let room = (question.len() + tokens_max).div_ceil(PAGE);
    let mut cache = model.cache(room, CacheType::F32);
    let table: Vec<u32> = (0..room as u32).collect();
    let mut next = question.to_vec();
    let mut past = 0;
    let mut said = Vec::new();
    while said.len() < tokens_max && !next.is_empty() {
        let sequence = Sequence {
            table: &table,
            past,
            tokens: next.len(),
        };
        let batch = Batch {
            tokens: &next,
            sequences: &[sequence],
            wanted: &[next.len() as u32 - 1],
        };
        let logits = model.forward(cx, &batch, &mut cache);
        let scores = logits.values().iter().enumerate();
        let best = scores
            .max_by(|a, b| a.1.total_cmp(b.1))
            .map_or(0, |(token, _)| token as u32);
        if end.contains(&best) {
            break;
        }
        said.push(best);
        past += next.len();
        next = vec![best];
    }
    said
}
