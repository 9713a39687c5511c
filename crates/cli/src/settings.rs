//! `freehold.toml`: what the owner decides once.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use fleet::{Probe, Secret, Upstream};
use serde::Deserialize;
use server::Pictures;

use crate::failure::Failure;

/// What may stand in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Servers that run further models.
    upstream: Vec<Server>,
    /// Further names of models: what may be asked for, and the name it is served under.
    aliases: BTreeMap<String, String>,
    webhooks: Webhooks,
    films: Films,
}

/// Networks that make films.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Films {
    /// Their folders.
    models: Vec<PathBuf>,
    /// Files of adapters (LoRAs) that may be added to open weights.
    adapters: Vec<PathBuf>,
}

/// Addresses that are told when something has ended; which ones, is chosen in the app.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Webhooks {
    /// Those to which they may lead although they are not public.
    private: Vec<IpAddr>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    name: String,
    /// What paths are appended to: `https://api.example/v1`.
    url: String,
    /// A file that holds the key alone, so that settings can be shown to others.
    key_file: Option<PathBuf>,
    key: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Those that it lists, when none are named.
    #[serde(default)]
    models: Models,
    weight: Option<u32>,
    in_flight_max: Option<usize>,
    probe: Option<Look>,
    metrics: Option<bool>,
    /// Whether its models read pictures, or which of them do.
    #[serde(default)]
    images: Images,
}

/// All, or those of these names.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Images {
    All(bool),
    These(Vec<String>),
}

impl Default for Images {
    fn default() -> Self {
        Self::All(false)
    }
}

/// Names, or names of ours for names of theirs.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Models {
    Same(Vec<String>),
    Renamed(BTreeMap<String, String>),
}

impl Default for Models {
    fn default() -> Self {
        Self::Same(Vec::new())
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Look {
    Models,
    Health,
    Off,
}

/// Reads the settings at `path`; none where there is no such file and nobody named it.
pub fn read(path: &Path, was_named: bool) -> Result<Settings, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !was_named => {
            return Ok(Settings::default());
        }
        Err(error) => return Err(Failure::unreadable(path, &error)),
    };
    toml::from_str(&text).map_err(|error| {
        let what = format!(
            "`{}` cannot be used: {}",
            path.display(),
            error.to_string().trim_end()
        );
        Failure::refused("unusable_settings_file", what)
            .hint("`[[upstream]]` with `name` and `url`, `[aliases]`, `[webhooks]` with `private` and `[films]` with `models` and `adapters` are what may stand there")
    })
}

impl Settings {
    /// Which models of other servers read pictures.
    pub fn pictures(&self) -> Vec<Pictures> {
        let said = self.upstream.iter().filter_map(|server| {
            let models = match &server.images {
                Images::All(false) => return None,
                Images::All(true) => Vec::new(),
                Images::These(names) if names.is_empty() => return None,
                Images::These(names) => names.clone(),
            };
            let upstream = server.name.clone();
            Some(Pictures { upstream, models })
        });
        said.collect()
    }

    /// Networks that make films, with the one whose folder is `built_in`.
    pub fn films(&self, built_in: PathBuf) -> server::Films {
        server::Films {
            built_in: Some(built_in),
            models: self.films.models.clone(),
            adapters: self.films.adapters.clone(),
        }
    }

    /// Addresses to which webhooks may lead although they are not public.
    pub fn private_webhooks(&self) -> Vec<IpAddr> {
        self.webhooks.private.clone()
    }

    /// The servers that run further models.
    pub fn fleet(self) -> Result<fleet::Options, Failure> {
        let upstreams = self.upstream.into_iter().map(Server::upstream);
        Ok(fleet::Options {
            upstreams: upstreams.collect::<Result<_, _>>()?,
            aliases: self.aliases,
            ..fleet::Options::default()
        })
    }
}

impl Server {
    fn upstream(self) -> Result<Upstream, Failure> {
        let usual = Upstream::new(self.name, self.url);
        let key = match &self.key_file {
            Some(path) => {
                let text = fs::read_to_string(path);
                let text = text.map_err(|error| Failure::unreadable(path, &error))?;
                Some(text.trim().to_owned())
            }
            None => self.key,
        };
        let headers = self.headers.into_iter();
        Ok(Upstream {
            key: key.map(Secret::new),
            headers: headers
                .map(|(name, value)| (name, Secret::new(value)))
                .collect(),
            models: match self.models {
                Models::Same(names) => names.into_iter().map(|name| (name.clone(), name)).collect(),
                Models::Renamed(names) => names,
            },
            weight: self.weight.unwrap_or(usual.weight),
            in_flight_max: self.in_flight_max.unwrap_or(usual.in_flight_max),
            probe: match self.probe {
                None | Some(Look::Models) => Probe::Models,
                Some(Look::Health) => Probe::Health,
                Some(Look::Off) => Probe::Off,
            },
            reads_metrics: self.metrics.unwrap_or(usual.reads_metrics),
            ..usual
        })
    }
}
