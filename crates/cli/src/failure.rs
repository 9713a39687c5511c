//! How a command that stops says so: message, fix, stable code and exit status.

use std::{
    any::Any,
    backtrace::{Backtrace, BacktraceStatus},
    io, panic,
    path::Path,
    process::ExitCode,
};

use serde_json::json;

use crate::console::{Console, ReaderGone, paint};

/// What the process tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Refused because of what was given, or nothing was found.
    Refused,
    /// Our fault, or the environment refuses.
    Fault,
    /// What a boxed command returned.
    Command(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Fault => 2,
            Exit::Command(status) => status,
        })
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

    /// The system refused to let a file be read.
    pub fn unreadable(path: &Path, error: &io::Error) -> Self {
        let what = format!("`{}` cannot be read: {error}", path.display());
        let failure = Self::fault("file_failed", what);
        match error.kind() {
            io::ErrorKind::PermissionDenied => {
                failure.hint("is the file yours? `ls -l` shows who may read it")
            }
            _ => failure,
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
        // The parsers of values add a hint of their own; clap has tips.
        let (complaint, hint) = match complaint.split_once("\nhint: ") {
            Some((complaint, hint)) => (complaint, Some(hint)),
            None => (
                complaint,
                text.lines()
                    .find_map(|line| line.trim().strip_prefix("tip: ")),
            ),
        };
        let complaint = complaint.trim_end().replace("\n  ", " ").replace('\'', "`");
        let hint = hint.map(|hint| hint.replace('\'', "`"));
        let hint = hint.or_else(|| value_wanted(error));
        // The usage that clap prints begins with the command that could not be read.
        let usage = text.lines().find_map(|line| line.strip_prefix("Usage: "));
        let command: Vec<&str> = usage
            .unwrap_or("freehold")
            .split(' ')
            .take_while(|word| !word.starts_with(['-', '<', '[']))
            .collect();
        let otherwise = || format!("`{} --help` lists what can be typed", command.join(" "));
        Self::refused("usage", complaint).hint(hint.unwrap_or_else(otherwise))
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
        let (exit, code) = if let Some(error) = error.downcast_ref() {
            of_coder(error)
        } else if let Some(error) = error.downcast_ref() {
            of_sandbox(error)
        } else if let Some(error) = error.downcast_ref() {
            of_library(error)
        } else if let Some(error) = error.downcast_ref() {
            of_dialogue(error)
        } else if let Some(error) = error.downcast_ref() {
            of_server(error)
        } else if let Some(error) = error.downcast_ref() {
            of_training(error)
        } else if let Some(error) = error.downcast_ref() {
            of_models(error)
        } else if let Some(error) = error.downcast_ref() {
            of_engine(error)
        } else if let Some(error) = error.downcast_ref() {
            of_policy(error)
        } else if let Some(error) = error.downcast_ref() {
            of_store(error)
        } else if let Some(error) = error.downcast_ref() {
            of_video(error)
        } else if error.is::<video::Refused>() {
            (Exit::Refused, "film_refused")
        } else if let Some(error) = error.downcast_ref() {
            of_painter(error)
        } else if let Some(error) = error.downcast_ref() {
            of_open_weights(error)
        } else if let Some(error) = error.downcast_ref() {
            of_files(error)
        } else {
            (Exit::Fault, "internal")
        };
        let (message, hint) = words_of(error);
        let hint = hint.or_else(|| usual_hint(code).map(str::to_owned));
        Self {
            exit,
            code,
            message,
            hint,
        }
    }
}

/// What the argument takes whose value could not be read.
fn value_wanted(error: &clap::Error) -> Option<String> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    if error.kind() != ErrorKind::ValueValidation {
        return None;
    }
    let ContextValue::String(argument) = error.get(ContextKind::InvalidArg)? else {
        return None;
    };
    let argument = argument.split(' ').next().unwrap_or_default();
    let reason = std::error::Error::source(error)?.to_string();
    let wanted = match reason.split_once(" is not in ") {
        Some((_, range)) => match range.split_once("..") {
            Some((least, "")) => format!("a whole number of {least} or more"),
            Some((least, most)) => format!(
                "a whole number from {least} to {}",
                most.trim_start_matches('=')
            ),
            None => return None,
        },
        None if reason.contains("digit") || reason.contains("integer") => {
            "a whole number, in digits".to_owned()
        }
        None if reason.contains("too large") => "a smaller whole number".to_owned(),
        None if reason.contains("float") => "a number, such as 1.5".to_owned(),
        None if reason.contains("IP address") => {
            "an address in digits, such as 127.0.0.1 or ::1".to_owned()
        }
        None => return None,
    };
    Some(format!("`{argument}` takes {wanted}"))
}

/// What mends errors that come without a hint of their own.
fn usual_hint(code: &str) -> Option<&'static str> {
    match code {
        "incomplete_model" => Some(
            "take the model whole: a folder has `config.json` and all files of weights side by side",
        ),
        "unusable_constraint" => Some(
            "some value must be able to meet the schema; `{\"type\": \"object\"}` is met by any object",
        ),
        _ => None,
    }
}

/// The message of `error` and its causes, and the hints that stood in it.
fn words_of(error: &anyhow::Error) -> (String, Option<String>) {
    let mut message = String::new();
    let mut hints: Vec<String> = Vec::new();
    for cause in error.chain() {
        let said = cause.to_string();
        let mut parts = said.split("\nhint: ");
        let words = parts.next().unwrap_or_default();
        // An error may have said its cause already.
        if !message.contains(words) {
            let colon = if message.is_empty() { "" } else { ": " };
            message = format!("{message}{colon}{words}");
        }
        for hint in parts {
            if !hints.iter().any(|known| known == hint) {
                hints.push(hint.to_owned());
            }
        }
    }
    let hint = (!hints.is_empty()).then(|| hints.join("\n"));
    (message, hint)
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

fn of_library(error: &library::Error) -> (Exit, &'static str) {
    use library::Error;
    match error {
        Error::Refused(reason) => (Exit::Refused, reason.code),
        Error::Failed(reason) => (Exit::Fault, reason.code),
        Error::Model(error) => of_models(error),
        Error::Files(error) => of_files(error),
        _ => (Exit::Refused, "unusable_model"),
    }
}

fn of_open_weights(error: &video::open_weights::Error) -> (Exit, &'static str) {
    use video::open_weights::Error;
    match error {
        Error::Stopped => (Exit::Fault, "stopped"),
        Error::NotAPipeline { .. } => (Exit::Refused, "unusable_model"),
        Error::Refused(_) => (Exit::Refused, "film_refused"),
        Error::TooLarge { .. } => (Exit::Refused, "not_enough_memory"),
        Error::Model(error) => of_models(error),
        _ => (Exit::Fault, "film_failed"),
    }
}

fn of_painter(error: &video::generate::Unloadable) -> (Exit, &'static str) {
    use video::generate::Unloadable;
    match error {
        Unloadable::Model(error) => of_models(error),
        Unloadable::Words { .. } => (Exit::Refused, "unusable_model"),
    }
}

fn of_dialogue(error: &dialogue::Error) -> (Exit, &'static str) {
    use dialogue::Error;
    match error {
        Error::Library(error) => of_library(error),
        Error::Model(error) => of_models(error),
        Error::Engine(error) => of_engine(error),
        other => (Exit::Refused, other.code()),
    }
}

fn of_server(error: &server::Error) -> (Exit, &'static str) {
    let exit = match error {
        server::Error::Listen { .. } | server::Error::Certificate { .. } => Exit::Refused,
        _ => Exit::Fault,
    };
    (exit, error.code())
}

fn of_training(error: &training::Error) -> (Exit, &'static str) {
    use training::Error;
    match error {
        Error::Model(error) => of_models(error),
        Error::Tensor(error) => of_files(error),
        Error::File { .. } => (Exit::Fault, "file_failed"),
        Error::Data { .. } => (Exit::Refused, "unusable_data"),
        Error::Vocabulary { .. } => (Exit::Refused, "unusable_vocabulary"),
        Error::State { .. } => (Exit::Refused, "unusable_state"),
        Error::Memory { .. } => (Exit::Refused, "not_enough_memory"),
        Error::NotFinite { .. } | Error::Spike { .. } => (Exit::Refused, "numbers_out_of_bounds"),
        Error::Stopped { .. } => (Exit::Fault, "stopped"),
        Error::Release { .. } => (Exit::Refused, "unusable_run"),
        Error::Exists { .. } => (Exit::Refused, "file_exists"),
        Error::Key { .. } => (Exit::Refused, "unusable_key"),
        Error::Unsigned { .. } => (Exit::Refused, "not_signed"),
        Error::Signature { .. } => (Exit::Refused, "bad_signature"),
        Error::Changed { .. } => (Exit::Refused, "changed_release"),
        Error::Rank { .. } => (Exit::Fault, "rank_gone"),
        Error::Ranks { .. } => (Exit::Refused, "no_mpi"),
        Error::Slurm { .. } => (Exit::Refused, "unusable_slurm"),
        _ => (Exit::Refused, "unusable_recipe"),
    }
}

fn of_video(error: &video::Unmade) -> (Exit, &'static str) {
    use video::Unmade;
    match error {
        Unmade::Stopped => (Exit::Fault, "stopped"),
        Unmade::Media(media::Error::File(_)) | Unmade::File(_) | Unmade::Key { .. } => {
            (Exit::Fault, "file_failed")
        }
        Unmade::Media(media::Error::LeftOut { .. } | media::Error::Size { .. })
        | Unmade::Long { .. }
        | Unmade::Mute(_)
        | Unmade::Refused(_) => (Exit::Refused, "film_refused"),
        Unmade::Network(error) => of_painter(error),
        Unmade::OpenWeights(error) => of_open_weights(error),
        Unmade::Media(_) | Unmade::Credentials(_) => (Exit::Fault, "film_failed"),
    }
}

fn of_models(error: &models::Error) -> (Exit, &'static str) {
    use models::Error;
    match error {
        Error::Files(error) => of_files(error),
        Error::UnknownArchitecture(_) | Error::Untrainable(_) => {
            (Exit::Refused, "unknown_architecture")
        }
        Error::Chat { .. } => (Exit::Refused, "unusable_template"),
        Error::Tokenizer { .. } => (Exit::Refused, "unusable_tokenizer"),
        Error::Export { .. } => (Exit::Refused, "no_gguf_form"),
        Error::Stopped => (Exit::Fault, "stopped"),
        Error::Config(_) | Error::Shape { .. } => (Exit::Refused, "unusable_settings"),
        Error::Read { source, .. } => of_reading(source),
        _ => (Exit::Refused, "unusable_model"),
    }
}

fn of_engine(error: &engine::Error) -> (Exit, &'static str) {
    use engine::Error;
    let exit = match error {
        Error::Broken { .. } | Error::Stopped => Exit::Fault,
        _ => Exit::Refused,
    };
    (exit, error.code())
}

fn of_policy(error: &policy::Error) -> (Exit, &'static str) {
    match error {
        policy::Error::Store(error) => of_store(error),
        policy::Error::Failed(reason) => (Exit::Fault, reason.code),
        other => (Exit::Refused, other.code()),
    }
}

fn of_store(error: &store::Error) -> (Exit, &'static str) {
    use store::Error;
    let exit = match error {
        Error::Unavailable { .. }
        | Error::Full { .. }
        | Error::Damaged { .. }
        | Error::File { .. } => Exit::Fault,
        _ => Exit::Refused,
    };
    (exit, error.code())
}

fn of_files(error: &tensor::Error) -> (Exit, &'static str) {
    use tensor::Error;
    match error {
        Error::Io { cause, .. } => of_reading(cause),
        Error::NotAModel { .. } => (Exit::Refused, "not_a_model"),
        Error::Incomplete { .. } | Error::Missing { .. } => (Exit::Refused, "incomplete_model"),
        Error::Damaged { .. } => (Exit::Refused, "damaged_model"),
        Error::Unsupported { .. } | Error::Unwritable { .. } => {
            (Exit::Refused, "unsupported_format")
        }
        Error::NoRoom { .. } => (Exit::Fault, "disk_full"),
        _ => (Exit::Refused, "unusable_model"),
    }
}

/// What is not there was named wrongly; what may not be read is the machine's to give.
fn of_reading(cause: &io::Error) -> (Exit, &'static str) {
    match cause.kind() {
        io::ErrorKind::NotFound => (Exit::Refused, "incomplete_model"),
        _ => (Exit::Fault, "file_failed"),
    }
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

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    fn told(error: anyhow::Error) -> (Exit, &'static str, String, Option<String>) {
        let Failure {
            exit,
            code,
            message,
            hint,
        } = Failure::of(&error);
        (exit, code, message, hint)
    }

    #[test]
    fn a_machine_that_refuses_exits_2_with_the_fix_as_hint() {
        let error = sandbox::Error::Unsupported {
            feature: "Landlock",
            cause: io::Error::other("not built in"),
            fix: "upgrade",
        };
        let message =
            "cannot look: the sandbox needs Landlock, which this machine refuses: not built in";
        assert_eq!(
            told(anyhow::Error::from(error).context("cannot look")),
            (
                Exit::Fault,
                "sandbox_unsupported",
                message.to_owned(),
                Some("upgrade".to_owned())
            )
        );
    }

    #[test]
    fn a_request_that_cannot_be_met_exits_1() {
        let error = sandbox::Error::Policy {
            reason: "`a` is no folder".to_owned(),
        };
        let message = "the sandbox policy cannot be kept: `a` is no folder";
        assert_eq!(
            told(error.into()),
            (Exit::Refused, "sandbox_policy", message.to_owned(), None)
        );
    }

    #[test]
    fn a_project_that_does_not_suit_keeps_its_own_code_and_hint() {
        let error = coder::Error::Unsuitable {
            code: "no_tests",
            reason: "no tests were found".to_owned(),
            hint: "write one".to_owned(),
        };
        assert_eq!(
            told(error.into()),
            (
                Exit::Refused,
                "no_tests",
                "no tests were found".to_owned(),
                Some("write one".to_owned())
            )
        );
    }

    #[test]
    fn an_unknown_error_is_ours_and_says_its_whole_chain() {
        let error = Err::<(), _>(io::Error::other("no room")).context("cannot keep it");
        assert_eq!(
            told(error.unwrap_err()),
            (
                Exit::Fault,
                "internal",
                "cannot keep it: no room".to_owned(),
                None
            )
        );
    }

    #[test]
    fn a_panic_is_ours() {
        let payload = panic::catch_unwind(|| panic!("no {}", "blocks")).unwrap_err();
        let failure = Failure::panicked(payload.as_ref());
        assert_eq!(
            (failure.exit, failure.message.as_str()),
            (Exit::Fault, "freehold itself broke: no blocks")
        );
    }
}
