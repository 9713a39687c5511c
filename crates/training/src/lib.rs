//! Makes and improves checkpoints: data, optimiser, loop, measure, release.
//!
//! A [`Trainer`] moves the weights of a checkpoint one batch of [`Example`]s at a time; what it needs to go on
//! exactly where it was is a [`State`].

mod error;

mod chance;
mod deck;

mod recipe;

mod corpus;
mod shards;
mod tasks;
mod vocabulary;

mod begin;
mod beside;
mod example;
mod film;
mod optimiser;
mod schedule;
mod state;
mod trainer;

mod preference;
mod reinforcement;
mod reward;

mod journal;
mod known;
mod ranks;
mod run;
mod slurm;

mod release;
mod signing;

pub use corpus::{Account, Corpus, Text};
pub use recipe::{
    AdapterRecipe, Clean, Duplicates, Format, From, ModelRecipe, Numbers, Purpose, Recipe, Source,
    Stage, TokenizerRecipe,
};
pub use shards::{Loader, Reading, ShardWriter};
pub use vocabulary::{END_OF_TEXT, Encoded, Encoder, make_vocabulary};

pub use begin::{FilmRecipe, FineRecipe, Shape, WORDS, begin, begin_film};
pub use chance::Chance;
pub use deck::Position;
pub use error::{Error, Result};
pub use example::Example;
pub use film::{Clip, Draw, FilmSource};
pub use journal::{Line, StepLine, read as read_journal};
pub use known::{Known, StageView, all as known_trainings, note as note_training};
pub use models::{Adapters, FilmShape, LearnOptions};
pub use optimiser::{Kind, OptimiserOptions};
pub use preference::{Preference, Preferred};
#[cfg(feature = "mpi")]
pub use ranks::Mpi;
pub use ranks::{Local, Loose, Ranks};
pub use reinforcement::{Drawn, Moved, Reinforcement};
pub use release::{About, ReleaseOptions, Released, SourceKind, release};
pub use reward::{Check, Reward};
pub use run::{Event, Run, RunOptions, Tell};
pub use schedule::Schedule;
pub use signing::{
    Manifest, PrivateKey, PublicKey, SIGNATURE, SIGNING_KEY, Verified, make_key, sign, verify,
};
pub use slurm::{JobState, Phase, SlurmOptions, submitted};
pub use state::State;
pub use trainer::{Foretold, Measured, Options, Trainer};
