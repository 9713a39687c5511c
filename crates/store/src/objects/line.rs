//! The line of parents of a document, and documents by their ids.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;

use super::{COLUMNS, Object, Objects};
use crate::Result;
use crate::database::{Value, values};

/// Documents that are read in one statement.
const AT_ONCE: usize = 200;

impl Objects<'_> {
    /// The ids of a document, of its parent, of that one's parent, and so on: `max` of them at most, none where there
    /// is no document `id`.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn line(&self, id: &str, max: u32) -> Result<Vec<String>> {
        let select = "WITH RECURSIVE line(id, parent, place) AS (
                SELECT id, parent, CAST(1 AS BIGINT) FROM objects WHERE id = $1
                UNION ALL
                SELECT objects.id, objects.parent, line.place + 1
                FROM objects JOIN line ON objects.id = line.parent WHERE line.place < $2
            ) SELECT id FROM line ORDER BY place";
        let mut connection = self.store.database().reader().await?;
        let rows = connection.rows(select, values![id, max]).await?;
        rows.into_iter().map(|mut row| row.text()).collect()
    }

    /// The documents with these ids, in their order; those that are not there are left out.
    ///
    /// # Errors
    /// [`Error::Damaged`](crate::Error::Damaged) where one is not what was stored.
    pub async fn all_of(&self, ids: &[String]) -> Result<Vec<Object>> {
        let mut all = Vec::with_capacity(ids.len());
        for some in ids.chunks(AT_ONCE) {
            let numbers: Vec<String> = (1..=some.len())
                .map(|number| format!("${number}"))
                .collect();
            let numbers = numbers.join(", ");
            let select = format!("SELECT {COLUMNS} FROM objects WHERE id IN ({numbers})");
            let values = some.iter().map(|id| Value::from(id.as_str())).collect();
            let rows = self
                .store
                .database()
                .rows(AssertSqlSafe(select), values)
                .await?;
            let mut found = HashMap::with_capacity(rows.len());
            for row in rows {
                let object = self.open(row).await?;
                found.insert(object.id.clone(), object);
            }
            all.extend(some.iter().filter_map(|id| found.remove(id)));
        }
        Ok(all)
    }
}
