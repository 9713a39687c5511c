//! Several writes that are done together or not at all.

use serde_json::Value as Json;

use super::{Item, Object, Objects, events, insert, items, update};
use crate::database::Connection;
use crate::{Result, Store};

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// As [`Objects::put`].
    Put(Object),
    /// As [`Objects::update`].
    Update(Object),
    /// As [`Objects::append_items`].
    Items {
        /// The document.
        object: String,
        /// What is appended to it.
        items: Vec<Item>,
    },
    /// As [`Objects::append_events`].
    Events {
        /// The document.
        object: String,
        /// The place that the first of them must have.
        first: Option<u64>,
        /// What happened.
        events: Vec<Json>,
    },
}

impl Objects<'_> {
    /// Makes all of `changes`, in their order, or none.
    ///
    /// # Errors
    /// Those of each change.
    pub async fn apply(&self, changes: Vec<Change>) -> Result<()> {
        let mut sealed = Vec::with_capacity(changes.len());
        for change in changes {
            let body = match &change {
                Change::Put(object) | Change::Update(object) => self.seal(object).await?,
                Change::Items { .. } | Change::Events { .. } => Vec::new(),
            };
            sealed.push((change, body));
        }
        let store = self.store.clone();
        let applied = self.write(move |connection| {
            Box::pin(async move {
                for (change, body) in sealed {
                    apply(connection, &store, change, body).await?;
                }
                Ok(())
            })
        });
        applied.await
    }
}

async fn apply(
    connection: &mut Connection,
    store: &Store,
    change: Change,
    sealed: Vec<u8>,
) -> Result<()> {
    match change {
        Change::Put(object) => {
            let object = Object {
                version: 1,
                ..object
            };
            insert(connection, &object, sealed).await
        }
        Change::Update(object) => update(connection, object, sealed).await.map(drop),
        Change::Items { object, items } => items::append(connection, store, &object, items).await,
        Change::Events {
            object,
            first,
            events,
        } => {
            let appended = events::append(connection, store, &object, first, events);
            appended.await.map(drop)
        }
    }
}
