//! Pages of documents.

use sqlx::AssertSqlSafe;

use super::{COLUMNS, Metadata, Object, Objects};
use crate::database::{Value, values};
use crate::{Error, Result};

/// Which documents, and where in their order. The order is that of their making.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// Of this kind.
    pub kind: Option<String>,
    /// Of this owner.
    pub owner: Option<String>,
    /// Of this project.
    pub project: Option<String>,
    /// Hanging on this document.
    pub parent: Option<String>,
    /// In this state.
    pub state: Option<String>,
    /// With all of this metadata.
    pub metadata: Metadata,
    /// From where on; ids of documents.
    pub cursor: Cursor,
    /// Which end comes first.
    pub order: Order,
    /// How many at most; with 0, none.
    pub limit: u32,
}

/// Which end of a list comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The oldest.
    #[default]
    Ascending,
    /// The newest.
    Descending,
}

/// A place in a list, by the id of what stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cursor {
    /// The beginning.
    #[default]
    Start,
    /// What follows this one.
    After(String),
    /// What leads up to this one.
    Before(String),
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What is on it, in order.
    pub data: Vec<T>,
    /// Whether there is more, further away from the cursor.
    pub has_more: bool,
}

impl Objects<'_> {
    /// A page of the documents that meet all conditions of `list`.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no document at the cursor.
    pub async fn list(&self, list: &List) -> Result<Page<Object>> {
        let mut connection = self.store.database().reader().await?;
        let mut conditions = Conditions::default();
        let columns = [
            ("kind", &list.kind),
            ("owner", &list.owner),
            ("project", &list.project),
            ("parent", &list.parent),
            ("state", &list.state),
        ];
        for (column, value) in columns {
            if let Some(value) = value {
                let number = conditions.bind(value.as_str());
                conditions.add(format!("{column} = ${number}"));
            }
        }
        for (name, value) in &list.metadata {
            let (name, value) = (
                conditions.bind(name.as_str()),
                conditions.bind(value.as_str()),
            );
            conditions.add(format!(
                "id IN (SELECT object_id FROM object_metadata WHERE name = ${name} AND value = ${value})"
            ));
        }
        let direction = list.cursor.direction(list.order);
        if let Some(id) = list.cursor.id() {
            let select = "SELECT created_at FROM objects WHERE id = $1";
            let row = connection.row(select, values![id]).await?;
            let created_at = row.ok_or_else(|| Error::not_found("object", id))?.time()?;
            let (time, id) = (conditions.bind(created_at), conditions.bind(id));
            conditions.add(format!(
                "(created_at, id) {} (${time}, ${id})",
                direction.beyond()
            ));
        }
        let limit = conditions.bind(u64::from(list.limit) + 1);
        let select = format!(
            "SELECT {COLUMNS} FROM objects {} ORDER BY created_at {direction}, id {direction} LIMIT ${limit}",
            conditions.sql,
            direction = direction.sql(),
        );
        let rows = connection
            .rows(AssertSqlSafe(select), conditions.values)
            .await?;
        drop(connection);
        let mut objects = Vec::with_capacity(rows.len());
        for row in rows {
            objects.push(self.open(row).await?);
        }
        Ok(list.cursor.page(objects, list.limit))
    }
}

/// What follows `WHERE`, and its values.
#[derive(Default)]
pub(crate) struct Conditions {
    pub sql: String,
    pub values: Vec<Value>,
}

impl Conditions {
    /// Binds a value, and says under which number.
    pub fn bind(&mut self, value: impl Into<Value>) -> usize {
        self.values.push(value.into());
        self.values.len()
    }

    /// Adds a condition; all have to be met.
    pub fn add(&mut self, condition: impl AsRef<str>) {
        let word = if self.sql.is_empty() {
            "WHERE "
        } else {
            " AND "
        };
        self.sql.push_str(word);
        self.sql.push_str(condition.as_ref());
    }
}

impl Order {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
        }
    }

    /// What lies further on.
    pub(crate) fn beyond(self) -> &'static str {
        match self {
            Self::Ascending => ">",
            Self::Descending => "<",
        }
    }
}

impl Cursor {
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Start => None,
            Self::After(id) | Self::Before(id) => Some(id),
        }
    }

    /// The direction in which to read, away from the cursor.
    pub(crate) fn direction(&self, order: Order) -> Order {
        match (self, order) {
            (Self::Before(_), Order::Ascending) => Order::Descending,
            (Self::Before(_), Order::Descending) => Order::Ascending,
            (_, order) => order,
        }
    }

    /// The page of what was read in that direction, one more than `limit` where there is more.
    pub(crate) fn page<T>(&self, mut data: Vec<T>, limit: u32) -> Page<T> {
        let limit = limit as usize;
        let has_more = data.len() > limit;
        data.truncate(limit);
        if matches!(self, Self::Before(_)) {
            data.reverse();
        }
        Page { data, has_more }
    }
}
