//! A command to run, and what became of it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// A program with its arguments and input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// A path inside the box, or a bare name that is looked up in the box's `PATH`.
    pub program: PathBuf,
    /// The arguments after the program's own name.
    pub args: Vec<OsString>,
    /// Standard input; empty means an empty input.
    pub stdin: Vec<u8>,
}

impl Command {
    /// A command without arguments and input.
    pub fn new(program: impl Into<PathBuf>) -> Command {
        Command {
            program: program.into(),
            ..Command::default()
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Command {
        self.args.push(argument.into());
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Command {
        self.args.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Command {
        self.stdin = bytes.into();
        self
    }
}

/// What a boxed command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Standard output, at most [`crate::Limits::output_bytes`].
    pub stdout: Vec<u8>,
    /// Standard error, at most [`crate::Limits::output_bytes`].
    pub stderr: Vec<u8>,
    /// From start to end, without the building of the box.
    pub wall_time: Duration,
    /// User and system time of all its processes.
    pub cpu_time: Duration,
    /// The most resident bytes seen at one time; sampled, so short peaks of many processes may be missed.
    pub memory_peak_bytes: u64,
}

impl Outcome {
    /// True for exit status 0.
    pub fn is_success(&self) -> bool {
        self.status == Status::Exited(0)
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It exited with this status, 0 to 255.
    Exited(i32),
    /// A signal of this number ended it.
    Signaled(i32),
    /// It outlived `wall_time`.
    TimedOut,
    /// Its processes used up `cpu_time`.
    CpuLimit,
    /// Its processes held more than `memory_bytes`.
    MemoryLimit,
    /// It had more processes than allowed where the system could not refuse them one by one.
    ProcessLimit,
    /// It printed more than `output_bytes` on one stream.
    OutputLimit,
    /// The caller ended it.
    Cancelled,
}
