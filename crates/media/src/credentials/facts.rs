//! What credentials say of a file.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::error::{Error, Result};
use super::ingredient::{Ingredient, Relationship};

/// Characters of a title or name.
const NAME_MAX: usize = 1000;

/// Bytes of all texts together.
const TEXT_BYTES_MAX: usize = 256 << 10;

/// What a file was made of.
const INGREDIENTS_MAX: usize = 64;

/// What the addresses of the IPTC's list of sources begin with.
const SOURCES: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";

/// What credentials say of a file.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What the file is called.
    pub title: String,
    /// What made it.
    pub generator: Generator,
    /// How its content came to be.
    pub source: Source,
    /// When, in seconds since 1970.
    pub created_at: i64,
    /// What the names in the credentials follow from. No two files have the same, as a sum or a number of chance.
    pub identity: [u8; 32],
    /// What it was made with.
    pub making: Making,
    /// What it was made of. With a parent among them it is an edited file, and a new one otherwise.
    pub ingredients: Vec<Ingredient>,
}

/// A program that makes files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generator {
    /// Its name.
    pub name: String,
    /// Its version; empty when it has none.
    pub version: String,
}

/// What a file was made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Making {
    /// The model that made it.
    pub model: Option<String>,
    /// What was asked for.
    pub prompt: Option<String>,
    /// The number that chance began with.
    pub seed: Option<u64>,
    /// Whatever else was set, by name.
    pub settings: BTreeMap<String, String>,
}

/// How the content of a file came to be. Source: IPTC's digital source types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A trained model made it.
    TrainedAlgorithmicMedia,
    /// It was there, and a trained model changed or added something.
    CompositeWithTrainedAlgorithmicMedia,
    /// People made it with a program.
    DigitalCreation,
    /// A program made it by rules.
    AlgorithmicMedia,
    /// Another, by its address.
    Other(String),
}

impl Source {
    const NAMED: [(Self, &'static str); 4] = [
        (Self::TrainedAlgorithmicMedia, "trainedAlgorithmicMedia"),
        (
            Self::CompositeWithTrainedAlgorithmicMedia,
            "compositeWithTrainedAlgorithmicMedia",
        ),
        (Self::DigitalCreation, "digitalCreation"),
        (Self::AlgorithmicMedia, "algorithmicMedia"),
    ];

    /// Its address in IPTC's list.
    pub fn uri(&self) -> String {
        let named = Self::NAMED.into_iter().find(|(source, _)| source == self);
        match (named, self) {
            (Some((_, name)), _) => format!("{SOURCES}{name}"),
            (None, Self::Other(uri)) => uri.clone(),
            (None, _) => unreachable!("all others have a name"),
        }
    }

    /// The one of an address.
    pub(super) fn of_uri(uri: &str) -> Self {
        let name = uri.strip_prefix(SOURCES).unwrap_or_default();
        let named = Self::NAMED.into_iter().find(|(_, known)| *known == name);
        named.map_or_else(|| Self::Other(uri.to_owned()), |(source, _)| source)
    }
}

impl Facts {
    /// That credentials have a place for them.
    pub(super) fn check(&self) -> Result<()> {
        let flawed = |reason: String| Err(Error::Facts { reason });
        let names = [
            ("title", &self.title),
            ("generator's name", &self.generator.name),
        ];
        for (what, name) in names {
            let letters = name.chars().count();
            if name.trim().is_empty() || letters > NAME_MAX {
                return flawed(format!(
                    "a {what} of `{letters}` letters, and 1 to {NAME_MAX} are written"
                ));
            }
        }
        let bytes: usize = self.texts().map(str::len).sum();
        if bytes > TEXT_BYTES_MAX {
            return flawed(format!(
                "`{bytes}` bytes of text, and {TEXT_BYTES_MAX} are written"
            ));
        }
        if Timestamp::from_second(self.created_at).is_err() {
            return flawed(format!("`{}` is no time", self.created_at));
        }
        if self.ingredients.len() > INGREDIENTS_MAX {
            let found = self.ingredients.len();
            return flawed(format!(
                "`{found}` ingredients, and {INGREDIENTS_MAX} are written"
            ));
        }
        let parents = self.ingredients.iter();
        let parents =
            parents.filter(|ingredient| ingredient.relationship() == Relationship::Parent);
        match parents.count() {
            0 | 1 => Ok(()),
            parents => flawed(format!("`{parents}` parents, and a file has one at most")),
        }
    }

    /// When it was made, as RFC 3339 writes it.
    pub(super) fn date(&self) -> String {
        let at = Timestamp::from_second(self.created_at);
        at.expect("the facts were checked").to_string()
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let making = &self.making;
        let some = [&making.model, &making.prompt].into_iter().flatten();
        let settings = making
            .settings
            .iter()
            .flat_map(|(name, value)| [name, value]);
        let fixed = [&self.title, &self.generator.name, &self.generator.version];
        let titles = self.ingredients.iter().map(Ingredient::title);
        let texts = some.chain(settings).chain(fixed).map(String::as_str);
        texts.chain(titles)
    }
}
