//! One command inside the box: its start, its limits, its end.

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::usage::{self, Usage};
use super::{Step, setup};
use crate::message::{Cause, Done, End, ExecRequest, Failure, receive, send};
use crate::plan::errno;
use crate::seccomp;
use crate::sys::{self, Ended, Fork};

/// The init and the process that waits for it outside count for the same user.
const OWN_PROCESSES: u64 = 2;

/// A running command.
pub(super) struct Job {
    pid: i32,
    request: ExecRequest,
    started: Instant,
    end: End,
    wait_status: Option<i32>,
    /// Of the processes that have ended.
    cpu_time: Duration,
    memory_peak_bytes: u64,
}

impl Job {
    /// Starts the program and returns once it runs, or says why it does not. When `is_guarded`,
    /// also returns the descriptor that receives its calls on names.
    pub(super) fn start(
        request: ExecRequest,
        stdio: &[OwnedFd],
        is_guarded: bool,
    ) -> Step<(Job, Option<OwnedFd>)> {
        if !request.cwd.is_dir() {
            let cwd = request.cwd.display();
            let reason = format!("the working directory `{cwd}` is not there inside");
            return Err(Failure {
                cause: Cause::Policy,
                subject: reason.into(),
                errno: libc::ENOENT,
            });
        }
        let program = find(&request).map_err(|error| exec_failure(&request, &error))?;
        let (ours, theirs) = UnixStream::pair().map_err(setup("starting the command"))?;
        let pid = match sys::fork().map_err(setup("starting the command"))? {
            Fork::Child => {
                drop(ours);
                let error =
                    become_program(&program, &request, stdio, is_guarded.then_some(&theirs));
                let _ = send(&theirs, &errno(&error), &[]);
                std::process::exit(127);
            }
            Fork::Parent(pid) => pid,
        };
        drop(theirs);
        let mut listener = None;
        // The socket closes by itself when the program replaces the child.
        while let Some((said, descriptors)) =
            receive::<i32>(&ours).map_err(setup("starting the command"))?
        {
            if said != 0 {
                let _ = sys::wait_any(true);
                let error = io::Error::from_raw_os_error(said);
                return Err(exec_failure(&request, &error));
            }
            listener = descriptors.into_iter().next();
        }
        if is_guarded && listener.is_none() {
            sys::kill_all_others();
            return Err(setup("guarding names")(io::Error::from_raw_os_error(
                libc::EPERM,
            )));
        }
        let job = Job {
            pid,
            request,
            started: Instant::now(),
            end: End::Natural,
            wait_status: None,
            cpu_time: Duration::ZERO,
            memory_peak_bytes: 0,
        };
        Ok((job, listener))
    }

    /// How long until the next look at the clock and the memory.
    pub(super) fn next_look(&self) -> Duration {
        let age = self.started.elapsed();
        let wall = Duration::from_micros(self.request.wall_us).saturating_sub(age);
        // Young commands are watched closely: what runs away does so at once.
        let interval = if age < Duration::from_millis(200) {
            Duration::from_millis(5)
        } else {
            Duration::from_millis(20)
        };
        interval.min(wall)
    }

    /// Notes a process that ended; true when it was the command itself.
    pub(super) fn reaped(&mut self, ended: &Ended) -> bool {
        self.cpu_time += ended.cpu_time;
        self.memory_peak_bytes = self.memory_peak_bytes.max(ended.memory_peak_bytes);
        if ended.pid != self.pid {
            return false;
        }
        self.wait_status = Some(ended.wait_status);
        true
    }

    /// Looks at the limits; true when one is reached.
    pub(super) fn is_over(&mut self) -> bool {
        let Usage {
            threads,
            resident_bytes,
            cpu_time,
        } = usage::sample();
        self.memory_peak_bytes = self
            .memory_peak_bytes
            .max(resident_bytes.min(self.request.memory_bytes));
        self.end = if self.started.elapsed() >= Duration::from_micros(self.request.wall_us) {
            End::WallTime
        } else if self.cpu_time + cpu_time >= Duration::from_micros(self.request.cpu_us) {
            End::CpuTime
        } else if threads > self.request.processes {
            End::Processes
        } else if resident_bytes > self.request.memory_bytes
            && usage::proportional_bytes() > self.request.memory_bytes
        {
            End::Memory
        } else {
            return false;
        };
        true
    }

    pub(super) fn cancel(&mut self) {
        self.end = End::Cancelled;
    }

    /// Ends what is left of the command and tells what became of it.
    pub(super) fn finish(mut self) -> Done {
        loop {
            sys::kill_all_others();
            match sys::wait_any(true) {
                Ok(Some(ended)) => {
                    self.reaped(&ended);
                }
                Ok(None) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Done {
            end: self.end,
            wait_status: self.wait_status.unwrap_or(libc::SIGKILL),
            wall_us: micros(self.started.elapsed()),
            cpu_us: micros(self.cpu_time),
            memory_peak_bytes: self.memory_peak_bytes,
        }
    }
}

fn exec_failure(request: &ExecRequest, error: &io::Error) -> Failure {
    Failure {
        cause: Cause::Exec,
        subject: request.program.clone(),
        errno: errno(error),
    }
}

/// The program's path, looked up in the command's own `PATH` if it is a bare name.
fn find(request: &ExecRequest) -> io::Result<PathBuf> {
    if request.program.as_os_str().as_bytes().contains(&b'/') {
        return Ok(request.program.clone());
    }
    let path = request
        .env
        .0
        .iter()
        .find(|(key, _)| key == "PATH")
        .map(|(_, value)| value.clone())
        .unwrap_or_default();
    let candidates = path
        .as_bytes()
        .split(|byte| *byte == b':')
        .map(|directory| Path::new(OsStr::from_bytes(directory)).join(&request.program));
    let is_program = |path: &PathBuf| {
        path.metadata()
            .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    candidates
        .into_iter()
        .find(is_program)
        .ok_or_else(|| io::Error::from_raw_os_error(libc::ENOENT))
}

/// Turns this process into the program; returns only if that fails. With `guard_socket`, sends the
/// descriptor that receives its calls on names over it first.
fn become_program(
    program: &Path,
    request: &ExecRequest,
    stdio: &[OwnedFd],
    guard_socket: Option<&UnixStream>,
) -> io::Error {
    let prepare = || -> io::Result<_> {
        rustix::process::setsid()?;
        for (target, source) in stdio.iter().enumerate() {
            // Received numbers start at 3, so no source is overwritten.
            sys::duplicate_onto(source.as_raw_fd(), target as i32)?;
        }
        rustix::process::chdir(&request.cwd)?;
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
        // A caller that goes before others does not pass that on; the init keeps it.
        if rustix::process::getpriority_process(None)? < 0 {
            rustix::process::setpriority_process(None, 0)?;
        }
        set_limits(request)?;
        sys::reset_signals();
        let program = CString::new(program.as_os_str().as_bytes())?;
        let own_name = OsString::from(request.program.as_os_str());
        let args = std::iter::once(&own_name)
            .chain(&request.args.0)
            .map(|arg| CString::new(arg.as_bytes()))
            .collect::<Result<Vec<_>, _>>()?;
        let variable = |(key, value): &(OsString, OsString)| {
            CString::new([key.as_bytes(), b"=", value.as_bytes()].concat())
        };
        let env = request
            .env
            .0
            .iter()
            .map(variable)
            .collect::<Result<Vec<_>, _>>()?;
        Ok((program, args, env))
    };
    let close = || {
        let program = seccomp::command_program(guard_socket.is_some());
        match guard_socket {
            Some(socket) => send(socket, &0_i32, &[sys::seccomp_listen(&program)?.as_fd()]),
            None => sys::seccomp_install(&program),
        }
    };
    match prepare().and_then(|ready| close().map(|()| ready)) {
        Ok((program, args, env)) => sys::exec(&program, &args, &env),
        Err(error) => error,
    }
}

fn set_limits(request: &ExecRequest) -> io::Result<()> {
    let cpu_seconds = request.cpu_us.div_ceil(1_000_000).max(1);
    let limits = [
        (Resource::Cpu, cpu_seconds.saturating_add(1)),
        (Resource::Data, request.memory_bytes),
        (Resource::Fsize, request.file_size_bytes),
        (Resource::Nofile, request.open_files.into()),
        (
            Resource::Nproc,
            u64::from(request.processes) + OWN_PROCESSES,
        ),
        (Resource::Memlock, 8 << 20),
        (Resource::Msgqueue, 0),
        (Resource::Sigpending, 4096),
        (Resource::Rtprio, 0),
        (Resource::Nice, 0),
    ];
    for (resource, limit) in limits {
        // Never above what the caller itself has.
        let limit = rustix::process::getrlimit(resource)
            .maximum
            .map_or(limit, |maximum| limit.min(maximum));
        setrlimit(
            resource,
            Rlimit {
                current: Some(limit),
                maximum: Some(limit),
            },
        )?;
    }
    Ok(())
}
