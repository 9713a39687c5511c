//! Documents, with the items in them and the events of their making.
//!
//! What a document says is sealed with its owner's key; kind, owner, project, parent, state and metadata
//! are not, so that they can be searched.

mod changes;
mod events;
mod items;
mod line;
mod list;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::blobs::attach;
use crate::database::{BoxFuture, Connection, Row, Value, values};
use crate::jobs::Fence;
use crate::{Error, Lease, Result, Store, Timestamp};

pub use changes::Change;
pub use events::Event;
pub use items::Item;
pub(crate) use list::Conditions;
pub use list::{Cursor, List, Order, Page};

/// What a document can be searched by: names and values.
pub type Metadata = BTreeMap<String, String>;

/// The columns that [`Stored`] reads.
const COLUMNS: &str =
    "id, kind, owner, project, parent, created_at, version, state, metadata, body";

/// A document of some kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// A name that never changes, one of its own among all kinds.
    pub id: String,
    /// `response`, `conversation`, `file`, …; never changes.
    pub kind: String,
    /// Whose it is, and whose key seals it; never changes.
    pub owner: String,
    /// The project that it belongs to; never changes.
    pub project: Option<String>,
    /// The document that it follows or hangs on; never changes, and need not be there.
    pub parent: Option<String>,
    /// When it was made; never changes.
    pub created_at: Timestamp,
    /// How often it was stored: 1 once it was put.
    pub version: u64,
    /// Where it stands: `in_progress`, `completed`, …
    pub state: String,
    /// What it can be searched by.
    pub metadata: Metadata,
    /// What it says.
    pub body: Json,
}

/// Documents with their items and events.
#[derive(Clone, Copy, Debug)]
pub struct Objects<'a> {
    store: &'a Store,
    lease: Option<&'a Lease>,
}

impl<'a> Objects<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        let lease = None;
        Self { store, lease }
    }

    /// The same, for whoever works under `lease`: once it is over, every write is refused as
    /// [`Error::Stale`], in the same transaction.
    #[must_use]
    pub fn under(self, lease: &'a Lease) -> Self {
        let lease = Some(lease);
        Self { lease, ..self }
    }

    /// Does `work` in one transaction, if the lease holds.
    async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        self.store.database().room().await?;
        self.write_anyway(work).await
    }

    /// The same, for what makes room: it is done on a full disk, too.
    async fn write_anyway<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        let fence = self.lease.map(Fence::of);
        let written = self.store.database().write(move |connection| {
            Box::pin(async move {
                if let Some(fence) = fence {
                    fence.hold(connection).await?;
                }
                work(connection).await
            })
        });
        written.await
    }

    /// Puts a new document, whatever version it states, and returns it as it was stored.
    ///
    /// # Errors
    /// [`Error::Taken`] where the id is, [`Error::Erased`] where its owner was.
    pub async fn put(&self, object: Object) -> Result<Object> {
        self.put_using(object, Vec::new()).await
    }

    /// The same, of a document that uses the blobs of its owner with these hashes: both or neither is stored.
    ///
    /// # Errors
    /// [`Error::NotFound`] where its owner has no such blob, and those of [`Self::put`].
    pub async fn put_using(&self, object: Object, blobs: Vec<String>) -> Result<Object> {
        let object = Object {
            version: 1,
            ..object
        };
        let sealed = self.seal(&object).await?;
        let put = self.write(move |connection| {
            Box::pin(async move {
                insert(connection, &object, sealed).await?;
                for sha256 in &blobs {
                    attach(connection, &object.id, sha256).await?;
                }
                Ok(object)
            })
        });
        put.await
    }

    /// The document with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none, [`Error::Damaged`] where it is not what was stored.
    pub async fn get(&self, id: &str) -> Result<Object> {
        let select = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM objects WHERE id = $1"));
        let rows = self.store.database().rows(select, values![id]).await?;
        let row = rows
            .into_iter()
            .next()
            .ok_or_else(|| Error::not_found("object", id))?;
        self.open(row).await
    }

    /// Stores state, metadata and body of a document that is at the version that `object` states, and
    /// returns it with the next.
    ///
    /// # Errors
    /// [`Error::Version`] where it was changed in between, [`Error::NotFound`] where it is gone.
    pub async fn update(&self, object: Object) -> Result<Object> {
        let sealed = self.seal(&object).await?;
        let updated = self.write(move |connection| {
            Box::pin(async move { update(connection, object, sealed).await })
        });
        updated.await
    }

    /// Deletes a document with its items and events; says whether it was there.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn delete(&self, id: &str) -> Result<bool> {
        let delete = "DELETE FROM objects WHERE id = $1";
        let values = values![id];
        let deleted = self.write_anyway(move |connection| {
            Box::pin(async move { connection.run(delete, values).await })
        });
        Ok(deleted.await? > 0)
    }

    pub(crate) async fn seal(&self, object: &Object) -> Result<Vec<u8>> {
        let key = self
            .store
            .keyring()
            .make(self.store.database(), &object.owner)
            .await?;
        key.seal(&place(&object.kind, &object.id), &bytes(&object.body)?)
    }

    async fn open(&self, row: Row) -> Result<Object> {
        let Stored { mut object, sealed } = stored(row)?;
        let key = self
            .store
            .keyring()
            .key(self.store.database(), &object.owner)
            .await?;
        let place = place(&object.kind, &object.id);
        object.body = json(&place, &key.open(&place, &sealed)?)?;
        Ok(object)
    }
}

/// A document whose body is still sealed.
struct Stored {
    object: Object,
    sealed: Vec<u8>,
}

fn stored(mut row: Row) -> Result<Stored> {
    let object = Object {
        id: row.text()?,
        kind: row.text()?,
        owner: row.text()?,
        project: row.optional_text()?,
        parent: row.optional_text()?,
        created_at: row.time()?,
        version: row.uint()?,
        state: row.text()?,
        metadata: metadata(&row.text()?)?,
        body: Json::Null,
    };
    let sealed = row.blob()?;
    Ok(Stored { object, sealed })
}

fn metadata(text: &str) -> Result<Metadata> {
    let damaged = |reason: &str| Error::damaged("the metadata of an object", reason);
    let parsed = serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))?;
    let Json::Object(pairs) = parsed else {
        return Err(damaged("it is no map"));
    };
    let pairs = pairs.into_iter().map(|(name, value)| match value {
        Json::String(value) => Ok((name, value)),
        _ => Err(damaged("a value is no text")),
    });
    pairs.collect()
}

async fn insert(connection: &mut Connection, object: &Object, sealed: Vec<u8>) -> Result<()> {
    let sql = "INSERT INTO objects(id, kind, owner, project, parent, created_at, version, state, metadata, body,
        items_next, events_next) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0) ON CONFLICT DO NOTHING";
    let values = values![
        &object.id,
        &object.kind,
        &object.owner,
        object.project.clone(),
        object.parent.clone(),
        object.created_at,
        object.version,
        &object.state,
        text(&object.metadata)?,
        sealed
    ];
    match connection.run(sql, values).await {
        Ok(0) => return Err(Error::taken("object", &object.id)),
        Ok(_) => {}
        // The key that sealed it is gone, and with it whoever it belonged to.
        Err(Error::NotFound { .. }) => {
            let owner = object.owner.clone();
            return Err(Error::Erased { owner });
        }
        Err(other) => return Err(other),
    }
    insert_metadata(connection, object).await
}

pub(crate) async fn update(
    connection: &mut Connection,
    mut object: Object,
    sealed: Vec<u8>,
) -> Result<Object> {
    let sql = "UPDATE objects SET version = version + 1, state = $3, metadata = $4, body = $5
        WHERE id = $1 AND version = $2";
    let values = values![
        &object.id,
        object.version,
        &object.state,
        text(&object.metadata)?,
        sealed
    ];
    if connection.run(sql, values).await? == 0 {
        let select = "SELECT version FROM objects WHERE id = $1";
        let row = connection.row(select, values![&object.id]).await?;
        let mut row = row.ok_or_else(|| Error::not_found("object", &object.id))?;
        return Err(Error::Version {
            id: object.id,
            expected: object.version,
            found: row.uint()?,
        });
    }
    let delete = "DELETE FROM object_metadata WHERE object_id = $1";
    connection.run(delete, values![&object.id]).await?;
    insert_metadata(connection, &object).await?;
    object.version += 1;
    Ok(object)
}

async fn insert_metadata(connection: &mut Connection, object: &Object) -> Result<()> {
    let row =
        |(name, value): (&String, &String)| -> Vec<Value> { values![&object.id, name, value] };
    let rows = object.metadata.iter().map(row).collect();
    connection
        .insert("object_metadata(object_id, name, value)", rows)
        .await
}

/// What a document's body is sealed as.
fn place(kind: &str, id: &str) -> String {
    format!("object/{kind}/{id}")
}

fn text(metadata: &Metadata) -> Result<String> {
    serde_json::to_string(metadata).map_err(|error| Error::refusal(error.to_string()))
}

pub(crate) fn bytes(json: &Json) -> Result<Vec<u8>> {
    serde_json::to_vec(json).map_err(|error| Error::refusal(error.to_string()))
}

pub(crate) fn json(place: &str, bytes: &[u8]) -> Result<Json> {
    serde_json::from_slice(bytes).map_err(|error| Error::damaged(format!("`{place}`"), error))
}
