//! Starts the helper of one box and holds the line to it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child as Process, Command as ProcessCommand, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::cgroup::{Cgroup, Fence, Usage};
use crate::message::{Cause, Done, End, Failure, Plan, Report, receive, send};
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
    /// Removed after all in the box has ended. `None` where there are no cgroups to be had.
    cgroup: Option<Box<Cgroup>>,
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
        // The helper waits for its plan; whatever it starts afterwards is in the cgroup, too.
        let cgroup = Cgroup::make(fence(plan)).filter(|cgroup| cgroup.enter(helper.id()));
        let cgroup = cgroup.map(Box::new);
        let launched = Launched {
            helper,
            control,
            cgroup,
        };
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

    /// What the box has used so far, as far as the kernel counts it; to be given to [`Self::since`].
    pub(crate) fn usage(&self) -> Usage {
        self.cgroup
            .as_ref()
            .map(|cgroup| cgroup.usage())
            .unwrap_or_default()
    }

    /// Adds to a report what the kernel counted since `start`.
    pub(crate) fn since(&self, start: Usage, done: &mut Done) {
        let now = self.usage();
        let cpu_time = now.cpu_time.saturating_sub(start.cpu_time);
        let cpu_us = u64::try_from(cpu_time.as_micros()).unwrap_or(u64::MAX);
        done.cpu_us = done.cpu_us.max(cpu_us);
        if now.memory_kills > start.memory_kills {
            done.end = End::Memory;
            done.memory_peak_bytes = done.memory_peak_bytes.max(now.memory_peak_bytes);
        }
    }

    /// The report of a box that the kernel ended as a whole for lack of memory.
    pub(crate) fn ended_for_memory(&self, start: Usage, wall_time: Duration) -> Option<Done> {
        let mut done = Done {
            end: End::Natural,
            wait_status: libc::SIGKILL,
            wall_us: u64::try_from(wall_time.as_micros()).unwrap_or(u64::MAX),
            cpu_us: 0,
            memory_peak_bytes: 0,
        };
        self.since(start, &mut done);
        (done.end == End::Memory).then_some(done)
    }

    /// Lets the box hold `bytes` of memory, if that is more than before.
    pub(crate) fn allow_memory(&mut self, bytes: u64) {
        if let Some(cgroup) = &mut self.cgroup {
            cgroup.allow_memory(bytes);
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

/// What the kernel is asked to hold a box to.
fn fence(plan: &Plan) -> Fence {
    Fence {
        memory_bytes: plan.memory_bytes,
        scratch_bytes: plan.scratch_bytes,
        processes: plan.processes,
        // Where commands follow, the init and what it shows go on.
        falls_as_one: plan.exec.is_some(),
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
