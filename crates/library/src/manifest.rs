//! What is kept about a model beside its files.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::licence::Licence;

const FILE: &str = "freehold.json";

/// The largest manifest that is read, in bytes.
const BYTES_MAX: u64 = 16 << 20;

/// What was known when the model was added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Where it came from.
    pub source: String,
    /// The folder in which its files lie, when they were not taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<PathBuf>,
    /// The file that is opened, when it is not the folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<PathBuf>,
    /// The licence that was agreed to.
    #[serde(default)]
    pub licence: Licence,
    /// Its files.
    pub files: Vec<Kept>,
}

/// A file as it was when the model was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its path below the model's folder.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Of its contents, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Where the manifest of the model in `folder` lies.
    pub fn path(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// Reads the manifest of the model in `folder`.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = Self::path(folder);
        let damaged = |reason: String| {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let what = format!("the manifest `{}` cannot be used: {reason}", path.display());
            Error::refused("damaged_manifest", what).hint(format!(
                "remove the folder `{}` and add `{name}` again",
                folder.display()
            ))
        };
        let about = fs::metadata(&path).map_err(|error| damaged(error.to_string()))?;
        if about.len() > BYTES_MAX {
            return Err(damaged(format!("it has {} bytes", about.len())));
        }
        let text = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        match manifest.is_inside() {
            true => Ok(manifest),
            false => Err(damaged("it names files outside its folder".to_owned())),
        }
    }

    /// Writes the manifest of the model in `folder`.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        let mut file = fs::File::create_new(Self::path(folder))?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.sync_all()
    }

    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    fn is_inside(&self) -> bool {
        let is_plain = |path: &Path| {
            path.components()
                .all(|part| matches!(part, std::path::Component::Normal(_)))
        };
        let files = self.files.iter().map(|file| &*file.path);
        files.chain(self.entry.as_deref()).all(is_plain)
    }
}
