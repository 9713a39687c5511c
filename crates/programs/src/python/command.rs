//! Runs a project's own test commands on candidates, in files of their own. Of such a command only
//! the exit status is known, so all its tests count as one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sandbox::{Access, Exec, Limits, Network, Policy, Status, Worker};

use super::interpreter::Interpreter;
use super::runner::{FOLDER, PATH_OF_SITE, write_package};
use crate::course::Course;
use crate::edit::Candidate;
use crate::error::Error;
use crate::language::{Baseline, Harness, Request, TestOutcome, TestRun, Verdict};
use crate::project::Project;
use crate::source::{FileId, Sources};

/// Processor time of the command on the unchanged project, after which it counts as hanging.
const BASELINE_TIME: Duration = Duration::from_secs(30);
/// Candidates for one box at a time: each costs the start of a process, so none too many are tried
/// once one is right.
const BATCH: usize = 6;
/// The last run of a patch.
const CONFIRM_TIME: Duration = Duration::from_secs(300);
/// The same for a command that is known to hang, to see which lines it runs.
const HANGING_TIME: Duration = Duration::from_secs(3);
/// How much more time may pass than the command computes.
const WAITING: u32 = 2;
/// What a shell exits with when it finds no such command, or one that cannot be started.
const NOT_FOUND: [i32; 2] = [126, 127];

/// What a harness is opened with.
pub(super) struct Commands<'a> {
    /// The command that fails, then those that must go on passing.
    pub commands: Vec<String>,
    pub project: &'a Project,
    pub sources: &'a Arc<Sources>,
    pub interpreter: &'a Interpreter,
    /// A folder for private copies.
    pub scratch: &'a Path,
    pub workers: usize,
    /// Time after which every box is ended, whatever happens.
    pub wall_time: Duration,
    pub course: &'a Course,
}

/// Runs a project's own test commands on candidates.
pub(super) struct CommandHarness {
    commands: Vec<String>,
    project: Project,
    sources: Arc<Sources>,
    scratch: PathBuf,
    policy: Policy,
    stations: Vec<Mutex<Station>>,
    /// Copies of the project made so far.
    copies: AtomicUsize,
    course: Course,
}

/// Bytes that are read of the lines that a command notes down.
const NOTE_BYTES_MAX: u64 = 256 << 20;

/// A box with a copy of the project.
struct Station {
    copy: PathBuf,
    worker: Worker,
}

/// How the command ended.
struct Seen {
    passed: bool,
    timed_out: bool,
    /// The line that says most.
    complaint: String,
    time: Duration,
    exit: Option<i32>,
}

impl CommandHarness {
    /// Copies the project and starts the boxes.
    pub fn open(opening: &Commands<'_>) -> Result<Self, Error> {
        let scratch = opening.scratch.to_owned();
        let (package, cover) = (scratch.join("package"), scratch.join("cover"));
        write_package(&package)?;
        std::fs::create_dir_all(&cover).map_err(|source| Error::io("create", &cover, source))?;
        let bin = opening
            .interpreter
            .program
            .parent()
            .unwrap_or(Path::new("/usr/bin"));
        let mut policy = Policy::new()
            .bind(&package, FOLDER, Access::Read)
            .write(&cover)
            .network(Network::Loopback)
            .limits(Limits {
                wall_time: opening.wall_time,
                cpu_time: opening.wall_time * 2,
                memory_bytes: 4 << 30,
                processes: 128,
                ..Limits::default()
            })
            .env("PYTHONHASHSEED", "0")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env(
                "PATH",
                format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()),
            )
            .protect_metadata(false)
            .cwd(&opening.project.root);
        for folder in &opening.interpreter.reads {
            policy = policy.read(folder);
        }
        let mut harness = Self {
            commands: opening.commands.clone(),
            project: opening.project.clone(),
            sources: Arc::clone(opening.sources),
            scratch,
            policy,
            stations: Vec::new(),
            copies: AtomicUsize::new(0),
            course: opening.course.clone(),
        };
        for _ in 0..opening.workers.max(1) {
            let station = harness.station()?;
            harness.stations.push(Mutex::new(station));
        }
        Ok(harness)
    }

    fn station(&self) -> Result<Station, Error> {
        let number = self.copies.fetch_add(1, Ordering::Relaxed);
        let copy = self.scratch.join(format!("copy-{number}"));
        self.project.copy_to(&copy)?;
        let policy = self
            .policy
            .clone()
            .bind(&copy, &self.project.root, Access::Write);
        let mut worker = Worker::start(&policy)?;
        let course = self.course.clone();
        worker.end_when(move || course.is_over());
        Ok(Station { copy, worker })
    }

    /// Runs one of the commands on the files with the edits of a candidate in them. The lines that
    /// it runs are noted in the file `note`.
    fn run(
        &self,
        station: &mut Station,
        command: usize,
        candidate: Option<&Candidate>,
        limit: Duration,
        note: Option<&Path>,
    ) -> Result<Seen, Error> {
        self.course.check()?;
        if self.fill(station, candidate).is_err() {
            // What ran before has left links or folders where files belong.
            *station = self.station()?;
            self.fill(station, candidate)?;
        }
        let mut env = Vec::new();
        if let Some(note) = note {
            env.push(("FREEHOLD_COVERAGE".into(), note.into()));
            env.push(("FREEHOLD_ROOT".into(), self.project.root.clone().into()));
            env.push(("PYTHONPATH".into(), PATH_OF_SITE.into()));
        }
        let exec = Exec {
            program: "/bin/sh".into(),
            args: ["-c", &self.commands[command]].map(Into::into).into(),
            env,
            cwd: Some(self.project.root.clone()),
            cpu_time: Some(limit),
            wall_time: Some(limit * WAITING),
            output_bytes: Some(1 << 20),
            ..Exec::default()
        };
        match station.worker.exec(&exec) {
            Ok(outcome) if outcome.status == Status::Cancelled => Err(Error::Stopped),
            Ok(outcome) => Ok(Seen::of(&outcome)),
            Err(error @ sandbox::Error::Exec { .. }) => Err(error.into()),
            Err(_) => {
                *station = self.station()?;
                Ok(Seen {
                    passed: false,
                    timed_out: false,
                    complaint: "it ended its box".into(),
                    time: limit,
                    exit: None,
                })
            }
        }
    }

    fn fill(&self, station: &Station, candidate: Option<&Candidate>) -> Result<(), Error> {
        self.project.restore(&station.copy)?;
        for (file, text) in candidate.into_iter().flat_map(|c| c.apply(&self.sources)) {
            let path = &self.sources.get(file).path;
            sandbox::files::write_beneath_unsynced(&station.copy, path, text.as_bytes())?;
        }
        Ok(())
    }

    /// Runs the failing command for at most `limit`, and if it passes the others within `left`.
    fn judge(
        &self,
        station: &mut Station,
        candidate: &Candidate,
        limit: Duration,
        left: Duration,
    ) -> Result<Verdict, Error> {
        let first = self.run(station, 0, Some(candidate), limit, None)?;
        let mut verdict = Verdict {
            repaired: usize::from(first.passed),
            broke_passing: !first.passed,
            timed_out: first.timed_out,
            symptom: first.symptom(),
        };
        for command in 1..self.commands.len() {
            if verdict.broke_passing {
                break;
            }
            let limit = left.min(BASELINE_TIME);
            let seen = self.run(station, command, Some(candidate), limit, None)?;
            verdict.broke_passing = !seen.passed;
        }
        Ok(verdict)
    }

    /// The lines that a command runs, in whatever process.
    pub fn lines(&self, command: usize) -> Result<Vec<(FileId, u32)>, Error> {
        self.lines_within(command, BASELINE_TIME)
    }

    fn lines_within(&self, command: usize, limit: Duration) -> Result<Vec<(FileId, u32)>, Error> {
        let cover = self.scratch.join("cover");
        let name = command.to_string();
        let note = cover.join(&name);
        let mut station = self.stations[0].lock().expect("no holder panics");
        self.run(&mut station, command, None, limit, Some(&note))?;
        // What was run could write there: a link, a pipe or more than there is memory for.
        let text = sandbox::files::read_beneath(&cover, Path::new(&name), NOTE_BYTES_MAX)
            .unwrap_or_default();
        let mut found: Vec<(FileId, u32)> = String::from_utf8_lossy(&text)
            .lines()
            .filter_map(|line| {
                let (path, number) = line.split_once('\t')?;
                let path = Path::new(path).strip_prefix(&self.project.root).ok()?;
                let number = number.parse().ok().filter(|&number| number > 0)?;
                Some((self.sources.find(path)?, number))
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}

impl Seen {
    fn of(outcome: &sandbox::Outcome) -> Self {
        let last = |bytes: &[u8]| -> Option<String> {
            let text = String::from_utf8_lossy(bytes);
            let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
            Some(line.trim().chars().take(300).collect())
        };
        let exit = match outcome.status {
            Status::Exited(code) => Some(code),
            _ => None,
        };
        Self {
            passed: outcome.is_success(),
            timed_out: matches!(outcome.status, Status::TimedOut | Status::CpuLimit),
            complaint: last(&outcome.stderr)
                .or_else(|| last(&outcome.stdout))
                .or_else(|| exit.map(|code| format!("it exits with {code}")))
                .unwrap_or_else(|| format!("{:?}", outcome.status)),
            time: outcome.wall_time,
            exit,
        }
    }

    fn outcome(&self) -> TestOutcome {
        match (self.passed, self.timed_out) {
            (true, _) => TestOutcome::Passed,
            (_, true) => TestOutcome::TimedOut,
            _ => TestOutcome::failed(self.complaint.clone()),
        }
    }

    fn symptom(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.exit, &self.complaint).hash(&mut hasher);
        hasher.finish()
    }
}

impl Harness for CommandHarness {
    fn workers(&self) -> usize {
        self.stations.len()
    }

    fn batch(&self, _usual: usize) -> usize {
        BATCH * self.stations.len()
    }

    fn baseline(&self) -> Result<Baseline, Error> {
        let mut runs = Vec::new();
        for station in self.stations.iter().chain(&self.stations).take(2) {
            let mut station = station.lock().expect("no holder panics");
            runs.push(self.run(&mut station, 0, None, BASELINE_TIME, None)?);
            if runs[0].timed_out {
                break;
            }
        }
        let first = &runs[0];
        if first.exit.is_some_and(|code| NOT_FOUND.contains(&code)) {
            return Err(Error::unsuitable(
                "test_command_not_found",
                format!("`{}` does not start: {}", self.commands[0], first.complaint),
                "it runs in a box that shows the project, the system's programs and this project's Python",
            ));
        }
        if ["SyntaxError", "IndentationError", "TabError"]
            .iter()
            .any(|name| first.complaint.starts_with(name))
        {
            return Err(Error::unsuitable(
                "broken_syntax",
                format!("the program cannot be parsed: {}", first.complaint),
                "mend the syntax first; repair starts from a program that Python can read",
            ));
        }
        let mut run = TestRun {
            name: self.commands[0].clone(),
            outcome: first.outcome(),
            time: first.time,
            lines: Vec::new(),
        };
        if runs.iter().any(|other| other.passed != first.passed) {
            run.outcome = TestOutcome::Flaky;
        }
        run.lines = match run.outcome {
            TestOutcome::Failed(_) => self.lines(0)?,
            TestOutcome::TimedOut => self.lines_within(0, HANGING_TIME)?,
            _ => Vec::new(),
        };
        Ok(Baseline {
            command: self.commands[0].clone(),
            tests: vec![run],
        })
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
        let ends = Instant::now() + request.left;
        let mut station = self.stations[worker].lock().expect("no holder panics");
        for (index, candidate) in batch.iter().enumerate() {
            let left = ends.saturating_duration_since(Instant::now());
            let verdict = if left.is_zero() {
                Verdict {
                    broke_passing: true,
                    timed_out: true,
                    ..Verdict::default()
                }
            } else {
                self.judge(&mut station, candidate, request.time_limit.min(left), left)?
            };
            report(index, verdict);
        }
        Ok(())
    }

    fn confirm(&self, candidate: &Candidate) -> Result<bool, Error> {
        let mut station = self.station()?;
        for command in 0..self.commands.len() {
            let seen = self.run(&mut station, command, Some(candidate), CONFIRM_TIME, None)?;
            if !seen.passed {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
