//! The one door: what is opened, and the rooms behind it.

use std::sync::Arc;

use tokio::sync::RwLock;

use crate::database::{Database, values};
use crate::sealing::{Keyring, MasterKey};
use crate::{Audit, Blobs, Error, Identity, Jobs, Objects, Options, Result, Servers};

/// Everything that is kept. Clones are cheap and share what is open.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    database: Database,
    keyring: Keyring,
    options: Options,
    /// Whoever removes blobs has it alone, whoever needs them to stay shares it.
    files: RwLock<()>,
}

impl Store {
    /// Opens what `options` name, making the data folder, the master key and the tables if they are not there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer, [`Error::Newer`] where it is of a newer version,
    /// [`Error::Damaged`] where it is none, [`Error::MasterKey`] where the key is not its own.
    pub async fn open(options: &Options) -> Result<Self> {
        options.make_data()?;
        let database = Database::open(options).await?;
        let master = open_master(&database, options).await?;
        let inner = Arc::new(Inner {
            database,
            keyring: Keyring::new(master),
            options: options.clone(),
            files: RwLock::default(),
        });
        let store = Self { inner };
        store.keep_erased().await?;
        Ok(store)
    }

    /// People, their sessions, keys, projects and counters.
    #[must_use]
    pub fn identity(&self) -> Identity<'_> {
        Identity::new(self)
    }

    /// Documents with their items and events.
    #[must_use]
    pub fn objects(&self) -> Objects<'_> {
        Objects::new(self)
    }

    /// Who serves what is kept.
    #[must_use]
    pub fn servers(&self) -> Servers<'_> {
        Servers::new(self)
    }

    /// Files of people.
    #[must_use]
    pub fn blobs(&self) -> Blobs<'_> {
        Blobs::new(self)
    }

    /// Work that is done to its end.
    #[must_use]
    pub fn jobs(&self) -> Jobs<'_> {
        Jobs::new(self)
    }

    /// The log of what was done.
    #[must_use]
    pub fn audit(&self) -> Audit<'_> {
        Audit::new(self)
    }

    /// Keeps `value` under `name`, sealed with the master key: a signing key, say. Replaces what was there.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn keep_secret(&self, name: &str, value: &[u8]) -> Result<()> {
        let name = format!("secret/{name}");
        let sealed = self.keyring().master().seal(&name, value)?;
        let insert = "INSERT INTO facts(name, value) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.database()
            .run(insert, values![name, sealed])
            .await
            .map(drop)
    }

    /// What [`Self::keep_secret`] kept under `name`.
    ///
    /// # Errors
    /// [`Error::Damaged`] where it is not what was kept, and those of every read.
    pub async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let name = format!("secret/{name}");
        let select = "SELECT value FROM facts WHERE name = $1";
        let Some(mut row) = self.database().row(select, values![&name]).await? else {
            return Ok(None);
        };
        self.keyring().master().open(&name, &row.blob()?).map(Some)
    }

    /// That the database answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where it does not.
    pub async fn ping(&self) -> Result<()> {
        self.database()
            .row("SELECT COUNT(*) FROM schema_version", Vec::new())
            .await
            .map(drop)
    }

    /// Waits for what was begun, then closes the database. Whatever is asked for later is unavailable.
    pub async fn close(&self) {
        self.database().close().await;
    }

    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    pub(crate) fn options(&self) -> &Options {
        &self.inner.options
    }

    pub(crate) fn files(&self) -> &RwLock<()> {
        &self.inner.files
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }
}

/// The master key of the database, made together with it.
async fn open_master(database: &Database, options: &Options) -> Result<MasterKey> {
    let path = options.master_key();
    let select = "SELECT value FROM facts WHERE name = 'master key'";
    let Some(mut row) = database.row(select, Vec::new()).await? else {
        let master = MasterKey::read_or_create(&path)?;
        let insert =
            "INSERT INTO facts(name, value) VALUES ('master key', $1) ON CONFLICT DO NOTHING";
        database.run(insert, values![master.proof()?]).await?;
        // Another process may have been faster, with another key.
        let row = database.row(select, Vec::new()).await?;
        let proof = row
            .ok_or_else(|| Error::damaged("the database", "it forgot a row"))?
            .blob()?;
        master.check(&proof, &path)?;
        return Ok(master);
    };
    let master = MasterKey::read(&path)?.ok_or_else(|| MasterKey::missing(&path))?;
    master.check(&row.blob()?, &path)?;
    Ok(master)
}
