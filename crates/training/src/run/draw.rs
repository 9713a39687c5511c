//! Answers by chance, many at once.

use models::{Batch, Model};
use tensor::{CacheType, Context, PAGE, Sequence, Tensor};

use crate::chance::Chance;

/// Answers that are made at the same time: as many as make products worth their packing.
const AT_ONCE: usize = 64;

/// How answers are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawing<'a> {
    /// Answers to each prompt.
    pub group: usize,
    /// Tokens of an answer at most.
    pub tokens_max: usize,
    /// What scores are divided by; always the likeliest token when zero.
    pub temperature: f64,
    /// Tokens that end an answer.
    pub ends: &'a [u32],
    /// Where chance comes from: each answer has a stream of its own, from the second number on.
    pub chance: (u64, u64),
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answer {
    /// Its tokens, with the one that ended it.
    pub tokens: Vec<u32>,
    /// Whether it came to its end.
    pub has_ended: bool,
}

/// Answers each prompt as often as a group says, one group after the other. Prompts are read once for their group,
/// whose answers share pages.
pub(super) fn draw(
    cx: &Context,
    model: &Model,
    prompts: &[&[u32]],
    drawing: &Drawing<'_>,
) -> Vec<Answer> {
    let together = (AT_ONCE / drawing.group).max(1);
    let mut answers = Vec::new();
    for prompts in prompts.chunks(together) {
        let stream = drawing.chance.1 + answers.len() as u64;
        let drawing = Drawing {
            chance: (drawing.chance.0, stream),
            ..*drawing
        };
        answers.extend(draw_some(cx, model, prompts, &drawing));
    }
    answers
}

/// An answer on its way.
struct Growing {
    table: Vec<u32>,
    past: usize,
    next: u32,
    chance: Chance,
    answer: Answer,
}

fn draw_some(
    cx: &Context,
    model: &Model,
    prompts: &[&[u32]],
    drawing: &Drawing<'_>,
) -> Vec<Answer> {
    let group = drawing.group;
    let tables = tables(prompts, group, drawing.tokens_max);
    let pages = tables.iter().flatten().flatten().max();
    let mut cache = model.cache(pages.map_or(0, |page| *page as usize + 1), CacheType::F32);
    let sequences = prompts
        .iter()
        .zip(&tables)
        .map(|(prompt, tables)| Sequence {
            table: &tables[0],
            past: 0,
            tokens: prompt.len(),
        });
    let sequences: Vec<Sequence<'_>> = sequences.collect();
    let ends = prompts.iter().scan(0, |end, prompt| {
        *end += prompt.len() as u32;
        Some(*end - 1)
    });
    let batch = Batch {
        tokens: &prompts.concat(),
        sequences: &sequences,
        wanted: &ends.collect::<Vec<u32>>(),
    };
    let logits = model.forward(cx, &batch, &mut cache);
    let mut growing = Vec::new();
    for (number, (prompt, tables)) in prompts.iter().zip(&tables).enumerate() {
        for (member, table) in tables.iter().enumerate() {
            // The last page of the prompt is written on by each; those before it are only read.
            let last = prompt.len() / PAGE;
            if member > 0 && !prompt.len().is_multiple_of(PAGE) {
                cache.copy_page(tables[0][last], table[last]);
            }
            let stream = drawing.chance.1 + (number * group + member) as u64;
            let mut answer = Growing {
                table: table.clone(),
                past: prompt.len(),
                next: 0,
                chance: Chance::new(drawing.chance.0, stream),
                answer: Answer::default(),
            };
            answer.say(logits.row(number), drawing);
            growing.push(answer);
        }
    }
    drop(logits);
    while let Some(logits) = forward(cx, model, &growing, &mut cache, drawing) {
        let active = growing.iter_mut().filter(|one| one.goes_on(drawing));
        for (row, one) in active.enumerate() {
            one.past += 1;
            one.say(logits.row(row), drawing);
        }
    }
    growing.into_iter().map(|one| one.answer).collect()
}

/// The scores of what comes next in each answer that goes on; none when all have ended.
fn forward(
    cx: &Context,
    model: &Model,
    growing: &[Growing],
    cache: &mut models::Cache,
    drawing: &Drawing<'_>,
) -> Option<Tensor> {
    let active: Vec<&Growing> = growing.iter().filter(|one| one.goes_on(drawing)).collect();
    if active.is_empty() {
        return None;
    }
    let tokens: Vec<u32> = active.iter().map(|one| one.next).collect();
    let sequences = active.iter().map(|one| Sequence {
        table: &one.table,
        past: one.past,
        tokens: 1,
    });
    let batch = Batch {
        tokens: &tokens,
        sequences: &sequences.collect::<Vec<_>>(),
        wanted: &(0..tokens.len() as u32).collect::<Vec<_>>(),
    };
    Some(model.forward(cx, &batch, cache))
}

impl Growing {
    fn goes_on(&self, drawing: &Drawing<'_>) -> bool {
        !self.answer.has_ended && self.answer.tokens.len() < drawing.tokens_max
    }

    /// Draws a token by its scores.
    fn say(&mut self, scores: &[f32], drawing: &Drawing<'_>) {
        let token = match drawing.temperature > 0.0 {
            true => by_chance(scores, drawing.temperature, self.chance.unit()),
            false => likeliest(scores),
        };
        self.next = token;
        self.answer.tokens.push(token);
        self.answer.has_ended = drawing.ends.contains(&token);
    }
}

/// Pages of each prompt's answers: full pages of the prompt are shared, the rest is of each.
fn tables(prompts: &[&[u32]], group: usize, tokens_max: usize) -> Vec<Vec<Vec<u32>>> {
    let mut made = 0;
    let mut pages = |count: usize| -> Vec<u32> {
        made += count as u32;
        (made - count as u32..made).collect()
    };
    let tables = prompts.iter().map(|prompt| {
        let (full, all) = (
            prompt.len() / PAGE,
            (prompt.len() + tokens_max).div_ceil(PAGE),
        );
        let shared = pages(full);
        let mut own = || [shared.clone(), pages(all - full)].concat();
        (0..group).map(|_| own()).collect()
    });
    tables.collect()
}

fn likeliest(scores: &[f32]) -> u32 {
    let best = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(token, _)| token as u32)
}

/// The token below which lies the share `unit` of all likelihood.
fn by_chance(scores: &[f32], temperature: f64, unit: f64) -> u32 {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let likelihood = |score: &f32| (f64::from(score - highest) / temperature).exp();
    let mut left = unit * scores.iter().map(likelihood).sum::<f64>();
    for (token, score) in scores.iter().enumerate() {
        left -= likelihood(score);
        if left < 0.0 {
            return token as u32;
        }
    }
    likeliest(scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_drawn_as_often_as_they_are_likely() {
        let scores = [0.0, 2.0_f32.ln(), f32::NEG_INFINITY, 1.0_f32.ln()];
        let mut chance = Chance::new(3, 0);
        let mut counts = [0; 4];
        for _ in 0..4000 {
            counts[by_chance(&scores, 1.0, chance.unit()) as usize] += 1;
        }
        assert!(
            counts[2] == 0 && (1900..2100).contains(&counts[1]),
            "{counts:?}"
        );
        assert!((900..1100).contains(&counts[0]), "{counts:?}");
        assert_eq!(
            by_chance(&[f32::NAN; 3], 1.0, 0.5),
            2,
            "whatever it is, it ends"
        );
        // The colder, the surer.
        assert_eq!(by_chance(&scores, 0.01, 0.999), 1);
    }

    #[test]
    fn groups_share_the_full_pages_of_their_prompt() {
        let long = vec![0; 2 * PAGE + 3];
        let tables = tables(&[&long, &long[..PAGE]], 2, 10);
        assert_eq!(tables[0], [[0, 1, 2], [0, 1, 3]]);
        assert_eq!(tables[1], [[4, 5], [4, 6]]);
    }
}
