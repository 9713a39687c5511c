//! The keys of people, unwrapped as they are needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::{ID, Key, MasterKey, random};
use crate::database::{Connection, Database, values};
use crate::{Error, Result};

/// Keys that are kept unwrapped; with more, all are forgotten and read again.
const CACHED_MAX: usize = 10_000;

/// The keys of people.
#[derive(Debug)]
pub(crate) struct Keyring {
    master: MasterKey,
    cached: Mutex<HashMap<String, Arc<Key>>>,
}

impl Keyring {
    pub fn new(master: MasterKey) -> Self {
        let cached = Mutex::default();
        Self { master, cached }
    }

    pub fn master(&self) -> &Key {
        self.master.key()
    }

    /// The key of `owner`, made if they have none. Nobody who was erased gets a new one.
    pub async fn make(&self, database: &Database, owner: &str) -> Result<Arc<Key>> {
        if let Some(key) = self.cached(owner) {
            return Ok(key);
        }
        if let Some(key) = self.read(&mut database.reader().await?, owner).await? {
            return Ok(key);
        }
        let id: [u8; ID] = random()?;
        let secret = Zeroizing::new(random::<32>()?);
        let wrapped = self.master.key().seal(&place(owner), &*secret)?;
        let name = owner.to_owned();
        let made = database.write(move |connection| {
            Box::pin(async move {
                let erased = "SELECT erased_at FROM erased WHERE owner = $1";
                if connection.row(erased, values![&name]).await?.is_some() {
                    return Err(Error::Erased { owner: name });
                }
                let insert = "INSERT INTO data_keys(owner, id, wrapped) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
                connection.run(insert, values![name, &id[..], wrapped]).await
            })
        });
        made.await?;
        // Another may have been faster: what is stored counts.
        self.get(&mut database.reader().await?, owner).await
    }

    /// The key of `owner`, who has one.
    pub async fn key(&self, database: &Database, owner: &str) -> Result<Arc<Key>> {
        match self.cached(owner) {
            Some(key) => Ok(key),
            None => self.get(&mut database.reader().await?, owner).await,
        }
    }

    /// The key of `owner`, who has one, in the middle of other work.
    pub async fn get(&self, connection: &mut Connection, owner: &str) -> Result<Arc<Key>> {
        if let Some(key) = self.cached(owner) {
            return Ok(key);
        }
        let key = self.read(connection, owner).await?;
        key.ok_or_else(|| Error::not_found("key of", owner))
    }

    async fn read(&self, connection: &mut Connection, owner: &str) -> Result<Option<Arc<Key>>> {
        let select = "SELECT id, wrapped FROM data_keys WHERE owner = $1";
        let Some(mut row) = connection.row(select, values![owner]).await? else {
            return Ok(None);
        };
        let cut = |_| Error::damaged(format!("the key of `{owner}`"), "it is cut short");
        let id: [u8; ID] = row.blob()?.try_into().map_err(cut)?;
        let secret = Zeroizing::new(self.master.key().open(&place(owner), &row.blob()?)?);
        let secret: Zeroizing<[u8; 32]> = Zeroizing::new(
            secret
                .as_slice()
                .try_into()
                .map_err(|_| Error::damaged(format!("the key of `{owner}`"), "it is cut short"))?,
        );
        let key = Arc::new(Key::new(id, &secret));
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.len() >= CACHED_MAX {
            cached.clear();
        }
        cached.insert(owner.to_owned(), Arc::clone(&key));
        Ok(Some(key))
    }

    /// Forgets the key of `owner`, whose row is gone.
    pub fn forget(&self, owner: &str) {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        cached.remove(owner);
    }

    fn cached(&self, owner: &str) -> Option<Arc<Key>> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        cached.get(owner).cloned()
    }
}

fn place(owner: &str) -> String {
    format!("key/{owner}")
}
