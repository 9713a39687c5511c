//! Films that are drawn, and made again out of noise.

use std::ops::Range;
use std::sync::Arc;

use kernels::Pool;
use models::FilmShape;

use super::{Measures, Score, Stepped};
use crate::deck::Position;
use crate::error::Result;
use crate::film::{FilmExample, FilmSource, draw_examples};
use crate::recipe::{Purpose, Recipe, Stage};
use crate::run::Run;
use crate::trainer::Trainer;

/// Films to measure with.
const MEASURED: u64 = 64;

/// The number of the first film of a source that is held out; nobody draws as many to learn from.
const HELD_OUT: u64 = 1 << 40;

/// How much more than what is usual of texts a batch may lose: few films are in one, and those of which much moves weigh many times more.
const UNEVEN: f64 = 5.0;

/// Films to learn from, and some to measure with.
pub(in crate::run) struct Films {
    source: FilmSource,
    pool: Arc<Pool>,
    seed: u64,
    validate: Vec<String>,
    batch_tokens: usize,
    /// Steps of stages before, and their tokens of a batch: no film is drawn twice, and later ones are harder.
    before: Vec<(u64, usize)>,
    /// Whether a later stage has larger films.
    will_grow: bool,
    position: Position,
    /// What is learnt from now, whose memory serves the next step.
    batch: Vec<FilmExample>,
}

impl Films {
    pub fn open(run: &Run, stage: &Stage) -> Result<Self> {
        Ok(Self {
            source: run.films_drawn()?,
            pool: Arc::clone(&run.options.pool),
            seed: run.recipe.seed,
            validate: stage.validate.clone(),
            batch_tokens: stage.batch_tokens,
            before: before(&run.recipe, stage),
            will_grow: will_grow(&run.recipe, stage),
            position: Position::default(),
            batch: Vec::new(),
        })
    }

    pub fn position(&self) -> Position {
        self.position
    }

    pub fn go_to(&mut self, position: Position) {
        self.position = position;
    }

    pub fn step(&mut self, trainer: &mut Trainer, usual: f64) -> Result<Stepped> {
        let shape = trainer.film_shape();
        // Films that grow keep their tokens.
        let films = |tokens: usize| (tokens / shape.tokens()).max(1) as u64;
        let drawn = self
            .before
            .iter()
            .map(|(steps, tokens)| steps * films(*tokens));
        let count = films(self.batch_tokens) as usize;
        let first = drawn.sum::<u64>() + self.position.piece as u64;
        self.position.piece += count;
        let mut batch = std::mem::take(&mut self.batch);
        self.draw(&mut batch, &shape, first..first + count as u64);
        let measured = trainer.step_films(&batch, UNEVEN * usual);
        self.batch = batch;
        Ok(Stepped {
            measured: measured?,
            measures: Measures::new(),
        })
    }

    pub fn measure(&self, trainer: &mut Trainer) -> Result<Vec<Score>> {
        let shape = trainer.film_shape();
        let names = self.validate.iter().enumerate();
        let scores = names.map(|(at, data)| {
            let first = HELD_OUT * (1 + at as u64);
            let mut films = Vec::new();
            self.draw(&mut films, &shape, first..first + MEASURED);
            let (sum, count) = trainer.measure_films(&films)?;
            Ok(Score {
                data: data.clone(),
                loss: sum / count.max(1.0),
                measures: Measures::new(),
            })
        });
        scores.collect()
    }

    fn draw(&self, films: &mut Vec<FilmExample>, shape: &FilmShape, numbers: Range<u64>) {
        let how = (shape, self.seed, self.will_grow);
        draw_examples(films, &self.source, how, numbers, &self.pool);
    }
}

/// Steps of a recipe's stages with films before that one, and their tokens of a batch.
fn before(recipe: &Recipe, stage: &Stage) -> Vec<(u64, usize)> {
    let stages = recipe.stages.iter();
    stages
        .take_while(|before| before.name != stage.name)
        .filter(|before| before.purpose == Purpose::Film)
        .map(|before| (before.steps.unwrap_or(0), before.batch_tokens))
        .collect()
}

/// Whether a stage after that one has larger films.
fn will_grow(recipe: &Recipe, stage: &Stage) -> bool {
    let stages = recipe.stages.iter();
    let mut later = stages.skip_while(|other| other.name != stage.name).skip(1);
    later.any(|later| later.grow.is_some())
}
