//! Who makes a film.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use library::Memory;
use tensor::files::Dtype;
use tensor::{Pool, WeightType};
use video::generate::Painter;
use video::open_weights::{Options, Pipeline, Usual};
use video::{SCENE_MODEL, Size, Steps};

use crate::args::video::{Made, Weights};
use crate::environment;
use crate::failure::Failure;

/// How much larger than its own pictures the films of a network are, where nothing is said.
const ENLARGED: usize = 8;

/// Steps of a network that was trained here, and its guidance, where nothing is said.
const STEPS: Steps = Steps {
    count: 20,
    guidance: 3.0,
};

/// Where what films were made of on the way is kept, in the folder of everything that is kept.
const FOLDER: &str = "films";

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
        if folder.join("model_index.json").is_file() {
            return Self::of_open_weights(folder, made, &pool);
        }
        if made.weights.is_some() || !made.adapters.is_empty() {
            let what = "`--adapter` and `--weights` are for open weights";
            return Err(Failure::refused("film_refused", what)
                .hint("what was trained here is used as it is")
                .into());
        }
        Ok(Self::Painter(Box::new(Painter::open(folder, pool)?)))
    }

    fn of_open_weights(folder: &Path, made: &Made, pool: &Arc<Pool>) -> anyhow::Result<Self> {
        let data = environment::read().data.join(FOLDER);
        let adapters = made.adapters.iter().map(|text| adapter(text));
        let usual = Options::default();
        let options = Options {
            sampler: Usual::sampler(folder),
            memory_bytes_max: Some(Memory::read().available),
            weights: made.weights.map_or(usual.weights, held),
            adapters: adapters.collect::<anyhow::Result<_>>()?,
            embeddings: Some(data.join("texts")),
            unfinished: Some(data.join("unfinished")),
            ..usual
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

/// How weights are held.
fn held(weights: Weights) -> WeightType {
    WeightType::As(match weights {
        Weights::Bf16 => Dtype::Bf16,
        Weights::Q8 => Dtype::Q8_0,
        Weights::Q4 => Dtype::Q4_0,
    })
}

/// Reads `style.safetensors=0.8`.
fn adapter(text: &str) -> anyhow::Result<(PathBuf, f32)> {
    let (path, strength) = match text.rsplit_once('=') {
        // A name may hold the sign, too.
        Some(_) if Path::new(text).is_file() => (text, "1"),
        Some((path, strength)) => (path, strength),
        None => (text, "1"),
    };
    let number = strength
        .parse::<f32>()
        .ok()
        .filter(|number| number.is_finite());
    let strength = number.ok_or_else(|| {
        let what = format!("`{strength}` does not say how strong the adapter is");
        Failure::refused("film_refused", what).hint("a number, as in `style.safetensors=0.8`")
    })?;
    Ok((PathBuf::from(path), strength))
}
