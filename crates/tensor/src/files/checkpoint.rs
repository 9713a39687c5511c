//! A model's weights, in however many files of whichever format.

mod parts;
mod progress;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::flaw::printable;
use super::{Gguf, Metadata, Safetensors, View};
use crate::Error;
pub use progress::Progress;

/// A model's weights: a Hugging Face folder (one file, or shards with their index), a folder with a
/// GGUF model, or one `.safetensors` or `.gguf` file, of which split ones bring their siblings along.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    folder: PathBuf,
    files: Vec<PathBuf>,
    parts: Vec<Part>,
    names: Vec<String>,
    /// The part that holds each name.
    homes: HashMap<String, usize>,
    progress: Arc<Progress>,
}

/// One file.
#[derive(Debug)]
enum Part {
    Safetensors(Safetensors),
    Gguf(Gguf),
}

impl Checkpoint {
    /// Opens what lies at `path`, and checks that all of it is there.
    ///
    /// # Errors
    /// When nothing of the kind lies there, a shard is missing, or a file is refused.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let found = parts::find(path)?;
        let parts = found
            .files
            .iter()
            .map(|file| {
                if found.is_gguf {
                    Gguf::open(file).map(Part::Gguf)
                } else {
                    Safetensors::open(file).map(Part::Safetensors)
                }
            })
            .collect::<Result<Vec<Part>, Error>>()?;
        let mut names = Vec::new();
        let mut homes = HashMap::new();
        for (home, part) in parts.iter().enumerate() {
            for name in part.names() {
                // Where an index says which shard holds a tensor, others of that name are not looked at.
                if let Some(index) = &found.index
                    && index.get(name) != Some(&home)
                {
                    continue;
                }
                if homes.insert(name.to_owned(), home).is_some() {
                    return Err(Error::Damaged {
                        path: path.to_owned(),
                        reason: format!("two of its files hold a tensor `{}`", printable(name)),
                    });
                }
                names.push(name.to_owned());
            }
        }
        let mut checkpoint = Self {
            path: path.to_owned(),
            folder: found.folder,
            files: found.files,
            parts,
            names,
            homes,
            progress: Arc::default(),
        };
        checkpoint.check_promises(found.index.as_ref())?;
        checkpoint.progress = Arc::new(Progress::of(checkpoint.bytes()));
        Ok(checkpoint)
    }

    /// Checks that every tensor that the index or the first GGUF file promises is there.
    fn check_promises(&self, index: Option<&HashMap<String, usize>>) -> Result<(), Error> {
        let lost = index.and_then(|index| {
            let mut lost = index.iter().filter(|(name, _)| !self.contains(name));
            lost.next()
        });
        if let Some((name, home)) = lost {
            return Err(Error::Incomplete {
                path: self.files[*home].clone(),
                reason: format!(
                    "the index says that it holds tensor `{}`, which it does not",
                    printable(name)
                ),
                hint: "fetch the index and all shards again, from one revision".to_owned(),
            });
        }
        let promised = self
            .metadata()
            .and_then(|metadata| metadata.get("split.tensors.count")?.as_u64());
        match promised {
            Some(promised) if self.parts.len() > 1 && promised != self.names.len() as u64 => {
                Err(Error::Incomplete {
                    path: self.path.clone(),
                    reason: format!("its parts hold {} tensors of {promised}", self.names.len()),
                    hint: "fetch all parts again, from one revision".to_owned(),
                })
            }
            _ => Ok(()),
        }
    }

    /// What was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder in which its files lie, with whatever else belongs to the model.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files that hold its tensors, in order.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// What the first file says about the model, where it is GGUF.
    pub fn metadata(&self) -> Option<&Metadata> {
        match self.parts.first()? {
            Part::Gguf(gguf) => Some(gguf.metadata()),
            Part::Safetensors(_) => None,
        }
    }

    /// The names of its tensors, in the order of files and bytes.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The bytes of all its tensors together.
    pub fn bytes(&self) -> u64 {
        let views = self.names().filter_map(|name| self.view(name).ok());
        views.map(|view| view.bytes.len() as u64).sum()
    }

    /// Whether it holds a tensor called `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.homes.contains_key(name)
    }

    /// The tensor called `name`.
    ///
    /// # Errors
    /// When there is none.
    pub fn view(&self, name: &str) -> Result<View<'_>, Error> {
        match self.part(name) {
            Some(Part::Safetensors(part)) => part.view(name),
            Some(Part::Gguf(part)) => part.view(name),
            None => Err(Error::Missing {
                path: self.path.clone(),
                what: "tensor",
                name: name.to_owned(),
            }),
        }
    }

    /// How much of it has been given back, for whoever watches from another thread while a model is loaded.
    pub fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// Gives the memory behind the tensor called `name` back to the system, so that weights that have
    /// been packed are not held twice; looking at it again reads the file again.
    pub fn release(&self, name: &str) {
        if let Ok(view) = self.view(name) {
            self.progress.add(name, view.bytes.len() as u64);
        }
        match self.part(name) {
            Some(Part::Safetensors(part)) => part.release(name),
            Some(Part::Gguf(part)) => part.release(name),
            None => {}
        }
    }

    fn part(&self, name: &str) -> Option<&Part> {
        self.homes.get(name).map(|home| &self.parts[*home])
    }
}

impl Part {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Safetensors(part) => Box::new(part.names()),
            Self::Gguf(part) => Box::new(part.names()),
        }
    }
}
