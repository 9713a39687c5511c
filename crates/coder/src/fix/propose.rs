//! Where repair candidates come from: single edits, by operator.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use discovery::{Archive, Proposal, Proposer};

use super::judge::key;
use programs::{Candidate, Edit, Focus, Sources};

/// The suspicion of an edit of a line that no failing test has run.
const SUSPICION_MIN: f64 = 0.05;

/// A single edit with its weight: how likely it is, times how suspicious its lines are.
#[derive(Clone, Debug)]
pub(crate) struct Weighted {
    pub candidate: Candidate,
    pub weight: f64,
}

/// Weighs every candidate by its place, most promising first.
pub(crate) fn weigh(candidates: Vec<Candidate>, sources: &Sources, focus: &Focus) -> Vec<Weighted> {
    let all: Vec<&Candidate> = candidates.iter().collect();
    let suspicions = suspicions(&all, sources, focus);
    let mut weighted: Vec<Weighted> = candidates
        .into_iter()
        .zip(suspicions)
        .map(|(candidate, suspicion)| Weighted {
            weight: candidate.prior * suspicion * suspicion,
            candidate,
        })
        .collect();
    weighted.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    weighted
}

/// How suspicious the lines of each candidate are beside the most suspicious of all, in (0, 1].
pub(super) fn suspicions(candidates: &[&Candidate], sources: &Sources, focus: &Focus) -> Vec<f64> {
    let top = focus
        .lines
        .first()
        .map_or(1.0, |(_, _, suspicion)| *suspicion);
    let lines: HashMap<_, _> = focus
        .lines
        .iter()
        .map(|&(file, line, suspicion)| ((file, line), suspicion / top))
        .collect();
    let of = |edit: &Edit| -> f64 {
        let source = sources.get(edit.file);
        let first = source.line_of(edit.span.start);
        let last = source.line_of(edit.span.end).min(first + 8);
        (first..=last)
            .filter_map(|line| lines.get(&(edit.file, line)))
            .fold(0.0, |a: f64, &b| a.max(b))
    };
    let of_all = |candidate: &&Candidate| {
        let suspicion = candidate.edits.iter().map(of).fold(0.0, f64::max);
        suspicion.max(SUSPICION_MIN)
    };
    candidates.iter().map(of_all).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use programs::{FileId, Source};

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
}
