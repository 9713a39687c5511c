//! What is kept for people: responses, conversations and their like, as documents of the store.

use policy::Permit;
use policy::action::{Delete, Read, Thing, Write};
use serde_json::{Value, json};
use store::{Change, Cursor, Item, List, Metadata, Object, Order, Page, Timestamp};

use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};

/// The most documents or items on a page.
pub(crate) const PAGE_MAX: u32 = 100;

/// A new document of `caller`.
pub(crate) struct New {
    pub id: String,
    pub kind: &'static str,
    pub parent: Option<String>,
    pub state: String,
    pub metadata: Metadata,
    pub body: Value,
}

impl App {
    /// Keeps a new document.
    pub(crate) async fn keep(&self, caller: &Caller, new: New) -> Result<Object> {
        self.keep_with(caller, new, Vec::new()).await
    }

    /// Keeps a new document, and makes `more` changes to it or to what the caller may change; all or none.
    pub(crate) async fn keep_with(
        &self,
        caller: &Caller,
        new: New,
        more: Vec<Change>,
    ) -> Result<Object> {
        let project = caller.project().map(str::to_owned);
        let thing = Thing {
            kind: new.kind.to_owned(),
            id: Some(new.id.clone()),
            owner: caller.user().to_owned(),
            project: project.clone(),
        };
        let _permit = self.gate.permit(caller, Write(thing)).await?;
        let object = Object {
            id: new.id,
            kind: new.kind.to_owned(),
            owner: caller.user().to_owned(),
            project,
            parent: new.parent,
            created_at: self.timestamp(),
            version: 1,
            state: new.state,
            metadata: new.metadata,
            body: new.body,
        };
        let mut changes = vec![Change::Put(object.clone())];
        changes.extend(more);
        self.store().objects().apply(changes).await?;
        Ok(object)
    }

    /// The document of `kind` called `id`, if the caller may read it. Whoever may not learns no more than that
    /// there is none.
    pub(crate) async fn kept(&self, caller: &Caller, kind: &str, id: &str) -> Result<Object> {
        let object = self.found(kind, id).await?;
        let permit = self.gate.permit(caller, Read(thing(&object))).await;
        permit.map_err(|error| hidden(error, kind, id))?;
        Ok(object)
    }

    /// The same, for whoever will change it.
    pub(crate) async fn kept_to_change(
        &self,
        caller: &Caller,
        kind: &str,
        id: &str,
    ) -> Result<Object> {
        let object = self.found(kind, id).await?;
        let permit = self.gate.permit(caller, Write(thing(&object))).await;
        permit.map_err(|error| hidden(error, kind, id))?;
        Ok(object)
    }

    /// The same, for whoever will delete it.
    pub(crate) async fn kept_to_delete(
        &self,
        caller: &Caller,
        kind: &str,
        id: &str,
    ) -> Result<Object> {
        let object = self.found(kind, id).await?;
        let permit = self.gate.permit(caller, Delete(thing(&object))).await;
        permit.map_err(|error| hidden(error, kind, id))?;
        Ok(object)
    }

    /// Whether the caller may read what they have of `kind`.
    pub(crate) async fn permit_all(&self, caller: &Caller, kind: &str) -> Result<Permit<Read>> {
        let all = Read(Thing::of(kind, caller.user()));
        Ok(self.gate.permit(caller, all).await?)
    }

    /// Deletes the document of `kind` called `id`.
    pub(crate) async fn delete(&self, caller: &Caller, kind: &str, id: &str) -> Result<Object> {
        let object = self.kept_to_delete(caller, kind, id).await?;
        self.store().objects().delete(id).await?;
        Ok(object)
    }

    /// A page of the caller's documents of `kind`.
    pub(crate) async fn list(
        &self,
        caller: &Caller,
        kind: &str,
        wanted: &Wanted,
        metadata: Metadata,
        state: Option<String>,
    ) -> Result<Page<Object>> {
        let _permit = self.permit_all(caller, kind).await?;
        let list = List {
            kind: Some(kind.to_owned()),
            owner: Some(caller.user().to_owned()),
            metadata,
            state,
            cursor: wanted.cursor(),
            order: wanted.order(),
            limit: wanted.limit()?,
            ..List::default()
        };
        Ok(self.store().objects().list(&list).await?)
    }

    /// A page of the items of a document that the caller may read.
    pub(crate) async fn items(&self, object: &Object, wanted: &Wanted) -> Result<Page<Item>> {
        let limit = wanted.limit()?;
        let (cursor, order) = (wanted.cursor(), wanted.order());
        Ok(self
            .store()
            .objects()
            .items(&object.id, &cursor, order, limit)
            .await?)
    }

    /// All items of a document, in order.
    pub(crate) async fn all_items(&self, id: &str) -> Result<Vec<Value>> {
        let mut all: Vec<Value> = Vec::new();
        let mut cursor = Cursor::Start;
        loop {
            let page = self
                .store()
                .objects()
                .items(id, &cursor, Order::Ascending, 1000)
                .await?;
            let Some(last) = page.data.last() else {
                return Ok(all);
            };
            cursor = Cursor::After(last.id.clone());
            all.extend(page.data.into_iter().map(|item| item.body));
            if !page.has_more {
                return Ok(all);
            }
        }
    }

    /// The time for the store.
    pub(crate) fn timestamp(&self) -> Timestamp {
        let millis = self.since_1970().as_millis();
        Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    async fn found(&self, kind: &str, id: &str) -> Result<Object> {
        match self.store().objects().get(id).await {
            Ok(object) if object.kind == kind => Ok(object),
            Ok(_) | Err(store::Error::NotFound { .. }) => Err(Fault::not_found(kind, id)),
            Err(error) => Err(error.into()),
        }
    }
}

fn thing(object: &Object) -> Thing {
    Thing {
        kind: object.kind.clone(),
        id: Some(object.id.clone()),
        owner: object.owner.clone(),
        project: object.project.clone(),
    }
}

/// What others keep is not there.
pub(crate) fn hidden(error: policy::Error, kind: &str, id: &str) -> Fault {
    match error {
        policy::Error::Denied(_) => Fault::not_found(kind, id),
        other => other.into(),
    }
}

/// Which part of a list, as all families of the API ask for it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    after: Option<String>,
    before: Option<String>,
    #[serde(deserialize_with = "number")]
    limit: Option<u32>,
    order: Option<String>,
}

/// A number in a query, which is text where other fields are read beside it.
fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let text: Option<String> = serde::Deserialize::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom))
        .transpose()
}

impl Wanted {
    /// The oldest come first, unless asked otherwise.
    pub fn default_ascending(&mut self) {
        self.order.get_or_insert_with(|| "asc".to_owned());
    }

    fn cursor(&self) -> Cursor {
        match (&self.after, &self.before) {
            (Some(id), _) if !id.is_empty() => Cursor::After(id.clone()),
            (_, Some(id)) if !id.is_empty() => Cursor::Before(id.clone()),
            _ => Cursor::Start,
        }
    }

    /// The newest come first, unless asked otherwise.
    fn order(&self) -> Order {
        match self.order.as_deref() {
            Some("asc") => Order::Ascending,
            _ => Order::Descending,
        }
    }

    fn limit(&self) -> Result<u32> {
        match self.limit {
            None => Ok(20),
            Some(limit @ 1..=PAGE_MAX) => Ok(limit),
            Some(limit) => {
                let message = format!("`limit` is `{limit}`; it lies between `1` and `{PAGE_MAX}`");
                Err(Fault::param("limit", message))
            }
        }
    }
}

/// A list as the API writes it.
pub(crate) fn page(data: Vec<Value>, has_more: bool) -> Value {
    let id = |value: Option<&Value>| value.map(|value| value["id"].clone()).unwrap_or_default();
    json!({
        "object": "list",
        "first_id": id(data.first()),
        "last_id": id(data.last()),
        "has_more": has_more,
        "data": data,
    })
}

/// That something was deleted.
pub(crate) fn deleted(id: &str, object: &str) -> Value {
    json!({ "id": id, "object": object, "deleted": true })
}
