//! Where repair candidates come from: single edits by operator, then pairs.

use std::collections::BTreeMap;
use std::sync::Arc;

use discovery::{Archive, Proposal, Proposer};

use super::judge::key;
use crate::edit::{Candidate, Edit};
use crate::language::Focus;
use crate::source::Sources;

/// Single edits that pairs are made of when nothing has helped alone.
const BLIND_MAX: usize = 400;
/// Single edits that are joined to an edit that helped.
const PARTNERS_MAX: usize = 4000;
/// Helpful edits that pairs build upon.
const BASES_MAX: usize = 12;
/// What a pair is worth beside a single edit.
const HELPED: f64 = 0.3;
const BLIND: f64 = 0.002;

/// A single edit with its weight: how likely it is, times how suspicious its lines are.
#[derive(Clone, Debug)]
pub(crate) struct Weighted {
    pub candidate: Candidate,
    pub weight: f64,
}

/// Weighs every candidate by its place, most promising first.
pub(crate) fn weigh(candidates: Vec<Candidate>, sources: &Sources, focus: &Focus) -> Vec<Weighted> {
    let top = focus
        .lines
        .first()
        .map_or(1.0, |(_, _, suspicion)| *suspicion);
    let suspicions: std::collections::HashMap<_, _> = focus
        .lines
        .iter()
        .map(|&(file, line, suspicion)| ((file, line), suspicion / top))
        .collect();
    let of = |edit: &Edit| -> f64 {
        let source = sources.get(edit.file);
        let first = source.line_of(edit.span.start);
        let last = source.line_of(edit.span.end).min(first + 8);
        (first..=last)
            .filter_map(|line| suspicions.get(&(edit.file, line)))
            .fold(0.0, |a: f64, &b| a.max(b))
    };
    let mut weighted: Vec<Weighted> = candidates
        .into_iter()
        .map(|candidate| {
            let suspicion = candidate.edits.iter().map(of).fold(0.0, f64::max).max(0.05);
            Weighted {
                weight: candidate.prior * suspicion * suspicion,
                candidate,
            }
        })
        .collect();
    weighted.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    weighted
}

/// One proposer for each edit operator, so that the bandit learns which of them help here.
pub(crate) fn by_operator(
    weighted: &[Weighted],
    sources: &Arc<Sources>,
) -> Vec<Box<dyn Proposer<Candidate>>> {
    let mut groups: BTreeMap<&'static str, Vec<Weighted>> = BTreeMap::new();
    for item in weighted {
        let operator = item.candidate.operators.first().copied().unwrap_or("edit");
        groups.entry(operator).or_default().push(item.clone());
    }
    groups
        .into_iter()
        .map(|(operator, items)| -> Box<dyn Proposer<Candidate>> {
            Box::new(Singles {
                operator,
                sources: Arc::clone(sources),
                rest: items.into_iter(),
            })
        })
        .collect()
}

struct Singles {
    operator: &'static str,
    sources: Arc<Sources>,
    rest: std::vec::IntoIter<Weighted>,
}

impl Proposer<Candidate> for Singles {
    fn name(&self) -> &str {
        self.operator
    }

    fn propose(
        &mut self,
        _archive: &Archive<Candidate>,
        wanted: usize,
    ) -> Vec<Proposal<Candidate>> {
        self.rest
            .by_ref()
            .take(wanted)
            .map(|item| Proposal {
                key: key(&item.candidate, &self.sources),
                content: item.candidate,
                weight: item.weight,
            })
            .collect()
    }
}

/// Joins an edit that repaired some tests with each other likely edit.
pub(crate) struct HelpedPairs {
    sources: Arc<Sources>,
    singles: Arc<Vec<Weighted>>,
    /// Keys of the improvements that have been built upon, with the place of the next partner.
    bases: Vec<(u64, usize)>,
}

impl HelpedPairs {
    pub fn new(singles: Arc<Vec<Weighted>>, sources: Arc<Sources>) -> Self {
        Self {
            sources,
            singles,
            bases: Vec::new(),
        }
    }
}

impl Proposer<Candidate> for HelpedPairs {
    fn name(&self) -> &str {
        "pair_on_improvement"
    }

    fn propose(&mut self, archive: &Archive<Candidate>, wanted: usize) -> Vec<Proposal<Candidate>> {
        let mut proposals = Vec::new();
        let share = wanted.div_ceil(2);
        for base in archive.improvements().iter().take(BASES_MAX) {
            if base.content.edits.len() > 2 || proposals.len() >= wanted {
                continue;
            }
            let at = match self.bases.iter().position(|(known, _)| *known == base.key) {
                Some(at) => at,
                None => {
                    self.bases.push((base.key, 0));
                    self.bases.len() - 1
                }
            };
            let from = self.bases[at].1;
            let until = (from + share).min(self.singles.len()).min(PARTNERS_MAX);
            self.bases[at].1 = until.max(from);
            for partner in &self.singles[from..until.max(from)] {
                if let Some(content) = join(&base.content, &partner.candidate) {
                    proposals.push(Proposal {
                        key: key(&content, &self.sources),
                        content,
                        weight: HELPED * base.verdict.fitness * base.weight.sqrt() * partner.weight,
                    });
                }
            }
        }
        proposals.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        proposals
    }
}

/// Pairs of likely single edits, when nothing has helped alone: in the order of their product.
pub(crate) struct BlindPairs {
    sources: Arc<Sources>,
    singles: Arc<Vec<Weighted>>,
    /// Pairs whose places add up to this are next: a cheap order close to that of the product.
    diagonal: usize,
}

impl BlindPairs {
    pub fn new(singles: Arc<Vec<Weighted>>, sources: Arc<Sources>) -> Self {
        Self {
            sources,
            singles,
            diagonal: 1,
        }
    }
}

impl Proposer<Candidate> for BlindPairs {
    fn name(&self) -> &str {
        "pair_of_likely_edits"
    }

    fn propose(&mut self, archive: &Archive<Candidate>, wanted: usize) -> Vec<Proposal<Candidate>> {
        let count = self.singles.len().min(BLIND_MAX);
        let mut proposals = Vec::new();
        if archive.tried() < count {
            return proposals;
        }
        while proposals.len() < wanted && self.diagonal < 2 * count {
            let sum = self.diagonal;
            self.diagonal += 1;
            for first in sum.saturating_sub(count - 1)..sum.div_ceil(2) {
                let (a, b) = (&self.singles[first], &self.singles[sum - first]);
                if let Some(content) = join(&a.candidate, &b.candidate) {
                    proposals.push(Proposal {
                        key: key(&content, &self.sources),
                        content,
                        weight: BLIND * a.weight * b.weight,
                    });
                }
            }
        }
        proposals.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        proposals
    }
}

/// Both changes at once; none where they touch the same text.
fn join(a: &Candidate, b: &Candidate) -> Option<Candidate> {
    let overlaps = |x: &Edit, y: &Edit| {
        x.file == y.file
            && x.span.start < y.span.end.max(y.span.start + 1)
            && y.span.start < x.span.end.max(x.span.start + 1)
    };
    if a.edits
        .iter()
        .any(|x| b.edits.iter().any(|y| overlaps(x, y)))
    {
        return None;
    }
    Some(Candidate {
        edits: a.edits.iter().chain(&b.edits).cloned().collect(),
        operators: a.operators.iter().chain(&b.operators).copied().collect(),
        prior: a.prior * b.prior,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Source};

    fn sources(text: &str) -> Arc<Sources> {
        let mut sources = Sources::default();
        sources.add(Source::parse(
            "m.py",
            text.to_owned(),
            &tree_sitter_python::LANGUAGE.into(),
        ));
        Arc::new(sources)
    }

    fn edit(at: usize, text: &str, prior: f64) -> Candidate {
        Candidate::single(FileId(0), at..at + 1, text, "constant", prior)
    }

    #[test]
    fn weighs_edits_by_shape_and_place() {
        let sources = sources("a = 1\nb = 2\n");
        let focus = Focus {
            lines: vec![(FileId(0), 2, 0.8), (FileId(0), 1, 0.4)],
        };
        let weighted = weigh(
            vec![edit(4, "9", 0.9), edit(10, "9", 0.5)],
            &sources,
            &focus,
        );
        let order: Vec<(usize, f64)> = weighted
            .iter()
            .map(|item| (item.candidate.edits[0].span.start, item.weight))
            .collect();
        assert_eq!(order, [(10, 0.5), (4, 0.9 * 0.25)]);
    }

    #[test]
    fn edits_of_the_same_text_are_not_joined() {
        assert_eq!(join(&edit(4, "9", 0.5), &edit(4, "8", 0.5)), None);
        let both = join(&edit(4, "9", 0.5), &edit(10, "8", 0.5)).unwrap();
        assert_eq!(
            both.apply(&sources("a = 1\nb = 2\n"))[0].1,
            "a = 9\nb = 8\n"
        );
    }

    #[test]
    fn blind_pairs_wait_for_the_singles_and_then_pair_each_once() {
        let sources = sources("a = 1\nb = 2\nc = 3\n");
        let singles = Arc::new(weigh(
            vec![edit(4, "9", 0.9), edit(10, "9", 0.5), edit(16, "9", 0.2)],
            &sources,
            &Focus::default(),
        ));
        let mut pairs = BlindPairs::new(singles, sources);
        assert!(
            pairs.propose(&Archive::default(), 10).is_empty(),
            "nothing was tried yet"
        );
    }
}
