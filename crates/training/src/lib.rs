//! Makes and improves checkpoints: data, optimiser, loop, measure, release.
//!
//! A [`Trainer`] moves the weights of a checkpoint one batch of [`Example`]s at a time; what it needs to go on
//! exactly where it was is a [`State`].

mod error;

mod chance;

mod begin;
mod example;
mod optimiser;
mod schedule;
mod state;
mod trainer;

pub use begin::{Shape, begin};
pub use chance::Chance;
pub use error::{Error, Result};
pub use example::Example;
pub use models::{Adapters, LearnOptions};
pub use optimiser::{Kind, OptimiserOptions};
pub use schedule::Schedule;
pub use state::State;
pub use trainer::{Measured, Options, Trainer};
