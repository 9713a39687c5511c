//! The orchestration on a harness that needs no processes: a "program" is its text, and a "test" is
//! a word that the text must hold.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use discovery::{Proposal, Scripted};

use super::known::Known;
use super::*;
use programs::{Behaviours, FileId, Observation, Request, Source, TestRun, Verdict};

struct Words {
    sources: Arc<Sources>,
    /// Each test passes when the program holds this word.
    tests: Vec<&'static str>,
    refused_at_the_end: Option<&'static str>,
    judged: Mutex<usize>,
}

impl Words {
    fn new(text: &str, tests: &[&'static str]) -> Self {
        let mut sources = Sources::default();
        sources.add(Source::parse("m.py", text.to_owned(), &Python.grammar()));
        Self {
            sources: Arc::new(sources),
            tests: tests.to_vec(),
            refused_at_the_end: None,
            judged: Mutex::new(0),
        }
    }

    fn text(&self, candidate: &Candidate) -> String {
        candidate.apply(&self.sources).remove(0).1
    }
}

impl Harness for Words {
    fn workers(&self) -> usize {
        2
    }

    fn baseline(&self) -> Result<Baseline, Error> {
        let text = &self.sources.get(FileId(0)).text;
        let tests = self
            .tests
            .iter()
            .map(|word| TestRun {
                name: (*word).to_owned(),
                outcome: if text.contains(word) {
                    TestOutcome::Passed
                } else {
                    TestOutcome::Failed(String::new())
                },
                time: Duration::from_micros(1),
                lines: vec![(FileId(0), 1)],
            })
            .collect();
        Ok(Baseline {
            command: "look".into(),
            tests,
        })
    }

    fn prepare(&self, batch: &[Candidate], _left: Duration) -> Result<Vec<bool>, Error> {
        Ok(batch
            .iter()
            .map(|candidate| !self.text(candidate).contains('!'))
            .collect())
    }

    fn evaluate(
        &self,
        _worker: usize,
        batch: &[&Candidate],
        request: &Request<'_>,
        report: &mut dyn FnMut(usize, Verdict),
    ) -> Result<(), Error> {
        for (at, candidate) in batch.iter().enumerate() {
            *self.judged.lock().unwrap() += 1;
            let text = self.text(candidate);
            let holds = |&test: &usize| text.contains(self.tests[test]);
            report(
                at,
                Verdict {
                    repaired: request
                        .failing
                        .iter()
                        .copied()
                        .filter(|test| holds(test))
                        .count(),
                    broke_passing: !request.passing.iter().all(holds),
                    timed_out: false,
                    symptom: 0,
                },
            );
        }
        Ok(())
    }

    fn confirm(&self, candidate: &Candidate) -> Result<bool, Error> {
        Ok(self
            .refused_at_the_end
            .is_none_or(|word| !self.text(candidate).contains(word)))
    }

    fn behaviours(&self, candidates: &[&Candidate]) -> Result<Behaviours, Error> {
        let of = |text: &str| {
            vec![Observation {
                returned: true,
                digest: text.len() as u64,
            }]
        };
        Ok(Behaviours {
            from_failing: vec![true],
            original: of(&self.sources.get(FileId(0)).text),
            candidates: candidates
                .iter()
                .map(|candidate| of(&self.text(candidate)))
                .collect(),
        })
    }
}

/// Knows no edit of its own.
struct NoEdits;

impl Language for NoEdits {
    fn name(&self) -> &'static str {
        "words"
    }

    fn grammar(&self) -> tree_sitter::Language {
        Python.grammar()
    }

    fn batch(&self) -> usize {
        2
    }

    fn candidates(&self, _sources: &Sources, _focus: &Focus) -> Vec<Candidate> {
        Vec::new()
    }
}

fn author(edits: &[(usize, usize, &str, f64)]) -> Vec<Author> {
    let proposals = edits
        .iter()
        .enumerate()
        .map(|(key, &(start, end, text, weight))| Proposal {
            content: Candidate::single(FileId(0), start..end, text, "model", weight),
            key: key as u64,
            weight,
        })
        .collect();
    vec![Box::new(Scripted::new("scripted model", proposals))]
}

fn patches(harness: &Words, authors: Vec<Author>) -> Vec<String> {
    let stop = Arc::new(AtomicBool::new(false));
    let baseline = harness.baseline().unwrap();
    let options = Options::new("/", Environment::default());
    let clock = SystemClock::start();
    let mut search = Searching {
        options: &options,
        sources: &harness.sources,
        harness,
        judge: Judge::new(
            harness,
            &baseline,
            2,
            &stop,
            Instant::now() + options.budget,
            Known::default(),
        ),
        clock: &clock,
        spent: Duration::ZERO,
        record: Record::none(),
        replay: None,
        likely: None,
    };
    let focus = localise::ochiai(&baseline, &harness.sources);
    let (archive, _) = search.run(&NoEdits, &focus, authors, &mut |_| ()).unwrap();
    let survivors = search.survivors(&archive).unwrap();
    let patches = search.confirmed(survivors, 2).unwrap();
    patches
        .into_iter()
        .map(|patch| patch.files[0].after.clone())
        .collect()
}

#[test]
fn a_scripted_proposer_takes_part_in_the_search() {
    let harness = Words::new("old and kept", &["new", "kept"]);
    let found = patches(
        &harness,
        author(&[(0, 3, "odd", 0.9), (0, 12, "new", 0.8), (0, 3, "new", 0.5)]),
    );
    assert_eq!(found, ["new and kept"], "the second breaks a passing test");
}

#[test]
fn what_cannot_be_prepared_is_never_judged() {
    let harness = Words::new("old", &["new"]);
    assert_eq!(
        patches(&harness, author(&[(0, 3, "new!", 0.9), (0, 3, "new", 0.8)])),
        ["new"]
    );
    assert_eq!(*harness.judged.lock().unwrap(), 1);
}

#[test]
fn a_candidate_that_fails_the_whole_run_is_not_shown() {
    let mut harness = Words::new("old", &["new"]);
    harness.refused_at_the_end = Some("newer");
    assert_eq!(
        patches(
            &harness,
            author(&[(0, 3, "newer", 0.9), (0, 3, "new", 0.8)])
        ),
        ["new"]
    );
}

#[test]
fn edits_that_each_repair_what_the_other_does_not_are_joined() {
    let harness = Words::new("a b kept", &["one", "two", "kept"]);
    let edits = [
        (0, 1, "one", 0.9),
        (0, 1, "odd", 0.8),
        (2, 3, "two", 0.7),
        (2, 3, "three", 0.6),
    ];
    assert_eq!(patches(&harness, author(&edits)), ["one two kept"]);
    // Neither half alone, and what overlaps is never joined.
    let overlapping = [(0, 3, "one", 0.9), (0, 1, "two", 0.8)];
    assert!(patches(&harness, author(&overlapping)).is_empty());
}

/// Searches once, with the record at `path`, until it is stopped after `batches`; the patches, if it came to its end.
fn searched(harness: &Words, path: &Path, batches: usize) -> Option<Vec<String>> {
    let stop = Arc::new(AtomicBool::new(false));
    let baseline = harness.baseline().unwrap();
    let folder = path.parent().unwrap();
    let mut options = Options::new(folder, Environment::default());
    (options.record, options.resumes) = (Some(path.to_owned()), true);
    let project = Project::open(folder).unwrap();
    let clock = SystemClock::start();
    let (record, known) = Record::open(&options, &project, &harness.sources, &baseline).unwrap();
    let spent = known.spent;
    let ends = Instant::now() + options.budget;
    let mut search = Searching {
        options: &options,
        sources: &harness.sources,
        harness,
        judge: Judge::new(harness, &baseline, 2, &stop, ends, known),
        clock: &clock,
        spent,
        record,
        replay: None,
        likely: None,
    };
    let focus = localise::ochiai(&baseline, &harness.sources);
    let edits = [
        (0, 1, "one", 0.9),
        (0, 1, "odd", 0.8),
        (2, 3, "other!", 0.75),
        (2, 3, "two", 0.7),
        (2, 3, "three", 0.6),
    ];
    let mut seen = 0;
    let ended = search.run(&NoEdits, &focus, author(&edits), &mut |_| {
        seen += 1;
        stop.store(seen >= batches, Ordering::Relaxed);
    });
    let archive = ended.ok()?.0;
    let survivors = search.survivors(&archive).unwrap();
    let patches = search.confirmed(survivors, 2).unwrap().into_iter();
    Some(patches.map(|patch| patch.files[0].after.clone()).collect())
}

#[test]
fn a_repair_that_was_stopped_goes_on_and_judges_nothing_twice() {
    let whole = Words::new("a b kept", &["one", "two", "kept"]);
    let folder = tempfile::tempdir().unwrap();
    let wanted = Some(vec!["one two kept".to_owned()]);
    let at_once = searched(&whole, &folder.path().join("whole.jsonl"), usize::MAX);
    assert_eq!(at_once, wanted);
    let record = folder.path().join("parts.jsonl");
    let parts = Words::new("a b kept", &["one", "two", "kept"]);
    for batches in 1..3 {
        // One that goes on sees what it knows at first.
        assert_eq!(searched(&parts, &record, batches), None);
        // A line that was torn by a crash is judged anew, and nothing else.
        let mut text = std::fs::read_to_string(&record).unwrap();
        text.push_str("{\"trial\":9,\"edi");
        std::fs::write(&record, text).unwrap();
    }
    assert_eq!(searched(&parts, &record, usize::MAX), wanted);
    assert_eq!(*parts.judged.lock().unwrap(), *whole.judged.lock().unwrap());
    let text = std::fs::read_to_string(&record).unwrap();
    let trials = text
        .lines()
        .skip(1)
        .filter(|line| line.contains("\"trial\""));
    let trials: Vec<String> = trials
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["edits"].to_string())
        .collect();
    let distinct: std::collections::HashSet<&String> = trials.iter().collect();
    assert_eq!((trials.len(), distinct.len()), (6, 6), "{text}");
    // Of other sources nothing is known.
    let other = Words::new("a b also kept", &["one", "two", "kept"]);
    assert!(searched(&other, &record, usize::MAX).is_some());
    assert!(*other.judged.lock().unwrap() > 3);
}
