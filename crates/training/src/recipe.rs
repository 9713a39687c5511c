//! What is to be made, of what, and how: one file.

mod stage;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::begin::{FilmRecipe, Shape};
use crate::error::{Error, Result};
use crate::release::About;

pub use stage::{AdapterRecipe, Numbers, Purpose, Stage};

/// Folders of a run that are no stage's.
const FOLDERS: [&str; 3] = ["begin", "data", "release"];

/// A recipe, as its TOML file says it. Paths in it are relative to the file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What the model is called.
    pub name: String,
    /// Where all chance comes from.
    #[serde(default)]
    pub seed: u64,
    /// The folder of everything that is made; `runs/NAME` when none.
    pub out: Option<PathBuf>,
    /// The vocabulary.
    pub tokenizer: Option<TokenizerRecipe>,
    /// Where text comes from.
    pub data: Vec<Source>,
    /// What of it is kept.
    #[serde(default)]
    pub clean: Clean,
    /// What is trained.
    pub model: ModelRecipe,
    /// What it is trained for, one after the other.
    #[serde(rename = "stage")]
    pub stages: Vec<Stage>,
    /// What its release says that no run can know.
    #[serde(default)]
    pub release: About,
    /// The folder of the recipe.
    #[serde(skip)]
    folder: PathBuf,
}

/// What is trained: numbers by chance in a shape, or a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelRecipe {
    /// A checkpoint to go on from: a Hugging Face folder.
    From(From),
    /// A shape to begin with.
    Shape(Shape),
    /// The shape of a network that makes films.
    Film(FilmRecipe),
}

impl<'de> Deserialize<'de> for ModelRecipe {
    /// By whether there is `from`, so that a slip is told as what it is.
    fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> std::result::Result<Self, D::Error> {
        let table = toml::Table::deserialize(reader)?;
        let is_from = table.contains_key("from");
        let is_film = table.contains_key("film_size");
        let table = toml::Value::Table(table);
        let read = if is_from {
            table.try_into().map(Self::From)
        } else if is_film {
            table.try_into().map(Self::Film)
        } else {
            table.try_into().map(Self::Shape)
        };
        read.map_err(|error: toml::de::Error| serde::de::Error::custom(error.message()))
    }
}

/// A checkpoint to go on from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// Its folder.
    pub from: PathBuf,
}

/// How a vocabulary is made.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenizerRecipe {
    /// Tokens in it, special ones and single bytes included.
    pub vocab_size: usize,
    /// How many digits may stand in one token.
    #[serde(default = "three")]
    pub digits: usize,
    /// A regular expression of the pieces within which tokens are made, in place of the field's.
    pub words: Option<String>,
    /// Bytes of text that it is made from, at most.
    #[serde(default = "sample_bytes")]
    pub sample_bytes: usize,
    /// A chat template beside the recipe; ChatML when none.
    pub chat_template: Option<PathBuf>,
    /// Further tokens that structure text.
    #[serde(default)]
    pub special: Vec<String>,
}

fn three() -> usize {
    3
}

fn sample_bytes() -> usize {
    200 << 20
}

/// Where text comes from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What stages call it.
    pub name: String,
    /// A file, or a folder of files; nothing for films, which are drawn.
    #[serde(default)]
    pub path: PathBuf,
    /// How it is read.
    pub format: Format,
    /// The field that holds the text, for `jsonl`.
    #[serde(default = "text")]
    pub field: String,
    /// Its licence by its SPDX name.
    pub licence: String,
    /// Where it comes from, for the data card.
    pub origin: Option<String>,
    /// How many times each of its texts is read in one pass over the data.
    #[serde(default = "once")]
    pub repeat: usize,
    /// Whether it serves for measuring alone, and is never learnt from.
    #[serde(default)]
    pub held_out: bool,
}

fn text() -> String {
    "text".to_owned()
}

fn once() -> usize {
    1
}

/// How a file of text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A file is one text.
    Text,
    /// A line is a JSON object, a field of which is a text.
    Jsonl,
    /// A line is a conversation: `{"messages": [{"role", "content"}, …]}`, or
    /// `{"turns": [{"user", "calls"}, …]}`, of which the calls are written as JSON.
    Chat,
    /// A line is what is asked and two answers, of which one is preferred:
    /// `{"prompt" or "messages", "chosen", "rejected"}`.
    Pairs,
    /// A line is something to do, of which a machine can tell whether it was done:
    /// `{"prompt" or "messages", "answer", "check"}`.
    Tasks,
    /// Films of a little world and what is said of them, drawn as they are needed.
    Films,
}

/// What of the data is kept.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clean {
    /// Licences that are allowed; any that is named when none.
    pub licences: Vec<String>,
    /// Languages by their ISO 639-3 codes; any when none.
    pub languages: Vec<String>,
    /// Characters that a text has at least.
    pub characters_min: usize,
    /// What is left out because it was there before.
    pub duplicates: Duplicates,
}

/// When a text counts as one that was there before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// Never.
    #[default]
    Keep,
    /// When it is the same but for case and white space.
    Exact,
    /// When four fifths of its runs of words are those of another.
    Near,
}

impl Recipe {
    /// Reads a recipe and checks what it says against itself.
    ///
    /// # Errors
    /// When the file cannot be read, has unknown keys, or contradicts itself: with the line, and a hint.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        let mut recipe: Self = toml::from_str(&text).map_err(|error| Error::Recipe {
            path: path.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
            hint: "`docs/training.md` lists every key of a recipe".to_owned(),
        })?;
        recipe.folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let checked = recipe.check().and_then(|()| recipe.check_release());
        checked.map_err(|(reason, hint)| Error::Recipe {
            path: path.to_owned(),
            reason,
            hint,
        })?;
        Ok(recipe)
    }

    /// A path of the recipe, from where this process stands.
    pub fn path(&self, relative: &Path) -> PathBuf {
        self.folder.join(relative)
    }

    /// The folder of everything that is made.
    pub fn out(&self) -> PathBuf {
        match &self.out {
            Some(out) => self.path(out),
            None => self.folder.join("runs").join(&self.name),
        }
    }

    /// The sources that a stage learns from.
    pub(crate) fn sources(&self, stage: &Stage) -> Vec<&Source> {
        let sources = self.data.iter();
        let is_read = |source: &&Source| match stage.data.is_empty() {
            true => {
                !source.held_out
                    && !stage.validate.contains(&source.name)
                    && stage.purpose.reads(source.format)
            }
            false => stage.data.contains(&source.name),
        };
        sources.filter(is_read).collect()
    }

    fn check_stages(&self) -> std::result::Result<(), (String, String)> {
        let say = |reason: String, hint: &str| Err((reason, hint.to_owned()));
        for stage in &self.stages {
            for name in stage.data.iter().chain(&stage.validate) {
                if !self.data.iter().any(|source| source.name == *name) {
                    let reason = format!("stage `{}` reads `{name}`, which is no data", stage.name);
                    return say(reason, "`data` and `validate` hold names of `[[data]]`");
                }
            }
            let held_out = |name: &&String| {
                let mut sources = self.data.iter();
                sources.any(|source| source.name == **name && source.held_out)
            };
            if let Some(name) = stage.data.iter().find(held_out) {
                let reason = format!(
                    "stage `{}` learns from `{name}`, which is held out",
                    stage.name
                );
                return say(reason, "name it in `validate`, or take `held_out` away");
            }
            let named = |(reason, hint): (String, &str)| {
                (format!("stage `{}`: {reason}", stage.name), hint.to_owned())
            };
            stage.check().map_err(named)?;
            self.sources(stage)
                .into_iter()
                .chain(
                    self.data
                        .iter()
                        .filter(|source| stage.validate.contains(&source.name)),
                )
                .try_for_each(|source| stage.check_source(source))
                .map_err(named)?;
        }
        Ok(())
    }

    /// Whether a stage learns from a source.
    pub(crate) fn learns_from(&self, stage: &Stage, source: &Source) -> bool {
        let mut sources = self.sources(stage).into_iter();
        sources.any(|other| other.name == source.name)
    }

    fn check_release(&self) -> std::result::Result<(), (String, String)> {
        let is_data = |name: &&String| self.data.iter().any(|source| source.name == **name);
        match self.release.kinds.keys().find(|name| !is_data(name)) {
            Some(name) => Err((
                format!("`kinds` in `[release]` speaks of `{name}`, which is no data"),
                "it holds names of `[[data]]`".to_owned(),
            )),
            None => Ok(()),
        }
    }

    fn check(&self) -> std::result::Result<(), (String, String)> {
        let say = |reason: String, hint: &str| Err((reason, hint.to_owned()));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let names = self.data.iter().map(|source| &source.name);
        let names: Vec<&String> = names
            .chain(self.stages.iter().map(|stage| &stage.name))
            .collect();
        for name in names.iter().copied().chain([&self.name]) {
            if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
                let reason = format!("`{name}` becomes the name of a folder");
                return say(reason, "letters, digits, `-`, `_` and `.` make names");
            }
        }
        let mut stages = self.stages.iter().map(|stage| &stage.name);
        if let Some(name) = stages.find(|name| FOLDERS.contains(&name.as_str())) {
            let reason = format!("a stage is called `{name}`, as a folder of the run is");
            return say(reason, "give the stage another name");
        }
        for (at, name) in names.iter().enumerate() {
            if names[..at].contains(name) {
                return say(
                    format!("the name `{name}` stands twice"),
                    "give each a name of its own",
                );
            }
        }
        if self.stages.is_empty() || self.data.is_empty() {
            let reason = "there is nothing to learn, or nothing to learn it from".to_owned();
            return say(
                reason,
                "a recipe has a `[[data]]` and a `[[stage]]` at least",
            );
        }
        let allowed = &self.clean.licences;
        for source in &self.data {
            if !allowed.is_empty() && !allowed.contains(&source.licence) {
                let reason = format!("`{}` has the licence `{}`", source.name, source.licence);
                let hint = format!(
                    "allowed are {}: `licences` in `[clean]`",
                    allowed.join(", ")
                );
                return Err((reason, hint));
            }
            let is_drawn = source.format == Format::Films;
            if source.path.as_os_str().is_empty() != is_drawn {
                let reason = format!("`{}` has no `path`, or one that is never read", source.name);
                return say(
                    reason,
                    "all but `format = \"films\"` lies in a file or folder",
                );
            }
            if source.licence.is_empty() || source.repeat == 0 {
                let reason = format!("`{}` names no licence, or is never read", source.name);
                return say(reason, "`licence` is an SPDX name, `repeat` one or more");
            }
        }
        self.check_stages()?;
        self.check_model()
    }

    /// That stages are for the kind of network that there is, and that it has a vocabulary.
    fn check_model(&self) -> std::result::Result<(), (String, String)> {
        let say = |reason: String, hint: &str| Err((reason, hint.to_owned()));
        let makes_films = matches!(self.model, ModelRecipe::Film(_));
        let mut stages = self.stages.iter();
        if let Some(stage) = stages.find(|stage| (stage.purpose == Purpose::Film) != makes_films) {
            let reason = format!("stage `{}` is for another kind of network", stage.name);
            return say(
                reason,
                "`purpose = \"film\"` goes with a `[model]` that has a `film_size`",
            );
        }
        match (&self.model, &self.tokenizer) {
            (ModelRecipe::Shape(_), None) => say(
                "a network that begins by chance needs a vocabulary".to_owned(),
                "add `[tokenizer]` with `vocab_size`",
            ),
            (ModelRecipe::Film(_), Some(_)) => say(
                "a network that makes films has the words of its films".to_owned(),
                "leave `[tokenizer]` out",
            ),
            (ModelRecipe::From(_), Some(_)) => say(
                "a checkpoint has its vocabulary already".to_owned(),
                "leave `[tokenizer]` out, or begin with a shape",
            ),
            _ => Ok(()),
        }
    }
}
