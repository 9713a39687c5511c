//! Which of several upstreams gets a request.

use crate::options::PrefixOptions;
use crate::random::Random;

/// An upstream that may be asked.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Which one; the caller knows.
    pub seat: usize,
    /// Requests by weight, with the one that is to be placed.
    pub load: f64,
    /// The share of its KV memory in use; decides between equals.
    pub kv_usage: f64,
    /// Chunks of the prompt that it has seen.
    pub matched: usize,
}

/// The least loaded; of equals one at random.
pub fn least(candidates: &[Candidate], random: &Random) -> Option<Candidate> {
    if candidates.is_empty() {
        return None;
    }
    let start = random.below(candidates.len());
    let (later, earlier) = candidates.split_at(start);
    let all = earlier.iter().chain(later).copied();
    all.min_by(|a, b| {
        a.load
            .total_cmp(&b.load)
            .then(a.kv_usage.total_cmp(&b.kv_usage))
    })
}

/// Of two at random the less loaded, which comes close to the least loaded of all and does not send everybody to
/// the same one between two looks at the loads (Mitzenmacher 2001).
pub fn of_two(candidates: &[Candidate], random: &Random) -> Option<Candidate> {
    if candidates.len() <= 2 {
        return least(candidates, random);
    }
    let first = random.below(candidates.len());
    let other = random.below(candidates.len() - 1);
    let second = other + usize::from(other >= first);
    least(&[candidates[first], candidates[second]], random)
}

/// The one that has seen most of a prompt of `chunks`, among those that are not overloaded; the least loaded if
/// none has seen enough. SGLang's router sends every request to the least loaded while one is overloaded; here
/// only the overloaded one is set aside, and the others keep their conversations.
pub fn by_prefix(
    candidates: &[Candidate],
    chunks: usize,
    options: &PrefixOptions,
    random: &Random,
) -> Option<Candidate> {
    let least_loaded = least(candidates, random)?;
    let is_overloaded = |candidate: &Candidate| {
        candidate.load > least_loaded.load + options.balance_absolute
            && candidate.load > least_loaded.load * options.balance_relative
    };
    let enough = (options.share_min * chunks as f64).max(1.0);
    let seen = candidates
        .iter()
        .filter(|candidate| candidate.matched as f64 >= enough && !is_overloaded(candidate));
    let most = seen.clone().map(|candidate| candidate.matched).max();
    let best: Vec<Candidate> = seen
        .filter(|candidate| Some(candidate.matched) == most)
        .copied()
        .collect();
    least(&best, random).or(Some(least_loaded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(of: &[(f64, usize)]) -> Vec<Candidate> {
        let all = of.iter().enumerate();
        all.map(|(seat, &(load, matched))| Candidate {
            seat,
            load,
            kv_usage: 0.0,
            matched,
        })
        .collect()
    }

    fn chosen(of: &[(f64, usize)]) -> usize {
        let options = PrefixOptions::default();
        let random = Random::new(Some(1));
        by_prefix(&candidates(of), 20, &options, &random)
            .unwrap()
            .seat
    }

    #[test]
    fn the_longest_match_wins_until_it_is_overloaded() {
        assert_eq!(chosen(&[(5.0, 3), (9.0, 12), (1.0, 0)]), 1);
        assert_eq!(
            chosen(&[(5.0, 3), (40.0, 12), (1.0, 0)]),
            0,
            "the next best"
        );
        assert_eq!(
            chosen(&[(5.0, 0), (40.0, 12), (1.0, 0)]),
            2,
            "the least loaded"
        );
        assert_eq!(
            chosen(&[(100.0, 0), (120.0, 12), (110.0, 0)]),
            1,
            "much, but not by ratio"
        );
    }

    #[test]
    fn a_match_too_short_to_matter_does_not_count() {
        assert_eq!(chosen(&[(5.0, 1), (1.0, 0)]), 1);
        assert_eq!(chosen(&[(5.0, 2), (1.0, 0)]), 0);
    }

    #[test]
    fn equals_share_alike_and_the_fuller_memory_loses() {
        let random = Random::new(Some(7));
        let mut all = candidates(&[(1.0, 0), (1.0, 0), (1.0, 0)]);
        let mut counts = [0; 3];
        for _ in 0..3000 {
            counts[least(&all, &random).unwrap().seat] += 1;
        }
        assert!(
            counts.iter().all(|count| (900..1100).contains(count)),
            "{counts:?}"
        );
        all[0].kv_usage = 0.9;
        all[2].kv_usage = 0.1;
        assert_eq!(least(&all, &random).unwrap().seat, 1);
    }

    #[test]
    fn of_two_the_most_loaded_never_wins() {
        let random = Random::new(Some(3));
        let all = candidates(&[(1.0, 0), (2.0, 0), (3.0, 0), (4.0, 0)]);
        let mut counts = [0; 4];
        for _ in 0..6000 {
            counts[of_two(&all, &random).unwrap().seat] += 1;
        }
        // One of six pairs has neither of the first two.
        assert!(
            (2900..3100).contains(&counts[0]) && (900..1100).contains(&counts[2]),
            "{counts:?}"
        );
        assert_eq!(counts[3], 0);
    }
}
