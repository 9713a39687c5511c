//! Which servers over the database live, so that none takes up what another is making.

use std::collections::BTreeSet;
use std::fs::File;
use std::time::Duration;

use crate::database::{Database, values};
use crate::{Error, Result, Store, Timestamp};

/// What a server keeps locked beside SQLite, as long as it serves.
const LOCK: &str = "server.lock";

/// Servers whose word ran out so long ago are forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The servers over one database.
#[derive(Clone, Copy, Debug)]
pub struct Servers<'a> {
    store: &'a Store,
}

/// The right to serve, until it is dropped or the process ends, however it does.
#[derive(Debug)]
pub struct Claim {
    lock: Option<File>,
}

impl Claim {
    /// Whether no other server can be there.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.lock.is_some()
    }
}

impl<'a> Servers<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Claims the right to serve. Over SQLite one server has it, over PostgreSQL all that ask. It blocks for as long as
    /// a file is opened.
    ///
    /// # Errors
    /// [`Error::Served`] where another has it, [`Error::File`].
    pub fn claim(&self) -> Result<Claim> {
        if matches!(self.store.database(), Database::Postgres(..)) {
            return Ok(Claim { lock: None });
        }
        let data = self.store.options().data.clone();
        let path = data.join(LOCK);
        let mut options = File::options();
        let file = options.create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| Error::file("open", &path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Claim { lock: Some(file) }),
            Err(std::fs::TryLockError::WouldBlock) => Err(Error::Served { data }),
            Err(std::fs::TryLockError::Error(error)) => Err(Error::file("lock", &path, &error)),
        }
    }

    /// Says that the server `id` lives until `duration` after `now`, and forgets those that have long been gone.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn announce(&self, id: &str, now: Timestamp, duration: Duration) -> Result<()> {
        let (id, until) = (id.to_owned(), now.after(duration));
        let long_ago = now.before(FORGOTTEN_AFTER);
        let announced = self.store.database().write(move |connection| {
            Box::pin(async move {
                let upsert = "INSERT INTO servers(id, alive_until) VALUES ($1, $2)
                    ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until";
                connection.run(upsert, values![&id, until]).await?;
                let delete = "DELETE FROM servers WHERE alive_until < $1";
                connection.run(delete, values![long_ago]).await.map(drop)
            })
        });
        announced.await
    }

    /// Says that the server `id` is gone.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn leave(&self, id: &str) -> Result<()> {
        let delete = "DELETE FROM servers WHERE id = $1";
        let left = self.store.database().run(delete, values![id]).await;
        left.map(drop)
    }

    /// Those that have said to live beyond `now`.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn alive(&self, now: Timestamp) -> Result<BTreeSet<String>> {
        let mut connection = self.store.database().reader().await?;
        let select = "SELECT id FROM servers WHERE alive_until > $1";
        let rows = connection.rows(select, values![now]).await?;
        rows.into_iter().map(|mut row| row.text()).collect()
    }
}
