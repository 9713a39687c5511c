//! Which lines are suspicious: those that failing tests run and passing tests do not.

use std::collections::HashMap;

use programs::{Baseline, FileId, Focus, Source, Sources, TestOutcome};

/// Lines that a search looks at, at most; the most suspicious are kept.
const LINES_MAX: usize = 600;

/// Ranks lines by Ochiai's coefficient, `failed / sqrt(all failing · (failed + passed))`, over the
/// tests whose coverage is known. A statement that spans lines is as suspicious as its most
/// suspicious line. Without any coverage, all lines of all files are equally suspicious.
/// Source: Abreu, Zoeteweij & van Gemund 2006.
pub(crate) fn ochiai(baseline: &Baseline, sources: &Sources) -> Focus {
    let mut counts: HashMap<(FileId, u32), (f64, f64)> = HashMap::new();
    let mut failing = 0.0;
    for test in baseline.tests.iter().filter(|test| !test.lines.is_empty()) {
        let is_failing = match test.outcome {
            TestOutcome::Failed(_) | TestOutcome::TimedOut => true,
            TestOutcome::Passed => false,
            TestOutcome::Skipped | TestOutcome::Flaky | TestOutcome::Hindered(..) => continue,
        };
        failing += f64::from(u8::from(is_failing));
        for &line in &test.lines {
            let (failed, passed) = counts.entry(line).or_default();
            *(if is_failing { failed } else { passed }) += 1.0;
        }
    }
    let mut lines: Vec<(FileId, u32, f64)> = counts
        .into_iter()
        .filter(|(_, (failed, _))| *failed > 0.0)
        .map(|((file, line), (failed, passed))| {
            (file, line, failed / (failing * (failed + passed)).sqrt())
        })
        .collect();
    if lines.is_empty() {
        lines = sources
            .iter()
            .flat_map(|(id, source)| {
                (1..=source.text.lines().count() as u32).map(move |line| (id, line, 0.5))
            })
            .collect();
    }
    spread_over_statements(&mut lines, sources);
    add_constants(&mut lines, sources);
    lines.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
    lines.truncate(LINES_MAX);
    Focus { lines }
}

/// How suspicious a constant is beside the lines that use it.
const CONSTANT: f64 = 0.6;

/// Adds the lines of assignments outside of functions whose name a suspicious line mentions: they
/// run before any test does, so no test covers them.
fn add_constants(lines: &mut Vec<(FileId, u32, f64)>, sources: &Sources) {
    let mut found: Vec<(FileId, u32, f64)> = Vec::new();
    for (id, source) in sources.iter() {
        for (name, first, last) in constants(source) {
            let suspicion = lines
                .iter()
                .filter(|(file, line, _)| mentions(sources.get(*file), *line, name))
                .map(|(_, _, suspicion)| CONSTANT * suspicion)
                .fold(0.0, f64::max);
            let is_known = |line: u32| lines.iter().any(|(file, l, _)| (*file, *l) == (id, line));
            if suspicion > 0.0 {
                found.extend(
                    (first..=last)
                        .filter(|&line| !is_known(line))
                        .map(|line| (id, line, suspicion)),
                );
            }
        }
    }
    lines.extend(found);
}

/// Names that are assigned outside of functions, with their first and last lines.
fn constants(source: &Source) -> Vec<(&str, u32, u32)> {
    let mut found = Vec::new();
    let mut open = vec![source.tree.root_node()];
    while let Some(node) = open.pop() {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            let name = match child.kind() {
                "assignment" => child.child_by_field_name("left"),
                "const_item" | "static_item" => child.child_by_field_name("name"),
                // Constants of a class or module belong to it as those of a file do.
                "expression_statement"
                | "class_definition"
                | "block"
                | "mod_item"
                | "impl_item"
                | "declaration_list"
                | "if_statement"
                | "decorated_definition" => {
                    open.push(child);
                    None
                }
                _ => None,
            };
            if let Some(name) = name.filter(|name| name.kind() == "identifier") {
                let lines = (
                    child.start_position().row as u32 + 1,
                    child.end_position().row as u32 + 1,
                );
                found.push((source.text_of(name), lines.0, lines.1));
            }
        }
    }
    found
}

/// Whether a line holds `name` as a word.
fn mentions(source: &Source, line: u32, name: &str) -> bool {
    let text = source.text.lines().nth(line as usize - 1).unwrap_or("");
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(name).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(is_word)
            && !text[at + name.len()..].chars().next().is_some_and(is_word)
    })
}

/// Gives every line of a statement, headers of compound statements included, the suspicion of its
/// most suspicious line.
fn spread_over_statements(lines: &mut Vec<(FileId, u32, f64)>, sources: &Sources) {
    let mut best: HashMap<(FileId, u32), f64> = HashMap::new();
    for &(file, line, suspicion) in lines.iter() {
        for member in statement_lines(sources, file, line) {
            let known = best.entry((file, member)).or_default();
            *known = known.max(suspicion);
        }
    }
    *lines = best
        .into_iter()
        .map(|((file, line), s)| (file, line, s))
        .collect();
}

/// The lines of the smallest statement that begins before or on `line` and reaches it; of a
/// compound statement only the lines up to its body.
fn statement_lines(sources: &Sources, file: FileId, line: u32) -> std::ops::RangeInclusive<u32> {
    let source = sources.get(file);
    let row = line as usize - 1;
    let text = source.text.lines().nth(row).unwrap_or("");
    let column = text.len() - text.trim_start().len();
    let point = tree_sitter::Point { row, column };
    let mut node = source
        .tree
        .root_node()
        .descendant_for_point_range(point, point);
    while let Some(found) = node {
        let kind = found.kind();
        if kind.ends_with("_statement")
            || kind.ends_with("_clause")
            || kind.ends_with("_definition")
            || kind == "let_declaration"
        {
            let last = found
                .child_by_field_name("body")
                .or_else(|| found.child_by_field_name("consequence"));
            let end = last.map_or(found.end_position().row, |body| body.start_position().row);
            let end = end.max(row).min(row + 30);
            let start = found
                .start_position()
                .row
                .min(row)
                .max(end.saturating_sub(30));
            return start as u32 + 1..=end as u32 + 1;
        }
        node = found.parent();
    }
    line..=line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use programs::TestRun;

    fn test(outcome: TestOutcome, lines: &[u32]) -> TestRun {
        TestRun {
            name: String::new(),
            outcome,
            time: Duration::ZERO,
            lines: lines.iter().map(|&line| (FileId(0), line)).collect(),
        }
    }

    fn sources(text: &str) -> Sources {
        let mut sources = Sources::default();
        sources.add(Source::parse(
            "m.py",
            text.to_owned(),
            &tree_sitter_python::LANGUAGE.into(),
        ));
        sources
    }

    #[test]
    fn lines_that_only_failing_tests_run_come_first() {
        let text = "def f(a):\n    if a:\n        return 1\n    return 2\n";
        let baseline = Baseline {
            command: String::new(),
            tests: vec![
                test(TestOutcome::Failed("x".into()), &[2, 3]),
                test(TestOutcome::Passed, &[2, 4]),
                test(TestOutcome::Passed, &[2, 4]),
                test(TestOutcome::Flaky, &[2, 4]),
            ],
        };
        let focus = ochiai(&baseline, &sources(text));
        assert_eq!(focus.lines[0], (FileId(0), 3, 1.0));
        assert_eq!(focus.lines[1].1, 2);
        assert!((focus.lines[1].2 - 1.0 / 3f64.sqrt()).abs() < 1e-9);
        assert_eq!(focus.lines.len(), 2);
    }

    #[test]
    fn every_line_of_a_statement_is_as_suspicious_as_its_first() {
        let text = "def f(a):\n    return max(\n        a,\n        1,\n    )\n";
        let baseline = Baseline {
            command: String::new(),
            tests: vec![test(TestOutcome::TimedOut, &[2])],
        };
        let lines: Vec<u32> = ochiai(&baseline, &sources(text))
            .lines
            .iter()
            .map(|l| l.1)
            .collect();
        assert_eq!(lines, [2, 3, 4, 5]);
    }

    #[test]
    fn a_constant_is_suspicious_where_a_suspicious_line_mentions_it() {
        let text = "LIMIT = 9\nLIMITED = 1\nclass A:\n    STEP = 2\n    def f(self, n):\n        return n < LIMIT + self.STEP\n";
        let baseline = Baseline {
            command: String::new(),
            tests: vec![test(TestOutcome::Failed(String::new()), &[6])],
        };
        let focus = ochiai(&baseline, &sources(text));
        let lines: Vec<(u32, f64)> = focus.lines.iter().map(|l| (l.1, l.2)).collect();
        assert_eq!(lines, [(6, 1.0), (1, CONSTANT), (4, CONSTANT)]);
    }

    #[test]
    fn without_coverage_every_line_is_looked_at() {
        assert_eq!(
            ochiai(&Baseline::default(), &sources("a = 1\nb = 2\n"))
                .lines
                .len(),
            2
        );
    }
}
