//! The models that may be asked for, wherever they run.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::http::StatusCode;
use dialogue::{Embedder, Loading, Resident, Residents, Speaker};
use fleet::Fleet;
use library::{Library, Measured};
use tensor::WeightType;

use crate::built_in::{self, BuiltInModel};
use crate::fault::{Fault, Result};

/// All models of the house.
pub(crate) struct Catalogue {
    residents: Arc<Residents>,
    scripts: Vec<Scripted>,
    built_in: Option<BuiltInModel>,
    fleet: Fleet,
    pictures: Vec<Pictures>,
}

/// Which models of another server read pictures, as the owner says: servers do not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pictures {
    /// The name of the server.
    pub upstream: String,
    /// Those of its models that do; all of them, where none are named.
    pub models: Vec<String>,
}

/// A model that says what was written down for it.
pub(crate) struct Scripted {
    pub name: String,
    pub speaker: Arc<Speaker>,
    pub embedder: Arc<Embedder>,
}

/// A model as it is listed.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub name: String,
    /// Who runs it.
    pub owner: &'static str,
    /// When it came, in seconds since 1970.
    pub created: u64,
    /// Bytes of its files, where they lie here.
    pub bytes: u64,
    /// The licence that its publisher names, where it lies here.
    pub licence: Option<String>,
    /// How fast it was here, where it was measured.
    pub measured: Option<Measured>,
}

impl Catalogue {
    pub fn new(
        residents: Residents,
        scripts: Vec<Scripted>,
        built_in: Option<BuiltInModel>,
        fleet: Fleet,
        pictures: Vec<Pictures>,
    ) -> Self {
        Self {
            residents: Arc::new(residents),
            scripts,
            built_in,
            fleet,
            pictures,
        }
    }

    /// Whether the model called `name` reads pictures, as far as the owner says: wherever it may be asked, it must.
    pub fn reads_pictures(&self, name: &str) -> bool {
        if self.pictures.is_empty() || !self.is_far(name) {
            return false;
        }
        let status = self.fleet.status();
        let served = self.fleet.served_name(name);
        let mut servers = status.upstreams.iter();
        servers
            .by_ref()
            .filter(|server| server.models.iter().any(|model| model == served))
            .all(|server| {
                let said = |said: &&Pictures| said.upstream == server.name;
                let said = self.pictures.iter().find(said);
                said.is_some_and(|said| {
                    said.models.is_empty() || said.models.iter().any(|model| model == served)
                })
            })
    }

    /// The servers that models run on beside this one.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Whether the model called `name` runs elsewhere. What is here comes first.
    pub fn is_far(&self, name: &str) -> bool {
        let is_here = self.script(name).is_some() || self.residents.library().get(name).is_some();
        !is_here && self.built_in(name).is_none() && self.fleet.serves(name)
    }

    /// Whether the model called `name` says what it says, and writes nothing that it is told to.
    pub fn says_its_own(&self, name: &str) -> bool {
        self.script(name).is_some() || self.built_in(name).is_some()
    }

    /// All models by name.
    pub fn list(&self) -> Vec<Listed> {
        let scripts = self.scripts.iter().map(|script| Listed {
            name: script.name.clone(),
            owner: "script",
            created: 0,
            bytes: 0,
            licence: None,
            measured: None,
        });
        let entries = self.residents.library().entries().unwrap_or_default();
        let local = entries
            .into_iter()
            .filter_map(Result::ok)
            .map(|entry| Listed {
                created: added_at(&entry),
                bytes: entry.manifest.bytes(),
                licence: entry.manifest.licence.id.clone(),
                measured: entry.measured(),
                name: entry.name,
                owner: "owner",
            });
        let far = self.fleet.models().into_iter().map(|name| Listed {
            name,
            owner: "upstream",
            created: 0,
            bytes: 0,
            licence: None,
            measured: None,
        });
        let mut all: Vec<Listed> = scripts.chain(local).chain(far).collect();
        // Of two with one name the one that is here is kept, for sorting is stable.
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all.dedup_by(|one, other| one.name == other.name);
        // Who has others means those.
        if let Some(model) = self.built_in(built_in::NAME) {
            all.retain(|listed| listed.name != built_in::NAME);
            all.push(Listed {
                name: built_in::NAME.to_owned(),
                owner: "freehold",
                created: 0,
                bytes: model.bytes(),
                licence: Some("Apache-2.0".to_owned()),
                measured: None,
            });
        }
        all
    }

    /// The model called `name`, if there is one.
    pub fn get(&self, name: &str) -> Option<Listed> {
        self.list().into_iter().find(|listed| listed.name == name)
    }

    /// A model to talk with, loaded where it is not.
    pub async fn speaker(&self, name: &str) -> Result<Arc<Speaker>> {
        if let Some(script) = self.script(name) {
            return Ok(Arc::clone(&script.speaker));
        }
        if let Some(model) = self.built_in(name) {
            return model.speaker().await;
        }
        self.load(name, |residents, name| residents.speaker(name))
            .await
    }

    /// A model that makes vectors of texts, loaded where it is not.
    pub async fn embedder(&self, name: &str) -> Result<Arc<Embedder>> {
        if let Some(script) = self.script(name) {
            return Ok(Arc::clone(&script.embedder));
        }
        self.load(name, |residents, name| residents.embedder(name))
            .await
    }

    fn script(&self, name: &str) -> Option<&Scripted> {
        self.scripts.iter().find(|script| script.name == name)
    }

    /// Memory that the built-in model takes, if that is meant and it is loaded.
    pub fn built_in_bytes(&self, name: &str) -> Option<u64> {
        let speaker = self.built_in(name)?.resident()?;
        Some(speaker.bytes())
    }

    /// The model that is built in, if that is meant: what the owner added under its name comes first.
    fn built_in(&self, name: &str) -> Option<&BuiltInModel> {
        let model = self.built_in.as_ref()?;
        let is_meant = name == built_in::NAME
            && self.script(name).is_none()
            && self.residents.library().get(name).is_none();
        is_meant.then_some(model)
    }

    async fn load<T: Send + 'static>(
        &self,
        name: &str,
        load: impl FnOnce(&Residents, &str) -> dialogue::Result<T> + Send + 'static,
    ) -> Result<T> {
        // Paths are nobody's business but the owner's: names of the library alone.
        if self.residents.library().get(name).is_none() {
            return Err(self.unknown(name));
        }
        let (residents, name) = (Arc::clone(&self.residents), name.to_owned());
        let loaded = tokio::task::spawn_blocking(move || load(&residents, &name)).await;
        let loaded = loaded.map_err(|error| Fault::broken(format!("loading broke: {error}")))?;
        Ok(loaded?)
    }

    /// Names of the models that are in memory.
    pub fn resident(&self) -> Vec<String> {
        let resident = self.residents.resident().into_iter();
        let mut names: Vec<String> = resident.map(|resident| resident.name).collect();
        let built_in = self.built_in(built_in::NAME);
        if built_in.is_some_and(|model| model.resident().is_some()) {
            names.push(built_in::NAME.to_owned());
        }
        names
    }

    /// How matrices are held of models that are loaded.
    pub fn weights(&self) -> WeightType {
        self.residents.settings().weights
    }

    /// The owner's models.
    pub fn library(&self) -> &Library {
        self.residents.library()
    }

    /// Gives a model's memory back; what it is saying may end.
    pub fn unload(&self, name: &str) {
        self.residents.unload(name);
    }

    /// Models that are in memory, those that make vectors too.
    pub fn in_memory(&self) -> Vec<Resident> {
        self.residents.resident()
    }

    /// Bytes that all models together may take.
    pub fn budget(&self) -> u64 {
        self.residents.budget()
    }

    /// Models that are being read into memory.
    pub fn loading(&self) -> Vec<Loading> {
        self.residents.loading()
    }

    /// Tokens of conversation and answer together, where the model called `name` is in memory.
    pub fn context(&self, name: &str) -> Option<usize> {
        if let Some(script) = self.script(name) {
            return Some(script.speaker.context());
        }
        if let Some(model) = self.built_in(name) {
            return model.resident().map(|speaker| speaker.context());
        }
        let is_resident = self.resident().iter().any(|resident| resident == name);
        let speaker = is_resident
            .then(|| self.residents.speaker(name).ok())
            .flatten();
        speaker.map(|speaker| speaker.context())
    }

    /// That there is no such model.
    pub fn unknown(&self, name: &str) -> Fault {
        let names: Vec<String> = self.list().into_iter().map(|listed| listed.name).collect();
        let hint = match names.is_empty() {
            true => "add one: `freehold model add FOLDER`".to_owned(),
            false => format!("there are `{}`", names.join("`, `")),
        };
        let shown: String = name.chars().take(200).collect();
        let message = format!("The model `{shown}` does not exist.\nhint: {hint}");
        Fault {
            param: Some("model".to_owned()),
            ..Fault::new(StatusCode::NOT_FOUND, message).code("model_not_found")
        }
    }
}

/// When a model was added, in seconds since 1970.
fn added_at(entry: &library::Entry) -> u64 {
    let about = std::fs::metadata(&entry.folder);
    let made = about.and_then(|about| about.created().or_else(|_| about.modified()));
    let since = made
        .ok()
        .and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    since.unwrap_or_default().as_secs()
}
