//! The models that are in memory, loaded when they are asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Models, Shelf};
use library::{CACHE, Library, Needs, Opened};
use tensor::files::Progress;

use crate::embedder::Embedder;
use crate::error::{Error, Result};
use crate::speaker::{Settings, Speaker, served_context};

/// Models of a library under one budget of memory. What has nothing to do makes room for what is asked for, the
/// one used longest ago first.
pub struct Residents {
    models: Models<Shelves>,
}

/// A model that is in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resident {
    /// What it is called.
    pub name: String,
    /// Memory that it takes, in bytes.
    pub bytes: u64,
    /// Whether it makes vectors of texts, rather than answers.
    pub embeds: bool,
}

/// A model that is being read into memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Loading {
    /// What it is called.
    pub name: String,
    /// Bytes of its weights.
    pub bytes: u64,
    /// The part of them that has been read, from 0 to 1.
    pub fraction: f64,
}

struct Shelves {
    library: Library,
    settings: Settings,
    /// By name, those that are being read.
    progress: Mutex<HashMap<String, Arc<Progress>>>,
}

#[derive(Clone)]
enum Loaded {
    Speaker(Arc<Speaker>),
    Embedder(Arc<Embedder>),
}

/// What stands before the name of a model that is to make vectors.
const EMBEDS: &str = "embed:";

impl Residents {
    /// Models of `library`, each loaded by `settings`, in at most `budget` bytes together.
    pub fn new(library: Library, settings: Settings, budget: u64) -> Self {
        Self {
            models: Models::new(
                Shelves {
                    library,
                    settings,
                    progress: Mutex::default(),
                },
                budget as usize,
            ),
        }
    }

    /// The model called `name`, to talk with. Blocks while it is loaded.
    pub fn speaker(&self, name: &str) -> Result<Arc<Speaker>> {
        match self.models.get(name)? {
            Loaded::Speaker(speaker) => Ok(speaker),
            Loaded::Embedder(_) => Err(unloaded(name)),
        }
    }

    /// The model called `name`, to make vectors of texts. Blocks while it is loaded.
    pub fn embedder(&self, name: &str) -> Result<Arc<Embedder>> {
        match self.models.get(&format!("{EMBEDS}{name}"))? {
            Loaded::Embedder(embedder) => Ok(embedder),
            Loaded::Speaker(_) => Err(unloaded(name)),
        }
    }

    /// How they are loaded.
    pub fn settings(&self) -> Settings {
        self.models.shelf().settings
    }

    /// The library that they come from.
    pub fn library(&self) -> &Library {
        &self.models.shelf().library
    }

    /// Bytes that they may take together.
    pub fn budget(&self) -> u64 {
        self.models.budget() as u64
    }

    /// Those in memory, the last used last.
    pub fn resident(&self) -> Vec<Resident> {
        let resident = self.models.resident().into_iter();
        let resident = resident.map(|(key, bytes)| Resident {
            name: key.strip_prefix(EMBEDS).unwrap_or(&key).to_owned(),
            bytes: bytes as u64,
            embeds: key.starts_with(EMBEDS),
        });
        resident.collect()
    }

    /// Those that are being read into memory, by name.
    pub fn loading(&self) -> Vec<Loading> {
        let progress = self.models.shelf().progress();
        let loading = progress.iter().map(|(name, progress)| Loading {
            name: name.clone(),
            bytes: progress.total(),
            fraction: progress.fraction(),
        });
        let mut loading: Vec<Loading> = loading.collect();
        loading.sort_by(|one, other| one.name.cmp(&other.name));
        loading
    }

    /// Gives a model up; what it is saying it may end.
    pub fn unload(&self, name: &str) {
        self.models.unload(name);
        self.models.unload(&format!("{EMBEDS}{name}"));
    }
}

fn unloaded(name: &str) -> Error {
    let reason = "it is in use for something else".to_owned();
    let name = name.to_owned();
    engine::Error::Load { name, reason }.into()
}

impl Shelves {
    fn progress(&self) -> MutexGuard<'_, HashMap<String, Arc<Progress>>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf for Shelves {
    type Model = Loaded;
    type Error = Error;

    fn bytes(&self, key: &str) -> Result<usize> {
        let name = key.strip_prefix(EMBEDS).unwrap_or(key);
        let opened = Opened::at(&self.library.locate(name)?.path)?;
        let cached = match key.starts_with(EMBEDS) {
            true => 0,
            false => {
                opened.check_known()?;
                self.settings
                    .cached(served_context(&opened, self.settings)?)
            }
        };
        let needs = Needs::of(&opened.outline, self.settings.weights, (cached, CACHE));
        Ok(needs.all() as usize)
    }

    fn load(&self, key: &str) -> Result<Loaded> {
        let name = key.strip_prefix(EMBEDS).unwrap_or(key);
        let located = self.library.locate(name)?;
        if let Some(entry) = &located.entry {
            entry.touch();
        }
        Ok(match key.starts_with(EMBEDS) {
            true => {
                let embedder = Embedder::load(&located.path, self.settings.weights)?;
                Loaded::Embedder(Arc::new(embedder))
            }
            false => {
                let begun = |progress: &Arc<Progress>| {
                    self.progress()
                        .insert(name.to_owned(), Arc::clone(progress));
                };
                let speaker = Speaker::load_watched(&located.path, self.settings, begun);
                self.progress().remove(name);
                Loaded::Speaker(Arc::new(speaker?))
            }
        })
    }

    fn is_busy(model: &Loaded) -> bool {
        match model {
            Loaded::Speaker(speaker) => {
                let status = speaker.status();
                status.running + status.waiting > 0
            }
            Loaded::Embedder(embedder) => embedder.is_busy(),
        }
    }
}
