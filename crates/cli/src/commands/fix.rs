//! `freehold fix`: shows, prints or applies a patch after which all tests pass.

mod json;
mod progress;
mod text;

use std::sync::{Arc, atomic::AtomicBool};

use coder::fix::{FixOutcome, Options, Report};

use crate::{
    args,
    console::Console,
    environment,
    failure::{Exit, Failure},
};
use progress::Line;

/// Searches and shows what was found.
pub fn run(args: args::Fix, console: &mut Console) -> anyhow::Result<Exit> {
    let environment = environment::read();
    let data = environment.data.clone();
    let options = Options {
        test: args.test.clone(),
        files: args.files.clone(),
        budget: args.budget,
        jobs: args.jobs.map_or_else(environment::cores, usize::from),
        patches: args.all.map_or(2, usize::from),
        seed: args.seed,
        replay: args.replay.clone(),
        record: Some(
            data.join("repairs")
                .join(environment::run_name())
                .with_extension("jsonl"),
        ),
        ..Options::new(&args.dir, environment)
    };
    let stop = stop_on_signals()?;
    let mut line = Line::new(console.has_watcher());
    let result = coder::fix::fix(&options, &stop, &mut |event| line.show(&event));
    line.clear();
    let report = result?;
    let undo = match report.patches.first() {
        Some(patch) if args.apply => Some(coder::apply(&args.dir, patch, &data)?),
        _ => None,
    };
    if console.is_json() {
        console.print_json(&json::report(&report, undo.as_deref()))?;
    } else if args.diff {
        diff_alone(&report, console)?;
    } else {
        console.print(&text::report(&report, &args))?;
    }
    Ok(match report.outcome {
        FixOutcome::Fixed => Exit::Done,
        FixOutcome::NotFixed | FixOutcome::NoFailingTest => Exit::Refused,
    })
}

/// Only what `git apply` or `patch -p1` reads; without a patch, the reason goes to the talk.
fn diff_alone(report: &Report, console: &mut Console) -> anyhow::Result<()> {
    match report.patches.first() {
        Some(patch) => console.print(&patch.diff),
        None => {
            console.talk(text::nothing_found(report));
            Ok(())
        }
    }
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
