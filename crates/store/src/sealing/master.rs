//! The master key: a file beside the data, which a backup does not hold.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::{ID, Key, hex, random};
use crate::{Error, Result};

const RESTORE: &str =
    "put the file back from where you keep it; what was sealed with it cannot be read without it";

/// The key that wraps all others.
#[derive(Debug)]
pub(crate) struct MasterKey {
    key: Key,
}

impl MasterKey {
    /// The key in the file `path`, or nothing where there is no such file.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        let error = |reason: String, hint| Error::MasterKey {
            path: path.to_owned(),
            reason,
            hint,
        };
        let metadata = match fs::metadata(path) {
            Err(failed) if failed.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(failed) => return Err(Error::file("read", path, &failed)),
            Ok(metadata) => metadata,
        };
        if metadata.mode() & 0o077 != 0 {
            let reason = "others on this machine may read it".to_owned();
            return Err(error(reason, "take their right away with chmod 600"));
        }
        let text = fs::read_to_string(path).map_err(|failed| Error::file("read", path, &failed))?;
        let text = Zeroizing::new(text);
        let secret = unhex(text.trim());
        let secret =
            secret.ok_or_else(|| error("it is not 64 hexadecimal digits".to_owned(), RESTORE))?;
        Ok(Some(Self::of(&secret)))
    }

    /// The key in the file `path`: a new one in a new file, which its owner alone may read, if there is none.
    pub fn read_or_create(path: &Path) -> Result<Self> {
        if let Some(master) = Self::read(path)? {
            return Ok(master);
        }
        let failed = |error: io::Error| Error::file("write", path, &error);
        let secret = Zeroizing::new(random()?);
        let text = Zeroizing::new(format!("{}\n", hex(&*secret)));
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        // Complete or not there: half a key would lock everything away for ever.
        let part = path.with_extension(hex(&random::<8>()?));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part)
            .map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        let linked = fs::hard_link(&part, path);
        fs::remove_file(&part).map_err(failed)?;
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)?;
        match linked {
            // Another was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Self::read(path)?.ok_or_else(|| failed(error))
            }
            linked => linked.map(|()| Self::of(&secret)).map_err(failed),
        }
    }

    /// That this is the key with which `proof` was made.
    pub fn check(&self, proof: &[u8], path: &Path) -> Result<()> {
        let opened = self.key.open("master key", proof);
        opened.map(drop).map_err(|_| Error::MasterKey {
            path: path.to_owned(),
            reason: "it is not the key of this database".to_owned(),
            hint: RESTORE,
        })
    }

    /// That there was to be a key of a database that has things sealed.
    pub fn missing(path: &Path) -> Error {
        Error::MasterKey {
            path: path.to_owned(),
            reason: "it is not there, and the database was made with one".to_owned(),
            hint: RESTORE,
        }
    }

    /// What shows later that a key is this one.
    pub fn proof(&self) -> Result<Vec<u8>> {
        self.key.seal("master key", b"freehold")
    }

    pub fn key(&self) -> &Key {
        &self.key
    }

    fn of(secret: &Zeroizing<[u8; 32]>) -> Self {
        let key = Key::new([0; ID], secret);
        Self { key }
    }
}

fn unhex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}
