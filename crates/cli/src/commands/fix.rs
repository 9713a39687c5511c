//! `freehold fix`: shows, prints or applies a patch after which all tests pass.

mod json;
mod progress;
mod text;

use coder::fix::{FixOutcome, Options, Report};

use super::stop_on_signals;
use crate::{args, console::Console, environment, failure::Exit};
use progress::Line;

/// Searches and shows what was found.
pub fn run(args: args::Fix, console: &mut Console) -> anyhow::Result<Exit> {
    let environment = environment::read();
    let data = environment.data.clone();
    let options = Options {
        test: args.test.clone(),
        files: args.files.clone(),
        budget: args.budget,
        baseline: args.baseline,
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
        FixOutcome::NotFixed | FixOutcome::NoFailingTest | FixOutcome::OnlyHindered => {
            Exit::Refused
        }
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
