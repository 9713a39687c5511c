//! What candidates do on inputs like those of the tests: the tests with other literals in them,
//! watched instead of judged.
//!
//! A test becomes an experiment: one of its literals is another, and each assertion notes the
//! values that it would have compared. The experiments are variants of the test functions beside
//! the candidates' variants of the program, so that one build serves all of them.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tree_sitter::Node;

use super::compile::Text;
use super::harness::RustHarness;
use super::items::field;
use super::libtest;
use super::schemata::{self, SWITCH, Schemata};
use crate::edit::{Candidate, Edit};
use crate::error::Error;
use crate::language::{Behaviours, Language as _, Observation};
use crate::source::{FileId, Source, Sources};

/// Experiments made of one test.
const EXPERIMENTS: usize = 10;
/// Tests that are made into experiments.
const TESTS_MAX: usize = 24;
/// Time of one run beyond what its tests take without changes.
const RUN_TIME: Duration = Duration::from_millis(400);
/// The build of survivors and experiments; without it survivors are ranked by their shape.
const BUILD_TIME: Duration = Duration::from_secs(30);
/// Stands between a test's name and what it noted.
const MARK: char = '\u{1}';

/// One test with one literal changed.
#[derive(Debug)]
struct Experiment {
    test: usize,
    edits: Vec<Edit>,
}

/// Runs the unchanged program and the candidates on experiments.
pub(super) fn observe(
    harness: &RustHarness,
    candidates: &[&Candidate],
) -> Result<Behaviours, Error> {
    let wide = with_tests(harness);
    let experiments = experiments(harness, &wide);
    let changed: Vec<Candidate> = experiments
        .iter()
        .map(|experiment| Candidate {
            edits: experiment.edits.clone(),
            operators: Vec::new(),
            prior: 1.0,
        })
        .collect();
    let all: Vec<&Candidate> = candidates.iter().copied().chain(&changed).collect();
    let schemata = Schemata::of_all(&all, &wide);
    let nothing = Behaviours {
        candidates: vec![Vec::new(); candidates.len()],
        ..Behaviours::default()
    };
    let Some(dropped) = build(harness, &wide, &schemata)? else {
        return Ok(nothing);
    };
    let switch = |index: usize| {
        let (switch, variants) = schemata.switches[index].as_ref()?;
        variants
            .iter()
            .all(|variant| !dropped.contains(variant))
            .then(|| switch.clone())
    };
    let usable: Vec<(usize, String)> = (0..experiments.len())
        .filter_map(|index| Some((index, switch(candidates.len() + index)?)))
        .collect();
    let rounds = rounds(&experiments, usable);
    let switches: Vec<Option<String>> = [Some(String::new()), Some(String::new())]
        .into_iter()
        .chain((0..candidates.len()).map(switch))
        .collect();
    let mut rows = side_by_side(harness, &experiments, &rounds, &switches)?.into_iter();
    let (original, again) = (
        rows.next().unwrap_or_default(),
        rows.next().unwrap_or_default(),
    );
    let rows: Vec<Vec<Observation>> = rows.collect();
    let telling = telling(&original, &again, &rows);
    let failing = harness
        .facts
        .lock()
        .expect("no holder panics")
        .failing
        .clone();
    let from_failing: Vec<bool> = rounds
        .iter()
        .flatten()
        .map(|(index, _)| failing.contains(&experiments[*index].test))
        .collect();
    let keep = |row: &Vec<Observation>| -> Vec<Observation> {
        telling
            .iter()
            .filter_map(|&at| row.get(at).copied())
            .collect()
    };
    Ok(Behaviours {
        from_failing: telling.iter().map(|&at| from_failing[at]).collect(),
        original: keep(&original),
        candidates: rows.iter().map(keep).collect(),
    })
}

/// The inputs on which the unchanged program does the same twice and not all candidates agree:
/// the others say nothing of which candidate is right. One is kept in any case.
fn telling(
    original: &[Observation],
    again: &[Observation],
    rows: &[Vec<Observation>],
) -> Vec<usize> {
    let steady: Vec<usize> = (0..original.len())
        .filter(|&at| original[at] == again[at])
        .collect();
    let differs = |at: usize| {
        let mut seen = rows.iter().filter_map(|row| row.get(at));
        let first = seen.next();
        seen.any(|other| Some(other) != first)
    };
    let found: Vec<usize> = steady.iter().copied().filter(|&at| differs(at)).collect();
    if found.is_empty() {
        steady.into_iter().take(1).collect()
    } else {
        found
    }
}

/// Runs the experiments on each program, on all workers at once; no row for one that is not built.
fn side_by_side(
    harness: &RustHarness,
    experiments: &[Experiment],
    rounds: &[Vec<(usize, String)>],
    switches: &[Option<String>],
) -> Result<Vec<Vec<Observation>>, Error> {
    let share = switches.len().div_ceil(harness.runners.len()).max(1);
    let shares: Vec<Result<Vec<Vec<Observation>>, Error>> = std::thread::scope(|scope| {
        let handles: Vec<_> = switches
            .chunks(share)
            .enumerate()
            .map(|(runner, switches)| {
                scope.spawn(move || {
                    switches
                        .iter()
                        .map(|switch| {
                            switch.as_ref().map_or(Ok(Vec::new()), |switch| {
                                run(harness, runner, experiments, rounds, switch)
                            })
                        })
                        .collect()
                })
            })
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().expect("watching does not panic"))
            .collect()
    });
    let mut rows = Vec::new();
    for share in shares {
        rows.extend(share?);
    }
    Ok(rows)
}

/// The files under repair, followed by those that hold only tests.
fn with_tests(harness: &RustHarness) -> Sources {
    let mut wide = (*harness.place.sources).clone();
    let files: HashSet<&PathBuf> = harness
        .suite
        .units
        .iter()
        .filter(|unit| unit.is_test)
        .flat_map(|unit| &unit.sources)
        .collect();
    let mut files: Vec<&PathBuf> = files
        .into_iter()
        .filter(|file| wide.find(file).is_none())
        .collect();
    files.sort();
    for file in files {
        if let Ok(text) = harness.place.project.read(file) {
            wide.add(Source::parse(file.clone(), text, &super::Rust.grammar()));
        }
    }
    wide
}

fn experiments(harness: &RustHarness, wide: &Sources) -> Vec<Experiment> {
    let mut made = Vec::new();
    let failing = harness
        .facts
        .lock()
        .expect("no holder panics")
        .failing
        .clone();
    let mut order: Vec<usize> = (0..harness.suite.tests.len())
        .filter(|&test| !harness.suite.tests[test].is_ignored)
        .collect();
    order.sort_by_key(|test| !failing.contains(test));
    for test in order.into_iter().take(TESTS_MAX) {
        let info = &harness.suite.tests[test];
        let unit = &harness.suite.units[harness.suite.programs[info.program].unit];
        let name = info.name.rsplit("::").next().unwrap_or(&info.name);
        let found: Vec<(FileId, Node<'_>)> = wide
            .iter()
            .filter(|(_, source)| unit.sources.contains(&source.path))
            .flat_map(|(file, source)| {
                tests_called(source, name)
                    .into_iter()
                    .map(move |node| (file, node))
            })
            .collect();
        if let [(file, function)] = found[..] {
            made.extend(
                variations(wide, file, function, name)
                    .into_iter()
                    .map(|edits| Experiment { test, edits }),
            );
        }
    }
    made
}

/// Functions called `name` with no attribute but `#[test]`.
fn tests_called<'t>(source: &'t Source, name: &str) -> Vec<Node<'t>> {
    let mut found = Vec::new();
    let mut stack = vec![source.tree.root_node()];
    while let Some(node) = stack.pop() {
        let is_called = node.kind() == "function_item"
            && field(node, "name").is_some_and(|found| source.text_of(found) == name);
        if is_called
            && let Some(attribute) = node.prev_named_sibling()
            && source.text_of(attribute) == "#[test]"
            && attribute
                .prev_named_sibling()
                .is_none_or(|before| before.kind() != "attribute_item")
            && field(node, "return_type").is_none()
        {
            found.push(node);
        }
        let mut cursor = node.walk();
        stack.extend(node.named_children(&mut cursor));
    }
    found
}

/// The edits of each experiment that a test can be made into.
fn variations(wide: &Sources, file: FileId, function: Node<'_>, name: &str) -> Vec<Vec<Edit>> {
    let source = wide.get(file);
    let Some(body) = field(function, "body") else {
        return Vec::new();
    };
    let mut base = vec![Edit {
        file,
        span: body.start_byte() + 1..body.start_byte() + 1,
        replacement: format!(" crate::__freehold::begin({name:?}); "),
    }];
    let mut fixed: Vec<Range<usize>> = Vec::new();
    let mut literals: Vec<(Range<usize>, String)> = Vec::new();
    let words = words(source);
    let mut stack = vec![body];
    while let Some(node) = stack.pop() {
        if node.kind() == "macro_invocation" {
            watch(source, file, node, &mut base, &mut fixed);
        }
        let text = source.text_of(node);
        for other in others(node.kind(), text) {
            literals.push((node.byte_range(), other));
        }
        if node.kind() == "string_literal" {
            literals.extend(crossed(text, &words).map(|other| (node.byte_range(), other)));
        }
        let mut cursor = node.walk();
        stack.extend(node.children(&mut cursor));
    }
    fixed.extend(base.iter().map(|edit| edit.span.clone()));
    literals.retain(|(span, _)| {
        fixed
            .iter()
            .all(|fixed| span.end <= fixed.start || fixed.end <= span.start)
    });
    literals.sort_by_key(|(span, other)| (span.start, other.len()));
    let count = literals.len().min(EXPERIMENTS);
    (0..count)
        .map(|number| {
            let (span, other) = &literals[number * literals.len() / count];
            let mut edits = base.clone();
            edits.push(Edit {
                file,
                span: span.clone(),
                replacement: other.clone(),
            });
            edits
        })
        .collect()
}

/// Turns an assertion into a note of its values; its expected value is not to be changed.
fn watch(
    source: &Source,
    file: FileId,
    node: Node<'_>,
    edits: &mut Vec<Edit>,
    fixed: &mut Vec<Range<usize>>,
) {
    let name = field(node, "macro").map_or("", |name| source.text_of(name));
    let mut cursor = node.walk();
    let Some(tokens) = node
        .children(&mut cursor)
        .find(|child| child.kind() == "token_tree")
    else {
        return;
    };
    let arguments = super::operators::macro_arguments(tokens);
    let mut write = |span: Range<usize>, text: &str| {
        edits.push(Edit {
            file,
            span,
            replacement: text.to_owned(),
        })
    };
    match (name, &arguments[..]) {
        ("assert_eq" | "assert_ne", [a, b, ..]) => {
            write(
                node.start_byte()..a.start,
                "crate::__freehold::observe_both(&(",
            );
            write(a.end..b.start, "), &(");
            write(b.end..node.end_byte(), "))");
            let is_call = source.text[a.clone()].contains('(');
            fixed.push(if is_call { b.clone() } else { a.clone() });
        }
        ("assert", [a, ..]) => {
            write(node.start_byte()..a.start, "crate::__freehold::observe(&(");
            write(a.end..node.end_byte(), "))");
        }
        _ => {}
    }
}

/// The plain strings of a file.
fn words(source: &Source) -> Vec<&str> {
    let mut found = Vec::new();
    let mut stack = vec![source.tree.root_node()];
    while let Some(node) = stack.pop() {
        if node.kind() == "string_literal"
            && let Some(inner) = plain(source.text_of(node))
        {
            found.push(inner);
        }
        let mut cursor = node.walk();
        stack.extend(node.children(&mut cursor));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The first half of a string before the second half of another of the file: what is read there
/// has the parts of both.
fn crossed(text: &str, words: &[&str]) -> Option<String> {
    let inner = plain(text)?;
    let at = words.iter().position(|word| *word == inner)?;
    let other = words[(at + words.len() / 2) % words.len()];
    let half = |word: &str| {
        word.char_indices()
            .nth(word.chars().count() / 2)
            .map_or(0, |(at, _)| at)
    };
    let made = format!("{}{}", &inner[..half(inner)], &other[half(other)..]);
    (made != inner).then(|| format!("\"{made}\""))
}

/// What stands between the quotes of a string without escapes and places for values.
fn plain(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = !inner.is_empty() && !inner.contains(['\\', '"', '{', '}']);
    is_plain.then_some(inner)
}

/// Other literals of the same kind.
fn others(kind: &str, text: &str) -> Vec<String> {
    match kind {
        "integer_literal" => match text.parse::<i64>() {
            Ok(value) => vec![
                (value + 1).to_string(),
                if value > 1 {
                    (value / 2).to_string()
                } else {
                    (value + 3).to_string()
                },
            ],
            Err(_) => Vec::new(),
        },
        "boolean_literal" => vec![if text == "true" { "false" } else { "true" }.to_owned()],
        "string_literal" => {
            let Some(inner) = plain(text) else {
                return Vec::new();
            };
            let last = inner
                .chars()
                .last()
                .map_or(String::new(), |c| c.to_string());
            let rest: String = inner.chars().skip(1).collect();
            vec![format!("\"{inner}{last}\""), format!("\"{rest}\"")]
        }
        _ => Vec::new(),
    }
}

/// Experiments on different tests run in one process: the first of each, the second of each, …
fn rounds(experiments: &[Experiment], usable: Vec<(usize, String)>) -> Vec<Vec<(usize, String)>> {
    let mut rounds: Vec<Vec<(usize, String)>> = Vec::new();
    for (index, switch) in usable {
        let test = experiments[index].test;
        let free = rounds.iter().position(|round| {
            round
                .iter()
                .all(|(other, _)| experiments[*other].test != test)
        });
        match free {
            Some(round) => rounds[round].push((index, switch)),
            None => rounds.push(vec![(index, switch)]),
        }
    }
    rounds
}

/// What one program does in every round: an observation an experiment.
fn run(
    harness: &RustHarness,
    runner: usize,
    experiments: &[Experiment],
    rounds: &[Vec<(usize, String)>],
    candidate: &str,
) -> Result<Vec<Observation>, Error> {
    let out = harness.builders[0]
        .lock()
        .expect("no holder panics")
        .out
        .clone();
    let mut seen = Vec::new();
    for round in rounds {
        let tests: Vec<usize> = round
            .iter()
            .map(|(index, _)| experiments[*index].test)
            .collect();
        let switches: Vec<&str> = round
            .iter()
            .map(|(_, switch)| switch.as_str())
            .chain([candidate].into_iter().filter(|switch| !switch.is_empty()))
            .collect();
        let mut found = vec![
            Observation {
                returned: false,
                digest: 0
            };
            tests.len()
        ];
        for (program, group) in harness.suite.grouped(&tests) {
            let names: Vec<&str> = group
                .iter()
                .map(|&test| harness.suite.tests[test].name.as_str())
                .collect();
            let outcome = harness.run(
                runner,
                program,
                &out,
                &names,
                &[(SWITCH, &switches.join(","))],
                RUN_TIME,
            )?;
            let (said, noted) = (
                String::from_utf8_lossy(&outcome.stdout),
                String::from_utf8_lossy(&outcome.stderr),
            );
            let ended = libtest::verdicts(&said);
            for &test in &group {
                let name = harness.suite.tests[test].name.as_str();
                let place = tests
                    .iter()
                    .position(|known| *known == test)
                    .expect("the group is of these tests");
                found[place] = Observation {
                    returned: ended.get(name) == Some(&true),
                    digest: digest(&noted, name),
                };
            }
        }
        seen.extend(found);
    }
    Ok(seen)
}

/// A number for what a test noted.
fn digest(noted: &str, name: &str) -> u64 {
    let short = name.rsplit("::").next().unwrap_or(name);
    let mut hasher = DefaultHasher::new();
    for part in noted.split(MARK) {
        if let Some((of, text)) = part.split_once('\n')
            && of == short
        {
            text.hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// Builds candidates and experiments together; the variants left out, or none when nothing builds.
fn build(
    harness: &RustHarness,
    wide: &Sources,
    schemata: &Schemata,
) -> Result<Option<HashSet<u32>>, Error> {
    let files = schemata.files();
    let units = harness.suite.needed(wide, &files);
    let module = schemata::module(schemata.slots(), 0);
    let mut texts = |dropped: &HashSet<u32>| -> Vec<Text> {
        let mut texts: Vec<Text> = files
            .iter()
            .map(|&file| {
                let rewritten = schemata.rewrite(file, wide, &|number| dropped.contains(&number));
                Text {
                    path: wide.get(file).path.clone(),
                    text: rewritten.text,
                    regions: rewritten.regions,
                }
            })
            .collect();
        harness
            .suite
            .add_module(&harness.place, &units, &mut texts, &module);
        texts
    };
    let mut builder = harness.builders[0].lock().expect("no holder panics");
    let built = builder.build(&units, BUILD_TIME, &mut texts)?;
    for (_, source) in wide.iter() {
        sandbox::files::write_beneath_unsynced(
            &builder.tree,
            Path::new(&source.path),
            source.text.as_bytes(),
        )?;
    }
    Ok(built.ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_becomes_experiments_with_one_literal_changed_and_nothing_asserted() {
        let text = "#[test]\nfn t() {\n    assert_eq!(f(3, \"ab cd\"), 5);\n    assert!(g(\"x + y\"), \"why\");\n}\n";
        let mut wide = Sources::default();
        let file = wide.add(Source::parse(
            "t.rs",
            text.into(),
            &super::super::Rust.grammar(),
        ));
        let function = tests_called(wide.get(file), "t")[0];
        let made: Vec<String> = variations(&wide, file, function, "t")
            .into_iter()
            .map(|edits| {
                Candidate {
                    edits,
                    operators: Vec::new(),
                    prior: 1.0,
                }
                .apply(&wide)[0]
                    .1
                    .clone()
            })
            .collect();
        let expected = |number: &str, first: &str, second: &str| {
            format!(
                "#[test]\nfn t() {{ crate::__freehold::begin(\"t\"); \n    crate::__freehold::observe_both(&(f({number}, \"{first}\")), &(5));\n    \
                 crate::__freehold::observe(&(g(\"{second}\")));\n}}\n"
            )
        };
        assert!(made.contains(&expected("4", "ab cd", "x + y")), "{made:?}");
        assert!(made.contains(&expected("3", "b cd", "x + y")), "{made:?}");
        assert!(made.contains(&expected("3", "abhy", "x + y")), "{made:?}");
        assert!(made.iter().all(|text| !text.contains("assert")), "{made:?}");
    }

    #[test]
    fn only_steady_inputs_that_divide_the_candidates_tell() {
        let seen = |digest| Observation {
            returned: true,
            digest,
        };
        let original = [seen(1), seen(2), seen(3), seen(4)];
        let again = [seen(1), seen(9), seen(3), seen(4)];
        let rows = [
            vec![seen(1), seen(2), seen(5), seen(7)],
            vec![seen(1), seen(8), seen(5), seen(4)],
        ];
        assert_eq!(telling(&original, &again, &rows), [3]);
        assert_eq!(telling(&original, &again, &rows[..1]), [0]);
    }
}
