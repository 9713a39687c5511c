//! Runs a Python project's tests on candidates: boxed runners, one a worker.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};

use super::command::CommandHarness;
use super::interpreter::Interpreter;
use super::last_word::LastWord;
use super::plan::TestPlan;
use super::runner::{Runner, Setting, write_package};
use super::wire::{definitions, observation, verdict};
use crate::course::Course;
use crate::edit::Candidate;
use crate::error::Error;
use crate::language::{Baseline, Behaviours, Harness, Request, Verdict};
use crate::project::{Project, Scratch};
use crate::source::Sources;

/// How long collecting the tests may take before it counts as hanging.
pub(super) const COLLECT_TIME: Duration = Duration::from_secs(30);
/// Inputs derived from the recorded calls, for comparing survivors.
const INPUTS: usize = 96;

/// What a harness is opened with.
pub(crate) struct Opening<'a> {
    pub project: &'a Project,
    pub sources: &'a Arc<Sources>,
    pub plan: TestPlan,
    pub interpreter: Interpreter,
    pub scratch: &'a Scratch,
    pub workers: usize,
    /// Time after which every box is ended, whatever happens.
    pub wall_time: Duration,
    pub seed: u64,
    /// Whether it is to end, and how far its tests are.
    pub course: Course,
}

/// Runs a Python project's tests on candidates.
pub(crate) struct PythonHarness {
    pub(super) place: Arc<Place>,
    pub(super) workers: Vec<Mutex<Worker>>,
    pub(super) collected: Collected,
    pub(super) facts: Mutex<Facts>,
    last_word: Mutex<LastWord>,
    /// Runs candidates instead where the tests start the program as a process of its own.
    pub(super) outside: OnceLock<CommandHarness>,
    seed: u64,
}

/// Where everything is.
pub(super) struct Place {
    pub project: Project,
    pub sources: Arc<Sources>,
    pub plan: TestPlan,
    pub interpreter: Interpreter,
    pub scratch: PathBuf,
    pub wall_time: Duration,
    pub course: Course,
    /// Boxes for whole test runs so far.
    pub confirmers: AtomicUsize,
}

/// One box with the tests collected, and one for candidates that need a fresh import.
pub(super) struct Worker {
    number: usize,
    runner: Runner,
    cold: Option<Runner>,
}

/// What the runners found when they collected the tests.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Collected {
    /// Who runs them: `plain` or `pytest`.
    pub kind: String,
    pub tests: Vec<String>,
    /// Files that cannot be imported, with the reason. Each counts as one failing test, numbered
    /// after the real ones.
    pub broken: Vec<(String, String)>,
}

/// What the baseline has told.
#[derive(Default)]
pub(super) struct Facts {
    /// Names of failing and passing tests; flaky and skipped ones are in neither.
    pub failing: Vec<String>,
    pub passing: Vec<String>,
    /// Failing tests as indexes.
    pub failing_tests: Vec<usize>,
    /// Time that all passing tests take together, and that the slowest of them takes.
    pub normal: Duration,
    pub slowest: Duration,
    /// Whether tests build on what earlier ones leave behind, so that their order matters.
    pub ordered: bool,
    /// Tests to learn inputs from, as indexes.
    pub recordable: Vec<usize>,
}

impl PythonHarness {
    /// Copies the project, starts the boxes and collects the tests in each.
    pub fn open(opening: Opening<'_>) -> Result<Self, Error> {
        let scratch = opening.scratch.path().to_owned();
        opening.project.copy_to(&scratch.join("project"))?;
        write_package(&scratch.join("package"))?;
        let place = Arc::new(Place {
            project: opening.project.clone(),
            sources: Arc::clone(opening.sources),
            plan: opening.plan,
            interpreter: opening.interpreter,
            scratch,
            wall_time: opening.wall_time,
            course: opening.course,
            confirmers: AtomicUsize::new(0),
        });
        let started: Vec<Result<(Worker, Collected), Error>> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..opening.workers.max(1))
                .map(|number| {
                    let place = &place;
                    scope.spawn(move || place.start_worker(number))
                })
                .collect();
            handles
                .into_iter()
                .map(|handle| handle.join().expect("starting a worker does not panic"))
                .collect()
        });
        let mut workers = Vec::new();
        let mut collected = None;
        for result in started {
            let (worker, found) = result?;
            collected.get_or_insert(found);
            workers.push(Mutex::new(worker));
        }
        Ok(Self {
            place,
            workers,
            collected: collected.expect("there is at least one worker"),
            facts: Mutex::default(),
            last_word: Mutex::new(LastWord::Idle),
            outside: OnceLock::new(),
            seed: opening.seed,
        })
    }

    /// Test files that cannot be imported, with the reason.
    pub fn broken(&self) -> &[(String, String)] {
        &self.collected.broken
    }

    /// Begins to start the box for whole test runs.
    pub(super) fn prepare_last_word(&self) {
        let mut last_word = self.last_word.lock().expect("no holder panics");
        last_word.begin(&self.place);
    }

    fn cold(
        &self,
        worker: &mut Worker,
        candidate: &Candidate,
        request: &Request<'_>,
    ) -> Result<Verdict, Error> {
        let total = self.total(request);
        let question = {
            let facts = self.facts.lock().expect("no holder panics");
            let plan = &self.place.plan;
            let texts: Vec<(PathBuf, String)> = candidate
                .apply(&self.place.sources)
                .into_iter()
                .map(|(file, text)| (self.place.inside(&self.place.sources.get(file).path), text))
                .collect();
            json!({
                "op": "cold",
                "root": self.place.project.root,
                "tests": self.place.test_paths(),
                "kind": self.collected.kind,
                "arguments": plan.arguments,
                "texts": texts,
                "failing": facts.failing,
                "passing": facts.passing,
                "broken": self.collected.broken.iter().map(|(file, _)| file).collect::<Vec<_>>(),
                "limit": request.time_limit.as_secs_f64(),
                "total": total.as_secs_f64(),
            })
        };
        let patience = total * 8 + Duration::from_secs(60);
        if worker.cold.is_none() {
            let mut runner = self
                .place
                .start(worker.number, "project", sandbox::Access::Read)?;
            if self.collected.kind == "pytest" {
                runner.ask(&json!({"op": "warm"}), COLLECT_TIME)?;
            }
            worker.cold = Some(runner);
        }
        let runner = worker.cold.as_mut().expect("set above");
        match runner.ask(&question, patience) {
            Ok(answer) => Ok(verdict(&answer)),
            Err(Error::Runner { .. }) => {
                worker.cold = None;
                Ok(Verdict::default())
            }
            Err(error) => Err(error),
        }
    }

    /// Wall time for all tests on one candidate.
    fn total(&self, request: &Request<'_>) -> Duration {
        let normal = self.facts.lock().expect("no holder panics").normal;
        request.time_limit * 3 + normal * 20
    }

    /// Asks the stage about candidates that can be swapped in; answers those it could not.
    fn swapped(
        &self,
        worker: &mut Worker,
        wanted: &[(usize, Value)],
        request: &Request<'_>,
        report: &mut dyn FnMut(usize, Verdict),
    ) -> Result<Vec<usize>, Error> {
        let ordered = self.facts.lock().expect("no holder panics").ordered;
        let real = |tests: &[usize]| -> Vec<usize> {
            let count = self.collected.tests.len();
            tests.iter().copied().filter(|&test| test < count).collect()
        };
        let (failing, passing) = (real(request.failing), real(request.passing));
        let of = |test: &usize| request.limits[*test].as_secs_f64();
        let limits: Vec<f64> = failing.iter().chain(&passing).map(of).collect();
        let total = self.total(request);
        let question = json!({
            "op": "evaluate",
            "candidates": wanted.iter().map(|(_, wire)| wire).collect::<Vec<_>>(),
            "failing": failing,
            "passing": passing,
            "limits": limits,
            "dear": request.dear,
            "allowance": request.allowance.as_secs_f64(),
            "ordered": ordered,
            "total": total.as_secs_f64(),
            "left": request.left.as_secs_f64(),
        });
        let patience = total * 20 + Duration::from_secs(10);
        worker.runner.send(&question)?;
        let mut cold = Vec::new();
        let mut answered = 0;
        loop {
            match worker.runner.receive(patience) {
                Ok(answer) if answer.get("done").is_some() => return Ok(cold),
                Ok(answer) => {
                    let (index, _) = wanted[answered.min(wanted.len() - 1)];
                    answered += 1;
                    if answer.get("cold").is_some() {
                        cold.push(index);
                    } else {
                        report(index, verdict(&answer));
                    }
                }
                Err(Error::Runner { .. }) => {
                    // The candidate in hand ended the whole box: it is answered, the rest is asked anew.
                    *worker = self.place.start_worker(worker.number)?.0;
                    if let Some((index, _)) = wanted.get(answered) {
                        report(*index, Verdict::default());
                    }
                    if let Some(rest) = wanted.get(answered + 1..).filter(|rest| !rest.is_empty()) {
                        cold.extend(self.swapped(worker, rest, request, report)?);
                    }
                    return Ok(cold);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Harness for PythonHarness {
    fn workers(&self) -> usize {
        self.workers.len()
    }

    fn batch(&self, usual: usize) -> usize {
        self.outside
            .get()
            .map_or(usual, |outside| outside.batch(usual))
    }

    fn baseline(&self) -> Result<Baseline, Error> {
        let mut baseline = super::baseline::measure(self).map_err(|error| match error {
            Error::Runner { reason } => Error::unsuitable(
                "tests_end_runner",
                format!("the tests bring down the process that runs them: {reason}"),
                "look for tests that fork without end, kill their parent or use up all memory, and leave them out with `--test`",
            ),
            other => other,
        })?;
        self.look_outside(&mut baseline)?;
        Ok(baseline)
    }

    fn prepare(&self, batch: &[Candidate], _left: Duration) -> Result<Vec<bool>, Error> {
        Ok(vec![true; batch.len()])
    }

    fn evaluate(
        &self,
        worker: usize,
        batch: &[&Candidate],
        request: &Request<'_>,
        report: &mut dyn FnMut(usize, Verdict),
    ) -> Result<(), Error> {
        if let Some(outside) = self.outside.get() {
            return outside.evaluate(worker, batch, request, &mut |index, mut verdict| {
                // Its first command is all the failing tests together.
                verdict.repaired *= request.failing.len();
                report(index, verdict);
            });
        }
        let mut worker = self.workers[worker].lock().expect("no holder panics");
        let must_be_cold = request
            .failing
            .iter()
            .any(|&test| test >= self.collected.tests.len());
        let mut swappable = Vec::new();
        let mut cold = Vec::new();
        for (index, candidate) in batch.iter().enumerate() {
            match definitions(&self.place.sources, &self.place.project.root, candidate) {
                Some(wire) if !must_be_cold => swappable.push((index, wire)),
                _ => cold.push(index),
            }
        }
        if !swappable.is_empty() {
            cold.extend(self.swapped(&mut worker, &swappable, request, report)?);
        }
        for index in cold {
            let verdict = self.cold(&mut worker, batch[index], request)?;
            report(index, verdict);
        }
        Ok(())
    }

    fn confirm(&self, candidate: &Candidate) -> Result<bool, Error> {
        self.prepare_last_word();
        let mut last_word = self.last_word.lock().expect("no holder panics");
        let Some(answer) = last_word.ask(&self.place, candidate)? else {
            return Ok(false);
        };
        let facts = self.facts.lock().expect("no holder panics");
        let failed = |name: &String| {
            answer["failed"]
                .as_array()
                .is_some_and(|all| all.iter().any(|x| x == name))
        };
        let passed = answer["passed"].as_array().map_or(0, Vec::len);
        let expected = facts.failing.iter().chain(&facts.passing);
        let needed = facts.failing.len() + facts.passing.len() - self.collected.broken.len();
        Ok(passed >= needed.max(1) && !expected.into_iter().any(failed))
    }

    fn behaviours(&self, candidates: &[&Candidate]) -> Result<Behaviours, Error> {
        if let Some(outside) = self.outside.get() {
            return outside.behaviours(candidates);
        }
        let unknown = Behaviours {
            candidates: vec![Vec::new(); candidates.len()],
            ..Behaviours::default()
        };
        let mut wires = vec![json!([])];
        for candidate in candidates {
            match definitions(&self.place.sources, &self.place.project.root, candidate) {
                Some(wire) => wires.push(wire),
                None => return Ok(unknown),
            }
        }
        let (record, limit) = {
            let facts = self.facts.lock().expect("no holder panics");
            let limit = facts.slowest.as_secs_f64() * 5.0 + 0.02;
            let record = json!({
                "op": "record",
                "tests": facts.recordable,
                "failing": facts.failing_tests,
                "limit": limit,
                "seed": self.seed,
                "count": INPUTS,
            });
            (record, limit)
        };
        let mut worker = self.workers[0].lock().expect("no holder panics");
        let inputs = worker.runner.ask(&record, COLLECT_TIME)?;
        let ask =
            json!({"op": "behave", "candidates": wires, "limit": limit, "total": 0.5 + limit});
        let answer = worker.runner.ask(&ask, COLLECT_TIME)?;
        let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let mut rows = array(&answer["rows"])
            .into_iter()
            .map(|row| array(&row).iter().map(observation).collect());
        Ok(Behaviours {
            from_failing: array(&inputs["from_failing"])
                .iter()
                .map(|flag| flag == true)
                .collect(),
            original: rows.next().unwrap_or_default(),
            candidates: rows.collect(),
        })
    }
}

impl Worker {
    pub(super) fn ask(&mut self, request: &Value, patience: Duration) -> Result<Value, Error> {
        self.runner.ask(request, patience)
    }

    pub(super) fn ask_watching(
        &mut self,
        request: &Value,
        patience: Duration,
        ran: &mut dyn FnMut(usize),
    ) -> Result<Value, Error> {
        self.runner.ask_watching(request, patience, ran)
    }
}

impl Place {
    /// Where a file of the project is seen in the box: where it really is.
    pub(super) fn inside(&self, file: &Path) -> PathBuf {
        self.project.root.join(file)
    }

    pub(super) fn test_paths(&self) -> Vec<PathBuf> {
        self.plan
            .files
            .iter()
            .map(|file| self.inside(file))
            .collect()
    }

    pub(super) fn start(
        &self,
        hash_seed: usize,
        copy: &str,
        access: sandbox::Access,
    ) -> Result<Runner, Error> {
        let setting = Setting {
            interpreter: &self.interpreter,
            root: &self.project.root,
            package: &self.scratch.join("package"),
            hash_seed,
            wall_time: self.wall_time,
            course: &self.course,
        };
        Runner::start(&setting, &self.scratch.join(copy), access)
    }

    fn start_worker(&self, number: usize) -> Result<(Worker, Collected), Error> {
        let mut runner = self.start(number, "project", sandbox::Access::Read)?;
        let sources: Vec<PathBuf> = self
            .sources
            .iter()
            .map(|(_, source)| self.inside(&source.path))
            .collect();
        let question = json!({
            "op": "stage",
            "root": self.project.root,
            "tests": self.test_paths(),
            "sources": sources,
            "kind": self.plan.kind.wire(),
            "arguments": self.plan.arguments,
        });
        let answer = runner.ask(&question, COLLECT_TIME).map_err(|error| match error {
            Error::Runner { reason } => Error::unsuitable(
                "tests_not_collected",
                format!("the tests could not be collected: {reason}"),
                format!("`{}` must get as far as running a test, and import without waiting or exiting", self.plan.command),
            ),
            other => other,
        })?;
        let collected = Collected {
            kind: answer["kind"].as_str().unwrap_or("plain").to_owned(),
            tests: strings(&answer["tests"]),
            broken: answer["broken"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|pair| {
                    let part = |at: usize| pair[at].as_str().unwrap_or_default().to_owned();
                    (part(0), part(1))
                })
                .collect(),
        };
        let worker = Worker {
            number,
            runner,
            cold: None,
        };
        Ok((worker, collected))
    }
}

fn strings(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}
