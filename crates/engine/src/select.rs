//! Several answers to one question, and the one to keep.

use std::collections::HashMap;
use std::hash::Hash;

use crate::error::Error;
use crate::events::Control;
use crate::handle::Handle;
use crate::request::{Event, Finished, Request};

/// One whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its tokens, the thinking included.
    pub tokens: Vec<u32>,
    /// The text of the thinking.
    pub reasoning: String,
    /// The text after the thinking.
    pub text: String,
    /// How it ended.
    pub finished: Finished,
}

/// All answers of a request, in order of their choices, as each ends.
///
/// # Errors
/// As [`Handle::submit`], and [`Error::Stopped`] when the engine ended before the answers did.
pub fn answers(handle: &Handle, request: Request) -> Result<Vec<Answer>, Error> {
    let mut all = Vec::new();
    collect(handle, request, |answer, _| all.push(answer))?;
    all.sort_by_key(|answer| answer.finished.choice);
    Ok(all)
}

/// The answer to which `verify` gives the highest score, and that score; the first of equals. An
/// answer that scores `enough` ends the others.
///
/// # Errors
/// As [`answers`].
pub fn best_of(
    handle: &Handle,
    request: Request,
    enough: f64,
    mut verify: impl FnMut(&Answer) -> f64,
) -> Result<(Answer, f64), Error> {
    let mut best: Option<(Answer, f64)> = None;
    collect(handle, request, |answer, control| {
        let score = verify(&answer);
        if score >= enough {
            control.cancel();
        }
        let place = answer.finished.choice;
        let is_better = best.as_ref().is_none_or(|(known, highest)| {
            score > *highest || (score == *highest && place < known.finished.choice)
        });
        if is_better {
            best = Some((answer, score));
        }
    })?;
    best.ok_or(Error::Stopped)
}

/// The answer that most agree on: `key` names what an answer says, or `None` when it says nothing.
/// Gives one answer of the largest group, how many are in it, and how many were heard. Ends early when
/// no other group can become larger. Source: Wang et al. 2023; Aggarwal et al. 2023 for the early end.
///
/// # Errors
/// As [`answers`].
pub fn most_agreed<K: Eq + Hash>(
    handle: &Handle,
    request: Request,
    mut key: impl FnMut(&Answer) -> Option<K>,
) -> Result<Option<(Answer, usize, usize)>, Error> {
    let choices = request.choices.max(1) as usize;
    let mut groups: HashMap<K, (Answer, usize)> = HashMap::new();
    let mut heard = 0;
    collect(handle, request, |answer, control| {
        heard += 1;
        if let Some(key) = key(&answer) {
            let group = groups.entry(key).or_insert_with(|| (answer.clone(), 0));
            group.1 += 1;
            if answer.finished.choice < group.0.finished.choice {
                group.0 = answer;
            }
        }
        let mut sizes: Vec<usize> = groups.values().map(|(_, size)| *size).collect();
        sizes.sort_unstable_by_key(|size| std::cmp::Reverse(*size));
        let lead = sizes.first().unwrap_or(&0) - sizes.get(1).unwrap_or(&0);
        if lead > choices - heard {
            control.cancel();
        }
    })?;
    let largest = groups
        .into_values()
        .max_by_key(|(answer, size)| (*size, std::cmp::Reverse(answer.finished.choice)));
    Ok(largest.map(|(answer, size)| (answer, size, heard)))
}

/// Puts answers together from events; those cancelled on the way are left out.
fn collect(
    handle: &Handle,
    request: Request,
    mut take: impl FnMut(Answer, &Control),
) -> Result<(), Error> {
    use crate::request::Reason;

    let mut open = request.choices.max(1);
    let events = handle.submit(request)?;
    let control = events.control();
    let mut parts: HashMap<u32, (Vec<u32>, String, String)> = HashMap::new();
    for event in &events {
        match event {
            Event::Token(token) => {
                let (tokens, reasoning, text) = parts.entry(token.choice).or_default();
                tokens.push(token.token);
                let into = if token.is_reasoning { reasoning } else { text };
                into.push_str(&token.text);
            }
            Event::Finished(finished) => {
                open -= 1;
                let (tokens, reasoning, mut text) =
                    parts.remove(&finished.choice).unwrap_or_default();
                text.push_str(&finished.text);
                if finished.reason != Reason::Cancelled {
                    let answer = Answer {
                        tokens,
                        reasoning,
                        text,
                        finished,
                    };
                    take(answer, &control);
                }
            }
        }
    }
    if open > 0 {
        Err(Error::Stopped)
    } else {
        Ok(())
    }
}
