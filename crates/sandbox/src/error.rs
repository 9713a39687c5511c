//! What can go wrong before, around and inside a box.

use std::io;
use std::path::PathBuf;

/// Why a command was not run, or why its outcome is unknown. A command is never run unboxed instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The policy names something that cannot be granted.
    #[error("the sandbox policy cannot be kept: {reason}")]
    Policy {
        /// What does not fit, values in backticks.
        reason: String,
    },
    /// A path named in the policy is not there or may not be looked at.
    #[error("cannot open `{}` for the sandbox: {cause}", path.display())]
    Path {
        /// The path as resolved.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// This machine lacks something without which the box would not hold.
    #[error("the sandbox needs {feature}, which this machine refuses: {cause}\nhint: {fix}")]
    Unsupported {
        /// The missing feature.
        feature: &'static str,
        /// What the system said.
        cause: io::Error,
        /// How to get it.
        fix: &'static str,
    },
    /// A step of building the box failed for another reason.
    #[error("cannot build the sandbox: {step}: {cause}")]
    Setup {
        /// The step, with the path or number that it was about.
        step: String,
        /// What the system said.
        cause: io::Error,
    },
    /// The program is not there inside the box, or may not be executed.
    #[error("cannot start `{}` in the sandbox: {cause}\nhint: {}", program.display(), exec_hint(cause))]
    Exec {
        /// The program as asked for.
        program: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The box vanished without a report: killed from outside, or out of memory.
    #[error("the sandbox ended without a report: {reason}")]
    Lost {
        /// What was seen.
        reason: String,
    },
    /// A program of the job scheduler, which runs unboxed, does not start.
    #[error(
        "`{}` does not start: {cause}\nhint: jobs are submitted where Slurm's own programs are installed \
         (Debian: `slurm-client`)",
        program.display()
    )]
    Scheduler {
        /// What it is called.
        program: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A pipe, a process or a file on our own side failed.
    #[error("{operation}: {cause}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// What the system said.
        cause: io::Error,
    },
}

impl Error {
    pub(crate) fn io(operation: &'static str) -> impl FnOnce(io::Error) -> Error {
        move |cause| Error::Io { operation, cause }
    }

    /// The stable code under which `docs/errors.md` explains it.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Policy { .. } => "sandbox_policy",
            Error::Path { .. } => "sandbox_path",
            Error::Unsupported { .. } => "sandbox_unsupported",
            Error::Setup { .. } => "sandbox_setup",
            Error::Exec { .. } => "sandbox_exec",
            Error::Lost { .. } => "sandbox_lost",
            Error::Scheduler { .. } => "no_scheduler",
            Error::Io { .. } => "sandbox_io",
        }
    }

    /// True where the machine, not the request, is at fault.
    pub fn is_environment(&self) -> bool {
        !matches!(
            self,
            Error::Policy { .. } | Error::Path { .. } | Error::Exec { .. }
        )
    }
}

fn exec_hint(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::NotFound => {
            "only system directories are visible inside by default; grant the program's directory with `--read`"
        }
        io::ErrorKind::PermissionDenied => {
            "the file must be executable and inside a granted directory"
        }
        _ => "check that the program runs outside the sandbox",
    }
}
