//! What a stage learns from, and how it takes a step.

mod films;
mod pairs;
mod tasks;
mod texts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::prepare::Prepared;
use super::{Run, Tell};
use crate::deck::Position;
use crate::error::{Error, Result};
use crate::recipe::{Purpose, Stage};
use crate::shards::Reading;
use crate::trainer::{Measured, Trainer};
use films::Films;
use pairs::Pairs;
use tasks::Tasks;
use texts::Texts;

/// Tokens of held-out data that a measure reads at most.
const MEASURE_TOKENS_MAX: usize = 1 << 16;

/// Numbers by their names, such as `accuracy`.
pub(super) type Measures = BTreeMap<String, f64>;

/// What a stage learns from.
pub(super) enum Lessons {
    /// Texts, of which tokens are foretold.
    Texts(Texts),
    /// Two answers each, of which one is preferred.
    Pairs(Pairs),
    /// Tasks, whose answers are rewarded.
    Tasks(Box<Tasks>),
    /// Films, which are made out of noise.
    Films(Films),
}

/// What a step saw, and what its purpose measures beside the loss.
pub(super) struct Stepped {
    pub measured: Measured,
    pub measures: Measures,
}

/// How well a model does with data that it does not learn from.
pub(super) struct Score {
    pub data: String,
    pub loss: f64,
    pub measures: Measures,
}

impl Lessons {
    /// Opens what `stage` reads.
    ///
    /// # Errors
    /// When there is nothing to learn from, or a file is damaged.
    pub fn open(run: &Run, stage: &Stage, prepared: &Prepared) -> Result<Self> {
        match stage.purpose {
            Purpose::Pretrain | Purpose::Finetune => {
                Texts::open(run, stage, prepared).map(Self::Texts)
            }
            Purpose::Prefer => Pairs::open(run, stage, prepared).map(Self::Pairs),
            Purpose::Reinforce => {
                Tasks::open(run, stage, prepared).map(|tasks| Self::Tasks(Box::new(tasks)))
            }
            Purpose::Film => Films::open(run, stage).map(Self::Films),
        }
    }

    /// Looks at the model before it learns in this stage, which lies in `before`. What is to be known of it later lies in the stage's
    /// `folder`.
    ///
    /// # Errors
    /// When the data is damaged, the folder cannot be written, or it is told to stop.
    pub fn begin(
        &mut self,
        trainer: &mut Trainer,
        [before, folder]: [&Path; 2],
        tell: Tell<'_>,
    ) -> Result<()> {
        match self {
            Self::Texts(_) | Self::Films(_) => Ok(()),
            Self::Pairs(pairs) => pairs.begin(trainer, folder, tell),
            Self::Tasks(tasks) => tasks.begin(before, tell),
        }
    }

    /// Steps that the stage takes.
    pub fn steps(&self, stage: &Stage) -> u64 {
        stage.steps.unwrap_or_else(|| {
            let epochs = stage.epochs.unwrap_or(1.0);
            let batches = match self {
                Self::Texts(texts) => texts.tokens() as f64 / stage.batch_tokens as f64,
                Self::Pairs(pairs) => pairs.tokens() as f64 / stage.batch_tokens as f64,
                Self::Tasks(tasks) => tasks.steps(),
                // There is no end of films: the recipe says how many steps.
                Self::Films(_) => 1.0,
            };
            (epochs * batches).ceil().max(1.0) as u64
        })
    }

    /// Where the data stands.
    pub fn position(&self) -> Position {
        match self {
            Self::Texts(texts) => texts.position(),
            Self::Pairs(pairs) => pairs.position(),
            Self::Tasks(tasks) => tasks.position(),
            Self::Films(films) => films.position(),
        }
    }

    /// Whether all that was begun is done, so that the position says where it stands.
    pub fn is_between(&self) -> bool {
        match self {
            Self::Texts(_) | Self::Pairs(_) | Self::Films(_) => true,
            Self::Tasks(tasks) => tasks.is_between(),
        }
    }

    /// Goes on from there.
    pub fn go_to(&mut self, position: Position) {
        match self {
            Self::Texts(texts) => texts.go_to(position),
            Self::Pairs(pairs) => pairs.go_to(position),
            Self::Tasks(tasks) => tasks.go_to(position),
            Self::Films(films) => films.go_to(position),
        }
    }

    /// Takes a step whose loss is at most `usual`; the data has gone on, whatever comes of it.
    ///
    /// # Errors
    /// As [`Trainer::step_within`], and when the data is damaged.
    pub fn step(&mut self, trainer: &mut Trainer, usual: f64) -> Result<Stepped> {
        match self {
            Self::Texts(texts) => texts.step(trainer, usual),
            Self::Pairs(pairs) => pairs.step(trainer, usual),
            Self::Tasks(tasks) => tasks.step(trainer),
            Self::Films(films) => films.step(trainer, usual),
        }
    }

    /// Whether several ranks each learn from a part of a batch.
    pub fn are_shared_out(&self) -> bool {
        match self {
            Self::Texts(_) | Self::Films(_) => true,
            Self::Pairs(_) | Self::Tasks(_) => false,
        }
    }

    /// Measures with what is held out.
    ///
    /// # Errors
    /// When the data is damaged, or another rank has gone.
    pub fn measure(&self, trainer: &mut Trainer) -> Result<Vec<Score>> {
        match self {
            Self::Texts(texts) => texts.measure(trainer),
            Self::Pairs(pairs) => pairs.measure(trainer),
            Self::Tasks(tasks) => Ok(tasks.measure(trainer)),
            Self::Films(films) => films.measure(trainer),
        }
    }
}

/// How the shards of a stage are read.
fn reading(run: &Run, stage: &Stage, prepared: &Prepared, prompt_weight: f32) -> Reading {
    Reading {
        vocabulary: prepared.vocabulary.clone(),
        tokens_below: prepared.tokens_below,
        context: stage.context,
        prompt_weight,
        seed: run.recipe.seed,
        are_pairs: stage.purpose == Purpose::Prefer,
    }
}

/// The shards of a stage, with how many times each is read.
fn shards(run: &Run, stage: &Stage, prepared: &Prepared) -> Vec<(PathBuf, usize)> {
    let sources = run.recipe.sources(stage).into_iter();
    sources
        .flat_map(|source| shards_of(prepared, &source.name, source.repeat))
        .collect()
}

/// The shards of a source.
fn shards_of(prepared: &Prepared, name: &str, repeat: usize) -> Vec<(PathBuf, usize)> {
    let paths = prepared.shards.get(name).into_iter().flatten();
    paths.map(|path| (path.clone(), repeat)).collect()
}

/// Nothing of what a stage reads was kept.
fn nothing_to_learn(run: &Run, stage: &Stage) -> Error {
    let names = run.recipe.sources(stage);
    let names: Vec<&str> = names.iter().map(|source| source.name.as_str()).collect();
    Error::Data {
        path: run.out.join("data"),
        reason: format!(
            "stage `{}` has nothing to learn from: no text of {} was kept",
            stage.name,
            names.join(", ")
        ),
        hint: "`data.json` there says what was left out and why",
    }
}
