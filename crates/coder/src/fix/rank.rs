//! Which of the candidates that pass all tests is most likely right.
//!
//! Tests underdetermine a program: several candidates pass, and some only by accident. Three
//! things speak for one of them: that its edits are of a common kind at a suspicious place, that
//! most other survivors behave as it does on inputs like those of the tests, and that it changes
//! little of what the program does on inputs like those of its passing tests.

use std::collections::HashMap;

use programs::{Behaviours, Candidate, Edit, Observation, Sources};

/// A candidate that passes all tests.
#[derive(Clone, Debug)]
pub(crate) struct Survivor {
    pub candidate: Candidate,
    /// The search's weight of it.
    pub weight: f64,
    /// Characters that it takes out of the program and puts into it.
    pub length: usize,
    /// Operations that change nothing, such as `+ 0`, which the candidate puts into the program.
    pub neutral: usize,
    /// What it does on further inputs; may be empty.
    pub behaviour: Vec<Observation>,
    /// Higher is better; comparable between survivors of one run only.
    pub score: f64,
    /// Probability, by our reckoning, that it is right.
    pub confidence: f64,
}

/// How strongly each consideration counts, in units of the logarithm of the weight.
const AGREEMENT: f64 = 1.2;
const FAILURES: f64 = 2.0;
const CHANGE: f64 = 1.5;
const EDIT_LENGTH: f64 = 0.012;
const FURTHER_EDIT: f64 = 1.5;
const NEUTRAL: f64 = 1.5;
/// Chance that a passing candidate is right when there is no other; the rest is for the unknown.
const ALONE: f64 = 0.9;

/// Orders survivors, most likely first, and reckons a confidence for each. `known` holds the inputs
/// and what the unchanged program does with them.
pub(crate) fn rank(mut survivors: Vec<Survivor>, known: &Behaviours) -> Vec<Survivor> {
    let scores: Vec<f64> = (0..survivors.len())
        .map(|index| score(&survivors, index, known))
        .collect();
    for (survivor, score) in survivors.iter_mut().zip(scores) {
        survivor.score = score;
    }
    reckon_confidence(&mut survivors);
    survivors.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.length.cmp(&b.length)));
    survivors
}

/// The best of each kind of behaviour, so that a runner-up is a real alternative, and the rest.
pub(crate) fn distinct(survivors: Vec<Survivor>) -> (Vec<Survivor>, Vec<Survivor>) {
    let mut seen: Vec<Vec<Observation>> = Vec::new();
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for survivor in survivors {
        if survivor.behaviour.is_empty() || !seen.contains(&survivor.behaviour) {
            seen.push(survivor.behaviour.clone());
            first.push(survivor);
        } else {
            later.push(survivor);
        }
    }
    (first, later)
}

fn score(survivors: &[Survivor], index: usize, known: &Behaviours) -> f64 {
    let survivor = &survivors[index];
    let mut agreement = 0.0;
    let mut mass = 0.0;
    for (at, other) in survivors.iter().enumerate() {
        if at != index {
            let weight = other.weight;
            mass += weight;
            agreement += weight * likeness(&survivor.behaviour, &other.behaviour);
        }
    }
    let inputs = survivor.behaviour.len().max(1) as f64;
    let failures = survivor
        .behaviour
        .iter()
        .filter(|seen| !seen.returned)
        .count() as f64
        / inputs;
    let changed = known
        .original
        .iter()
        .zip(&survivor.behaviour)
        .zip(&known.from_failing)
        .filter(|((before, after), from_failing)| {
            !**from_failing && before.returned && before != after
        })
        .count() as f64
        / inputs;
    survivor.weight.max(1e-12).ln() + AGREEMENT * if mass > 0.0 { agreement / mass } else { 0.5 }
        - FAILURES * failures
        - CHANGE * changed
        - EDIT_LENGTH * survivor.length as f64
        - NEUTRAL * survivor.neutral as f64
        - FURTHER_EDIT * (survivor.candidate.edits.len() - 1) as f64
}

/// The share of inputs on which two programs do the same.
fn likeness(a: &[Observation], b: &[Observation]) -> f64 {
    if a.is_empty() || a.len() != b.len() {
        return 0.5;
    }
    a.iter().zip(b).filter(|(x, y)| x == y).count() as f64 / a.len() as f64
}

/// How many more operations that change nothing `after` holds than `before`: nobody writes them, so
/// a repair that does so has a plainer twin.
pub(crate) fn neutral_operations(before: &str, after: &str) -> usize {
    const NEUTRAL: [&str; 14] = [
        "+ 0", "- 0", "* 1", "/ 1", "// 1", "** 1", "| 0", "^ 0", "0 +", "1 *", "and True",
        "True and", "or False", "False or",
    ];
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let count = |text: &str| -> usize {
        let stands_alone = |(at, found): &(usize, &str)| {
            let left = text[..*at].chars().next_back();
            let right = text[at + found.len()..].chars().next();
            let first = found.chars().next().is_some_and(is_word);
            let last = found.chars().next_back().is_some_and(is_word);
            !(first && left.is_some_and(is_word) || last && right.is_some_and(is_word))
        };
        NEUTRAL
            .iter()
            .map(|pattern| text.match_indices(pattern).filter(stands_alone).count())
            .sum()
    };
    count(after).saturating_sub(count(before))
}

/// Characters that the candidate takes out and puts in: what it only moves over counts nothing.
pub(crate) fn length(candidate: &Candidate, sources: &Sources) -> usize {
    let changed = |edit: &Edit| -> usize {
        let before = &sources.get(edit.file).text[edit.span.clone()];
        similar::TextDiff::from_words(before, edit.replacement.as_str())
            .iter_all_changes()
            .filter(|change| change.tag() != similar::ChangeTag::Equal)
            .map(|change| change.value().trim().len())
            .sum()
    };
    candidate.edits.iter().map(changed).sum()
}

/// A behaviour's share of the likelihood of all behaviours that survived.
fn reckon_confidence(survivors: &mut [Survivor]) {
    let top = survivors
        .iter()
        .map(|s| s.score)
        .fold(f64::NEG_INFINITY, f64::max);
    let mut best: HashMap<&[Observation], f64> = HashMap::new();
    let mut unknown = 0.0;
    for survivor in survivors.iter() {
        let likelihood = (survivor.score - top).exp();
        if survivor.behaviour.is_empty() {
            unknown += likelihood;
        } else {
            let known = best.entry(&survivor.behaviour).or_default();
            *known = known.max(likelihood);
        }
    }
    let all: f64 = best.values().sum::<f64>() + unknown;
    let confidences: Vec<f64> = survivors
        .iter()
        .map(|survivor| {
            let own = (survivor.score - top).exp();
            let share = best
                .get(survivor.behaviour.as_slice())
                .copied()
                .unwrap_or(own);
            ALONE * share.min(own * 2.0) / all.max(f64::MIN_POSITIVE)
        })
        .collect();
    for (survivor, confidence) in survivors.iter_mut().zip(confidences) {
        survivor.confidence = confidence.clamp(0.01, ALONE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use programs::FileId;

    fn seen(digests: &[u64]) -> Vec<Observation> {
        digests
            .iter()
            .map(|&digest| Observation {
                returned: digest != 0,
                digest,
            })
            .collect()
    }

    fn known(original: &[u64]) -> Behaviours {
        Behaviours {
            from_failing: vec![false; original.len()],
            original: seen(original),
            candidates: Vec::new(),
        }
    }

    fn survivor(name: &str, weight: f64, digests: &[u64]) -> Survivor {
        Survivor {
            candidate: Candidate::single(FileId(0), 0..1, name, "x", weight),
            weight,
            length: name.len() + 1,
            neutral: 0,
            behaviour: seen(digests),
            score: 0.0,
            confidence: 0.0,
        }
    }

    fn order(survivors: &[Survivor]) -> Vec<&str> {
        survivors
            .iter()
            .map(|s| s.candidate.edits[0].replacement.as_str())
            .collect()
    }

    #[test]
    fn the_majority_of_survivors_outvotes_a_slightly_likelier_loner() {
        let survivors = vec![
            survivor("loner", 0.5, &[1, 9, 9, 9]),
            survivor("a", 0.4, &[1, 2, 3, 4]),
            survivor("b", 0.3, &[1, 2, 3, 4]),
        ];
        let ranked = rank(survivors, &known(&[1, 2, 0, 0]));
        assert_eq!(order(&ranked), ["a", "b", "loner"]);
        assert!(ranked[0].confidence > ranked[2].confidence);
        let (first, later) = distinct(ranked);
        assert_eq!(
            (order(&first), order(&later)),
            (vec!["a", "loner"], vec!["b"])
        );
    }

    #[test]
    fn a_candidate_that_fails_on_further_inputs_is_doubted() {
        let survivors = vec![
            survivor("crashes", 0.5, &[1, 0, 0, 0]),
            survivor("returns", 0.4, &[1, 2, 3, 4]),
        ];
        assert_eq!(
            order(&rank(survivors, &known(&[1, 5, 6, 7]))),
            ["returns", "crashes"]
        );
    }

    #[test]
    fn what_an_edit_moves_over_does_not_make_it_long() {
        let text = "merge(a, first)\nfor name in names:\n    merge(a, name)\n";
        let mut sources = Sources::default();
        sources.add(programs::Source::parse(
            "m.py",
            text.to_owned(),
            &tree_sitter_python::LANGUAGE.into(),
        ));
        let swapped = "for name in names:\n    merge(a, name)\nmerge(a, first)\n";
        let swap = Candidate::single(FileId(0), 0..text.len(), swapped, "x", 0.1);
        assert!(length(&swap, &sources) <= 2 * "merge(a, first)".len());
        let one = Candidate::single(FileId(0), 0..5, "m", "x", 0.1);
        assert_eq!(length(&one, &sources), "merge".len() + "m".len());
    }

    #[test]
    fn operations_that_change_nothing_are_counted() {
        assert_eq!(neutral_operations("a / (n - 1)", "a / (n - 0)"), 1);
        assert_eq!(neutral_operations("x", "0 + x and True"), 2);
        assert_eq!(neutral_operations("x", "x - 0.5 * 10 + 10"), 0);
    }

    #[test]
    fn confidence_is_a_probability_even_when_nothing_is_known() {
        let ranked = rank(vec![survivor("only", 0.1, &[])], &Behaviours::default());
        assert_eq!(ranked[0].confidence, ALONE);
    }
}
