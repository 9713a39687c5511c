//! Who makes a film.

use std::path::Path;
use std::sync::Arc;

use library::Memory;
use tensor::Pool;
use video::generate::Painter;
use video::open_weights::{Options, Pipeline, Usual};
use video::{SCENE_MODEL, Size, Steps};

use crate::args::video::Made;

/// How much larger than its own pictures the films of a network are, where nothing is said.
const ENLARGED: usize = 8;

/// Steps of a network that was trained here, and its guidance, where nothing is said.
const STEPS: Steps = Steps {
    count: 20,
    guidance: 3.0,
};

/// What draws or generates films.
pub enum Maker {
    /// The scene renderer.
    Scene,
    /// A network that was trained here.
    Painter(Box<Painter>),
    /// Open weights.
    OpenWeights(Box<Pipeline>, Usual),
}

impl Maker {
    /// Whoever `--model` names.
    pub fn of(made: &Made) -> anyhow::Result<Self> {
        let Some(folder) = &made.model else {
            return Ok(Self::Scene);
        };
        let pool = Arc::new(Pool::of_all_cores());
        match folder.join("model_index.json").is_file() {
            true => Self::of_open_weights(folder, &pool),
            false => Ok(Self::Painter(Box::new(Painter::open(folder, pool)?))),
        }
    }

    fn of_open_weights(folder: &Path, pool: &Arc<Pool>) -> anyhow::Result<Self> {
        let options = Options {
            sampler: Usual::sampler(folder),
            memory_bytes_max: Some(Memory::read().available),
            ..Options::default()
        };
        let pipeline = Pipeline::open(folder, options, pool)?;
        let usual = Usual::of(folder, &pipeline);
        Ok(Self::OpenWeights(Box::new(pipeline), usual))
    }

    /// What its films say who made them.
    pub fn name(&self) -> &str {
        match self {
            Self::Scene => SCENE_MODEL,
            Self::Painter(painter) => painter.name(),
            Self::OpenWeights(_, usual) => &usual.name,
        }
    }

    /// How large its films are where nothing is said.
    pub fn size(&self) -> Size {
        match self {
            Self::Scene => Size {
                width: 1280,
                height: 720,
            },
            Self::Painter(painter) => {
                let [_, rows, columns] = painter.size();
                Size {
                    width: columns * ENLARGED,
                    height: rows * ENLARGED,
                }
            }
            Self::OpenWeights(_, usual) => usual.size,
        }
    }

    /// Pictures a second where nothing is said.
    pub fn frames_per_second(&self) -> u32 {
        match self {
            Self::Scene => 24,
            Self::Painter(painter) => painter.frames_per_second(),
            Self::OpenWeights(_, usual) => usual.frames_per_second,
        }
    }

    /// How it goes from noise to film: as was said, or as is usual for it.
    pub fn steps(&self, made: &Made) -> Steps {
        let usual = match self {
            Self::OpenWeights(_, usual) => usual.steps,
            Self::Scene | Self::Painter(_) => STEPS,
        };
        Steps {
            count: made.steps.unwrap_or(usual.count),
            guidance: made.guidance.unwrap_or(usual.guidance),
        }
    }
}
