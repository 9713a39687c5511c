//! The items in a document, in the order in which they came.

use std::sync::Arc;

use serde_json::Value as Json;
use sqlx::AssertSqlSafe;

use super::list::{Cursor, Order, Page};
use super::{Objects, bytes, json};
use crate::database::{Connection, values};
use crate::sealing::{Key, Keyring};
use crate::{Error, Result, Store};

/// A part of a document: a message of a conversation, say.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its name, one of its own in its document.
    pub id: String,
    /// What it says.
    pub body: Json,
}

impl Objects<'_> {
    /// Appends `items` to the document `object`, all or none.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such document, [`Error::Taken`] where it has an item of that name.
    pub async fn append_items(&self, object: &str, items: Vec<Item>) -> Result<()> {
        let store = self.store.clone();
        let object = object.to_owned();
        let appended = self.write(move |connection| {
            Box::pin(async move { append(connection, &store, &object, items).await })
        });
        appended.await
    }

    /// A page of the items of `object`. Cursors are ids of items.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such document, or no item at the cursor.
    pub async fn items(
        &self,
        object: &str,
        cursor: &Cursor,
        order: Order,
        limit: u32,
    ) -> Result<Page<Item>> {
        let mut connection = self.store.database().reader().await?;
        let key = owner_key(&mut connection, self.store.keyring(), object).await?;
        let mut condition = String::new();
        let mut values = values![object];
        let direction = cursor.direction(order);
        if let Some(id) = cursor.id() {
            let select = "SELECT position FROM items WHERE object_id = $1 AND id = $2";
            let row = connection.row(select, values![object, id]).await?;
            let position = row.ok_or_else(|| Error::not_found("item", id))?.uint()?;
            condition = format!("AND position {} $2", direction.beyond());
            values.extend(values![position]);
        }
        let number = values.len() + 1;
        values.extend(values![u64::from(limit) + 1]);
        let select = format!(
            "SELECT id, position, body FROM items WHERE object_id = $1 {condition}
            ORDER BY position {} LIMIT ${number}",
            direction.sql()
        );
        let rows = connection.rows(AssertSqlSafe(select), values).await?;
        let read = rows.into_iter().map(|mut row| {
            let (id, _, sealed) = (row.text()?, row.uint()?, row.blob()?);
            let place = place(object, &id);
            let body = json(&place, &key.open(&place, &sealed)?)?;
            Ok(Item { id, body })
        });
        Ok(cursor.page(read.collect::<Result<_>>()?, limit))
    }

    /// One item of `object`.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such document or item.
    pub async fn item(&self, object: &str, id: &str) -> Result<Item> {
        let mut connection = self.store.database().reader().await?;
        let key = owner_key(&mut connection, self.store.keyring(), object).await?;
        let select = "SELECT body FROM items WHERE object_id = $1 AND id = $2";
        let row = connection.row(select, values![object, id]).await?;
        let sealed = row.ok_or_else(|| Error::not_found("item", id))?.blob()?;
        let place = place(object, id);
        let body = json(&place, &key.open(&place, &sealed)?)?;
        let id = id.to_owned();
        Ok(Item { id, body })
    }

    /// Deletes an item of `object`; says whether it was there.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn delete_item(&self, object: &str, id: &str) -> Result<bool> {
        let delete = "DELETE FROM items WHERE object_id = $1 AND id = $2";
        let values = values![object, id];
        let deleted = self.write_anyway(move |connection| {
            Box::pin(async move { connection.run(delete, values).await })
        });
        Ok(deleted.await? > 0)
    }
}

pub(crate) async fn append(
    connection: &mut Connection,
    store: &Store,
    object: &str,
    items: Vec<Item>,
) -> Result<()> {
    let count = items.len() as u64;
    let update =
        "UPDATE objects SET items_next = items_next + $2 WHERE id = $1 RETURNING items_next, owner";
    let row = connection.row(update, values![object, count]).await?;
    let mut row = row.ok_or_else(|| Error::not_found("object", object))?;
    let first = row.uint()?.saturating_sub(count);
    let key = store.keyring().get(connection, &row.text()?).await?;
    let mut rows = Vec::with_capacity(items.len());
    for (position, item) in (first..).zip(items) {
        let sealed = key.seal(&place(object, &item.id), &bytes(&item.body)?)?;
        rows.push(values![object, position, item.id, sealed]);
    }
    let inserted = connection
        .insert("items(object_id, position, id, body)", rows)
        .await;
    inserted.map_err(|error| match error {
        Error::Taken { .. } => Error::taken("item in", object),
        other => other,
    })
}

/// The key of whoever owns `object`.
pub(super) async fn owner_key(
    connection: &mut Connection,
    keyring: &Keyring,
    object: &str,
) -> Result<Arc<Key>> {
    let select = "SELECT owner FROM objects WHERE id = $1";
    let row = connection.row(select, values![object]).await?;
    let owner = row
        .ok_or_else(|| Error::not_found("object", object))?
        .text()?;
    keyring.get(connection, &owner).await
}

fn place(object: &str, id: &str) -> String {
    format!("item/{object}/{id}")
}
