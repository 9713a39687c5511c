//! Files of the binary that are written out when they are first needed.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::environment;
use crate::failure::Failure;

/// The files of a model, by their names.
pub struct Parts(pub &'static [(&'static str, &'static [u8])]);

impl Parts {
    /// Its folder below the owner's data; written where it is not there yet.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn folder(&self) -> Result<PathBuf, Failure> {
        let room = environment::read().data.join("built-in");
        let folder = room.join(self.sum());
        if self.is_whole(&folder) {
            return Ok(folder);
        }
        self.write(&room, &folder).map_err(|error| {
            let bytes: usize = self.0.iter().map(|(_, bytes)| bytes.len()).sum();
            let what = format!(
                "the built-in model cannot be written to `{}`: {error}",
                folder.display()
            );
            Failure::fault("file_failed", what).hint(format!(
                "`FREEHOLD_DATA` names another folder; {} MB have to be free there",
                bytes / 1_000_000 + 1
            ))
        })?;
        Ok(folder)
    }

    /// Another name for each model: files are told by it without being read.
    fn sum(&self) -> String {
        let mut hash = Sha256::new();
        for (name, bytes) in self.0 {
            hash.update(name);
            hash.update(bytes.len().to_le_bytes());
            // Of long files some places are enough to tell trainings apart.
            for piece in bytes.chunks(bytes.len() / 64 + 1) {
                hash.update(&piece[..piece.len().min(256)]);
            }
        }
        hash.finalize()[..6]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    fn is_whole(&self, folder: &Path) -> bool {
        self.0.iter().all(|(name, bytes)| {
            fs::metadata(folder.join(name)).is_ok_and(|about| about.len() == bytes.len() as u64)
        })
    }

    /// Beside it first, so that half a model is never found. Others may do the same at the same time.
    fn write(&self, room: &Path, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(room)?;
        let staged = tempfile::Builder::new().prefix(".new-").tempdir_in(room)?;
        for (name, bytes) in self.0 {
            let mut file = File::create(staged.path().join(name))?;
            file.write_all(bytes)?;
            file.sync_all()?;
        }
        if folder.exists() {
            // It is damaged, or another process was quicker.
            if self.is_whole(folder) {
                return Ok(());
            }
            fs::remove_dir_all(folder)?;
        }
        match fs::rename(staged.path(), folder) {
            Err(_) if self.is_whole(folder) => Ok(()),
            other => other,
        }
    }
}
