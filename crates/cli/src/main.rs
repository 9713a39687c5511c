//! The one binary: arguments, settings, wiring.

mod args;
mod built_in;
mod commands;
mod console;
mod environment;
mod failure;
mod markdown;
mod settings;

use std::{ffi::OsString, panic, process::ExitCode};

use clap::error::ErrorKind;

use crate::{
    args::Args,
    console::Console,
    failure::{Exit, Failure},
};

fn main() -> ExitCode {
    sandbox::enter_if_helper();
    failure::announce_panics();
    commands::outlive_full_files();
    let typed: Vec<OsString> = std::env::args_os().collect();
    let json = asks_for_json(&typed);
    let outcome = panic::catch_unwind(|| run(&typed, &mut Console::new(json)));
    outcome
        .unwrap_or_else(|panic| Err(Failure::panicked(panic.as_ref()).into()))
        .unwrap_or_else(|error| failure::report(&error, &mut Console::new(json)))
        .into()
}

fn run(typed: &[OsString], console: &mut Console) -> anyhow::Result<Exit> {
    match Args::read(typed) {
        Ok(command) => commands::run(command, console),
        Err(error) => answer(&error, console),
    }
}

/// Whether `--json` was typed before any `--`; parsing may fail before clap could say so.
fn asks_for_json(typed: &[OsString]) -> bool {
    typed
        .iter()
        .take_while(|arg| *arg != "--")
        .any(|arg| arg == "--json")
}

/// Prints the help or version that clap found, or turns its complaint into a failure.
fn answer(error: &clap::Error, console: &mut Console) -> anyhow::Result<Exit> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            console.print(&error.render().ansi().to_string())?;
            Ok(Exit::Done)
        }
        _ => Err(Failure::usage(error).into()),
    }
}
