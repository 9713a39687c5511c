//! `freehold model bench`: how fast a model runs here, beside a peer and the machine's limits.

use std::path::Path;

use anyhow::Result;
use library::Library;
use tensor::files::Checkpoint;

use super::peer::Peer;
use super::report::Report;
use super::speed::{self, Memory, Plan};
use crate::args::ModelBench;
use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Measures and prints a table.
pub fn run(args: &ModelBench, library: &Library, console: &mut Console) -> Result<Exit> {
    let plan = Plan::new(args);
    let located = library.locate(&args.model)?;
    let path = &located.path;
    let peer = match args.against {
        Some(_) => {
            check_readable_by_peer(path, &located.name)?;
            Some(Peer::find(args.python.as_deref())?)
        }
        None => None,
    };
    console.talk(format_args!("loading {}", located.name));
    let mut subject = speed::load(path, args)?;
    let mut figures = Vec::new();
    for task in plan.tasks() {
        console.talk(format_args!("measuring {task}"));
        figures.push((task, subject.measure(task)));
    }
    let memory = Memory::of(&subject);
    let limits = subject.limits();
    drop(subject);
    let theirs = match peer {
        Some(peer) => {
            console.talk(format_args!("measuring the same with {}", peer.name()));
            Some(peer.measure(path, &plan, args.cache.peer_name())?)
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

/// Refuses what the peer would not read, before anything is measured.
fn check_readable_by_peer(path: &Path, name: &str) -> Result<()> {
    if Checkpoint::open(path)?.metadata().is_some() {
        return Ok(());
    }
    let what = format!("`{name}` is no GGUF file, and llama.cpp reads no other");
    let hint = format!("`freehold model quantise {name} BF16` writes one of the same weights");
    Err(Failure::refused("unsupported_format", what)
        .hint(hint)
        .into())
}
