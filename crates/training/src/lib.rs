//! Makes and improves checkpoints: data, optimiser, loop, measure, release.
//!
//! A [`Trainer`] moves the weights of a checkpoint one batch of [`Example`]s at a time; what it needs to go on
//! exactly where it was is a [`State`].

mod error;

mod chance;

mod recipe;

mod corpus;
mod shards;
mod vocabulary;

mod begin;
mod example;
mod optimiser;
mod schedule;
mod state;
mod trainer;

mod preference;

mod journal;
mod run;

pub use corpus::{Account, Corpus, Text};
pub use recipe::{
    AdapterRecipe, Clean, Duplicates, Format, From, ModelRecipe, Numbers, Purpose, Recipe, Source,
    Stage, TokenizerRecipe,
};
pub use shards::{Loader, Position, Reading, ShardWriter};
pub use vocabulary::{END_OF_TEXT, Encoded, Encoder, make_vocabulary};

pub use begin::{Shape, begin};
pub use chance::Chance;
pub use error::{Error, Result};
pub use example::Example;
pub use journal::{Line, StepLine, read as read_journal};
pub use models::{Adapters, LearnOptions};
pub use optimiser::{Kind, OptimiserOptions};
pub use preference::{Preference, Preferred};
pub use run::{Event, Run, RunOptions, Tell};
pub use schedule::Schedule;
pub use state::State;
pub use trainer::{Foretold, Measured, Options, Trainer};
