//! Runs a Rust project's tests on candidates: many in one build, each chosen at run time.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sandbox::{Exec, Worker};

use super::compile::{Builder, Text};
use super::learn::{Program, Suite};
use super::libtest;
use super::schemata::{self, SWITCH, Schemata};
use super::toolchain::Toolchain;
use super::units::Unit;
use crate::course::Course;
use crate::edit::Candidate;
use crate::error::Error;
use crate::language::{Baseline, Behaviours, Harness, Request, Verdict};
use crate::project::Project;
use crate::source::Sources;

/// Time that a test program takes to start, on top of what its tests take.
const START_TIME: Duration = Duration::from_millis(20);
/// How much more time may pass than a program computes.
const WAITING: u32 = 8;
/// A whole `cargo test`.
const CONFIRM_TIME: Duration = Duration::from_secs(300);

/// Runs a Rust project's tests on candidates.
pub(crate) struct RustHarness {
    pub(super) place: Place,
    pub(super) suite: Suite,
    pub(super) builders: Vec<Mutex<Builder>>,
    pub(super) runners: Vec<Mutex<Option<Worker>>>,
    /// What the last `prepare` made of each candidate, by its digest.
    prepared: Mutex<HashMap<u64, Ready>>,
    /// Builds so far.
    builds: Mutex<usize>,
    /// Whole test runs so far.
    confirmations: AtomicUsize,
    pub(super) facts: Mutex<Facts>,
}

/// What the baseline has told.
#[derive(Debug)]
pub(super) struct Facts {
    /// Tests that pass or fail on the unchanged project: what a confirmation must count.
    pub expected: usize,
    /// Time of each test; nothing for one that does not end.
    pub times: Vec<Duration>,
    /// Tests that fail.
    pub failing: Vec<usize>,
    /// Names of those that fail for what the box withholds.
    pub hindered: HashSet<String>,
    /// Address space of a test program.
    pub memory_bytes: u64,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            expected: 0,
            times: Vec::new(),
            failing: Vec::new(),
            hindered: HashSet::new(),
            memory_bytes: 2 << 30,
        }
    }
}

/// Where everything is.
pub(super) struct Place {
    pub root: PathBuf,
    pub project: Project,
    pub sources: Arc<Sources>,
    pub toolchain: Toolchain,
    pub scratch: PathBuf,
    pub arguments: Vec<String>,
    pub course: Course,
}

/// A candidate that can run.
#[derive(Clone, Debug)]
struct Ready {
    builder: usize,
    switch: String,
}

impl Place {
    /// A folder that all boxes share.
    pub fn shared(&self, name: &str) -> PathBuf {
        self.scratch.join(name)
    }

    /// A fresh copy of the project.
    pub fn tree(&self, name: &str) -> Result<PathBuf, Error> {
        let tree = self.scratch.join(name);
        self.project.copy_to(&tree)?;
        Ok(tree)
    }

    /// A box that shows `tree` at the project's place.
    pub fn start(&self, tree: &Path) -> Result<Worker, Error> {
        let open = [self.shared("build"), self.shared("cover")];
        let open: Vec<&Path> = open.iter().map(PathBuf::as_path).collect();
        let policy = self
            .toolchain
            .policy(&self.root, tree, &open, &self.shared("cargo"));
        let mut worker =
            Worker::start(&policy.env("CARGO_TARGET_DIR", self.shared("build").join("target")))?;
        let course = self.course.clone();
        worker.end_when(move || course.is_over());
        Ok(worker)
    }

    pub fn check_stop(&self) -> Result<(), Error> {
        self.course.check()
    }
}

impl RustHarness {
    /// Copies the project, builds its tests and lists them.
    pub(super) fn open(place: Place, workers: usize) -> Result<Self, Error> {
        for name in ["build", "cover"] {
            let folder = place.shared(name);
            std::fs::create_dir_all(&folder)
                .map_err(|source| Error::io("create", &folder, source))?;
        }
        place.toolchain.make_home(&place.shared("cargo"))?;
        let tree = place.tree("tree-0")?;
        let mut first = place.start(&tree)?;
        let suite = Suite::learn(&place, &mut first)?;
        let mut builders = Vec::new();
        let mut runners = Vec::new();
        let mut first = Some((first, tree));
        for number in 0..workers.max(1) {
            let (worker, tree) = match first.take() {
                Some(made) => made,
                None => {
                    let tree = place.tree(&format!("tree-{number}"))?;
                    (place.start(&tree)?, tree)
                }
            };
            // The first build has run programs of the project here: there may be links.
            let (build, name) = (place.shared("build"), format!("out-{number}"));
            sandbox::files::create_dir_beneath(&build, Path::new(&name))?;
            let out = build.join(name);
            builders.push(Mutex::new(Builder {
                worker,
                tree,
                workspace: suite.workspace.clone(),
                out,
            }));
            let own = place.tree(&format!("run-{number}"))?;
            runners.push(Mutex::new(Some(place.start(&own)?)));
        }
        Ok(Self {
            place,
            suite,
            builders,
            runners,
            prepared: Mutex::default(),
            builds: Mutex::new(0),
            confirmations: AtomicUsize::new(0),
            facts: Mutex::default(),
        })
    }

    /// Runs a test program of `out` on some of its tests.
    pub(super) fn run(
        &self,
        runner: usize,
        program: &Program,
        out: &Path,
        tests: &[&str],
        env: &[(&str, &str)],
        limit: Duration,
    ) -> Result<sandbox::Outcome, Error> {
        self.place.check_stop()?;
        let memory_bytes = self.facts.lock().expect("no holder panics").memory_bytes;
        let unit = &self.suite.units[program.unit];
        let mut args: Vec<std::ffi::OsString> = tests.iter().map(Into::into).collect();
        args.extend(["--exact", "--test-threads=1"].map(Into::into));
        let mut variables = unit.variables(out, &self.suite.rebuilt());
        variables.extend(
            env.iter()
                .map(|(key, value)| ((*key).into(), (*value).into())),
        );
        let exec = Exec {
            program: unit.executable(out),
            args,
            env: variables,
            cwd: unit.package(),
            // A busy machine makes no program look endless; one that only waits ends all the same.
            cpu_time: Some(limit),
            wall_time: Some(limit * WAITING),
            memory_bytes: Some(memory_bytes),
            output_bytes: Some(4 << 20),
            ..Exec::default()
        };
        let mut slot = self.runners[runner].lock().expect("no holder panics");
        if slot.is_none() {
            let tree = self.place.scratch.join(format!("run-{runner}"));
            *slot = Some(self.place.start(&tree)?);
        }
        let worker = slot.as_mut().expect("set above");
        match worker.exec(&exec) {
            Ok(outcome) => self.place.check_stop().map(|()| outcome),
            Err(error @ sandbox::Error::Exec { .. }) => Err(error.into()),
            Err(_) => {
                // The box is gone with what ran in it; the next candidate gets a new one.
                *slot = None;
                Ok(sandbox::Outcome {
                    status: sandbox::Status::Cancelled,
                    stdout: Vec::new(),
                    stderr: Vec::new(),
                    wall_time: limit,
                    cpu_time: limit,
                    memory_peak_bytes: 0,
                })
            }
        }
    }

    /// Builds the candidates of one share of a batch; the digests of those that compile.
    fn build(
        &self,
        number: usize,
        share: &[&Candidate],
        ends: Instant,
    ) -> Result<Vec<(u64, Ready)>, Error> {
        self.place.check_stop()?;
        let mut builder = self.builders[number].lock().expect("no holder panics");
        let schemata = Schemata::of(share, &self.place.sources);
        let units = self.suite.needed(&self.place.sources, &schemata.files());
        let module = schemata::module(schemata.slots(), 0);
        let mut texts = |dropped: &HashSet<u32>| self.texts(&schemata, &units, &module, dropped);
        *self.builds.lock().expect("no holder panics") += 1;
        let built = builder.build(
            &units,
            ends.saturating_duration_since(Instant::now()),
            &mut texts,
        )?;
        let restored = schemata.files();
        for file in restored {
            let source = self.place.sources.get(file);
            sandbox::files::write_beneath_unsynced(
                &builder.tree,
                &source.path,
                source.text.as_bytes(),
            )?;
        }
        let Ok(dropped) = built else {
            drop(builder);
            return self.halve(number, share, ends);
        };
        Ok(share
            .iter()
            .zip(&schemata.switches)
            .filter_map(|(candidate, switch)| {
                let (switch, variants) = switch.as_ref()?;
                let compiles = variants.iter().all(|variant| !dropped.contains(variant));
                compiles.then(|| {
                    (
                        digest(candidate),
                        Ready {
                            builder: number,
                            switch: switch.clone(),
                        },
                    )
                })
            })
            .collect())
    }

    /// A share that cannot be built is cut down to the part of its candidates that can.
    fn halve(
        &self,
        number: usize,
        share: &[&Candidate],
        ends: Instant,
    ) -> Result<Vec<(u64, Ready)>, Error> {
        if share.len() < 8 || Instant::now() >= ends {
            return Ok(Vec::new());
        }
        let (front, back) = share.split_at(share.len() / 2);
        let ready = self.build(number, front, ends)?;
        if ready.is_empty() {
            self.build(number, back, ends)
        } else {
            Ok(ready)
        }
    }

    fn texts(
        &self,
        schemata: &Schemata,
        units: &[&Unit],
        module: &str,
        dropped: &HashSet<u32>,
    ) -> Vec<Text> {
        let sources = &self.place.sources;
        let mut texts: Vec<Text> = schemata
            .files()
            .into_iter()
            .map(|file| {
                let rewritten =
                    schemata.rewrite(file, sources, &|number| dropped.contains(&number));
                Text {
                    path: sources.get(file).path.clone(),
                    text: rewritten.text,
                    regions: rewritten.regions,
                }
            })
            .collect();
        self.suite
            .add_module(&self.place, units, &mut texts, module);
        texts
    }

    fn judge(&self, runner: usize, ready: &Ready, request: &Request<'_>) -> Result<Verdict, Error> {
        let is_dear = |test: &&usize| request.dear.contains(*test);
        let (dear_failing, failing): (Vec<usize>, Vec<usize>) =
            request.failing.iter().partition(is_dear);
        let (dear_passing, passing): (Vec<usize>, Vec<usize>) =
            request.passing.iter().partition(is_dear);
        let mut verdict = Verdict {
            broke_passing: true,
            ..Verdict::default()
        };
        let mut hasher = DefaultHasher::new();
        verdict.repaired =
            self.count(runner, ready, &failing, request, &mut verdict, &mut hasher)?;
        verdict.symptom = hasher.finish();
        if verdict.repaired == 0 || verdict.timed_out {
            return Ok(verdict);
        }
        let count = self.count(runner, ready, &passing, request, &mut verdict, &mut hasher)?;
        verdict.broke_passing = count < passing.len();
        if verdict.broke_passing || verdict.repaired < failing.len() {
            return Ok(verdict);
        }
        verdict.repaired += self.count(
            runner,
            ready,
            &dear_failing,
            request,
            &mut verdict,
            &mut hasher,
        )?;
        let count = self.count(
            runner,
            ready,
            &dear_passing,
            request,
            &mut verdict,
            &mut hasher,
        )?;
        verdict.broke_passing = count < dear_passing.len();
        Ok(verdict)
    }

    /// How many of `tests` pass; a program of which one fails ends the count of passing ones.
    fn count(
        &self,
        runner: usize,
        ready: &Ready,
        tests: &[usize],
        request: &Request<'_>,
        verdict: &mut Verdict,
        hasher: &mut DefaultHasher,
    ) -> Result<usize, Error> {
        let out = self
            .place
            .shared("build")
            .join(format!("out-{}", ready.builder));
        let env = [(SWITCH, ready.switch.as_str())];
        let mut passed = 0;
        for (program, tests) in self.suite.grouped(tests) {
            let name = |test: &usize| self.suite.tests[*test].name.as_str();
            let names: Vec<&str> = tests.iter().map(name).collect();
            let limit = self.limit(&tests, request);
            let outcome = self.run(runner, program, &out, &names, &env, limit)?;
            let text = String::from_utf8_lossy(&outcome.stdout);
            let ended = libtest::verdicts(&text);
            passed += names
                .iter()
                .filter(|name| ended.get(**name) == Some(&true))
                .count();
            verdict.timed_out |= is_slow(outcome.status);
            libtest::symptom(&text).hash(hasher);
            format!("{:?}", outcome.status).hash(hasher);
        }
        Ok(passed)
    }

    /// Time for a program that runs several tests: one may be slow, the others are as ever.
    fn limit(&self, tests: &[usize], request: &Request<'_>) -> Duration {
        let facts = self.facts.lock().expect("no holder panics");
        let usual: Duration = tests.iter().filter_map(|&test| facts.times.get(test)).sum();
        let slow = tests
            .iter()
            .filter_map(|&test| request.limits.get(test))
            .max();
        let limit = slow.copied().unwrap_or(request.time_limit) + usual + START_TIME;
        limit.min(request.left + START_TIME)
    }
}

/// Whether a program was ended for not ending.
pub(super) fn is_slow(status: sandbox::Status) -> bool {
    matches!(
        status,
        sandbox::Status::TimedOut | sandbox::Status::CpuLimit
    )
}

/// A number for the edits of a candidate.
fn digest(candidate: &Candidate) -> u64 {
    let mut hasher = DefaultHasher::new();
    candidate.edits.hash(&mut hasher);
    hasher.finish()
}

impl Harness for RustHarness {
    fn workers(&self) -> usize {
        self.runners.len()
    }

    fn baseline(&self) -> Result<Baseline, Error> {
        super::baseline::measure(self)
    }

    fn prepare(&self, batch: &[Candidate], left: Duration) -> Result<Vec<bool>, Error> {
        let ends = Instant::now() + left;
        let shares = if batch.len() < 24 {
            1
        } else {
            self.builders.len()
        };
        let all: Vec<&Candidate> = batch.iter().collect();
        let size = all.len().div_ceil(shares).max(1);
        let built: Vec<Result<Vec<(u64, Ready)>, Error>> = std::thread::scope(|scope| {
            let handles: Vec<_> = all
                .chunks(size)
                .enumerate()
                .map(|(number, share)| scope.spawn(move || self.build(number, share, ends)))
                .collect();
            handles
                .into_iter()
                .map(|handle| handle.join().expect("building does not panic"))
                .collect()
        });
        let mut prepared = HashMap::new();
        for share in built {
            prepared.extend(share?);
        }
        let runnable = batch
            .iter()
            .map(|candidate| prepared.contains_key(&digest(candidate)))
            .collect();
        *self.prepared.lock().expect("no holder panics") = prepared;
        Ok(runnable)
    }

    fn evaluate(
        &self,
        worker: usize,
        batch: &[&Candidate],
        request: &Request<'_>,
        report: &mut dyn FnMut(usize, Verdict),
    ) -> Result<(), Error> {
        let ends = Instant::now() + request.left;
        for (index, candidate) in batch.iter().enumerate() {
            if Instant::now() >= ends {
                let late = Verdict {
                    broke_passing: true,
                    timed_out: true,
                    ..Verdict::default()
                };
                report(index, late);
                continue;
            }
            let left = ends.saturating_duration_since(Instant::now());
            let request = &Request { left, ..*request };
            let ready = self
                .prepared
                .lock()
                .expect("no holder panics")
                .get(&digest(candidate))
                .cloned();
            let verdict = match ready {
                Some(ready) => self.judge(worker, &ready, request)?,
                None => Verdict {
                    broke_passing: true,
                    ..Verdict::default()
                },
            };
            report(index, verdict);
        }
        Ok(())
    }

    fn confirm(&self, candidate: &Candidate) -> Result<bool, Error> {
        // What earlier tests may have left in a tree is not to be met again.
        let number = self.confirmations.fetch_add(1, Ordering::Relaxed);
        let tree = self.place.tree(&format!("confirm-{number}"))?;
        for (file, text) in candidate.apply(&self.place.sources) {
            sandbox::files::write_beneath_unsynced(
                &tree,
                &self.place.sources.get(file).path,
                text.as_bytes(),
            )?;
        }
        let mut worker = self.place.start(&tree)?;
        let mut args: Vec<std::ffi::OsString> = ["test", "--offline", "--no-fail-fast"]
            .map(Into::into)
            .into();
        args.extend(self.place.arguments.iter().map(Into::into));
        let exec = Exec {
            program: self.place.toolchain.cargo.clone(),
            args,
            wall_time: Some(CONFIRM_TIME),
            ..Exec::default()
        };
        let outcome = worker.exec(&exec)?;
        self.place.check_stop()?;
        let text = String::from_utf8_lossy(&outcome.stdout);
        let (passed, failed) = libtest::totals(&text);
        let facts = self.facts.lock().expect("no holder panics");
        let verdicts = libtest::verdicts(&text);
        let mut broken = verdicts.iter().filter(|(_, passed)| !**passed);
        // What the box withholds, it withholds here, too.
        let is_clean = match facts.hindered.is_empty() {
            true => outcome.is_success() && failed == 0,
            false => broken.all(|(name, _)| facts.hindered.contains(*name)),
        };
        Ok(is_clean && passed >= facts.expected)
    }

    fn behaviours(&self, candidates: &[&Candidate]) -> Result<Behaviours, Error> {
        super::behaviour::observe(self, candidates)
    }
}
