//! Repairs of two edits: what helped alone with what may do the rest, then likely pairs at large.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use discovery::{Archive, Entry, Proposal, Proposer};

use super::gains::Gains;
use super::judge::key;
use super::localise;
use super::propose::{Weighted, suspicions};
use programs::{Baseline, Candidate, Edit, Sources, TestOutcome};

/// Single edits that pairs are made of when nothing has helped alone.
const BLIND_MAX: usize = 400;
/// Single edits that are joined to an edit that helped.
const PARTNERS_MAX: usize = 4000;
/// Helpful edits that pairs build upon: of those that repair the same tests, and in all.
const ALIKE_MAX: usize = 6;
const BASES_MAX: usize = 48;
/// What a pair is worth beside a single edit: one of which each half repairs what the other does
/// not, one of which one half helps, and one of which nothing is known.
const COMPLETE: f64 = 0.6;
const HELPED: f64 = 0.6;
const BLIND: f64 = 0.002;
/// What a pair is worth of which each half changes how the tests fail, when nothing helps alone.
const STIRRED: f64 = 0.4;
/// Trials after which such pairs are made, and edits that they are made of.
const STIRRED_AFTER: usize = 300;
const STIRRED_MAX: usize = 100;

/// Improvements that have been seen, by key.
#[derive(Default)]
struct News(HashSet<u64>);

impl News {
    /// The improvements that were not there before, in the order in which they were found.
    fn of<'a>(&mut self, archive: &'a Archive<Candidate>) -> Vec<&'a Entry<Candidate>> {
        let mut news: Vec<&Entry<Candidate>> = archive
            .improvements()
            .iter()
            .filter(|entry| self.0.insert(entry.key))
            .collect();
        news.sort_by_key(|entry| entry.number);
        news
    }
}

/// Joins edits each of which repairs the tests that the other does not.
pub(crate) struct CompletePairs {
    sources: Arc<Sources>,
    failing: usize,
    gains: Gains,
    /// Edits that helped, with their weights and the tests that they repair.
    helped: Vec<(Candidate, f64, Vec<usize>)>,
    news: News,
}

impl CompletePairs {
    /// Pairs that repair all of `failing` tests.
    pub fn new(sources: Arc<Sources>, failing: usize, gains: Gains) -> Self {
        Self {
            sources,
            failing,
            gains,
            helped: Vec::new(),
            news: News::default(),
        }
    }
}

impl Proposer<Candidate> for CompletePairs {
    fn name(&self) -> &str {
        "pair_of_improvements"
    }

    fn propose(
        &mut self,
        archive: &Archive<Candidate>,
        _wanted: usize,
    ) -> Vec<Proposal<Candidate>> {
        let mut proposals = Vec::new();
        for entry in self.news.of(archive) {
            let repaired = self.gains.of(&entry.content);
            if repaired.is_empty() || entry.content.edits.len() > 2 {
                continue;
            }
            for (other, weight, others) in &self.helped {
                let more = repaired.iter().filter(|test| !others.contains(test));
                if others.len() + more.count() == self.failing
                    && let Some(content) = join(other, &entry.content)
                {
                    proposals.push(Proposal {
                        key: key(&content, &self.sources),
                        content,
                        weight: COMPLETE * (weight * entry.weight).sqrt(),
                    });
                }
            }
            let known = (entry.content.clone(), entry.weight, repaired);
            self.helped.push(known);
        }
        proposals.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        proposals
    }
}

/// Joins an edit that repaired some tests with each other edit that is likely where the tests that
/// still fail have been.
pub(crate) struct HelpedPairs {
    sources: Arc<Sources>,
    singles: Arc<Vec<Weighted>>,
    baseline: Baseline,
    gains: Gains,
    /// For each set of tests that is repaired, the singles by what they are then worth.
    partners: HashMap<Vec<usize>, Arc<Vec<(f64, usize)>>>,
    bases: Vec<Base>,
    news: News,
}

/// An edit that helped, on its way through its partners.
struct Base {
    candidate: Candidate,
    weight: f64,
    /// The tests that it repairs.
    repaired: Vec<usize>,
    partners: Arc<Vec<(f64, usize)>>,
    next: usize,
}

impl Base {
    /// What the pair with the next partner is worth.
    fn worth(&self) -> Option<f64> {
        let (weight, _) = self.partners.get(self.next)?;
        Some(self.weight * weight)
    }
}

impl HelpedPairs {
    pub fn new(
        singles: Arc<Vec<Weighted>>,
        sources: Arc<Sources>,
        baseline: Baseline,
        gains: Gains,
    ) -> Self {
        Self {
            sources,
            singles,
            baseline,
            gains,
            partners: HashMap::new(),
            bases: Vec::new(),
            news: News::default(),
        }
    }

    /// Takes up an improvement, unless there are enough that help as it does.
    fn take_up(&mut self, entry: &Entry<Candidate>) {
        let repaired = self.gains.of(&entry.content);
        let alike = |base: &&Base| base.repaired == repaired;
        let is_crowded = self.bases.iter().filter(alike).count() >= ALIKE_MAX;
        if entry.content.edits.len() > 2 || self.bases.len() >= BASES_MAX || is_crowded {
            return;
        }
        let top = self.singles.first().map_or(1.0, |single| single.weight);
        let base = Base {
            candidate: entry.content.clone(),
            weight: (entry.verdict.fitness * entry.weight / top).sqrt(),
            partners: self.partners(&repaired),
            repaired,
            next: 0,
        };
        self.bases.push(base);
    }

    /// The singles by what they are worth once `repaired` pass: the lines of these tests are no
    /// longer suspicious.
    fn partners(&mut self, repaired: &[usize]) -> Arc<Vec<(f64, usize)>> {
        if let Some(known) = self.partners.get(repaired) {
            return Arc::clone(known);
        }
        let mut rest = self.baseline.clone();
        for &test in repaired {
            rest.tests[test].outcome = TestOutcome::Passed;
        }
        let focus = localise::ochiai(&rest, &self.sources);
        let singles: Vec<&Candidate> = self.singles.iter().map(|s| &s.candidate).collect();
        let suspicions = suspicions(&singles, &self.sources, &focus);
        let mut partners: Vec<(f64, usize)> = suspicions
            .into_iter()
            .enumerate()
            .map(|(at, suspicion)| (singles[at].prior * suspicion * suspicion, at))
            .collect();
        partners.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        partners.truncate(PARTNERS_MAX);
        let partners = Arc::new(partners);
        self.partners
            .insert(repaired.to_owned(), Arc::clone(&partners));
        partners
    }
}

impl Proposer<Candidate> for HelpedPairs {
    fn name(&self) -> &str {
        "pair_on_improvement"
    }

    fn propose(&mut self, archive: &Archive<Candidate>, wanted: usize) -> Vec<Proposal<Candidate>> {
        let mut proposals = Vec::new();
        for entry in self.news.of(archive) {
            self.take_up(entry);
        }
        // A short queue, so that the next improvement is heard of soon.
        while proposals.len() < wanted.div_ceil(4) {
            let best = (0..self.bases.len())
                .filter_map(|at| Some((self.bases[at].worth()?, at)))
                .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            let Some((worth, at)) = best else { break };
            let base = &mut self.bases[at];
            let partner = &self.singles[base.partners[base.next].1];
            base.next += 1;
            if let Some(content) = join(&base.candidate, &partner.candidate) {
                proposals.push(Proposal {
                    key: key(&content, &self.sources),
                    content,
                    weight: HELPED * worth,
                });
            }
        }
        proposals.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        proposals
    }
}

/// Joins edits that both change how the tests fail, when nothing has helped alone: where one test
/// needs both halves of a repair, neither repairs it, and each shows.
pub(crate) struct StirredPairs {
    sources: Arc<Sources>,
    singles: Arc<Vec<Weighted>>,
    gains: Gains,
    made: HashSet<(usize, usize)>,
}

impl StirredPairs {
    pub fn new(singles: Arc<Vec<Weighted>>, sources: Arc<Sources>, gains: Gains) -> Self {
        Self {
            sources,
            singles,
            gains,
            made: HashSet::new(),
        }
    }

    /// Edits that change something, as places in `singles`, with their worth. The more edits have
    /// the same effect, the less one of them says.
    fn stirring(&self) -> Vec<(usize, f64)> {
        let symptoms = self.gains.symptoms();
        let mut counts: HashMap<u64, usize> = HashMap::new();
        for &symptom in symptoms.values() {
            *counts.entry(symptom).or_default() += 1;
        }
        // Most edits change nothing that the failing tests see.
        let usual = counts
            .iter()
            .max_by_key(|(symptom, count)| (**count, **symptom));
        let usual = usual.map(|(symptom, _)| *symptom);
        let mut stirring: Vec<(usize, f64)> = self
            .singles
            .iter()
            .enumerate()
            .filter_map(|(at, single)| {
                let symptom = symptoms.get(&single.candidate.edits)?;
                let alike = counts[symptom] as f64;
                (Some(*symptom) != usual).then(|| (at, single.weight / alike.sqrt()))
            })
            .collect();
        stirring.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        stirring.truncate(STIRRED_MAX);
        stirring
    }
}

impl Proposer<Candidate> for StirredPairs {
    fn name(&self) -> &str {
        "pair_of_changes"
    }

    fn propose(&mut self, archive: &Archive<Candidate>, wanted: usize) -> Vec<Proposal<Candidate>> {
        if archive.tried() < STIRRED_AFTER || !archive.improvements().is_empty() {
            return Vec::new();
        }
        let stirring = self.stirring();
        let mut pairs: Vec<(usize, usize, f64)> = Vec::new();
        for (rank, &(a, first)) in stirring.iter().enumerate() {
            for &(b, second) in &stirring[rank + 1..] {
                if !self.made.contains(&(a, b)) && !self.made.contains(&(b, a)) {
                    pairs.push((a, b, first * second));
                }
            }
        }
        pairs.sort_by(|x, y| y.2.total_cmp(&x.2).then((x.0, x.1).cmp(&(y.0, y.1))));
        let mut proposals = Vec::new();
        for (a, b, worth) in pairs {
            if proposals.len() >= wanted.div_ceil(4) {
                break;
            }
            self.made.insert((a, b));
            let (first, second) = (&self.singles[a].candidate, &self.singles[b].candidate);
            if let Some(content) = join(first, second) {
                proposals.push(Proposal {
                    key: key(&content, &self.sources),
                    content,
                    weight: STIRRED * worth,
                });
            }
        }
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
    use super::super::propose::weigh;
    use super::*;
    use programs::Focus;
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

    #[test]
    fn edits_that_change_nothing_are_not_worth_a_pair() {
        let sources = sources("a = 1\nb = 2\nc = 3\n");
        let edits = [edit(4, "9", 0.9), edit(10, "9", 0.5), edit(16, "9", 0.2)];
        let singles = weigh(edits.to_vec(), &sources, &Focus::default());
        let gains = Gains::default();
        for (at, symptom) in [(0, 7), (1, 1), (2, 2)] {
            gains.note_symptom(&edits[at], symptom);
        }
        gains.note_symptom(&edit(0, "z", 0.1), 7);
        let pairs = StirredPairs::new(Arc::new(singles), sources, gains);
        let places: Vec<usize> = pairs.stirring().iter().map(|(at, _)| *at).collect();
        assert_eq!(places, [1, 2], "two edits left the symptom as it was");
    }

    fn test(line: u32, outcome: TestOutcome) -> programs::TestRun {
        programs::TestRun {
            name: format!("t{line}"),
            outcome,
            time: std::time::Duration::ZERO,
            lines: vec![(FileId(0), line)],
        }
    }

    #[test]
    fn partners_are_sought_where_tests_still_fail() {
        let sources = sources("a = 1\nb = 2\n");
        let failed = || TestOutcome::Failed(String::new());
        let baseline = Baseline {
            command: String::new(),
            tests: vec![test(1, failed()), test(2, failed())],
        };
        let edits = vec![edit(4, "9", 0.9), edit(10, "9", 0.2)];
        let singles = Arc::new(weigh(
            edits,
            &sources,
            &localise::ochiai(&baseline, &sources),
        ));
        let mut pairs = HelpedPairs::new(singles, sources, baseline, Gains::default());
        let order = |partners: Arc<Vec<(f64, usize)>>| partners[0].1;
        assert_eq!(order(pairs.partners(&[])), 0);
        assert_eq!(order(pairs.partners(&[0])), 1);
    }
}
