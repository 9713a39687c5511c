//! What the binary does when run as people and scripts run it.
#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

mod ask;
#[allow(dead_code, reason = "tests of the server need more of it")]
#[path = "../../../server/tests/it/browser.rs"]
mod browser;
mod chat;
mod chat_terminal;
mod code;
mod doctor;
mod films;
mod fix_python;
mod fix_rust;
mod frame;
mod house;
mod model;
mod model_of_a_hub;
mod pauses;
mod serve;
mod tests_python;
mod tests_refusals;
mod tests_rust;
mod train;
mod train_on_slurm;
mod web_code;

#[path = "../../../library/tests/it/scripted_hub.rs"]
mod scripted_hub;

use std::{path::Path, process::Command};

/// The binary under test, with an environment of its own.
#[allow(
    clippy::disallowed_methods,
    reason = "the test stands where a shell stands"
)]
fn freehold() -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_freehold")));
    command.env_remove("RUST_BACKTRACE");
    command
}

/// What one run printed and how it ended.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    exit: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the binary with `args` and waits for it.
fn run(args: &[&str]) -> Run {
    let output = freehold().args(args).output().expect("the binary starts");
    Run {
        exit: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
    }
}
