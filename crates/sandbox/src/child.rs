//! A long-lived boxed process that the caller talks to.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use rustix::pipe::{PipeFlags, pipe_with};

use crate::cgroup::Usage;
use crate::launch::{Launched, Stdio3, await_ready};
use crate::message::{Done, Report};
use crate::plan::{exec_request, plan};
use crate::proxy::Proxy;
use crate::run::{REPORT_TIME, status};
use crate::{Error, Policy, Status};

/// Bytes of standard error that are kept.
const STDERR_TAIL_BYTES: usize = 64 << 10;

/// A boxed process with pipes to its stdin and stdout. Dropping it ends it with all its descendants.
///
/// The pipes go straight to the process: a message costs what a pipe costs.
#[derive(Debug)]
pub struct Child {
    stdin: Option<File>,
    stdout: File,
    stderr: Arc<Mutex<VecDeque<u8>>>,
    stderr_reader: Option<JoinHandle<()>>,
    launched: Launched,
    status: Option<Status>,
    /// What the kernel had counted when the process started, and when that was.
    start: Box<(Usage, Instant)>,
    _proxy: Option<Proxy>,
}

/// Starts `program` under `policy` and returns once it runs.
/// Its wall time counts from here; give a long-lived process a long one.
pub fn spawn(
    policy: &Policy,
    program: impl AsRef<Path>,
    args: &[OsString],
) -> Result<Child, Error> {
    let mut plan = plan(policy)?;
    plan.exec = Some(exec_request(
        policy,
        program.as_ref(),
        args,
        &[],
        &policy.limits,
    ));
    let pipe = || {
        pipe_with(PipeFlags::CLOEXEC).map_err(|error| Error::io("cannot make a pipe")(error.into()))
    };
    let ((stdin_read, stdin), (stdout, stdout_write), (stderr, stderr_write)) =
        (pipe()?, pipe()?, pipe()?);
    let stdio = Stdio3 {
        stdin: stdin_read,
        stdout: stdout_write,
        stderr: stderr_write,
    };
    let launched = Launched::start(&plan, &stdio.borrow())?;
    drop(stdio);
    let proxy = await_ready(&launched, policy)?;
    let (Report::Started, _) = launched.report(None)? else {
        return Err(launched.lost("the command did not start"));
    };
    let start = Box::new((launched.usage(), Instant::now()));
    let tail = Arc::new(Mutex::new(VecDeque::new()));
    let stderr_reader = keep_tail(stderr, Arc::clone(&tail))?;
    Ok(Child {
        stdin: Some(File::from(stdin)),
        stdout: File::from(stdout),
        stderr: tail,
        stderr_reader: Some(stderr_reader),
        launched,
        status: None,
        start,
        _proxy: proxy,
    })
}

impl Child {
    /// The write end of its standard input.
    ///
    /// # Panics
    /// After [`Child::close_stdin`].
    pub fn stdin(&mut self) -> &mut File {
        self.stdin
            .as_mut()
            .expect("stdin is not asked for after it was closed")
    }

    /// Lets the process see the end of its input.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// The read end of its standard output.
    pub fn stdout(&mut self) -> &mut File {
        &mut self.stdout
    }

    /// The last bytes of its standard error, at most 64 KiB.
    pub fn stderr_tail(&self) -> Vec<u8> {
        let tail = self
            .stderr
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        tail.iter().copied().collect()
    }

    /// Waits until `deadline` for the process to end by itself or at a limit.
    pub fn wait(&mut self, deadline: Option<Instant>) -> Result<Option<Status>, Error> {
        if self.status.is_none()
            && self.launched.has_report(deadline)
            && let Some(mut done) = self.last_report()?
        {
            self.launched.since(self.start.0, &mut done);
            self.status = Some(status(&done));
            self.read_last_words();
        }
        Ok(self.status)
    }

    fn last_report(&self) -> Result<Option<Done>, Error> {
        match self.launched.report(Some(Instant::now() + REPORT_TIME)) {
            Ok((Report::Done(done), _)) => Ok(Some(done)),
            Ok(_) => Ok(None),
            Err(error) => {
                let done = self
                    .launched
                    .ended_for_memory(self.start.0, self.start.1.elapsed());
                done.map(Some).ok_or(error)
            }
        }
    }

    /// Ends it with all its descendants and waits until they are gone.
    pub fn kill(&mut self) {
        self.launched.fall();
        self.read_last_words();
    }

    /// Waits for the rest of standard error; the box is empty, so its end is near.
    fn read_last_words(&mut self) {
        if let Some(reader) = self.stderr_reader.take() {
            let _ = reader.join();
        }
    }
}

/// Reads `stderr` to its end on a thread of its own, so that the process never waits for us.
fn keep_tail(stderr: OwnedFd, tail: Arc<Mutex<VecDeque<u8>>>) -> Result<JoinHandle<()>, Error> {
    let mut stderr = File::from(stderr);
    let read = move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stderr.read(&mut buffer) {
            let mut tail = tail
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            tail.extend(&buffer[..count]);
            let excess = tail.len().saturating_sub(STDERR_TAIL_BYTES);
            tail.drain(..excess);
        }
    };
    std::thread::Builder::new()
        .name("sandbox-stderr".into())
        .spawn(read)
        .map_err(Error::io("cannot start a thread"))
}

impl AsFd for Child {
    /// The descriptor of its standard output, for polling.
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.stdout.as_fd()
    }
}
