//! Starts the helper of one box and holds the line to it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child as Process, Command as ProcessCommand, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::message::{Cause, Failure, Plan, Report, receive, send};
use crate::proxy::Proxy;
use crate::{Error, Network, Policy, inside};

/// How long a box may take to fall after it was told to.
const FALL_TIME: Duration = Duration::from_secs(5);

/// How long the building of a box may take, as on a machine that swaps.
const BUILD_TIME: Duration = Duration::from_secs(30);

/// A box: the helper process outside it and the control socket to the init inside it.
/// Dropping it ends everything in the box and waits for that.
#[derive(Debug)]
pub(crate) struct Launched {
    helper: Process,
    control: UnixStream,
}

/// The three descriptors that become a command's stdin, stdout and stderr.
pub(crate) struct Stdio3 {
    pub(crate) stdin: OwnedFd,
    pub(crate) stdout: OwnedFd,
    pub(crate) stderr: OwnedFd,
}

impl Stdio3 {
    pub(crate) fn borrow(&self) -> [BorrowedFd<'_>; 3] {
        [self.stdin.as_fd(), self.stdout.as_fd(), self.stderr.as_fd()]
    }
}

impl Launched {
    /// Starts a helper for `plan`; `stdio` goes to the plan's command if it has one.
    pub(crate) fn start(plan: &Plan, stdio: &[BorrowedFd<'_>]) -> Result<Launched, Error> {
        let (control, theirs) =
            UnixStream::pair().map_err(Error::io("cannot make a socket pair"))?;
        #[expect(
            clippy::disallowed_methods,
            reason = "the sandbox is the place where processes start"
        )]
        let helper = ProcessCommand::new("/proc/self/exe")
            .arg0(inside::NAME)
            .env_clear()
            .current_dir("/")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Error::io("cannot start the sandbox helper"))?;
        let launched = Launched { helper, control };
        match send(&launched.control, plan, stdio) {
            Ok(()) => Ok(launched),
            Err(error) => Err(launched.lost(&error.to_string())),
        }
    }

    pub(crate) fn control(&self) -> &UnixStream {
        &self.control
    }

    /// Waits for the next report, until `deadline` if there is one.
    pub(crate) fn report(
        &self,
        deadline: Option<Instant>,
    ) -> Result<(Report, Vec<OwnedFd>), Error> {
        let timeout = deadline.map(|deadline| {
            deadline
                .saturating_duration_since(Instant::now())
                .max(Duration::from_millis(1))
        });
        self.control
            .set_read_timeout(timeout)
            .map_err(Error::io("cannot set a timeout"))?;
        match receive(&self.control) {
            Ok(Some((Report::Failed(failure), _))) => Err(failure.into()),
            Ok(Some(report)) => Ok(report),
            Ok(None) => Err(self.lost("its init went away")),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Err(self.lost("no answer in time"))
            }
            Err(error) => Err(self.lost(&error.to_string())),
        }
    }

    pub(crate) fn lost(&self, reason: &str) -> Error {
        Error::Lost {
            reason: reason.to_owned(),
        }
    }

    /// Waits until `deadline` for the box to have something to say.
    pub(crate) fn has_report(&self, deadline: Option<Instant>) -> bool {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.map(|left| Timespec {
            tv_sec: left.as_secs() as i64,
            tv_nsec: left.subsec_nanos().into(),
        });
        poll(
            &mut [PollFd::new(&self.control, PollFlags::IN)],
            timeout.as_ref(),
        )
        .is_ok_and(|count| count > 0)
    }

    /// Tells the box to fall without waiting for it.
    pub(crate) fn hang_up(&self) {
        let _ = self.control.shutdown(std::net::Shutdown::Both);
    }

    /// Ends everything in the box and waits until nothing of it is left.
    pub(crate) fn fall(&mut self) {
        self.hang_up();
        let deadline = Instant::now() + FALL_TIME;
        let mut pause = Duration::from_micros(100);
        while matches!(self.helper.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.helper.kill();
                let _ = self.helper.wait();
                return;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }
}

/// Waits until the box is built and starts its proxy if it has one, which serves until dropped.
pub(crate) fn await_ready(launched: &Launched, policy: &Policy) -> Result<Option<Proxy>, Error> {
    let (Report::Ready, descriptors) = launched.report(Some(Instant::now() + BUILD_TIME))? else {
        return Err(launched.lost("it did not become ready"));
    };
    match (&policy.network, descriptors.into_iter().next()) {
        (Network::Proxy { allow }, Some(listener)) => Proxy::serve(listener, allow).map(Some),
        (Network::Proxy { .. }, None) => Err(launched.lost("it opened no port for its proxy")),
        (Network::None | Network::Loopback, _) => Ok(None),
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        self.fall();
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        let cause = io::Error::from_raw_os_error(failure.errno);
        match failure.cause {
            Cause::Feature(feature) => Error::Unsupported {
                feature: feature.name(),
                cause,
                fix: feature.fix(),
            },
            Cause::Path => Error::Path {
                path: failure.subject,
                cause,
            },
            Cause::Policy => Error::Policy {
                reason: failure.subject.display().to_string(),
            },
            Cause::Setup => Error::Setup {
                step: failure.subject.display().to_string(),
                cause,
            },
            Cause::Exec => Error::Exec {
                program: failure.subject,
                cause,
            },
        }
    }
}
