//! Properties that hold for every candidate of every sample program.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::*;
use crate::language::Language;
use crate::python::Python;
use crate::source::Source;

const SAMPLES: &[(&str, &str)] = &[
    ("bank", include_str!("../../../tests/samples/bank.py")),
    ("bits", include_str!("../../../tests/samples/bits.py")),
    ("grammar", include_str!("../../../tests/samples/grammar.py")),
    ("graph", include_str!("../../../tests/samples/graph.py")),
    (
        "inventory",
        include_str!("../../../tests/samples/inventory.py"),
    ),
    ("linked", include_str!("../../../tests/samples/linked.py")),
    (
        "recursion",
        include_str!("../../../tests/samples/recursion.py"),
    ),
    ("shapes", include_str!("../../../tests/samples/shapes.py")),
    ("text", include_str!("../../../tests/samples/text.py")),
];

/// Candidates of one operator in one sample that are all parsed; of the rest, each 29th.
const EACH: usize = 12;

/// The candidates of a program whose lines are all under suspicion.
pub(super) fn all_candidates(text: &str) -> (Sources, Vec<Candidate>) {
    let mut sources = Sources::default();
    let file = sources.add(Source::parse("a.py", text.to_owned(), &Python.grammar()));
    let lines = (1..=text.lines().count() as u32).map(|line| (file, line, 1.0));
    let focus = Focus {
        lines: lines.collect(),
    };
    let candidates = candidates(&sources, &focus);
    (sources, candidates)
}

/// The candidate that makes `before` into `after`, if there is one.
pub(super) fn candidate_for(before: &str, after: &str) -> Option<Candidate> {
    let (sources, candidates) = all_candidates(before);
    candidates
        .into_iter()
        .find(|candidate| candidate.apply(&sources)[0].1 == after)
}

/// What the candidates of one operator make of a program of one line in a function, in order of
/// their priors.
pub(super) fn rewrites(line: &str, operator: &str) -> Vec<String> {
    let program = format!("def f(a, b, items):\n    {line}\n");
    let (sources, mut candidates) = all_candidates(&program);
    candidates.retain(|candidate| candidate.operators == [operator]);
    candidates.sort_by(|a, b| b.prior.total_cmp(&a.prior));
    candidates
        .iter()
        .map(|candidate| candidate.apply(&sources)[0].1.clone())
        .map(|text| {
            text.lines()
                .skip(1)
                .map(str::trim)
                .collect::<Vec<_>>()
                .join("; ")
        })
        .collect()
}

#[test]
fn every_candidate_changes_the_text_and_reads_as_python() {
    let grammar = Python.grammar();
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&grammar).unwrap();
    let mut broken = Vec::new();
    for (name, text) in SAMPLES {
        let (sources, candidates) = all_candidates(text);
        let original = &sources.get(FileId(0)).tree;
        assert!(!original.root_node().has_error(), "{name} does not parse");
        let mut of_operator: BTreeMap<&str, usize> = BTreeMap::new();
        for candidate in &candidates {
            // The first edits of an operator all over a file differ more than the last ones.
            let tried = of_operator.entry(candidate.operators[0]).or_default();
            *tried += 1;
            if *tried > EACH && !tried.is_multiple_of(29) {
                continue;
            }
            let new = &candidate.apply(&sources)[0].1;
            assert_ne!(new, text, "{candidate:?}");
            assert!(candidate.prior > 0.0 && candidate.prior <= 1.0);
            let mut tree = original.clone();
            tree.edit(&input_edit(text, new, candidate));
            let tree = parser.parse(new, Some(&tree)).unwrap();
            if tree.root_node().has_error() {
                broken.push(format!("{name}: {candidate:?}"));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "{} broken:\n{}",
        broken.len(),
        broken[..broken.len().min(40)].join("\n")
    );
}

/// Tells the parser what changed, so that a candidate is parsed again in microseconds.
fn input_edit(old: &str, new: &str, candidate: &Candidate) -> tree_sitter::InputEdit {
    let edit = &candidate.edits[0];
    let new_end = edit.span.start + edit.replacement.len();
    let point = |text: &str, at: usize| {
        let row = text[..at].matches('\n').count();
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        tree_sitter::Point::new(row, at - start)
    };
    tree_sitter::InputEdit {
        start_byte: edit.span.start,
        old_end_byte: edit.span.end,
        new_end_byte: new_end,
        start_position: point(old, edit.span.start),
        old_end_position: point(old, edit.span.end),
        new_end_position: point(new, new_end),
    }
}

#[test]
fn no_two_candidates_lead_to_the_same_text() {
    for (name, text) in SAMPLES {
        let (sources, candidates) = all_candidates(text);
        let mut seen = HashSet::new();
        for candidate in &candidates {
            let mut hasher = DefaultHasher::new();
            candidate.apply(&sources)[0].1.hash(&mut hasher);
            assert!(seen.insert(hasher.finish()), "{name}: twice: {candidate:?}");
        }
    }
}

#[test]
fn candidates_touch_only_suspicious_lines_and_their_statements() {
    let (_, text) = SAMPLES[7];
    let mut sources = Sources::default();
    let file = sources.add(Source::parse("a.py", (*text).to_owned(), &Python.grammar()));
    let line = text
        .lines()
        .position(|line| line.contains("total += a.x"))
        .unwrap() as u32
        + 1;
    let focus = Focus {
        lines: vec![(file, line, 0.9)],
    };
    let source = sources.get(file);
    let found = candidates(&sources, &focus);
    assert!(found.len() > 100);
    for candidate in &found {
        let edit = &candidate.edits[0];
        let lines = source.line_of(edit.span.start)..=source.line_of(edit.span.end);
        assert!(
            (lines.start() - 3..=lines.end() + 3).contains(&line),
            "far from line {line}: {candidate:?}"
        );
    }
}

#[test]
#[ignore = "prints how many candidates there are and how long they take"]
fn speed() {
    for (name, text) in SAMPLES {
        let started = std::time::Instant::now();
        let (_, candidates) = all_candidates(text);
        let took = started.elapsed();
        let mut by_operator: BTreeMap<&str, usize> = BTreeMap::new();
        for candidate in &candidates {
            *by_operator.entry(candidate.operators[0]).or_default() += 1;
        }
        let mut by_operator: Vec<_> = by_operator.into_iter().collect();
        by_operator.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        println!(
            "{name}: {} lines, {} candidates, {took:?}, {:?}",
            text.lines().count(),
            candidates.len(),
            &by_operator[..by_operator.len().min(12)]
        );
    }
}
