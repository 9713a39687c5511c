//! `freehold model`: the models that the owner keeps.

mod add;
mod bench;
mod list;
mod measure;
mod peer;
mod quantise;
mod remove;
mod report;
mod score;
mod show;
mod speed;

pub use score::not_utf8;

use super::stop_on_signals;
use crate::args::model::Model;
use crate::console::Console;
use crate::environment;
use crate::failure::Exit;
use library::Library;

/// Does what was asked for.
pub fn run(command: Model, console: &mut Console) -> anyhow::Result<Exit> {
    let library = library();
    match command {
        Model::Add(args) => add::run(&args, &library, console),
        Model::List(args) => list::run(&args, &library, console),
        Model::Show(args) => show::run(&args, &library, stop_on_signals()?.as_ref(), console),
        Model::Remove(args) => remove::run(&args, &library, console),
        Model::Quantise(args) => {
            quantise::run(&args, &library, stop_on_signals()?.as_ref(), console)
        }
        Model::Bench(args) => bench::run(&args, &library, console),
        Model::Score(args) => score::run(&args, &library, stop_on_signals()?.as_ref(), console),
    }
}

/// The owner's models.
pub fn library() -> Library {
    Library::below(&environment::read().data)
}
