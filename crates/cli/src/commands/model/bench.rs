//! `freehold model bench`: how fast a model runs here, beside a peer and the machine's limits.

use anyhow::Result;

use super::peer::Peer;
use super::report::Report;
use super::speed::{Plan, Subject};
use crate::{args::ModelBench, console::Console, failure::Exit};

/// Measures and prints a table.
pub fn run(args: &ModelBench, console: &mut Console) -> Result<Exit> {
    let plan = Plan::new(args);
    let peer = match args.against {
        Some(_) => Some(Peer::find(args.python.as_deref())?),
        None => None,
    };
    console.talk(format_args!("loading {}", args.path.display()));
    let mut subject = Subject::load(&args.path, args)?;
    let mut figures = Vec::new();
    for task in plan.tasks() {
        console.talk(format_args!("measuring {task}"));
        figures.push((task, subject.measure(task)));
    }
    let memory = subject.memory();
    let limits = subject.limits();
    drop(subject);
    let theirs = match peer {
        Some(peer) => {
            console.talk(format_args!("measuring the same with {}", peer.name()));
            Some(peer.measure(&args.path, &plan, args.cache.peer_name())?)
        }
        None => None,
    };
    let report = Report::new(figures, memory, limits, theirs);
    if console.is_json() {
        console.print_json(&report.json())?;
    } else {
        console.print(&report.text())?;
    }
    Ok(Exit::Done)
}
