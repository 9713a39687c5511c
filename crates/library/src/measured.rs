//! How fast a model was here, kept with it until it is measured again.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::collection::Entry;
use crate::error::{Error, Result};

/// How fast it was, and what this machine allows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Tokens a second, measured.
    pub tokens_per_second: f64,
    /// Tokens a second that memory and processor allow.
    pub limit: f64,
}

/// What was measured of a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Reading a prompt.
    pub prefill: Rate,
    /// Writing an answer.
    pub decode: Rate,
    /// Bytes that this machine reads from memory in a second.
    pub bytes_per_second: f64,
    /// Operations of f32 that it does in a second.
    pub flops: f64,
    /// Bytes of weights and cache that must be read for each token that is written.
    pub bytes_per_token: f64,
    /// Threads that computed.
    pub threads: usize,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

impl Entry {
    /// What was measured of it last; nothing, where that cannot be read.
    pub fn measured(&self) -> Option<Measured> {
        let text = fs::read(path(&self.folder)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Keeps what was measured, in place of what was before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_measured(&self, measured: &Measured) -> Result<()> {
        let text = serde_json::to_vec(measured).expect("numbers are JSON");
        let written = tempfile::NamedTempFile::new_in(&self.folder).and_then(|file| {
            fs::write(file.path(), text)?;
            file.persist(path(&self.folder))
                .map_err(|error| error.error)
        });
        written.map(drop).map_err(|error| {
            let what = format!("cannot write into `{}`: {error}", self.folder.display());
            Error::failed("file_failed", what)
        })
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(".measured")
}
