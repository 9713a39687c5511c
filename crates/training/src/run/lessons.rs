//! What a stage learns from, and how it takes a step.

mod texts;

use std::collections::BTreeMap;

use super::Run;
use super::prepare::Prepared;
use crate::error::{Error, Result};
use crate::recipe::Stage;
use crate::shards::Position;
use crate::trainer::{Measured, Trainer};
use texts::Texts;

/// Numbers by their names, such as `accuracy`.
pub(super) type Measures = BTreeMap<String, f64>;

/// What a stage learns from.
pub(super) enum Lessons {
    /// Texts, of which tokens are foretold.
    Texts(Texts),
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
        Texts::open(run, stage, prepared).map(Self::Texts)
    }

    /// Steps that the stage takes.
    pub fn steps(&self, stage: &Stage) -> u64 {
        stage.steps.unwrap_or_else(|| {
            let epochs = stage.epochs.unwrap_or(1.0);
            let batches = match self {
                Self::Texts(texts) => texts.tokens() as f64 / stage.batch_tokens as f64,
            };
            (epochs * batches).ceil().max(1.0) as u64
        })
    }

    /// Where the data stands.
    pub fn position(&self) -> Position {
        match self {
            Self::Texts(texts) => texts.position(),
        }
    }

    /// Goes on from there.
    pub fn go_to(&mut self, position: Position) {
        match self {
            Self::Texts(texts) => texts.go_to(position),
        }
    }

    /// Takes a step whose loss is at most `usual`; the data has gone on, whatever comes of it.
    ///
    /// # Errors
    /// As [`Trainer::step_within`], and when the data is damaged.
    pub fn step(&mut self, trainer: &mut Trainer, usual: f64) -> Result<Stepped> {
        match self {
            Self::Texts(texts) => texts.step(trainer, usual),
        }
    }

    /// Measures with what is held out.
    pub fn measure(&self, trainer: &mut Trainer) -> Vec<Score> {
        match self {
            Self::Texts(texts) => texts.measure(trainer),
        }
    }
}

/// Nothing of what a stage reads was kept.
fn nothing_to_learn(run: &Run, stage: &Stage) -> Error {
    let names = run.sources(stage);
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
