//! The events of a document's making, for whoever resumes a stream of them.

use serde_json::Value as Json;

use super::items::owner_key;
use super::{Objects, bytes, json};
use crate::database::{Connection, values};
use crate::{Error, Result, Store};

/// Something that happened to a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its place: 0 for the first, one more for each that follows.
    pub sequence: u64,
    /// What happened.
    pub body: Json,
}

impl Objects<'_> {
    /// Appends `events` to the document `object`, all or none, and returns the place of the first.
    /// Where `first` is given, it has to be that place.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such document, [`Error::Version`] where `first` is not the next place.
    pub async fn append_events(
        &self,
        object: &str,
        first: Option<u64>,
        events: Vec<Json>,
    ) -> Result<u64> {
        let store = self.store.clone();
        let object = object.to_owned();
        let appended = self.write(move |connection| {
            Box::pin(async move { append(connection, &store, &object, first, events).await })
        });
        appended.await
    }

    /// At most `limit` events of `object` after the place `after`, or from the first on.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such document.
    pub async fn events_after(
        &self,
        object: &str,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Event>> {
        let mut connection = self.store.database().reader().await?;
        let key = owner_key(&mut connection, self.store.keyring(), object).await?;
        let select = "SELECT sequence, body FROM events WHERE object_id = $1 AND sequence >= $2
            ORDER BY sequence LIMIT $3";
        let from = after.map_or(0, |after| after.saturating_add(1));
        let rows = connection
            .rows(select, values![object, from, limit])
            .await?;
        let read = rows.into_iter().map(|mut row| {
            let (sequence, sealed) = (row.uint()?, row.blob()?);
            let place = place(object, sequence);
            let body = json(&place, &key.open(&place, &sealed)?)?;
            Ok(Event { sequence, body })
        });
        read.collect()
    }
}

pub(crate) async fn append(
    connection: &mut Connection,
    store: &Store,
    object: &str,
    first: Option<u64>,
    events: Vec<Json>,
) -> Result<u64> {
    let count = events.len() as u64;
    let update = "UPDATE objects SET events_next = events_next + $2 WHERE id = $1 RETURNING events_next, owner";
    let row = connection.row(update, values![object, count]).await?;
    let mut row = row.ok_or_else(|| Error::not_found("object", object))?;
    let found = row.uint()?.saturating_sub(count);
    if let Some(expected) = first.filter(|first| *first != found) {
        let id = object.to_owned();
        return Err(Error::Version {
            id,
            expected,
            found,
        });
    }
    let key = store.keyring().get(connection, &row.text()?).await?;
    let mut rows = Vec::with_capacity(events.len());
    for (sequence, body) in (found..).zip(&events) {
        let sealed = key.seal(&place(object, sequence), &bytes(body)?)?;
        rows.push(values![object, sequence, sealed]);
    }
    connection
        .insert("events(object_id, sequence, body)", rows)
        .await?;
    Ok(found)
}

fn place(object: &str, sequence: u64) -> String {
    format!("event/{object}/{sequence}")
}
