//! Who makes a film: the scene renderer, a network that was trained here, or open weights.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tensor::{Pool, WeightType};

use crate::generate::{Painted, Painter, USUAL_STEPS};
use crate::guide::Guide;
use crate::make::Unmade;
use crate::open_weights::{self, Filmed, Pipeline, Usual};
use crate::order::{Order, Size};
use crate::pictures::{Pictures, Told};
use crate::plan::Plan;
use crate::settings::{SCENE_MODEL, Steps};

/// The file by which a folder of open weights is known.
const INDEX: &str = "model_index.json";

/// Where what films were made of on the way is kept, in the folder of everything that is kept.
const KEPT: &str = "films";

/// How much larger than its own pictures the films of a network are, where nothing is said.
const ENLARGED: usize = 8;

/// What makes films.
pub enum Maker {
    /// The scene renderer.
    Scene,
    /// A network that was trained here.
    Painter(Box<Painter>),
    /// Open weights.
    OpenWeights(Box<Pipeline>, Usual),
}

/// How open weights are held and used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MakerOptions {
    /// How they are held; as numbers of 16 bits when none.
    pub weights: Option<WeightType>,
    /// Adapters that are added, and how strongly.
    pub adapters: Vec<(PathBuf, f32)>,
    /// Where states of texts and latents of films that are not done are kept; nowhere when none.
    pub kept: Option<PathBuf>,
    /// Bytes of memory that may be used; as many as there are when none.
    pub memory_bytes_max: Option<u64>,
}

impl MakerOptions {
    /// Those of a house whose data lies in `data`, with so many bytes of memory.
    pub fn of_house(data: &Path, memory_bytes_max: u64) -> Self {
        Self {
            kept: Some(data.join(KEPT)),
            memory_bytes_max: Some(memory_bytes_max),
            ..Self::default()
        }
    }
}

impl Maker {
    /// Whether `folder` holds open weights.
    pub fn is_of_open_weights(folder: &Path) -> bool {
        folder.join(INDEX).is_file()
    }

    /// The network of a folder.
    ///
    /// # Errors
    /// [`Unmade::Network`] and [`Unmade::OpenWeights`].
    pub fn open(folder: &Path, options: MakerOptions, pool: Arc<Pool>) -> Result<Self, Unmade> {
        if !Self::is_of_open_weights(folder) {
            return Ok(Self::Painter(Box::new(Painter::open(folder, pool)?)));
        }
        let usual = open_weights::Options::default();
        let options = open_weights::Options {
            sampler: Usual::sampler(folder),
            memory_bytes_max: options.memory_bytes_max,
            weights: options.weights.unwrap_or(usual.weights),
            adapters: options.adapters,
            embeddings: options.kept.as_ref().map(|kept| kept.join("texts")),
            unfinished: options.kept.map(|kept| kept.join("unfinished")),
            ..usual
        };
        let pipeline = Pipeline::open(folder, options, &pool)?;
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

    /// How it goes from noise to film where nothing is said.
    pub fn steps(&self) -> Steps {
        match self {
            Self::OpenWeights(_, usual) => usual.steps,
            Self::Scene | Self::Painter(_) => USUAL_STEPS,
        }
    }

    /// Whether it makes films that begin with a given picture, that end with one, and that are loops.
    pub fn takes(&self) -> [bool; 3] {
        match self {
            Self::Scene => [false, false, true],
            Self::Painter(_) => [true; 3],
            Self::OpenWeights(pipeline, _) => [pipeline.takes_a_first_picture(), false, false],
        }
    }

    /// The film of `order`, in so many steps and with what is there already, where a network makes it. It is called off through `stop`,
    /// also within a step; `told` hears of each.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn pictures<'a>(
        &'a mut self,
        order: &Order,
        how: (Steps, Guide),
        (stop, told): (&'a AtomicBool, &'a Told<'a>),
    ) -> Result<Box<dyn Pictures + 'a>, Unmade> {
        Ok(match self {
            Self::Scene => Box::new(Plan::new(order)?),
            Self::Painter(painter) => Box::new(Painted::new(painter, order, how, (stop, told))?),
            Self::OpenWeights(pipeline, usual) => {
                let usual = usual.clone();
                Box::new(Filmed::new(pipeline, usual, order, how, (stop, told))?)
            }
        })
    }
}
