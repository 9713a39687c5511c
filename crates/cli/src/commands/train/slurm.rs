//! `freehold train --on slurm`: submits a job, follows it, and cancels one.

use std::ffi::OsString;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use sandbox::{SchedulerLimits, SchedulerProgram, Status, ask_scheduler};
use serde_json::json;
use tensor::Pool;
use training::{JobState, Phase, Run, RunOptions, SlurmOptions, submitted};

use super::tail::Tail;
use super::{Teller, finish};
use crate::args::train::Train;
use crate::commands::stop_on_signals;
use crate::console::Console;
use crate::failure::{Exit, Failure};

/// How often the queue is asked.
const ASK: Duration = Duration::from_secs(2);

/// How often the journals are read.
const LOOK: Duration = Duration::from_millis(200);

/// Questions in a row that the queue may leave unanswered: its daemon may be on its way up again.
const UNANSWERED_MAX: u32 = 30;

/// Answers in a row that say that a job has ended otherwise than it should, before it is believed: a job that is queued
/// again has ended for a moment.
const ENDED_MIN: u32 = 3;

/// Submits the job, or takes one that is there, and follows it.
pub fn run(args: &Train, console: &mut Console) -> anyhow::Result<Exit> {
    let path = fs::canonicalize(&args.recipe);
    let path = path.map_err(|error| Failure::unreadable(&args.recipe, &error))?;
    let stop = stop_on_signals()?;
    let options = RunOptions {
        pool: Arc::new(Pool::new(NonZeroUsize::MIN)),
        stage: args.stage.clone(),
        memory_bytes: None,
        stop: Arc::clone(&stop),
        films: None,
    };
    let run = Run::open(&path, options)?;
    let mut tail = Tail::new(run.recipe(), run.out());
    let job = match args.follow {
        Some(job) => job,
        None => {
            tail.pass();
            let job = submit(args, &run, path)?;
            console.talk(format_args!(
                "job {job}: submitted; Ctrl-C leaves it alone, `freehold train {} --cancel {job}` ends it",
                args.recipe.display()
            ));
            job
        }
    };
    let mut follower = Follower {
        teller: Teller::new(console),
        tail,
        stage: String::new(),
        told: None,
    };
    let is_done = follower.follow(job, &stop, run.out())?;
    follower.teller.clear();
    if is_done {
        let stage = args.stage.as_ref().or_else(|| {
            let last = run.recipe().stages.last();
            last.map(|stage| &stage.name)
        });
        let model = run
            .out()
            .join(stage.map_or("", String::as_str))
            .join("model");
        // A job whose ranks were lost on the way may end as if all were well.
        if !model.join("config.json").is_file() {
            return Err(has_ended(job, None, run.out()).into());
        }
        return finish(&model, run.out(), console);
    }
    if console.is_json() {
        console.print_json(&json!({ "job": job, "run": run.out() }))?;
    }
    console.talk(format_args!(
        "job {job} goes on; `freehold train {} --follow {job}` shows it again",
        args.recipe.display()
    ));
    Ok(Exit::Done)
}

/// Cancels a job.
pub fn cancel(job: u64, console: &mut Console) -> anyhow::Result<Exit> {
    ask(SchedulerProgram::Scancel, vec![job.to_string()])?;
    if console.is_json() {
        console.print_json(&json!({ "job": job }))?;
    }
    console.talk(format_args!("job {job}: cancelled"));
    Ok(Exit::Done)
}

fn submit(args: &Train, run: &Run, recipe: PathBuf) -> anyhow::Result<u64> {
    #[cfg(not(feature = "mpi"))]
    if args.on.is_some() {
        return Err(super::ranks::missing().into());
    }
    let program = std::env::current_exe();
    let program =
        program.map_err(|error| Failure::fault("internal", format!("where am I? {error}")))?;
    let options = SlurmOptions {
        nodes: args.nodes,
        ranks_per_node: args.ranks_per_node,
        cores_per_rank: args.threads,
        time: args.time.clone(),
        partition: args.partition.clone(),
        program,
        recipe,
        stage: args.stage.clone(),
    };
    let out = run.out();
    let script = out.join("slurm.sh");
    // Slurm reads `%` in names as more than itself.
    let folder = out.to_string_lossy().replace('%', "%%");
    let log = Path::new(&folder).join("slurm-%j.log");
    let words = options.submission(&run.recipe().name, &script, &log)?;
    let text = options.script()?;
    fs::create_dir_all(out)
        .and_then(|()| fs::write(&script, text))
        .map_err(|error| {
            let what = format!("`{}` cannot be written: {error}", script.display());
            Failure::fault("file_failed", what)
        })?;
    Ok(submitted(&ask(SchedulerProgram::Sbatch, words)?)?)
}

/// Asks a program of Slurm's; what it says.
fn ask(program: SchedulerProgram, words: Vec<String>) -> anyhow::Result<Vec<u8>> {
    let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    let outcome = ask_scheduler(program, &words, &SchedulerLimits::default())?;
    if outcome.status == Status::Exited(0) {
        return Ok(outcome.stdout);
    }
    let said = String::from_utf8_lossy(&outcome.stderr);
    let why = match outcome.status {
        Status::Exited(_) => {
            let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
            let lines: Vec<&str> = lines.take(3).collect();
            lines.join("; ")
        }
        Status::TimedOut => "it took too long".to_owned(),
        other => format!("{other:?}"),
    };
    let what = format!("`{}` refuses: {why}", program.name());
    Err(Failure::fault("slurm_failed", what)
        .hint("`sinfo` says whether the cluster is up, and which partitions there are")
        .into())
}

/// A job that is watched.
struct Follower<'a> {
    teller: Teller<'a>,
    tail: Tail,
    stage: String,
    /// What was last said of the job.
    told: Option<JobState>,
}

impl Follower<'_> {
    /// Until it is done, or `stop` is set: then it is false.
    fn follow(&mut self, job: u64, stop: &AtomicBool, out: &Path) -> anyhow::Result<bool> {
        let (mut ended, mut unanswered) = (0, 0);
        loop {
            let asked = Instant::now();
            let state = match state_of(job) {
                Ok(state) => state,
                Err(error) if unanswered >= UNANSWERED_MAX => return Err(error),
                Err(_) => {
                    unanswered += 1;
                    self.look(asked, stop);
                    if stop.load(Ordering::Relaxed) {
                        return Ok(false);
                    }
                    continue;
                }
            };
            unanswered = 0;
            let phase = state.as_ref().map_or(Phase::Ended, JobState::phase);
            self.tell_state(job, state.as_ref());
            match phase {
                Phase::Done => {
                    self.tell_lines();
                    return Ok(true);
                }
                Phase::Ended => ended += 1,
                Phase::Waiting | Phase::Running => ended = 0,
            }
            if ended >= ENDED_MIN {
                self.tell_lines();
                self.teller.clear();
                return Err(has_ended(job, state.as_ref(), out).into());
            }
            self.look(asked, stop);
            if stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
        }
    }

    /// Shows what is learnt until the queue is to be asked again.
    fn look(&mut self, asked: Instant, stop: &AtomicBool) {
        while asked.elapsed() < ASK && !stop.load(Ordering::Relaxed) {
            self.tell_lines();
            sleep(LOOK);
        }
    }

    fn tell_state(&mut self, job: u64, state: Option<&JobState>) {
        if self.told.as_ref() == state {
            return;
        }
        self.told = state.cloned();
        if let Some(state) = state {
            self.teller.say(&words_of(job, state));
        }
    }

    fn tell_lines(&mut self) {
        let Self {
            teller,
            tail,
            stage,
            ..
        } = self;
        tail.each(&mut |name, line| {
            if name != stage {
                name.clone_into(stage);
                teller.say(name);
            }
            teller.line(line);
        });
    }
}

fn state_of(job: u64) -> anyhow::Result<Option<JobState>> {
    let words = vec!["--json".to_owned(), format!("--jobs={job}")];
    match ask(SchedulerProgram::Squeue, words) {
        Ok(said) => Ok(JobState::read(&said, job)?),
        // A job that has long ended is one that a newer Slurm refuses to speak of.
        Err(error) if error.to_string().contains("Invalid job id") => Ok(None),
        Err(error) => Err(error),
    }
}

fn words_of(job: u64, state: &JobState) -> String {
    let mut words = format!("job {job}: {}", state.word.to_lowercase());
    if let Some(nodes) = &state.nodes {
        words += &format!(" on {nodes}");
    } else if let Some(reason) = &state.reason {
        words += &format!(" ({reason})");
    }
    if state.restarts > 0 {
        words += &format!(", queued again {} times", state.restarts);
    }
    words
}

fn has_ended(job: u64, state: Option<&JobState>, out: &Path) -> Failure {
    let word = state.map_or("the queue no longer knows it".to_owned(), |state| {
        format!("it is {}", state.word.to_lowercase())
    });
    let log = out.join(format!("slurm-{job}.log"));
    Failure::fault(
        "job_ended",
        format!("job {job} has not come to its end: {word}"),
    )
    .hint(format!(
        "`{}` says what it said; the same command with `--on slurm` goes on from the newest state",
        log.display()
    ))
}
