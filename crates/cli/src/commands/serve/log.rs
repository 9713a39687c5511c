//! What a server says of itself while it runs, on standard error.

use std::io;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::serve::Log;
use crate::console::Console;

/// Rooms that are heard as loudly as was asked; libraries only warn.
const ROOMS: [&str; 6] = ["server", "fleet", "policy", "store", "dialogue", "engine"];

/// Begins to write down what happens, a line each, or an object of JSON each.
pub fn begin(log: Log, console: &Console) {
    let level = match log {
        Log::Error => LevelFilter::ERROR,
        Log::Warn => LevelFilter::WARN,
        Log::Info => LevelFilter::INFO,
        Log::Debug => LevelFilter::DEBUG,
    };
    let heard = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(ROOMS.map(|room| (room, level)));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match console.is_json() {
        true => lines.json().flatten_event(true).boxed(),
        false => {
            let choice = anstream::AutoStream::choice(&io::stderr());
            let coloured = choice != anstream::ColorChoice::Never;
            lines.with_ansi(coloured).with_target(false).boxed()
        }
    };
    // Somebody else may listen already, where this is not the first server of a process.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(heard))
        .try_init();
}
