//! What a store is opened with.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::{Error, Result};

/// Where the database and the files beside it lie, and how much may be open at once.
#[derive(Clone, Debug)]
pub struct Options {
    /// `sqlite:PATH` or `postgres://…`. A path that is not absolute is taken from `data`.
    pub url: String,
    /// The folder of blobs, of the master key and of the list of erased people; made if it is not there.
    pub data: PathBuf,
    /// The file of the master key; `master.key` in `data` by default.
    pub master_key: Option<PathBuf>,
    /// Connections that read (SQLite), or all of them (PostgreSQL).
    pub connections_max: u32,
    /// How long one waits for a connection before the database counts as unavailable.
    pub acquire_timeout: Duration,
    /// How long PostgreSQL may take for one statement before it counts as unavailable.
    pub patience: Duration,
    /// Bytes of the disk that are kept free beside SQLite, so that on a full one the log still gets its lines and
    /// things can be deleted; 0 for none.
    pub reserve_bytes: u64,
}

impl Options {
    /// SQLite in `freehold.db` below `data`, eight connections, five seconds until one is free, thirty for a statement, 16 MiB in
    /// reserve.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            url: "sqlite:freehold.db".to_owned(),
            data: data.into(),
            master_key: None,
            connections_max: 8,
            acquire_timeout: Duration::from_secs(5),
            patience: Duration::from_secs(30),
            reserve_bytes: 16 << 20,
        }
    }

    /// Makes the data folder, if it is not there: what is in it is nobody else's affair.
    pub(crate) fn make_data(&self) -> Result<()> {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.data);
        made.map_err(|error| Error::file("make", &self.data, &error))
    }

    /// The file of the master key.
    pub(crate) fn master_key(&self) -> PathBuf {
        let default = || self.data.join("master.key");
        self.master_key.clone().unwrap_or_else(default)
    }
}
