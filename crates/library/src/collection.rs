//! The models that were added: where they lie, what is known of them, and how they are named.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::hub::HubName;
use crate::manifest::Manifest;

/// The folder of all models, one folder each.
#[derive(Debug, Clone)]
pub struct Library {
    folder: PathBuf,
}

/// A model that was added.
#[derive(Debug)]
pub struct Entry {
    /// What it is called.
    pub name: String,
    /// The folder that holds its manifest, and its files unless they are linked.
    pub folder: PathBuf,
    /// What was kept when it was added.
    pub manifest: Manifest,
}

/// A model that somebody named: one of the library, or a path.
#[derive(Debug)]
pub struct Located {
    /// As it is shown.
    pub name: String,
    /// What is opened.
    pub path: PathBuf,
    /// Where it was added.
    pub entry: Option<Entry>,
}

impl Library {
    /// The library below the folder of all data.
    pub fn below(data: &Path) -> Self {
        Self {
            folder: data.join("models"),
        }
    }

    /// Where models lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where files of a hub lie until all of them have come.
    pub(crate) fn downloads(&self) -> PathBuf {
        self.folder.join(".downloads")
    }

    /// Models of hubs that have come in part: how they are called there, and how many bytes of each are
    /// here.
    pub fn unfinished(&self) -> Vec<(HubName, u64)> {
        let mut unfinished = Vec::new();
        for folder in self.download_folders() {
            if let Some(name) = name_in(&folder) {
                unfinished.push((name, bytes_below(&folder)));
            }
        }
        unfinished.sort_by_key(|(name, _)| name.to_string());
        unfinished
    }

    /// Throws away what has come of `name`; whether there was anything.
    pub fn give_up(&self, name: &HubName) -> bool {
        let folders = self.download_folders();
        let mut gone = false;
        for folder in folders {
            gone |= name_in(&folder).as_ref() == Some(name) && fs::remove_dir_all(folder).is_ok();
        }
        gone
    }

    /// Throws away what has come of other commits of `name`, as they will not be gone on with.
    pub(crate) fn forget_other_commits(&self, name: &HubName, kept: &Path) {
        for folder in self.download_folders() {
            if folder != kept && name_in(&folder).as_ref() == Some(name) {
                let _ = fs::remove_dir_all(folder);
            }
        }
    }

    fn download_folders(&self) -> Vec<PathBuf> {
        let listed = fs::read_dir(self.downloads()).into_iter().flatten();
        listed.flatten().map(|entry| entry.path()).collect()
    }

    /// All models by name; those whose manifest cannot be read come as the reason why.
    pub fn entries(&self) -> Result<Vec<Result<Entry>>> {
        let listed = match fs::read_dir(&self.folder) {
            Ok(listed) => listed,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(&self.folder, &error)),
        };
        let mut names = Vec::new();
        for entry in listed {
            let entry = entry.map_err(|error| unreadable(&self.folder, &error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_name(&name) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names.iter().filter_map(|name| self.get(name)).collect())
    }

    /// The model of that name, if there is one.
    pub fn get(&self, name: &str) -> Option<Result<Entry>> {
        let folder = self.folder.join(name);
        if !is_name(name) || !folder.is_dir() {
            return None;
        }
        let manifest = Manifest::read(&folder);
        Some(manifest.map(|manifest| Entry {
            name: name.to_owned(),
            folder,
            manifest,
        }))
    }

    /// The model that was meant by `typed`: a name of the library, else a path, else the beginning of a
    /// single name.
    ///
    /// # Errors
    /// When nothing is called so, or several are.
    pub fn locate(&self, typed: &str) -> Result<Located> {
        if let Some(entry) = self.get(typed) {
            return Ok(entry?.located());
        }
        let path = Path::new(typed);
        match path.try_exists() {
            Ok(true) => Ok(Located {
                name: typed.to_owned(),
                path: path.to_owned(),
                entry: None,
            }),
            Ok(false) => self.beginning_with(typed),
            Err(error) => Err(unreadable(path, &error)),
        }
    }

    /// The only model whose name begins so, in capitals or not.
    fn beginning_with(&self, typed: &str) -> Result<Located> {
        let typed_low = typed.to_lowercase();
        let is_meant = |entry: &Entry| entry.name.to_lowercase().starts_with(&typed_low);
        let entries = self.entries()?.into_iter().filter_map(Result::ok);
        let mut meant: Vec<Entry> = entries.filter(is_meant).collect();
        match meant.len() {
            1 if !typed.is_empty() => Ok(meant.remove(0).located()),
            0 | 1 => Err(self.unknown(typed)),
            _ => {
                let names = meant.iter().map(|entry| format!("`{}`", entry.name));
                let names: Vec<String> = names.collect();
                let what = format!("several models begin with `{typed}`");
                let hint = format!("name one of {}", names.join(", "));
                Err(Error::refused("ambiguous_model", what).hint(hint))
            }
        }
    }

    /// The names of all models that can be read.
    pub fn names(&self) -> Vec<String> {
        let entries = self.entries().unwrap_or_default();
        let known = entries.into_iter().filter_map(Result::ok);
        known.map(|entry| entry.name).collect()
    }

    /// The model to take when none was named: the only one, or the one used last.
    pub fn usual(&self) -> Result<Located> {
        let entries = self.entries()?.into_iter().filter_map(Result::ok);
        let usual = entries.max_by_key(Entry::used);
        let usual = usual.ok_or_else(|| {
            Error::refused("no_model", "there is no model yet to talk to").hint(
                "add one you have: `freehold model add FOLDER` takes open weights as a folder of \
                 safetensors or a GGUF file\n\
                 none at hand? `freehold fix`, `tests` and `sandbox` work without one",
            )
        })?;
        Ok(usual.located())
    }

    /// Takes a model away. What it linked to stays.
    pub fn remove(&self, entry: &Entry) -> Result<()> {
        // Out of sight first, so that half a model is never found.
        let gone = self.folder.join(format!(".gone-{}", entry.name));
        let removed = fs::rename(&entry.folder, &gone).and_then(|()| fs::remove_dir_all(&gone));
        removed.map_err(|error| {
            let what = format!("cannot remove `{}`: {error}", entry.folder.display());
            Error::failed("file_failed", what)
        })
    }

    /// That there is nothing called `typed`.
    pub fn unknown(&self, typed: &str) -> Error {
        let known = self.names();
        let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        let hint = match known.is_empty() {
            true => "no model was added yet; `freehold model add PATH` adds one".to_owned(),
            false => format!("there are {}", known.join(", ")),
        };
        let what = format!("`{typed}` is neither a model that was added nor a path");
        Error::refused("no_such_model", what).hint(hint)
    }
}

impl Entry {
    /// What is opened to load it.
    pub fn path(&self) -> PathBuf {
        let root = self.manifest.link.as_deref().unwrap_or(&self.folder);
        match &self.manifest.entry {
            Some(file) => root.join(file),
            None => root.to_owned(),
        }
    }

    /// One whose manifest cannot be read, so that it can be removed.
    pub fn damaged(library: &Library, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            folder: library.folder.join(name),
            manifest: Manifest::default(),
        }
    }

    /// Notes that it is used now; nothing depends on it but which model is taken next when none is named.
    pub fn touch(&self) {
        let _ = fs::File::open(Manifest::path(&self.folder))
            .and_then(|file| file.set_modified(std::time::SystemTime::now()));
    }

    fn used(&self) -> Option<std::time::SystemTime> {
        let about = fs::metadata(Manifest::path(&self.folder)).ok()?;
        about.modified().ok()
    }

    fn located(self) -> Located {
        Located {
            name: self.name.clone(),
            path: self.path(),
            entry: Some(self),
        }
    }
}

/// Which model a folder of downloads is for.
fn name_in(folder: &Path) -> Option<HubName> {
    let text = fs::read_to_string(folder.join(".name")).ok()?;
    text.parse().ok()
}

fn bytes_below(folder: &Path) -> u64 {
    let listed = fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = listed.map(|entry| match entry.metadata() {
        Ok(about) if about.is_dir() => bytes_below(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    });
    bytes.sum()
}

/// Whether a model may be called so: letters, digits and `._-`, beginning with a letter or digit.
pub(crate) fn is_name(name: &str) -> bool {
    let is_inner = |c: char| c.is_alphanumeric() || "._-".contains(c);
    name.starts_with(char::is_alphanumeric) && name.chars().all(is_inner) && name.len() <= 100
}

/// That the system refused to look.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    let what = format!("`{}` cannot be read: {error}", path.display());
    match error.kind() {
        ErrorKind::PermissionDenied => Error::failed("file_failed", what)
            .hint("is the file yours? `ls -l` shows who may read it"),
        _ => Error::failed("file_failed", what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_the_library() {
        for name in ["qwen3", "Qwen3-0.6B", "a_b.c", "3b"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".", "..", ".adding-x", "a/b", "-x", "a b", "a\n"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
