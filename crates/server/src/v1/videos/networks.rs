//! Networks that make films here, as the owner named them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tensor::Pool;
use video::{KeptAdapter, Maker, MakerOptions, SCENE_MODEL, Settings, Size, Steps, Unmade};

use super::wanted;
use crate::fault::{Fault, Result};
use crate::serve::Films;

/// All networks, by the names that their films say.
#[derive(Default)]
pub(crate) struct Networks {
    known: BTreeMap<String, Network>,
    adapters: BTreeMap<String, PathBuf>,
    options: MakerOptions,
    pool: Option<Arc<Pool>>,
}

/// What is usual for a network.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    folder: PathBuf,
    pub size: Size,
    pub frames_per_second: u32,
    pub steps: Steps,
    /// Whether adapters can be added to it.
    pub is_of_open_weights: bool,
    takes: Vec<&'static str>,
}

impl Networks {
    /// Those that the owner named, for a house whose data lies in `data` and that may take so much memory.
    pub fn open(films: &Films, data: &Path, memory: u64) -> std::result::Result<Self, Unmade> {
        if films.models.is_empty() {
            return Ok(Self::default());
        }
        let pool = Arc::new(Pool::of_all_cores());
        let options = MakerOptions::of_house(data, memory);
        let mut known = BTreeMap::new();
        for folder in &films.models {
            let maker = Maker::open(folder, options.clone(), Arc::clone(&pool))?;
            let network = Network {
                folder: folder.clone(),
                size: maker.size(),
                frames_per_second: maker.frames_per_second(),
                steps: maker.steps(),
                is_of_open_weights: matches!(maker, Maker::OpenWeights(..)),
                takes: takes(&maker),
            };
            known.insert(maker.name().to_owned(), network);
        }
        let adapters = films.adapters.iter();
        Ok(Self {
            known,
            adapters: adapters
                .map(|path| (KeptAdapter::of(path, 1.0).name, path.clone()))
                .collect(),
            options,
            pool: Some(pool),
        })
    }

    /// The names of all that make films here, the scene renderer first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let networks = self.known.keys().map(String::as_str);
        std::iter::once(SCENE_MODEL).chain(networks)
    }

    /// All that make films here, for whoever chooses: their names, how large their films are, and what beside words they take.
    pub fn described(&self) -> Value {
        let scene =
            json!({ "name": SCENE_MODEL, "size": Maker::Scene.size().to_string(), "takes": [] });
        let networks = self.known.iter().map(|(name, network)| {
            json!({ "name": name, "size": network.size.to_string(), "takes": network.takes })
        });
        Value::Array(std::iter::once(scene).chain(networks).collect())
    }

    /// What is usual for the network called `name`.
    pub fn get(&self, name: &str) -> Option<&Network> {
        self.known.get(name)
    }

    /// Whoever makes films as `settings` say. It blocks: weights are read.
    pub fn maker(&self, settings: &Settings) -> Result<Maker> {
        let name = settings.model.as_str();
        if name == SCENE_MODEL {
            return Ok(Maker::Scene);
        }
        let (Some(network), Some(pool)) = (self.known.get(name), &self.pool) else {
            return Err(wanted::unknown(name, self));
        };
        let adapters = settings.adapters.iter();
        let options = MakerOptions {
            adapters: adapters
                .map(|adapter| Ok((self.adapter(adapter)?.clone(), adapter.scale)))
                .collect::<Result<_>>()?,
            ..self.options.clone()
        };
        Maker::open(&network.folder, options, Arc::clone(pool)).map_err(wanted::not_begun)
    }

    /// Where an adapter lies.
    pub fn adapter(&self, adapter: &KeptAdapter) -> Result<&PathBuf> {
        self.adapters.get(&adapter.name).ok_or_else(|| {
            let shown: String = adapter.name.chars().take(100).collect();
            let names: Vec<String> = self
                .adapters
                .keys()
                .map(|name| format!("`{name}`"))
                .collect();
            let hint = match names.is_empty() {
                true => {
                    "the owner names them in `freehold.toml`: `adapters` of `[films]`".to_owned()
                }
                false => format!("there are {}", names.join(", ")),
            };
            Fault::param(
                "loras",
                format!("there is no adapter `{shown}` here\nhint: {hint}"),
            )
        })
    }
}

/// What a network takes beside words, as requests call it.
fn takes(maker: &Maker) -> Vec<&'static str> {
    let [first, last, is_loop] = maker.takes();
    let all = [
        ("negative_prompt", true),
        ("input_reference", first),
        ("last_frame", last),
        ("loop", is_loop),
        ("loras", matches!(maker, Maker::OpenWeights(..))),
    ];
    let taken = all.into_iter().filter(|(_, is_taken)| *is_taken);
    taken.map(|(name, _)| name).collect()
}
