//! Networks that make films here, as the owner named them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tensor::Pool;
use video::{Maker, MakerOptions, SCENE_MODEL, Size, Steps, Unmade};

/// All networks, by the names that their films say.
#[derive(Default)]
pub(crate) struct Networks {
    known: BTreeMap<String, Network>,
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
    takes: Vec<&'static str>,
}

impl Networks {
    /// Those in `folders`, for a house whose data lies in `data` and that may take so much memory.
    pub fn open(folders: &[PathBuf], data: &Path, memory: u64) -> Result<Self, Unmade> {
        if folders.is_empty() {
            return Ok(Self::default());
        }
        let pool = Arc::new(Pool::of_all_cores());
        let options = MakerOptions::of_house(data, memory);
        let mut known = BTreeMap::new();
        for folder in folders {
            let maker = Maker::open(folder, options.clone(), Arc::clone(&pool))?;
            let network = Network {
                folder: folder.clone(),
                size: maker.size(),
                frames_per_second: maker.frames_per_second(),
                steps: maker.steps(),
                takes: takes(&maker),
            };
            known.insert(maker.name().to_owned(), network);
        }
        Ok(Self {
            known,
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

    /// Whoever makes films under `name`, if there is one. It blocks: weights are read.
    pub fn maker(&self, name: &str) -> Option<Result<Maker, Unmade>> {
        if name == SCENE_MODEL {
            return Some(Ok(Maker::Scene));
        }
        let (network, pool) = (self.known.get(name)?, self.pool.as_ref()?);
        let options = self.options.clone();
        Some(Maker::open(&network.folder, options, Arc::clone(pool)))
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
    ];
    let taken = all.into_iter().filter(|(_, is_taken)| *is_taken);
    taken.map(|(name, _)| name).collect()
}
