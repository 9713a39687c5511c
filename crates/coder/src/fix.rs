//! `freehold fix`: finds a small change after which all tests pass.

mod gains;
mod judge;
mod known;
mod localise;
mod pairs;
mod propose;
mod rank;
mod record;
mod replay;
mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use discovery::{Archive, Clock as _, Progress, Proposer, Stop, SystemClock};

use judge::{EFFORT_MAX, Judge};
use pairs::{BlindPairs, CompletePairs, HelpedPairs, StirredPairs};
use programs::python::{self, Python};
use programs::rust::{self, Rust};
use programs::{
    Baseline, Candidate, Course, Environment, Error, Focus, Harness, Language, Project, Scratch,
    Sources, TestOutcome, Wanted,
};
pub use programs::{Hindrance, Seen, Step};
use propose::Weighted;
use rank::Survivor;
use record::Record;
use replay::Replay;
pub use replay::Replayed;
pub use report::{Counts, FixOutcome, Hindered, Patch, PatchedFile, Report, TestCounts, Times};

/// How long building and first running the tests may take when nobody says otherwise.
pub const BASELINE: Duration = Duration::from_secs(300);
/// How long boxes live beyond the search: for the tests before and after it.
const BESIDES: Duration = Duration::from_secs(900);
/// The least time that is left to a search that goes on.
const LEFT_MIN: Duration = Duration::from_secs(1);
/// How often it is told how far the first tests are.
const WATCHED_EVERY: Duration = Duration::from_millis(50);
/// Survivors to collect at most before ranking.
const SURVIVORS_MAX: usize = 48;
/// Patches that are shown when nobody asked for more: the best, and one that behaves otherwise.
const RUNNER_UP: usize = 2;
/// Survivors whose behaviour is compared.
const COMPARED_MAX: usize = 24;
/// After the first survivor the search goes on for candidates of at least this share of its weight.
const WORTH_COMPARING: f64 = 0.05;
/// A first survivor of less than this weight is one to look further than.
const DOUBTFUL: f64 = 0.08;

/// What to repair, and within which limits.
#[derive(Clone, Debug)]
pub struct Options {
    /// The project's folder.
    pub root: PathBuf,
    /// The test command; detected when none is given.
    pub test: Option<String>,
    /// Files that may be edited, relative to the root; all but the tests when empty.
    pub files: Vec<PathBuf>,
    /// Wall time for the search. Default 60 s.
    pub budget: Duration,
    /// Wall time until the search begins: for building, and for running the tests on the unchanged program. Default
    /// 300 s.
    pub baseline: Duration,
    /// Candidates judged at the same time; at least 1.
    pub jobs: usize,
    /// Patches to report at most.
    pub patches: usize,
    /// Seed of all choices by chance.
    pub seed: u64,
    /// Where the record of the run is written, if anywhere.
    pub record: Option<PathBuf>,
    /// Whether `record` may be of the same repair, which was stopped: what was tried is not tried again, and the time
    /// that was spent counts.
    pub resumes: bool,
    /// A record to run again instead of searching.
    pub replay: Option<PathBuf>,
    /// What of the world outside the project may be used.
    pub environment: Environment,
}

impl Options {
    /// The defaults for the project at `root`.
    pub fn new(root: impl Into<PathBuf>, environment: Environment) -> Self {
        Self {
            root: root.into(),
            test: None,
            files: Vec::new(),
            budget: Duration::from_secs(60),
            baseline: BASELINE,
            jobs: 2,
            patches: 2,
            seed: 0,
            record: None,
            resumes: false,
            replay: None,
            environment,
        }
    }
}

/// What a person watching a repair sees.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// The project is built and its tests are run as they are; told several times a second.
    Preparing {
        /// What is being done, and how many tests were run.
        seen: Seen,
        /// How long that has taken so far.
        elapsed: Duration,
        /// How long it may take.
        budget: Duration,
    },
    /// The tests ran on the unchanged program.
    Baseline {
        /// Tests in all.
        total: usize,
        /// Names of the failing ones.
        failing: Vec<&'a str>,
        /// Names of those that pass and fail by chance.
        flaky: Vec<&'a str>,
        /// Files that may be edited.
        files: usize,
    },
    /// Where the failing tests have been and the others have not.
    Suspected {
        /// Path below the root, line from 1, and suspiciousness in (0, 1], most suspicious first.
        lines: Vec<(&'a Path, u32, f64)>,
        /// The files in which they stand.
        sources: &'a Sources,
    },
    /// Candidates were judged.
    Searching {
        /// Candidates judged so far.
        tried: usize,
        /// Judged per second.
        per_second: f64,
        /// Candidates that pass all tests.
        plausible: usize,
        /// Tests that the best candidate repairs, and how many there are to repair.
        best: (usize, usize),
        /// Share of the time that is used up, in [0, 1].
        spent: f64,
    },
    /// Survivors are compared and run once more.
    Confirming,
}

/// What is to be repaired, for a proposer of candidates to look at.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    /// The files that may be edited.
    pub sources: &'a Arc<Sources>,
    /// The tests on the unchanged program.
    pub baseline: &'a Baseline,
    /// The suspicious lines.
    pub focus: &'a Focus,
}

/// A proposer of repair candidates.
pub type Author = Box<dyn Proposer<Candidate>>;

/// Runs one repair with the built-in edit operators. `stop` ends it early; `watch` is told of its
/// progress.
pub fn fix(
    options: &Options,
    stop: &Arc<AtomicBool>,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Report, Error> {
    fix_with(options, stop, watch, &mut |_| Vec::new())
}

/// As [`fix`], with further proposers beside the built-in ones: this is where a language model
/// joins the search. `authors` is called once, when the failing tests and suspicious lines are
/// known; a bandit learns which proposers help.
pub fn fix_with(
    options: &Options,
    stop: &Arc<AtomicBool>,
    watch: &mut dyn FnMut(Event<'_>),
    authors: &mut dyn FnMut(Problem<'_>) -> Vec<Author>,
) -> Result<Report, Error> {
    let clock = SystemClock::start();
    let project = Project::open(&options.root)?;
    let scratch = Scratch::new(&options.environment.scratch)?;
    let course = Course::new(stop);
    let ((language, sources, harness), baseline) =
        prepare(options, (&project, &scratch), &course, watch)?;
    let baseline_time = clock.elapsed();
    let mut report = Report::new(language.name(), &baseline, options.seed);
    report.times.baseline = baseline_time;
    announce(&baseline, &sources, watch);
    if report.tests.failing_before.is_empty() {
        report.times.total = clock.elapsed();
        return Ok(report);
    }
    let focus = localise::ochiai(&baseline, &sources);
    let lines = focus.lines.iter();
    watch(Event::Suspected {
        lines: lines
            .map(|(file, line, suspicion)| (sources.get(*file).path.as_path(), *line, *suspicion))
            .collect(),
        sources: &sources,
    });
    let authors = authors(Problem {
        sources: &sources,
        baseline: &baseline,
        focus: &focus,
    });
    let (record, known) = Record::open(options, &project, &sources, &baseline)?;
    let spent = known.spent;
    // Somebody may have stopped it at its very end.
    let left = options.budget.saturating_sub(spent).max(LEFT_MIN);
    let mut search = Searching {
        options,
        sources: &sources,
        harness: harness.as_ref(),
        judge: Judge::new(
            harness.as_ref(),
            &baseline,
            language.batch(),
            stop,
            Instant::now() + left,
            known,
        ),
        clock: &clock,
        spent,
        record,
        replay: options
            .replay
            .as_ref()
            .map(|path| Replay::open(path, &sources))
            .transpose()?,
        likely: None,
    };
    let (archive, ending) = search.run(language.as_ref(), &focus, authors, watch)?;
    report.times.search = spent + clock.elapsed() - baseline_time;
    report.count(&archive, ending, options.jobs);
    watch(Event::Confirming);
    let survivors = search.survivors(&archive)?;
    report.patches = search.confirmed(survivors, options.patches)?;
    search.record.finish(&report)?;
    report.record = search.record.path();
    report.replayed = search.replay.map(|replay| replay.counts);
    report.outcome = if report.patches.is_empty() {
        FixOutcome::NotFixed
    } else {
        FixOutcome::Fixed
    };
    report.times.total = clock.elapsed();
    report.times.total += spent;
    report.times.confirm = report.times.total - report.times.search - report.times.baseline;
    Ok(report)
}

type Opened = (Box<dyn Language>, Arc<Sources>, Box<dyn Harness>);

/// Gets the tests ready and runs them on the unchanged program, within the time for that; `watch` is told how far it is.
fn prepare(
    options: &Options,
    (project, scratch): (&Project, &Scratch),
    course: &Course,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<(Opened, Baseline), Error> {
    let begun = Instant::now();
    course.limit(Some(begun + options.baseline));
    let prepared = std::thread::scope(|scope| {
        let waiting = std::thread::current();
        let work = scope.spawn(move || {
            let opened = open(options, project, scratch, course);
            let prepared = opened.and_then(|opened| {
                let baseline = opened.2.baseline()?;
                Ok((opened, baseline))
            });
            waiting.unpark();
            prepared
        });
        while !work.is_finished() {
            std::thread::park_timeout(WATCHED_EVERY);
            watch(Event::Preparing {
                seen: course.seen(),
                elapsed: begun.elapsed(),
                budget: options.baseline,
            });
        }
        work.join().expect("preparing does not panic")
    });
    let is_late = course.has_run_out();
    course.limit(None);
    match prepared {
        // Whatever broke then, broke as it was ended.
        Err(_) if is_late => Err(too_late(course.seen(), options.baseline)),
        prepared => prepared,
    }
}

/// That the tests of the unchanged program take longer than they may.
fn too_late(seen: Seen, budget: Duration) -> Error {
    let seconds = budget.as_secs();
    let reason = match seen.step {
        Step::Building => {
            format!("the project was not built, nor its tests collected, within `{seconds}` s")
        }
        Step::Testing | Step::Tracing => format!(
            "the tests did not run to their end on the unchanged program within `{seconds}` s: `{}` of `{}` ran",
            seen.ran.min(seen.tests),
            seen.tests
        ),
    };
    let hint = "`--baseline 20m` gives them longer; `--test` names fewer tests, such as `--test \"cargo test -p one --lib\"` \
                or `--test \"pytest tests/test_one.py\"`";
    Error::unsuitable("baseline_too_long", reason, hint)
}

/// Finds out the language and gets its tests ready to run.
fn open(
    options: &Options,
    project: &Project,
    scratch: &Scratch,
    course: &Course,
) -> Result<Opened, Error> {
    let has = |name: &str| {
        options.files.is_empty() && project.files.iter().any(|file| file.as_os_str() == name)
    };
    let named = |extension: &str| {
        options
            .files
            .iter()
            .any(|file| file.extension().is_some_and(|found| found == extension))
    };
    let wanted = Wanted {
        test: options.test.as_deref(),
        files: &options.files,
        environment: &options.environment,
        jobs: options.jobs,
        wall_time: options.baseline + options.budget + BESIDES,
        seed: options.seed,
    };
    if has("Cargo.toml") || named("rs") {
        let (sources, harness) = rust::open(&wanted, project, scratch, course)?;
        return Ok((Box::new(Rust), sources, harness));
    }
    if project.with_extension("py").next().is_some() {
        let (sources, harness) = python::open(&wanted, project, scratch, course)?;
        return Ok((Box::new(Python), sources, harness));
    }
    Err(Error::unsuitable(
        "unknown_language",
        format!(
            "`{}` holds neither Python files nor a `Cargo.toml`",
            project.root.display()
        ),
        "Python (pytest, unittest) and Rust (cargo test) can be repaired",
    ))
}

fn announce(baseline: &Baseline, sources: &Sources, watch: &mut dyn FnMut(Event<'_>)) {
    let named = |wanted: fn(&TestOutcome) -> bool| {
        baseline
            .tests
            .iter()
            .filter(|test| wanted(&test.outcome))
            .map(|test| test.name.as_str())
            .collect()
    };
    watch(Event::Baseline {
        total: baseline.tests.len(),
        failing: named(|outcome| matches!(outcome, TestOutcome::Failed(_) | TestOutcome::TimedOut)),
        flaky: named(|outcome| *outcome == TestOutcome::Flaky),
        files: sources.iter().count(),
    });
}

/// The search over candidates and what follows it.
struct Searching<'a> {
    options: &'a Options,
    sources: &'a Arc<Sources>,
    harness: &'a dyn Harness,
    judge: Judge<'a>,
    clock: &'a SystemClock,
    /// How long a run before has searched.
    spent: Duration,
    record: Record,
    replay: Option<Replay>,
    /// The likeliest solution, and whether it passed the whole test command.
    likely: Option<(Candidate, bool)>,
}

impl Searching<'_> {
    fn run(
        &mut self,
        language: &dyn Language,
        focus: &Focus,
        authors: Vec<Author>,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<(Archive<Candidate>, Stop), Error> {
        let singles: Arc<Vec<Weighted>> = Arc::new(propose::weigh(
            language.candidates(self.sources, focus),
            self.sources,
            focus,
        ));
        let mut proposers = self.proposers(&singles, authors);
        let begun = self.clock.elapsed();
        let limits = discovery::Options {
            budget: begun + self.options.budget.saturating_sub(self.spent).max(LEFT_MIN),
            effort_max: EFFORT_MAX,
            ..discovery::Options::default()
        };
        let failing = self.judge.failing.len();
        let mut first: Option<(Duration, f64, bool)> = None;
        let (record, replay, judge, spent) =
            (&mut self.record, &mut self.replay, &self.judge, self.spent);
        let mut observe = |progress: Progress<'_, Candidate>| {
            let so_far = spent + progress.elapsed.saturating_sub(begun);
            record.add(progress.batch, judge, so_far);
            if let Some(replay) = replay {
                // A replay goes on to the end of the record.
                replay.compare(progress.batch);
            }
            let elapsed = progress.elapsed.saturating_sub(begun);
            let best = progress
                .archive
                .improvements()
                .first()
                .map_or(0.0, |entry| entry.verdict.fitness);
            let plausible = progress.archive.solutions().len();
            watch(Event::Searching {
                tried: progress.archive.tried(),
                per_second: progress.archive.tried() as f64 / so_far.as_secs_f64().max(1e-3),
                plausible,
                best: (
                    if plausible > 0 {
                        failing
                    } else {
                        (best * failing as f64).round() as usize
                    },
                    failing,
                ),
                spent: so_far.as_secs_f64() / self.options.budget.as_secs_f64().max(1e-3),
            });
            if let (None, Some(found)) = (first, progress.archive.solutions().first()) {
                let is_doubtful = found.content.edits.len() > 1 || found.weight < DOUBTFUL;
                first = Some((elapsed, found.weight, is_doubtful));
            }
            replay.is_some()
                || !first.is_some_and(|(at, weight, is_doubtful)| {
                    let longer = match is_doubtful {
                        true => at + Duration::from_millis(600),
                        false => at / 2 + Duration::from_millis(50),
                    };
                    plausible >= SURVIVORS_MAX
                        || progress.weight < weight * WORTH_COMPARING
                        || elapsed > at + longer
                })
        };
        discovery::search(
            &mut proposers,
            &self.judge,
            &limits,
            self.clock,
            &mut observe,
        )
    }

    /// Those who make candidates: of single edits first, of two where that is not enough.
    fn proposers(&mut self, singles: &Arc<Vec<Weighted>>, authors: Vec<Author>) -> Vec<Author> {
        let mut proposers = authors;
        if let Some(replay) = &mut self.replay {
            proposers = vec![replay.author()];
        } else {
            proposers.extend(propose::by_operator(singles, self.sources));
            let gains = self.judge.gains.clone();
            proposers.push(Box::new(CompletePairs::new(
                Arc::clone(self.sources),
                self.judge.failing.len(),
                gains.clone(),
            )));
            proposers.push(Box::new(HelpedPairs::new(
                Arc::clone(singles),
                Arc::clone(self.sources),
                self.judge.baseline.clone(),
                gains.clone(),
            )));
            proposers.push(Box::new(StirredPairs::new(
                Arc::clone(singles),
                Arc::clone(self.sources),
                gains,
            )));
            proposers.push(Box::new(BlindPairs::new(
                Arc::clone(singles),
                Arc::clone(self.sources),
            )));
        }
        proposers
    }

    /// The solutions of the search, ranked. While their behaviour is compared, the likeliest of them
    /// is already run against the whole test command.
    fn survivors(&mut self, archive: &Archive<Candidate>) -> Result<Vec<Survivor>, Error> {
        let mut entries: Vec<_> = archive.solutions().iter().collect();
        entries.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        entries.truncate(COMPARED_MAX);
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let candidates: Vec<&Candidate> = entries.iter().map(|entry| &entry.content).collect();
        let (harness, likely) = (self.harness, candidates[0]);
        let (behaviours, confirmed) = std::thread::scope(|scope| {
            let confirming = scope.spawn(move || harness.confirm(likely));
            let behaviours = harness.behaviours(&candidates);
            (
                behaviours,
                confirming.join().expect("confirming does not panic"),
            )
        });
        let mut behaviours = behaviours?;
        self.likely = Some((likely.clone(), confirmed?));
        let mut rows = std::mem::take(&mut behaviours.candidates).into_iter();
        let survivors = entries
            .into_iter()
            .map(|entry| Survivor {
                candidate: entry.content.clone(),
                weight: entry.weight,
                length: rank::length(&entry.content, self.sources),
                neutral: entry
                    .content
                    .apply(self.sources)
                    .iter()
                    .map(|(file, after)| {
                        rank::neutral_operations(&self.sources.get(*file).text, after)
                    })
                    .sum(),
                behaviour: rows.next().unwrap_or_default(),
                score: 0.0,
                confidence: 0.0,
            })
            .collect();
        let (mut chosen, same) = rank::distinct(rank::rank(survivors, &behaviours));
        if self.options.patches > RUNNER_UP {
            chosen.extend(same);
        }
        Ok(chosen)
    }

    /// The first `wanted` survivors that pass the user's own test command, as patches.
    fn confirmed(&self, survivors: Vec<Survivor>, wanted: usize) -> Result<Vec<Patch>, Error> {
        let mut patches = Vec::new();
        for survivor in survivors {
            if patches.len() >= wanted.max(1) {
                break;
            }
            let is_confirmed = match &self.likely {
                Some((candidate, is_confirmed)) if *candidate == survivor.candidate => {
                    *is_confirmed
                }
                _ => self.harness.confirm(&survivor.candidate)?,
            };
            if is_confirmed {
                patches.push(Patch::new(&survivor, self.sources));
            }
        }
        Ok(patches)
    }
}

#[cfg(test)]
mod tests;
