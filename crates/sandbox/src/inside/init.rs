//! Pid 1 of a box: builds it, then starts commands, watches them, and reports.

use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;

use super::guard::Guard;
use super::job::Job;
use super::{Step, confine, root, setup};
use crate::message::{Cause, ExecRequest, Failure, Plan, Report, Request, receive, send};
use crate::sys;

/// Builds the box and serves it until the caller goes or the only command has ended.
pub(super) fn run(control: &UnixStream, mut plan: Plan, stdio: Vec<OwnedFd>) -> Step<Infallible> {
    // The waiting process outside dies with its caller's wish or by a kill; then all of this goes too.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(setup("binding to the parent"))?;
    rustix::system::sethostname(b"freehold").map_err(setup("naming the box"))?;
    let proxy = prepare_network(&plan)?;
    let private_devices = root::build(&plan)?;
    confine::drop_privileges()?;
    // Dropping capabilities may have cleared it.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(setup("binding to the parent"))?;
    confine::landlock(&plan)?;
    confine::seccomp(&plan)?;
    let signals = sys::signal_descriptor(&[libc::SIGCHLD]).map_err(setup("watching for ends"))?;
    let has_writable = plan.mounts.0.iter().any(|mount| mount.write);
    let mut init = Init {
        control,
        signals,
        job: None,
        guard: None,
        private_devices: (plan.protect_metadata && has_writable).then_some(private_devices),
        next_look: Instant::now(),
        is_one_shot: plan.exec.is_some(),
    };
    init.say(&Report::Ready, proxy.as_ref());
    drop(proxy);
    if let Some(request) = plan.exec.take() {
        init.start(request, stdio)?;
    }
    loop {
        init.turn()?;
    }
}

struct Init<'a> {
    control: &'a UnixStream,
    signals: OwnedFd,
    job: Option<Job>,
    guard: Option<Guard>,
    /// Where any name may be made; `None` when names are not guarded.
    private_devices: Option<Vec<u64>>,
    next_look: Instant,
    is_one_shot: bool,
}

/// How long an open of a pipe without a reader waits before it is tried again.
const RETRY_INTERVAL: Duration = Duration::from_millis(2);

impl Init<'_> {
    /// Waits for one event and answers it.
    fn turn(&mut self) -> Step<()> {
        let [from_caller, from_kernel, from_command, command_gone] = self.wait()?;
        if from_caller {
            self.listen()?;
        }
        if let Some(guard) = &mut self.guard {
            if from_command {
                guard.serve();
            }
            guard.retry();
            if command_gone {
                self.guard = None;
            }
        }
        if from_kernel {
            self.reap();
        }
        if Instant::now() >= self.next_look {
            let is_over = self.job.as_mut().is_some_and(Job::is_over);
            if is_over {
                self.finish();
            }
            self.plan_look();
        }
        Ok(())
    }

    /// Sleeps until something happens: a request, an ended process, a call to answer, the end of calls.
    fn wait(&self) -> Step<[bool; 4]> {
        let mut timeout = self
            .job
            .as_ref()
            .map(|_| self.next_look.saturating_duration_since(Instant::now()));
        if self.guard.as_ref().is_some_and(Guard::has_waiting) {
            timeout = Some(timeout.map_or(RETRY_INTERVAL, |timeout| timeout.min(RETRY_INTERVAL)));
        }
        let mut events = vec![
            PollFd::from_borrowed_fd(self.control.as_fd(), PollFlags::IN),
            PollFd::new(&self.signals, PollFlags::IN),
        ];
        events.extend(
            self.guard
                .iter()
                .map(|guard| PollFd::from_borrowed_fd(guard.listener(), PollFlags::IN)),
        );
        match poll(&mut events, timeout.map(timespec).as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(setup("waiting")(error)),
        }
        let any = |index: usize| {
            events
                .get(index)
                .is_some_and(|event: &PollFd<'_>| !event.revents().is_empty())
        };
        let of_guard = events.get(2).map_or(PollFlags::empty(), PollFd::revents);
        let calls = of_guard.contains(PollFlags::IN);
        Ok([
            any(0),
            any(1),
            calls,
            !calls && of_guard.intersects(PollFlags::HUP | PollFlags::ERR),
        ])
    }

    fn plan_look(&mut self) {
        self.next_look = Instant::now() + self.job.as_ref().map_or(Duration::ZERO, Job::next_look);
    }

    /// Takes one request. A caller that is gone takes the box with it.
    fn listen(&mut self) -> Step<()> {
        match receive::<Request>(self.control) {
            Ok(Some((Request::Exec(request), stdio))) => {
                assert!(self.job.is_none(), "a box runs one command at a time");
                match self.start(request, stdio) {
                    Ok(()) => Ok(()),
                    Err(failure) => {
                        self.say(&Report::Failed(failure), None);
                        Ok(())
                    }
                }
            }
            Ok(Some((Request::Cancel, _))) => {
                if let Some(job) = &mut self.job {
                    job.cancel();
                    self.finish();
                }
                Ok(())
            }
            Ok(None) => std::process::exit(0),
            Err(error) => Err(setup("reading a request")(error)),
        }
    }

    fn start(&mut self, request: ExecRequest, stdio: Vec<OwnedFd>) -> Step<()> {
        if stdio.len() != 3 {
            return Err(Failure {
                cause: Cause::Setup,
                subject: "receiving stdin, stdout and stderr".into(),
                errno: libc::EBADF,
            });
        }
        let (job, listener) = Job::start(request, &stdio, self.private_devices.is_some())?;
        self.guard = listener
            .zip(self.private_devices.clone())
            .map(|(listener, devices)| Guard::new(listener, devices));
        self.job = Some(job);
        self.plan_look();
        self.say(&Report::Started, None);
        Ok(())
    }

    /// Collects ended processes; the end of the command itself ends all it left.
    fn reap(&mut self) {
        let mut buffer = [0; 128];
        while rustix::io::read(&self.signals, &mut buffer).is_ok_and(|count| count > 0) {}
        while let Ok(Some(ended)) = sys::wait_any(false) {
            if self.job.as_mut().is_some_and(|job| job.reaped(&ended)) {
                self.finish();
            }
        }
    }

    fn finish(&mut self) {
        let Some(job) = self.job.take() else { return };
        let done = job.finish();
        self.guard = None;
        self.say(&Report::Done(done), None);
        if self.is_one_shot {
            std::process::exit(0);
        }
    }

    fn say(&self, report: &Report, descriptor: Option<&OwnedFd>) {
        let descriptors = descriptor.map(|fd| fd.as_fd());
        if send(self.control, report, descriptors.as_slice()).is_err() {
            std::process::exit(1);
        }
    }
}

/// Brings the box's loopback up where it is granted; with a proxy, opens the socket that it listens on.
fn prepare_network(plan: &Plan) -> Step<Option<OwnedFd>> {
    if !plan.loopback {
        return Ok(None);
    }
    sys::bring_up_loopback().map_err(setup("bringing up loopback"))?;
    if plan.proxy_port == 0 {
        return Ok(None);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, plan.proxy_port))
        .map_err(setup("opening the proxy port"))?;
    Ok(Some(listener.into()))
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
