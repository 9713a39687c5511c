//! A folder that is signed, and checked by whoever gets it.
//!
//! The signature is that of OpenSSF Model Signing v1.0: a Sigstore bundle with a DSSE envelope around an in-toto
//! statement, which holds the sha256 of every file. `model_signing`, on PyPI, reads and writes the same.
//! Source: <https://github.com/ossf/model-signing-spec>, <https://github.com/secure-systems-lab/dsse>.

mod bundle;
mod keys;
mod manifest;

use std::path::{Path, PathBuf};

use crate::error::{Error, Result, write_whole};
use manifest::Statement;

pub use keys::{PrivateKey, PublicKey};
pub use manifest::Manifest;
pub(crate) use manifest::hexadecimal;

/// The signature's file in the folder.
pub const SIGNATURE: &str = "model.sig";

/// The file of the public key in the folder.
pub const SIGNING_KEY: &str = "signing-key.pub";

/// Bytes that a signature has at most: sums of some hundred thousand files.
const SIGNATURE_BYTES_MAX: u64 = 64 << 20;

/// What was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Files whose sums are what was signed.
    pub files: usize,
    /// The key that signed: the sum of its public half.
    pub fingerprint: String,
    /// Whether that key was the one that lies in the folder, which says nothing of who signed.
    pub is_own_key: bool,
    /// What the signature says nothing of, besides itself.
    pub ignored: Vec<String>,
}

/// Signs all files of `folder` as they are, and puts the signature beside them, with the key to check it by.
///
/// # Errors
/// When a file cannot be read, is a link, or the signature cannot be written.
pub fn sign(folder: &Path, key: &PrivateKey) -> Result<Manifest> {
    let name = folder.canonicalize().map_err(Error::file(folder))?;
    let name = name.file_name().unwrap_or_default().to_string_lossy();
    sign_as(&name, folder, key)
}

/// The same of a folder that is to have another name.
pub(crate) fn sign_as(name: &str, folder: &Path, key: &PrivateKey) -> Result<Manifest> {
    let public = key.public();
    write_whole(&folder.join(SIGNING_KEY), public.pem().as_bytes())?;
    let ignored = vec![SIGNATURE.to_owned()];
    let manifest = Manifest::of_folder(folder, &ignored)?;
    let statement = Statement::of(name, &manifest, &ignored);
    let bundle = bundle::seal(statement.json().as_bytes(), key)?;
    write_whole(&folder.join(SIGNATURE), bundle.as_bytes())?;
    Ok(manifest)
}

/// Checks that every file of `folder` is what was signed, and that nothing was added or taken away. Without a
/// `key`, the one in the folder serves, which tells of damage and not of who signed.
///
/// # Errors
/// [`Error::Unsigned`], [`Error::Signature`] when the signature is damaged or by another key, and
/// [`Error::Changed`] with the files that are not what was signed.
pub fn verify(folder: &Path, key: Option<&PublicKey>) -> Result<Verified> {
    let path = folder.join(SIGNATURE);
    let bytes = signature(&path)?;
    let own = match key {
        Some(_) => None,
        None => Some(PublicKey::read(&folder.join(SIGNING_KEY))?),
    };
    let key = key
        .or(own.as_ref())
        .expect("one was given, or lies in the folder");
    let refused = |reason: String, hint| Error::Signature {
        path: path.clone(),
        reason,
        hint,
    };
    let payload = bundle::open(&bytes, key).map_err(|flaw| refused(flaw.reason, flaw.hint))?;
    let statement = Statement::read(&payload).map_err(|flaw| refused(flaw.reason, flaw.hint))?;
    let mut ignored = statement.ignored;
    if !ignored.iter().any(|name| name == SIGNATURE) {
        ignored.push(SIGNATURE.to_owned());
    }
    let found = Manifest::of_folder(folder, &ignored)?;
    if let Some(reason) = statement.manifest.differences(&found) {
        return Err(Error::Changed {
            path: folder.to_owned(),
            reason,
        });
    }
    ignored.retain(|name| name != SIGNATURE);
    Ok(Verified {
        files: found.len(),
        fingerprint: key.fingerprint(),
        is_own_key: own.is_some(),
        ignored: ignored.iter().map(|name| printable(name)).collect(),
    })
}

/// Without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// Writes a new key to `path`, which its owner alone may read, and its public half beside it as `.pub`; returns
/// where that lies.
///
/// # Errors
/// When either is there already: no key is ever overwritten.
pub fn make_key(path: &Path) -> Result<(PathBuf, PublicKey)> {
    let key = PrivateKey::generate();
    let public = path.with_extension("pub");
    if public == path {
        return Err(Error::Key {
            path: path.to_owned(),
            reason: "is what the public half would be called".to_owned(),
            hint: "name the private one otherwise, as `owner.pem`: the public one lies beside it, as `owner.pub`",
        });
    }
    for path in [path, &public] {
        if path.symlink_metadata().is_ok() {
            return Err(Error::Exists {
                path: path.to_owned(),
                hint: "name another file: no key is ever overwritten",
            });
        }
    }
    key.write(path)?;
    write_whole(&public, key.public().pem().as_bytes())?;
    Ok((public, key.public()))
}

fn signature(path: &Path) -> Result<Vec<u8>> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::Unsigned {
            path: path.parent().unwrap_or(path).to_owned(),
        }),
        Err(error) => Err(Error::file(path)(error)),
        Ok(about) if !about.is_file() || about.len() > SIGNATURE_BYTES_MAX => {
            Err(Error::Signature {
                path: path.to_owned(),
                reason: "it is no file of 64 MiB at most".to_owned(),
                hint: "get the release again from where it came",
            })
        }
        Ok(_) => std::fs::read(path).map_err(Error::file(path)),
    }
}

/// What is wrong with bytes from outside, and what would help.
#[derive(Debug, PartialEq, Eq)]
struct Flaw {
    reason: String,
    hint: &'static str,
}

impl Flaw {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            hint: "get the release again from where it came",
        }
    }

    fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }
}

#[cfg(test)]
mod tests;
