//! Networks that make films here: the one that comes with the program, and those that the owner named.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tensor::Pool;
use video::{KeptAdapter, Maker, MakerOptions, SCENE_MODEL, Settings, Size, Steps, Unmade};

use super::wanted;
use crate::built_in;
use crate::fault::{Fault, Result};
use crate::serve::Films;

/// All networks, by the names that their films say.
#[derive(Default)]
pub(crate) struct Networks {
    known: BTreeMap<String, Network>,
    /// The name of the one that comes with the program.
    built_in: Option<String>,
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
    /// Those of `films`, for a house whose data lies in `data` and that may take so much memory.
    pub fn open(films: &Films, data: &Path, memory: u64) -> std::result::Result<Self, Unmade> {
        let folders = films.built_in.iter().chain(&films.models);
        if folders.clone().next().is_none() {
            return Ok(Self::default());
        }
        let pool = Arc::new(Pool::of_all_cores());
        let options = MakerOptions::of_house(data, memory);
        let (mut known, mut built_in) = (BTreeMap::new(), None);
        for folder in folders {
            let maker = Maker::open(folder, options.clone(), Arc::clone(&pool))?;
            let network = Network {
                folder: folder.clone(),
                size: maker.size(),
                frames_per_second: maker.frames_per_second(),
                steps: maker.steps(),
                is_of_open_weights: matches!(maker, Maker::OpenWeights(..)),
                takes: takes(&maker),
            };
            if films.built_in.as_ref() == Some(folder) {
                built_in = Some(maker.name().to_owned());
            }
            known.insert(maker.name().to_owned(), network);
        }
        let mut adapters = BTreeMap::new();
        for path in &films.adapters {
            let name = KeptAdapter::of(path, 1.0).name;
            let flaw = match std::fs::metadata(path) {
                Err(error) => Some(format!("`{}` cannot be read: {error}", path.display())),
                Ok(_) => adapters
                    .insert(name.clone(), path.clone())
                    .map(|_| format!("two adapters are called `{name}`")),
            };
            if let Some(flaw) = flaw {
                return Err(Unmade::File(io::Error::other(flaw)));
            }
        }
        Ok(Self {
            known,
            built_in,
            adapters,
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
        let scene = json!({ "name": SCENE_MODEL, "size": Maker::Scene.size().to_string(), "takes": [], "is_built_in": true });
        let networks = self.known.iter().map(|(name, network)| {
            json!({
                "name": name, "size": network.size.to_string(), "takes": network.takes,
                "is_built_in": self.built_in.as_ref() == Some(name),
            })
        });
        Value::Array(std::iter::once(scene).chain(networks).collect())
    }

    /// The names of the adapters that may be added to networks of open weights.
    pub fn adapter_names(&self) -> Vec<&str> {
        self.adapters.keys().map(String::as_str).collect()
    }

    /// The name that films say of the network that is meant by `name`.
    pub fn meant(&self, name: &str) -> Option<&str> {
        match (&self.built_in, self.known.get_key_value(name)) {
            (_, Some((name, _))) => Some(name),
            (Some(own), None) if name == built_in::NAME => Some(own),
            _ => None,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adapters_that_are_not_there_or_share_a_name_are_refused_at_the_start() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/wan");
        let data = tempfile::tempdir().unwrap();
        let open = |adapters: &[&str]| {
            let films = Films {
                built_in: None,
                models: vec![fixtures.join("t2v")],
                adapters: adapters.iter().map(|name| fixtures.join(name)).collect(),
            };
            Networks::open(&films, data.path(), 1 << 32).map(|networks| networks.adapters.len())
        };
        let (first, second) = ("lora/first.safetensors", "lora/diffusers.safetensors");
        assert_eq!(open(&[first, second]).unwrap(), 2);
        let missing = open(&[first, "lora/none.safetensors"]).unwrap_err();
        assert!(
            missing.to_string().contains("none.safetensors"),
            "{missing}"
        );
        let twice = open(&[first, first]).unwrap_err();
        assert!(twice.to_string().contains("called `first`"), "{twice}");
    }
}
