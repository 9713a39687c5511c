//! The tables of a backup, in an order in which rows refer to earlier ones only.

use std::fmt;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Text,
    Blob,
}

/// A table, its columns as `name:kind`, and how many of the first are its key.
pub(super) struct Table {
    pub name: &'static str,
    pub columns: &'static str,
    pub keys: usize,
}

impl Table {
    pub fn names(&self) -> Vec<&'static str> {
        let name = |column: &'static str| column.split(':').next().unwrap_or_default();
        self.columns.split_whitespace().map(name).collect()
    }

    /// The columns of the table that `text`, as a backup has it, begins rows of: those of this version, or fewer of
    /// them from before others were added, which may be empty. `None` where it is no table of ours.
    pub fn of(text: &str) -> Option<Found> {
        let mut words = text.split_whitespace();
        let name = words.next()?;
        let table = TABLES.iter().find(|table| table.name == name)?;
        let known = |word: &str| table.columns.split_whitespace().find(|one| *one == word);
        let columns: Vec<&'static str> = words.map(known).collect::<Option<_>>()?;
        let column = |word: &'static str| word.split_once(':').unwrap_or((word, "t"));
        let kind = |letter: &str| match letter {
            "i" => Kind::Int,
            "b" => Kind::Blob,
            _ => Kind::Text,
        };
        let columns = columns.into_iter().map(column);
        let (names, kinds) = columns.map(|(name, letter)| (name, kind(letter))).unzip();
        Some(Found {
            name: table.name,
            names,
            kinds,
        })
    }
}

/// A table as a backup has it.
pub(super) struct Found {
    pub name: &'static str,
    pub names: Vec<&'static str>,
    pub kinds: Vec<Kind>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.columns)
    }
}

const fn table(name: &'static str, keys: usize, columns: &'static str) -> Table {
    Table {
        name,
        columns,
        keys,
    }
}

/// All tables but `schema_version`, which is the head's affair, `garbage`, which has no files in a backup, and `servers`,
/// which are those of now.
pub(super) const TABLES: &[Table] = &[
    table("facts", 1, "name:t value:b"),
    table("data_keys", 1, "owner:t id:b wrapped:b"),
    table("erased", 1, "owner:t erased_at:i"),
    table("users", 1, "id:t name:t display_name:t password_hash:t role:t disabled:i created_at:i"),
    table("sessions", 1, "hash:b user_id:t created_at:i expires_at:i"),
    table("links", 1, "hash:b user_id:t purpose:t created_at:i expires_at:i"),
    table("projects", 1, "id:t name:t created_at:i archived_at:i"),
    table("members", 2, "project_id:t user_id:t role:t"),
    table(
        "api_keys",
        1,
        "id:t hash:b prefix:t name:t user_id:t project_id:t scopes:t created_at:i expires_at:i revoked_at:i
        requests_per_minute:i tokens_per_minute:i tokens_per_day:i tokens_total:i",
    ),
    table("usage_counters", 2, "subject:t window_start:i requests:i input_tokens:i output_tokens:i"),
    table(
        "objects",
        1,
        "id:t kind:t owner:t project:t parent:t created_at:i version:i state:t metadata:t body:b items_next:i
        events_next:i",
    ),
    table("object_metadata", 2, "object_id:t name:t value:t"),
    table("items", 2, "object_id:t position:i id:t body:b"),
    table("events", 2, "object_id:t sequence:i body:b"),
    table("blobs", 2, "owner:t sha256:t storage:t bytes:i touched_at:i proof:b"),
    table("blob_uses", 2, "object_id:t sha256:t owner:t"),
    table(
        "jobs",
        1,
        "id:t kind:t owner:t idempotency_key:t payload:b state:t created_at:i run_at:i attempts:i attempts_max:i
        backoff_ms:i worker:t fence:i lease_until:i result:b ended_at:i events_next:i",
    ),
    table("job_steps", 2, "job_id:t name:t fence:i result:b"),
    table("job_events", 2, "job_id:t sequence:i at:i body:b"),
    table("audit", 1, "sequence:i at:i hash:b line:t"),
    table("checkpoints", 1, "sequence:i at:i hash:b signature:b"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_an_older_version_are_read_and_others_are_not() {
        let found = Table::of("users id:t name:t password_hash:t role:t disabled:i created_at:i");
        let found = found.unwrap();
        assert_eq!(found.names.len(), 6);
        assert_eq!(found.kinds[4], Kind::Int);
        assert!(Table::of("users id:t shoe_size:i").is_none());
        assert!(Table::of("users id:i").is_none());
        assert!(Table::of("strangers id:t").is_none());
        for table in TABLES {
            assert_eq!(Table::of(&table.to_string()).unwrap().names, table.names());
        }
    }

    #[test]
    fn every_table_and_column_of_the_schema_is_in_a_backup() {
        let schema = include_str!("../database/schema/1.sql");
        // Columns that came later, as if they had been there from the beginning.
        let users = "CREATE TABLE users(";
        let schema = schema.replace(users, &format!("{users}\n    display_name TEXT,"));
        for definition in schema.split("CREATE TABLE ").skip(1) {
            let (name, rest) = definition.split_once('(').unwrap();
            if name == "garbage" {
                continue;
            }
            let table = TABLES
                .iter()
                .find(|table| table.name == name)
                .unwrap_or_else(|| panic!("{name}"));
            let body = rest.split_once(";").unwrap().0;
            let mut found: Vec<String> = Vec::new();
            for part in body.split([',', '\n']).map(str::trim) {
                let mut words = part.split_whitespace();
                let (Some(column), Some(kind)) = (words.next(), words.next()) else {
                    continue;
                };
                let letter = match kind.trim_end_matches([')', ';']) {
                    "TEXT" => "t",
                    "BIGINT" => "i",
                    "BLOB" => "b",
                    _ => continue,
                };
                found.push(format!("{column}:{letter}"));
            }
            let mut listed: Vec<String> = table
                .columns
                .split_whitespace()
                .map(str::to_owned)
                .collect();
            listed.sort();
            found.sort();
            assert_eq!(listed, found, "{name}");
        }
    }
}
