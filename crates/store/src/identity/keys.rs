//! API keys.

use sqlx::AssertSqlSafe;

use super::sessions::of_user;
use super::{Hash, Identity};
use crate::database::{Row, values};
use crate::{Error, Result, Timestamp};

const COLUMNS: &str =
    "id, hash, prefix, name, user_id, project_id, scopes, created_at, expires_at, revoked_at,
    requests_per_minute, tokens_per_minute, tokens_per_day, tokens_total";

/// A key that programs show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its name, which is no secret.
    pub id: String,
    /// The hash of the key itself.
    pub hash: Hash,
    /// Its beginning, by which people tell keys apart.
    pub prefix: String,
    /// What its owner calls it.
    pub name: String,
    /// Whose it is.
    pub user: String,
    /// The project that it works in.
    pub project: Option<String>,
    /// What it may be used for; words without spaces. What no scopes mean is for the caller to say.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it does not work.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// How much it may use.
    pub budgets: Budgets,
}

/// How much a key may use; nothing stated is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budgets {
    /// Requests a minute.
    pub requests_per_minute: Option<u64>,
    /// Tokens a minute, in and out together.
    pub tokens_per_minute: Option<u64>,
    /// Tokens a day, in and out together.
    pub tokens_per_day: Option<u64>,
    /// Tokens in all, in and out together.
    pub tokens_total: Option<u64>,
}

impl Identity<'_> {
    /// Keeps a key.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such user or project, [`Error::Taken`] where the id or hash is.
    pub async fn add_key(&self, key: &ApiKey) -> Result<()> {
        let insert = "INSERT INTO api_keys(id, hash, prefix, name, user_id, project_id, scopes, created_at, expires_at,
            revoked_at, requests_per_minute, tokens_per_minute, tokens_per_day, tokens_total)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
        let budgets = key.budgets;
        let values = values![
            &key.id,
            key.hash,
            &key.prefix,
            &key.name,
            &key.user,
            key.project.clone(),
            key.scopes.join(" "),
            key.created_at,
            key.expires_at,
            key.revoked_at,
            budgets.requests_per_minute,
            budgets.tokens_per_minute,
            budgets.tokens_per_day,
            budgets.tokens_total
        ];
        let added = self.store.database().run(insert, values).await;
        added.map(drop).map_err(|error| match error {
            Error::Taken { .. } => Error::taken("key", &key.id),
            other => of_user(other, "key", &key.user),
        })
    }

    /// The key with this hash, revoked, expired or not.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn key_with_hash(&self, hash: &Hash) -> Result<Option<ApiKey>> {
        let select = AssertSqlSafe(format!("SELECT {COLUMNS} FROM api_keys WHERE hash = $1"));
        let rows = self.store.database().rows(select, values![*hash]).await?;
        rows.into_iter().next().map(key).transpose()
    }

    /// The key with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none.
    pub async fn key(&self, id: &str) -> Result<ApiKey> {
        let select = AssertSqlSafe(format!("SELECT {COLUMNS} FROM api_keys WHERE id = $1"));
        let rows = self.store.database().rows(select, values![id]).await?;
        key(rows
            .into_iter()
            .next()
            .ok_or_else(|| Error::not_found("key", id))?)
    }

    /// All keys of a person, or of everybody, by id.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn keys(&self, user: Option<&str>) -> Result<Vec<ApiKey>> {
        let database = self.store.database();
        let rows = match user {
            Some(user) => {
                let select =
                    format!("SELECT {COLUMNS} FROM api_keys WHERE user_id = $1 ORDER BY id");
                database.rows(AssertSqlSafe(select), values![user]).await?
            }
            None => {
                let select = format!("SELECT {COLUMNS} FROM api_keys ORDER BY id");
                database.rows(AssertSqlSafe(select), Vec::new()).await?
            }
        };
        rows.into_iter().map(key).collect()
    }

    /// Stores name, scopes, expiry and budgets of a key; what it opens and whose it is stays.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none with this id.
    pub async fn update_key(&self, key: &ApiKey) -> Result<()> {
        let update =
            "UPDATE api_keys SET name = $2, scopes = $3, expires_at = $4, requests_per_minute = $5,
            tokens_per_minute = $6, tokens_per_day = $7, tokens_total = $8 WHERE id = $1";
        let budgets = key.budgets;
        let values = values![
            &key.id,
            &key.name,
            key.scopes.join(" "),
            key.expires_at,
            budgets.requests_per_minute,
            budgets.tokens_per_minute,
            budgets.tokens_per_day,
            budgets.tokens_total
        ];
        match self.store.database().run(update, values).await? {
            0 => Err(Error::not_found("key", &key.id)),
            _ => Ok(()),
        }
    }

    /// Takes a key back for ever. One that was taken back before stays so since then.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none with this id.
    pub async fn revoke_key(&self, id: &str, at: Timestamp) -> Result<()> {
        let update = "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1";
        match self.store.database().run(update, values![id, at]).await? {
            0 => Err(Error::not_found("key", id)),
            _ => Ok(()),
        }
    }
}

fn key(mut row: Row) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.text()?,
        hash: row.hash()?,
        prefix: row.text()?,
        name: row.text()?,
        user: row.text()?,
        project: row.optional_text()?,
        scopes: row.text()?.split_whitespace().map(str::to_owned).collect(),
        created_at: row.time()?,
        expires_at: row.optional_time()?,
        revoked_at: row.optional_time()?,
        budgets: Budgets {
            requests_per_minute: row.optional_uint()?,
            tokens_per_minute: row.optional_uint()?,
            tokens_per_day: row.optional_uint()?,
            tokens_total: row.optional_uint()?,
        },
    })
}
