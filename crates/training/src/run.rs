//! From a recipe to a model: data, vocabulary, tokens, and one stage after the other.
//!
//! ```text
//! runs/NAME/
//!   data/            tokens of each source, and data.json: what was read, kept and left out
//!   begin/           the network before anything was learnt, with its vocabulary
//!   STAGE/           log.jsonl, events.out.tfevents.*, state-*.safetensors
//!   STAGE/model/     what came of it: a Hugging Face folder
//! ```

mod draw;
mod lessons;
mod prepare;
mod sample;
mod stage;
mod usual;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tensor::Pool;

use crate::corpus::Account;
use crate::error::{Error, Result};
use crate::film::FilmSource;
use crate::journal::Line;
use crate::ranks::{Ranks, Team};
use crate::recipe::{ModelRecipe, Recipe, Stage};

pub(crate) use prepare::ledger_of;
pub(crate) use stage::was_trained_otherwise;

/// What a run tells while it goes.
#[derive(Debug)]
pub enum Event<'a> {
    /// Something is being prepared.
    Preparing(&'a str),
    /// A source was read.
    Read(&'a Account),
    /// A stage begins, or goes on: its name, steps taken and steps in all.
    Stage(&'a str, u64, u64),
    /// A line of the journal.
    Line(&'a Line),
    /// A state was written after so many steps.
    Saved(u64),
    /// A stage has ended; its model lies there.
    Done(&'a str, &'a Path),
}

/// Tells of events.
pub type Tell<'a> = &'a mut dyn FnMut(Event<'_>);

/// What a run is given beside its recipe.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Threads.
    pub pool: Arc<Pool>,
    /// The only stage to run; all that are not done when none.
    pub stage: Option<String>,
    /// Memory that there is, in bytes; what needs more is refused before it starts.
    pub memory_bytes: Option<u64>,
    /// Ends it after the step at hand, with everything kept.
    pub stop: Arc<AtomicBool>,
    /// Says who draws films, for recipes that learn from them.
    pub films: Option<fn() -> FilmSource>,
}

/// A recipe being followed.
pub struct Run {
    recipe: Recipe,
    options: RunOptions,
    out: PathBuf,
    team: Team,
}

impl Run {
    /// Reads a recipe; nothing is written yet.
    ///
    /// # Errors
    /// As [`Recipe::open`], and when `options` names a stage that there is none of.
    pub fn open(recipe: &Path, options: RunOptions) -> Result<Self> {
        let path = recipe;
        let recipe = Recipe::open(path)?;
        if let Some(wanted) = &options.stage
            && !recipe.stages.iter().any(|stage| stage.name == *wanted)
        {
            let names: Vec<&str> = recipe
                .stages
                .iter()
                .map(|stage| stage.name.as_str())
                .collect();
            return Err(Error::Recipe {
                path: path.to_owned(),
                reason: format!("there is no stage `{wanted}`"),
                hint: format!("there are {}", names.join(", ")),
            });
        }
        let out = recipe.out();
        Ok(Self {
            recipe,
            options,
            out,
            team: Team::default(),
        })
    }

    /// Makes it one of several that follow the same recipe in the same folder. The first of them tells and writes.
    #[must_use]
    pub fn among(mut self, ranks: Rc<dyn Ranks>) -> Self {
        self.team = Team::of(ranks);
        self
    }

    /// The folder of everything that is made.
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Does what is left to do. What was done before stays as it is, and a stage that was stopped goes on.
    ///
    /// # Errors
    /// When the data is not what the recipe says, memory or disk do not suffice, numbers grow beyond bounds, or
    /// [`Error::Stopped`].
    pub fn go(&self, tell: Tell<'_>) -> Result<PathBuf> {
        let mut silent = |_: Event<'_>| {};
        let tell: Tell<'_> = match self.team.is_first() {
            true => tell,
            false => &mut silent,
        };
        let prepared = self.prepare_together(tell)?;
        let mut before = prepared.begin.clone();
        for stage in &self.recipe.stages {
            let folder = self.out.join(&stage.name);
            let model = folder.join("model");
            let is_wanted = self
                .options
                .stage
                .as_ref()
                .is_none_or(|name| *name == stage.name);
            let is_done = u64::from(model.join("config.json").is_file());
            if self.team.first_says(is_done)? != 0 {
                self.team.agree(self.check_done(stage, &folder))?;
            } else {
                if !is_wanted {
                    return Err(Error::Recipe {
                        path: folder,
                        reason: format!("stage `{}` is not done", stage.name),
                        hint: "stages are done in their order; leave `--stage` out".to_owned(),
                    });
                }
                let course = stage::Course::begin(self, stage, &prepared, &before, tell);
                self.team.agree(course)?.run(tell)?;
            }
            tell(Event::Done(&stage.name, &model));
            before = model;
            if is_wanted && self.options.stage.is_some() {
                break;
            }
        }
        Ok(before)
    }

    /// What is done stays, so what the recipe says of it must be what it was done by.
    fn check_done(&self, stage: &Stage, folder: &Path) -> Result<()> {
        // A state that cannot be read says nothing; the model beside it is whole.
        match was_trained_otherwise(folder, stage, self.recipe.seed) {
            Ok(true) => Err(Error::Recipe {
                path: folder.to_owned(),
                reason: format!(
                    "stage `{}` is done, and the recipe says something else of it now",
                    stage.name
                ),
                hint:
                    "give the recipe another `name`, or delete that folder to begin the stage anew"
                        .to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Who draws films.
    fn films_drawn(&self) -> Result<FilmSource> {
        let films = self.options.films.ok_or_else(|| Error::Recipe {
            path: self.out.clone(),
            reason: "it needs films, and nobody draws them".to_owned(),
            hint: "`freehold train` draws them".to_owned(),
        })?;
        Ok(films())
    }

    fn is_stopped(&self) -> bool {
        self.options.stop.load(Ordering::Relaxed)
    }

    /// The checkpoint that the recipe goes on from, if it does not begin by chance.
    fn given(&self) -> Option<PathBuf> {
        match &self.recipe.model {
            ModelRecipe::From(from) => Some(self.recipe.path(&from.from)),
            ModelRecipe::Shape(_) | ModelRecipe::Film(_) => None,
        }
    }
}
