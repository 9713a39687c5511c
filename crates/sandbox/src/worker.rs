//! A warm box that runs one command after the other.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::launch::{Launched, await_ready};
use crate::message::{Report, Request, send};
use crate::plan::{exec_request, plan};
use crate::policy::{Limits, Policy};
use crate::proxy::Proxy;
use crate::run::{Ending, Streams, collect};
use crate::{Error, Outcome};

/// A built box that waits for commands. Each is a fresh process; between two of them everything the
/// first one started is ended. `/tmp` and `/dev/shm` stay as the commands leave them.
#[derive(Debug)]
pub struct Worker {
    launched: Launched,
    policy: Policy,
    owner: Option<Owner>,
    _proxy: Option<Proxy>,
}

/// Whoever may want a command to end before its time.
struct Owner(Box<dyn Fn() -> bool + Send + Sync>);

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Owner")
    }
}

/// One command for a [`Worker`]. What is `None` is as the policy says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exec {
    /// A path inside the box, or a bare name that is looked up in the box's `PATH`.
    pub program: PathBuf,
    /// The arguments after the program's own name.
    pub args: Vec<OsString>,
    /// Variables beyond the policy's.
    pub env: Vec<(OsString, OsString)>,
    /// The working directory.
    pub cwd: Option<PathBuf>,
    /// Standard input.
    pub stdin: Vec<u8>,
    /// Time from start to end.
    pub wall_time: Option<Duration>,
    /// Processor time of all its processes together.
    pub cpu_time: Option<Duration>,
    /// Resident bytes of all its processes.
    pub memory_bytes: Option<u64>,
    /// Bytes kept of each output stream.
    pub output_bytes: Option<u64>,
}

impl Worker {
    /// Builds a box under `policy`.
    pub fn start(policy: &Policy) -> Result<Worker, Error> {
        let launched = Launched::start(&plan(policy)?, &[])?;
        let proxy = await_ready(&launched, policy)?;
        Ok(Worker {
            launched,
            policy: policy.clone(),
            owner: None,
            _proxy: proxy,
        })
    }

    /// Ends commands as soon as `is_over` says true, which is asked twenty times a second; they are
    /// [`Status::Cancelled`](crate::Status::Cancelled) then.
    pub fn end_when(&mut self, is_over: impl Fn() -> bool + Send + Sync + 'static) {
        self.owner = Some(Owner(Box::new(is_over)));
    }

    /// Runs one command and waits for its end. After [`Error::Exec`] the worker goes on; after
    /// any other error start a new one.
    pub fn exec(&mut self, exec: &Exec) -> Result<Outcome, Error> {
        let defaults = &self.policy.limits;
        let limits = Limits {
            wall_time: exec.wall_time.unwrap_or(defaults.wall_time),
            cpu_time: exec.cpu_time.unwrap_or(defaults.cpu_time),
            memory_bytes: exec.memory_bytes.unwrap_or(defaults.memory_bytes),
            output_bytes: exec.output_bytes.unwrap_or(defaults.output_bytes),
            ..defaults.clone()
        };
        let mut request = exec_request(&self.policy, &exec.program, &exec.args, &exec.env, &limits);
        if let Some(cwd) = &exec.cwd {
            request.cwd.clone_from(cwd);
        }
        self.launched.allow_memory(limits.memory_bytes);
        let before = self.launched.usage();
        let (stdio, mut streams) = Streams::open(&exec.stdin)?;
        let sent = send(
            self.launched.control(),
            &Request::Exec(request),
            &stdio.borrow(),
        );
        sent.map_err(|error| self.launched.lost(&error.to_string()))?;
        drop(stdio);
        let (Report::Started, _) = self.launched.report(None)? else {
            return Err(self.launched.lost("the command did not start"));
        };
        let ending = Ending {
            end: &|launched| {
                let _ = send(launched.control(), &Request::Cancel, &[]);
            },
            is_wanted: self.owner.as_ref().map(|owner| &*owner.0),
        };
        collect(&self.launched, before, &mut streams, &limits, ending)
    }
}
