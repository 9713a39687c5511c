//! The door to the owner's job scheduler, the one thing that is started without a box.
//!
//! The programs of Slurm reach its daemons with the owner's own credentials and files, and say what the cluster does; in
//! a box they could do neither. So the door is narrow instead: a closed list of programs, arguments and no shell, no
//! input, and bounds on time and on what they may say. Nothing that a model says comes near it.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::error::Error;
use crate::outcome::Status;

/// How often it is looked whether a program that has said all has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// A program of the scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchedulerProgram {
    /// Submits a job.
    Sbatch,
    /// Says how jobs stand.
    Squeue,
    /// Ends a job.
    Scancel,
}

impl SchedulerProgram {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sbatch => "sbatch",
            Self::Squeue => "squeue",
            Self::Scancel => "scancel",
        }
    }
}

/// Bounds on a program of the scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedulerLimits {
    /// From start to end.
    pub wall_time: Duration,
    /// Bytes that it may say on either stream.
    pub output_bytes: usize,
}

impl Default for SchedulerLimits {
    fn default() -> Self {
        Self {
            wall_time: Duration::from_secs(60),
            output_bytes: 256 << 20,
        }
    }
}

/// What a program of the scheduler did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulerOutcome {
    /// How it ended.
    pub status: Status,
    /// Standard output, as far as it was allowed.
    pub stdout: Vec<u8>,
    /// Standard error, as far as it was allowed.
    pub stderr: Vec<u8>,
}

/// Runs a program of the scheduler with the caller's own rights, files and environment, and waits for it.
///
/// # Errors
/// [`Error::Scheduler`] when it is not installed.
pub fn ask_scheduler(
    program: SchedulerProgram,
    args: &[OsString],
    limits: &SchedulerLimits,
) -> Result<SchedulerOutcome, Error> {
    run(Path::new(program.name()), args, limits)
}

fn run(
    program: &Path,
    args: &[OsString],
    limits: &SchedulerLimits,
) -> Result<SchedulerOutcome, Error> {
    #[allow(
        clippy::disallowed_methods,
        reason = "this crate starts processes, and this module those of the scheduler"
    )]
    let mut command = Command::new(program);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // A group of its own: a Ctrl-C is for us alone, and whatever it starts ends with it.
    let mut child = command
        .process_group(0)
        .spawn()
        .map_err(|cause| Error::Scheduler {
            program: program.to_owned(),
            cause,
        })?;
    let deadline = Instant::now() + limits.wall_time;
    let stdout = listen(child.stdout.take(), limits.output_bytes)?;
    let stderr = listen(child.stderr.take(), limits.output_bytes)?;
    let mut cut = None;
    let mut said = [stdout, stderr].map(|stream| {
        let said = stream.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        match said {
            Ok(said) if said.len() <= limits.output_bytes => said,
            Ok(mut said) => {
                said.truncate(limits.output_bytes);
                cut.get_or_insert(Status::OutputLimit);
                end(&mut child);
                said
            }
            Err(_) => {
                cut.get_or_insert(Status::TimedOut);
                end(&mut child);
                Vec::new()
            }
        }
    });
    let status = wait(&mut child, deadline)?;
    Ok(SchedulerOutcome {
        status: cut.unwrap_or(status),
        stdout: std::mem::take(&mut said[0]),
        stderr: std::mem::take(&mut said[1]),
    })
}

/// Reads one byte more than is allowed, so that it is seen when there is more.
fn listen(
    stream: Option<impl Read + Send + 'static>,
    bytes_max: usize,
) -> Result<Receiver<Vec<u8>>, Error> {
    let (sender, receiver) = channel();
    let mut stream = stream
        .expect("it was piped")
        .take((bytes_max as u64).saturating_add(1));
    let read = move || {
        let mut said = Vec::new();
        // What broke off was said up to there.
        let _ = stream.read_to_end(&mut said);
        let _ = sender.send(said);
    };
    std::thread::Builder::new()
        .name("scheduler-output".into())
        .spawn(read)
        .map_err(Error::io("cannot start a thread"))?;
    Ok(receiver)
}

/// Waits until `deadline` for its end, and then ends it.
fn wait(child: &mut Child, deadline: Instant) -> Result<Status, Error> {
    use std::os::unix::process::ExitStatusExt as _;
    let failed = Error::io("cannot wait for the scheduler");
    let mut is_late = false;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if is_late || Instant::now() < deadline => std::thread::sleep(PAUSE),
            Ok(None) => {
                end(child);
                is_late = true;
            }
            Err(error) => return Err(failed(error)),
        }
    };
    Ok(match (is_late, status.code(), status.signal()) {
        (true, ..) => Status::TimedOut,
        (_, Some(code), _) => Status::Exited(code),
        (.., signal) => Status::Signaled(signal.unwrap_or(0)),
    })
}

/// Kills it and whatever it started.
fn end(child: &mut Child) {
    // It has not been waited for, so the number is still its own.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str], limits: &SchedulerLimits) -> SchedulerOutcome {
        let args: Vec<OsString> = words[1..].iter().map(Into::into).collect();
        run(Path::new(words[0]), &args, limits).expect("it starts")
    }

    #[test]
    fn a_program_says_what_it_has_to_and_how_it_ended() {
        let limits = SchedulerLimits::default();
        let outcome = said(&["sh", "-c", "echo a; echo b >&2; exit 3"], &limits);
        assert_eq!(outcome.status, Status::Exited(3));
        assert_eq!(
            (&outcome.stdout[..], &outcome.stderr[..]),
            (&b"a\n"[..], &b"b\n"[..])
        );
        // No shell: what is written stays what it is.
        let outcome = said(&["echo", "$HOME;", "a b"], &limits);
        assert_eq!(outcome.stdout, b"$HOME; a b\n");
        // No input: nobody waits for a person.
        assert_eq!(said(&["cat"], &limits).status, Status::Exited(0));
    }

    #[test]
    fn a_program_that_takes_too_long_or_says_too_much_is_ended() {
        let short = SchedulerLimits {
            wall_time: Duration::from_millis(200),
            output_bytes: 1000,
        };
        let start = Instant::now();
        assert_eq!(said(&["sleep", "60"], &short).status, Status::TimedOut);
        // It closes its streams and stays.
        let silent = &["sh", "-c", "exec >&- 2>&-; sleep 60"];
        assert_eq!(said(silent, &short).status, Status::TimedOut);
        // What it started holds the streams open.
        let parent = &["sh", "-c", "sleep 60 & echo a"];
        assert_eq!(said(parent, &short).status, Status::TimedOut);
        assert!(start.elapsed() < Duration::from_secs(30));
        let limits = SchedulerLimits {
            output_bytes: 1000,
            ..SchedulerLimits::default()
        };
        let outcome = said(&["yes"], &limits);
        assert_eq!(
            (outcome.status, outcome.stdout.len()),
            (Status::OutputLimit, 1000)
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_said_to_be_missing() {
        let limits = SchedulerLimits::default();
        let error = run(Path::new("/nowhere/sbatch"), &[], &limits).unwrap_err();
        assert_eq!(error.code(), "no_scheduler");
        assert!(
            error
                .to_string()
                .starts_with("`/nowhere/sbatch` does not start")
        );
    }
}
