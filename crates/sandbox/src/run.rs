//! One command in one box, its output captured.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::cgroup::Usage;
use crate::launch::{Launched, Stdio3};
use crate::message::{Done, End, Report};
use crate::plan::{exec_request, plan};
use crate::policy::{Limits, Policy};
use crate::{Command, Error, Outcome, Status};

/// How much longer than the command the box may take to say what became of it.
pub(crate) const REPORT_TIME: Duration = Duration::from_secs(10);

/// Runs `command` under `policy` and waits for its end. Whatever it started is gone by then.
///
/// Errors mean that the command did not run or that its outcome is unknown; a command that fails
/// or reaches a limit is an [`Outcome`].
pub fn run(policy: &Policy, command: &Command) -> Result<Outcome, Error> {
    let mut plan = plan(policy)?;
    plan.exec = Some(exec_request(
        policy,
        &command.program,
        &command.args,
        &[],
        &policy.limits,
    ));
    let (stdio, mut streams) = Streams::open(&command.stdin)?;
    let mut launched = Launched::start(&plan, &stdio.borrow())?;
    drop(stdio);
    // Held until the end: the proxy serves as long as the command runs.
    let _proxy = crate::launch::await_ready(&launched, policy)?;
    let (Report::Started, _) = launched.report(None)? else {
        return Err(launched.lost("the command did not start"));
    };
    let before = launched.usage();
    let outcome = collect(
        &launched,
        before,
        &mut streams,
        &policy.limits,
        Ending {
            end: &|launched| launched.hang_up(),
            is_wanted: None,
        },
    );
    launched.fall();
    outcome
}

/// Our ends of a command's stdin, stdout and stderr.
pub(crate) struct Streams<'a> {
    stdin: Option<File>,
    input: &'a [u8],
    stdout: Capture,
    stderr: Capture,
}

struct Capture {
    pipe: Option<File>,
    bytes: Vec<u8>,
}

impl<'a> Streams<'a> {
    /// Makes the pipes of one command; an empty `input` becomes `/dev/null`.
    pub(crate) fn open(input: &'a [u8]) -> Result<(Stdio3, Streams<'a>), Error> {
        let pipe = || {
            pipe_with(PipeFlags::CLOEXEC)
                .map_err(|error| Error::io("cannot make a pipe")(error.into()))
        };
        let (stdin_read, stdin_write) = if input.is_empty() {
            (
                File::open("/dev/null")
                    .map_err(Error::io("cannot open `/dev/null`"))?
                    .into(),
                None,
            )
        } else {
            let (read, write) = pipe()?;
            (read, Some(unblocked(write)?))
        };
        let (stdout_read, stdout_write) = pipe()?;
        let (stderr_read, stderr_write) = pipe()?;
        let capture = |pipe| {
            Ok::<_, Error>(Capture {
                pipe: Some(unblocked(pipe)?),
                bytes: Vec::new(),
            })
        };
        let streams = Streams {
            stdin: stdin_write,
            input,
            stdout: capture(stdout_read)?,
            stderr: capture(stderr_read)?,
        };
        Ok((
            Stdio3 {
                stdin: stdin_read,
                stdout: stdout_write,
                stderr: stderr_write,
            },
            streams,
        ))
    }

    /// Streams of a command whose output goes elsewhere.
    pub(crate) fn closed() -> Streams<'a> {
        let capture = || Capture {
            pipe: None,
            bytes: Vec::new(),
        };
        Streams {
            stdin: None,
            input: &[],
            stdout: capture(),
            stderr: capture(),
        }
    }

    /// Moves what can be moved; true when a stream has more than `limit` bytes.
    fn pump(&mut self, limit: u64) -> bool {
        if let Some(stdin) = &self.stdin {
            match rustix::io::write(stdin, self.input) {
                Ok(count) => self.input = &self.input[count..],
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                // The command does not want its input.
                Err(_) => self.input = &[],
            }
            if self.input.is_empty() {
                self.stdin = None;
            }
        }
        let stdout_over = self.stdout.read(limit);
        let stderr_over = self.stderr.read(limit);
        stdout_over || stderr_over
    }
}

impl Capture {
    fn read(&mut self, limit: u64) -> bool {
        let Some(pipe) = &mut self.pipe else {
            return false;
        };
        let mut buffer = [0; 64 << 10];
        match pipe.read(&mut buffer) {
            Ok(0) => self.pipe = None,
            Ok(count) => {
                let room = limit.saturating_sub(self.bytes.len() as u64);
                let kept = count.min(usize::try_from(room).unwrap_or(usize::MAX));
                self.bytes.extend_from_slice(&buffer[..kept]);
                return kept < count;
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) => {}
            Err(_) => self.pipe = None,
        }
        false
    }
}

fn unblocked(pipe: OwnedFd) -> Result<File, Error> {
    rustix::io::ioctl_fionbio(&pipe, true)
        .map_err(|error| Error::io("cannot set up a pipe")(error.into()))?;
    Ok(File::from(pipe))
}

/// How often it is asked whether the command is to end.
const ASKED_EVERY: Duration = Duration::from_millis(50);

/// How a command is ended early, and who may want that.
pub(crate) struct Ending<'a> {
    pub end: &'a dyn Fn(&Launched),
    pub is_wanted: Option<&'a (dyn Fn() -> bool + Send + Sync)>,
}

/// Carries input and output until the box reports the end.
pub(crate) fn collect(
    launched: &Launched,
    before: Usage,
    streams: &mut Streams<'_>,
    limits: &Limits,
    ending: Ending<'_>,
) -> Result<Outcome, Error> {
    let started = Instant::now();
    let deadline = started
        .checked_add(limits.wall_time)
        .and_then(|end| end.checked_add(REPORT_TIME));
    let mut is_over_output = false;
    let mut is_ended = false;
    let done = loop {
        let has_report = wait(launched, streams, deadline, ending.is_wanted.is_some());
        if streams.pump(limits.output_bytes) && !is_over_output {
            is_over_output = true;
            (ending.end)(launched);
        }
        if !is_ended && ending.is_wanted.is_some_and(|is_wanted| is_wanted()) {
            is_ended = true;
            (ending.end)(launched);
        }
        if has_report {
            match launched.report(Some(Instant::now() + REPORT_TIME)) {
                Ok((Report::Done(mut done), _)) => {
                    launched.since(before, &mut done);
                    break Some(done);
                }
                Ok(_) => {}
                Err(_) if is_over_output => break None,
                Err(error) => match launched.ended_for_memory(before, started.elapsed()) {
                    Some(done) => break Some(done),
                    None => return Err(error),
                },
            }
        }
        if deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return Err(launched.lost("it did not end in time"));
        }
    };
    // Nobody writes any more; what is in the pipes is all there is.
    for stream in [&mut streams.stdout, &mut streams.stderr] {
        while stream.pipe.is_some() {
            let before = stream.bytes.len();
            is_over_output |= stream.read(limits.output_bytes);
            if stream.bytes.len() == before {
                break;
            }
        }
    }
    Ok(outcome(done, is_over_output, started, streams))
}

/// Waits until something can be moved; true when the box has something to say.
fn wait(
    launched: &Launched,
    streams: &Streams<'_>,
    deadline: Option<Instant>,
    is_asked: bool,
) -> bool {
    let mut events = vec![PollFd::from_borrowed_fd(
        launched.control().as_fd(),
        PollFlags::IN,
    )];
    if let Some(stdin) = &streams.stdin {
        events.push(PollFd::new(stdin, PollFlags::OUT));
    }
    for pipe in [&streams.stdout.pipe, &streams.stderr.pipe]
        .into_iter()
        .flatten()
    {
        events.push(PollFd::new(pipe, PollFlags::IN));
    }
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let left = match is_asked {
        true => Some(left.unwrap_or(ASKED_EVERY).min(ASKED_EVERY)),
        false => left,
    };
    let timeout = left.map(|left| Timespec {
        tv_sec: left.as_secs() as i64,
        tv_nsec: left.subsec_nanos().into(),
    });
    let _ = poll(&mut events, timeout.as_ref());
    !events[0].revents().is_empty()
}

/// What became of a command, from the report of its box.
pub(crate) fn outcome(
    done: Option<Done>,
    is_over_output: bool,
    started: Instant,
    streams: &mut Streams<'_>,
) -> Outcome {
    let status = match &done {
        _ if is_over_output => Status::OutputLimit,
        None => Status::Cancelled,
        Some(done) => status(done),
    };
    let micros =
        |pick: fn(&Done) -> u64| done.as_ref().map(|done| Duration::from_micros(pick(done)));
    Outcome {
        status,
        stdout: std::mem::take(&mut streams.stdout.bytes),
        stderr: std::mem::take(&mut streams.stderr.bytes),
        wall_time: micros(|done| done.wall_us).unwrap_or_else(|| started.elapsed()),
        cpu_time: micros(|done| done.cpu_us).unwrap_or_default(),
        memory_peak_bytes: done.map_or(0, |done| done.memory_peak_bytes),
    }
}

/// How a command ended, from the report of its box.
pub(crate) fn status(done: &Done) -> Status {
    match done.end {
        End::WallTime => Status::TimedOut,
        End::CpuTime => Status::CpuLimit,
        End::Memory => Status::MemoryLimit,
        End::Processes => Status::ProcessLimit,
        End::Cancelled => Status::Cancelled,
        End::Natural if libc::WIFSIGNALED(done.wait_status) => {
            match libc::WTERMSIG(done.wait_status) {
                libc::SIGXCPU => Status::CpuLimit,
                signal => Status::Signaled(signal),
            }
        }
        End::Natural => Status::Exited(libc::WEXITSTATUS(done.wait_status)),
    }
}
