//! A command on this process's own stdin, stdout and stderr.
//!
//! The command never holds a file or a socket of the caller itself. Who has a file open, even for
//! reading alone, may change its permissions and times, and cut off what was in it before; who has
//! a socket may point it elsewhere. These are carried through pipes; pipes and terminals are given
//! as they are.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread::JoinHandle;
use std::time::Instant;

use rustix::fs::{FileType, fstat};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::launch::{Launched, await_ready};
use crate::message::Report;
use crate::plan::{exec_request, plan};
use crate::policy::Policy;
use crate::run::{REPORT_TIME, Streams, outcome};
use crate::{Command, Error, Outcome};

/// Runs `command` under `policy` on this process's own stdin, stdout and stderr.
///
/// [`Command::stdin`] and the output limit do not apply, and nothing is captured.
///
/// # Errors
/// As [`crate::run`]; [`Error::Policy`] where a standard stream is a directory.
pub fn run_attached(policy: &Policy, command: &Command) -> Result<Outcome, Error> {
    let mut plan = plan(policy)?;
    let exec = exec_request(policy, &command.program, &command.args, &[], &policy.limits);
    plan.exec = Some(exec);
    let stdin = given_stdin()?;
    let output = Output::given()?;
    let stdio = [stdin.as_fd(), output.stdout.as_fd(), output.stderr.as_fd()];
    let mut launched = Launched::start(&plan, &stdio)?;
    // Held open here, the pipes would never end.
    drop(stdin);
    let carriers = output.close();
    let _proxy = await_ready(&launched, policy)?;
    let started = Instant::now();
    let (Report::Started, _) = launched.report(None)? else {
        return Err(launched.lost("the command did not start"));
    };
    let before = launched.usage();
    let deadline = policy.limits.wall_time.checked_add(REPORT_TIME);
    let done = match launched.report(deadline.and_then(|time| started.checked_add(time))) {
        Ok((Report::Done(mut done), _)) => {
            launched.since(before, &mut done);
            done
        }
        Ok(_) => return Err(launched.lost("it spoke out of turn")),
        Err(error) => launched
            .ended_for_memory(before, started.elapsed())
            .ok_or(error)?,
    };
    launched.fall();
    for carrier in carriers {
        let _ = carrier.join();
    }
    Ok(outcome(Some(done), false, started, &mut Streams::closed()))
}

/// This process's stdin as a command may have it.
fn given_stdin() -> Result<OwnedFd, Error> {
    let own = owned(io::stdin().as_fd())?;
    if !is_carried(own.as_fd())? {
        return Ok(own);
    }
    let (read, write) = pipe()?;
    // It ends when either side does: the pipe breaks with the box.
    carry(own, write, "sandbox-stdin")?;
    Ok(read)
}

/// This process's stdout and stderr as a command may have them.
struct Output {
    stdout: OwnedFd,
    stderr: OwnedFd,
    carriers: Vec<JoinHandle<()>>,
}

impl Output {
    fn given() -> Result<Output, Error> {
        let (stdout, stderr) = (owned(io::stdout().as_fd())?, owned(io::stderr().as_fd())?);
        let mut carriers = Vec::new();
        // One pipe for what is one file: what is written first stays first.
        if is_carried(stdout.as_fd())? && is_same(stdout.as_fd(), stderr.as_fd()) {
            let (read, write) = pipe()?;
            let also = owned(write.as_fd())?;
            carriers.push(carry(read, stdout, "sandbox-output")?);
            return Ok(Output {
                stdout: write,
                stderr: also,
                carriers,
            });
        }
        let mut given = |own: OwnedFd| {
            if !is_carried(own.as_fd())? {
                return Ok(own);
            }
            let (read, write) = pipe()?;
            carriers.push(carry(read, own, "sandbox-output")?);
            Ok::<_, Error>(write)
        };
        let (stdout, stderr) = (given(stdout)?, given(stderr)?);
        Ok(Output {
            stdout,
            stderr,
            carriers,
        })
    }

    /// Closes our ends; what is returned ends with the command's.
    fn close(self) -> Vec<JoinHandle<()>> {
        self.carriers
    }
}

/// Whether `stream` is one that the command must not hold itself. A directory would be a door to
/// all below it and is refused.
fn is_carried(stream: BorrowedFd<'_>) -> Result<bool, Error> {
    let stat = fstat(stream)
        .map_err(|error| Error::io("cannot look at a standard stream")(error.into()))?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Err(Error::Policy {
            reason: "a standard stream is a directory".into(),
        }),
        FileType::Fifo | FileType::CharacterDevice => Ok(false),
        _ => Ok(true),
    }
}

fn is_same(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> bool {
    match (fstat(one), fstat(other)) {
        (Ok(one), Ok(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
        _ => false,
    }
}

fn owned(stream: BorrowedFd<'_>) -> Result<OwnedFd, Error> {
    let stream = stream.try_clone_to_owned();
    stream.map_err(Error::io("cannot take a standard stream"))
}

fn pipe() -> Result<(OwnedFd, OwnedFd), Error> {
    pipe_with(PipeFlags::CLOEXEC).map_err(|error| Error::io("cannot make a pipe")(error.into()))
}

/// Copies all of `from` to `to` on a thread of its own.
fn carry(from: OwnedFd, to: OwnedFd, name: &str) -> Result<JoinHandle<()>, Error> {
    let (mut from, mut to) = (File::from(from), File::from(to));
    let copy = move || {
        // Not `io::copy`: it splices, which keeps the pipe locked while it waits for the other side,
        // and whoever then touches the pipe cannot even be killed.
        let mut buffer = [0; 64 << 10];
        loop {
            // An error is the other side's going away: then the command's next write or read tells it.
            let count = match from.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return,
            };
            if to.write_all(&buffer[..count]).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name(name.into())
        .spawn(copy)
        .map_err(Error::io("cannot start a thread"))
}
