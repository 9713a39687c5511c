//! One file per command; each takes what was typed and writes to the console.

mod ask;
mod chat;
mod completions;
mod doctor;
mod fix;
mod house;
mod model;
mod release;
pub mod sandbox;
mod serve;
mod tests;
mod train;
mod undo;
mod video;

use std::sync::{Arc, atomic::AtomicBool};

use crate::{
    args::Command,
    console::Console,
    failure::{Exit, Failure},
};

/// Does what was asked for.
pub fn run(command: Command, console: &mut Console) -> anyhow::Result<Exit> {
    match command {
        Command::Fix(args) => fix::run(args, console),
        Command::Undo(args) => undo::run(&args, console),
        Command::Tests(args) => tests::run(args, console),
        Command::Ask(args) => ask::run(&args, console),
        Command::Chat(args) => chat::run(&args, console),
        Command::Model(command) => model::run(command, console),
        Command::User(command) => house::user(command, console),
        Command::Key(command) => house::key(command, console),
        Command::Audit(command) => house::audit(command, console),
        Command::Backup(args) => house::backup(&args, console),
        Command::Restore(args) => house::restore(&args, console),
        Command::Export(args) => house::export(&args, console),
        Command::Erase(args) => house::erase(&args, console),
        Command::Train(args) => train::run(&args, console),
        Command::Release(args) => release::run(&args, console),
        Command::Video(command) => video::run(&command, console),
        Command::Media(command) => video::media(&command, console),
        Command::Serve(args) => serve::run(&args, console),
        Command::Doctor => doctor::run(console),
        Command::Sandbox(args) => sandbox::run(&args, console),
        Command::Completions(args) => completions::run(&args, console),
    }
}

/// A file that may not become longer is told of where it is written, as a full disk is: without this the process would end where it stands, and say
/// nothing.
pub fn outlive_full_files() {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

/// A flag that Ctrl-C and a request to terminate set; the second Ctrl-C ends the process at once.
pub fn stop_on_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let fault = |error: std::io::Error| {
        Failure::fault("internal", format!("cannot watch for Ctrl-C: {error}"))
    };
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&stop))
            .map_err(fault)?;
        signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(fault)?;
    }
    Ok(stop)
}
