//! The anchor: the newest checkpoint, kept outside the database, so that cutting lines off its end shows.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use super::checkpoint::Checkpoint;
use crate::error::{Error, Result};

/// The file of the newest checkpoint.
#[derive(Clone, Debug)]
pub struct Anchor {
    path: PathBuf,
}

impl Anchor {
    /// `audit.anchor` in the data folder.
    pub fn below(data: &Path) -> Self {
        Self {
            path: data.join("audit.anchor"),
        }
    }

    /// The newest checkpoint that was kept apart.
    ///
    /// # Errors
    /// A file that holds none is refused, lest emptying it would be a way to get rid of it.
    pub fn read(&self) -> Result<Option<Checkpoint>> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Checkpoint::read(&text).map(Some).ok_or_else(|| {
                let what = format!("`{}` holds no checkpoint", self.path.display());
                Error::refused("audit_anchor_damaged", what)
                    .hint("compare the log with an export of your own, then move the file away")
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file(&self.path, error)),
        }
    }

    /// Keeps `checkpoint` in place of the one before, whole or not at all.
    pub(crate) fn replace(&self, checkpoint: &Checkpoint) -> Result<()> {
        let text = format!("{}\n", checkpoint.text());
        self.write(text.as_bytes())
            .map_err(|error| Error::file(&self.path, error))
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        // Another process may do the same.
        let new = format!("anchor.new-{}", std::process::id());
        let new = self.path.with_extension(new);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        self.path
            .parent()
            .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }

    /// Puts the file aside, as evidence of a log that once was longer than it is; returns where it lies now.
    pub(crate) fn set_aside(&self, sequence: u64) -> Result<PathBuf> {
        let aside = self.path.with_extension(format!("anchor.{sequence}"));
        fs::rename(&self.path, &aside).map_err(|error| Error::file(&self.path, error))?;
        Ok(aside)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::audit::chain::Head;

    #[test]
    fn the_anchor_is_the_newest_checkpoint_and_a_damaged_one_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let anchor = Anchor::below(folder.path());
        assert_eq!(anchor.read().unwrap(), None);
        let key = SigningKey::from_bytes(&[5; 32]);
        for at in 1..=2 {
            let checkpoint = Checkpoint::sign(Head::START, at, &key);
            anchor.replace(&checkpoint).unwrap();
            assert_eq!(anchor.read().unwrap(), Some(checkpoint));
        }
        fs::write(&anchor.path, "").unwrap();
        assert!(anchor.read().is_err());
    }
}
