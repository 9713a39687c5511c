//! How a command that stops says so: message, fix, stable code and exit status.

use std::{
    any::Any,
    backtrace::{Backtrace, BacktraceStatus},
    panic,
    process::ExitCode,
};

use serde_json::json;

use crate::console::{Console, ReaderGone, paint};

/// What the process tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Refused because of what was given, or nothing was found.
    Refused = 1,
    /// Our fault, or the environment refuses.
    Fault = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command stopped, as people and scripts are told. Every code has a section in
/// `docs/errors.md`.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    exit: Exit,
    code: &'static str,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// The caller can mend it by asking for something else.
    pub fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Refused,
            code,
            message: message.into(),
            hint: None,
        }
    }

    /// The caller asked for nothing wrong: we or the machine failed.
    pub fn fault(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Fault,
            code,
            message: message.into(),
            hint: None,
        }
    }

    /// Adds what would mend it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What clap could not read.
    pub fn usage(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let complaint = text.split("\n\n").next().unwrap_or_default();
        let complaint = complaint.strip_prefix("error: ").unwrap_or(complaint);
        let complaint = complaint.replace('\'', "`").replace(
            "
  ", " ",
        );
        let tip = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("tip: "))
            .map(|tip| tip.replace('\'', "`"));
        Self::refused("usage", complaint.trim_end())
            .hint(tip.unwrap_or_else(|| "`freehold --help` lists what can be typed".to_owned()))
    }

    /// A panic that ended the command.
    pub fn panicked(payload: &(dyn Any + Send)) -> Self {
        let message = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Self::fault("internal", format!("freehold itself broke: {message}"))
            .hint("the fault is ours; `RUST_BACKTRACE=1` before the same command shows where")
    }

    /// What an error from below means to the caller. Errors of our crates carry their hint as lines
    /// `hint: …` of the message.
    fn of(error: &anyhow::Error) -> Self {
        if let Some(known) = error.downcast_ref::<Self>() {
            return known.clone();
        }
        let text = format!("{error:#}");
        let (exit, code) = if let Some(error) = error.downcast_ref() {
            of_coder(error)
        } else if let Some(error) = error.downcast_ref() {
            of_sandbox(error)
        } else {
            (Exit::Fault, "internal")
        };
        let mut parts = text.split("\nhint: ");
        let message = parts.next().unwrap_or_default().to_owned();
        let hints: Vec<&str> = parts.collect();
        let hint = (!hints.is_empty()).then(|| hints.join("\n"));
        Self {
            exit,
            code,
            message,
            hint,
        }
    }
}

fn of_coder(error: &coder::Error) -> (Exit, &'static str) {
    match error {
        coder::Error::Unsuitable { code, .. } => (Exit::Refused, code),
        coder::Error::Io { .. } => (Exit::Fault, "file_failed"),
        coder::Error::Runner { .. } => (Exit::Fault, "runner_stopped"),
        coder::Error::Sandbox(error) => of_sandbox(error),
        coder::Error::Stopped => (Exit::Fault, "stopped"),
    }
}

fn of_sandbox(error: &sandbox::Error) -> (Exit, &'static str) {
    let is_ours = error.is_environment();
    (
        if is_ours { Exit::Fault } else { Exit::Refused },
        error.code(),
    )
}

/// Tells the caller about `error`: two lines on standard error, and with `--json` an object on
/// standard output as well, so that a script has one stream to read.
pub fn report(error: &anyhow::Error, console: &mut Console) -> Exit {
    if error.is::<ReaderGone>() {
        return Exit::Done;
    }
    let failure = Failure::of(error);
    console.talk(format_args!(
        "{} {}",
        paint::styled(paint::BAD, "error:"),
        failure.message
    ));
    for line in failure.hint.iter().flat_map(|hint| hint.lines()) {
        console.talk(format_args!(
            "{} {line}",
            paint::styled(paint::TYPED, "hint:")
        ));
    }
    if console.is_json() {
        // Standard output may be what failed; the lines above have been said.
        let _ = console.print_json(&json!({ "error": {
            "code": failure.code,
            "message": failure.message,
            "hint": failure.hint,
        }}));
    }
    failure.exit
}

/// Makes a panic say where it is, at once and from any thread; `RUST_BACKTRACE=1` adds how it got
/// there. `main` sets the exit status after destructors have run, so that no box or temporary
/// directory is left behind.
pub fn announce_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(String::new, |at| format!(" at {at}"));
        let message = info.payload_as_str().unwrap_or("no message");
        let mut console = Console::new(false);
        console.talk(format_args!("panic{place}: {message}"));
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            console.talk(backtrace);
        }
    }));
}
