//! `freehold model`: the models of this machine.

mod bench;
mod peer;
mod report;
mod speed;

use crate::{args::Model, console::Console, failure::Exit};

/// Does what was asked for.
pub fn run(command: &Model, console: &mut Console) -> anyhow::Result<Exit> {
    match command {
        Model::Bench(args) => bench::run(args, console),
    }
}
