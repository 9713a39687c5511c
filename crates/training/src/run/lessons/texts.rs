//! Texts, of which tokens are foretold.

use std::path::PathBuf;

use super::{
    MEASURE_TOKENS_MAX, Measures, Score, Stepped, nothing_to_learn, reading, shards, shards_of,
};
use crate::deck::Position;
use crate::error::Result;
use crate::example::Example;
use crate::recipe::{Purpose, Stage};
use crate::run::Run;
use crate::run::prepare::Prepared;
use crate::shards::Loader;
use crate::trainer::Trainer;

/// Texts to learn from, and some to measure with.
pub(in crate::run) struct Texts {
    loader: Loader,
    held_out: Vec<(String, Vec<Example>)>,
    batch_tokens: usize,
}

impl Texts {
    pub fn open(run: &Run, stage: &Stage, prepared: &Prepared) -> Result<Self> {
        let prompt_weight = match stage.purpose {
            Purpose::Pretrain => 1.0,
            _ => stage.prompt_weight,
        };
        let open = |shards: &[(PathBuf, usize)]| {
            let reading = reading(run, stage, prepared, prompt_weight);
            Loader::open(shards, reading)
        };
        let loader = open(&shards(run, stage, prepared))?;
        if loader.tokens() == 0 {
            return Err(nothing_to_learn(run, stage));
        }
        let mut held_out = Vec::new();
        for name in &stage.validate {
            let held = open(&shards_of(prepared, name, 1))?;
            held_out.push((name.clone(), held.first(MEASURE_TOKENS_MAX)?));
        }
        Ok(Self {
            loader,
            held_out,
            batch_tokens: stage.batch_tokens,
        })
    }

    /// Tokens that one pass reads.
    pub fn tokens(&self) -> u64 {
        self.loader.tokens()
    }

    pub fn position(&self) -> Position {
        self.loader.position()
    }

    pub fn go_to(&mut self, position: Position) {
        self.loader.go_to(position);
    }

    pub fn step(&mut self, trainer: &mut Trainer, usual: f64) -> Result<Stepped> {
        let batch = self.loader.batch(self.batch_tokens)?;
        Ok(Stepped {
            measured: trainer.step_within(&batch, usual)?,
            measures: Measures::new(),
        })
    }

    pub fn measure(&self, trainer: &mut Trainer) -> Result<Vec<Score>> {
        let held_out = self.held_out.iter();
        held_out
            .map(|(data, examples)| {
                let (sum, weight) = trainer.measure(examples)?;
                Ok(Score {
                    data: data.clone(),
                    loss: sum / weight.max(1e-9),
                    measures: Measures::new(),
                })
            })
            .collect()
    }
}
