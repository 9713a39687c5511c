//! People.

use super::Identity;
use crate::database::{Row, values};
use crate::{Error, Result, Timestamp};

const COLUMNS: &str = "id, name, display_name, password_hash, role, disabled, created_at";

/// A person, or a program that signs in as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// A name that never changes and says nothing about them.
    pub id: String,
    /// The name they sign in with.
    pub name: String,
    /// What others see them called, where that is something else.
    pub display_name: Option<String>,
    /// Their password as the hash function wrote it; without one they cannot sign in by password.
    pub password_hash: Option<String>,
    /// What they are to the house: `owner`, `member`, …
    pub role: String,
    /// Whether they are kept out.
    pub disabled: bool,
    /// When they came.
    pub created_at: Timestamp,
}

impl Identity<'_> {
    /// Adds a person.
    ///
    /// # Errors
    /// [`Error::Taken`] where the id or the name is, [`Error::Erased`] where the id was erased.
    pub async fn add_user(&self, user: &User) -> Result<()> {
        let User {
            id,
            name,
            display_name,
            password_hash,
            role,
            disabled,
            created_at,
        } = user.clone();
        let taken = Error::taken("user", &name);
        let added = self.store.database().write(move |connection| {
            Box::pin(async move {
                let erased = "SELECT erased_at FROM erased WHERE owner = $1";
                if connection.row(erased, values![&id]).await?.is_some() {
                    return Err(Error::Erased { owner: id });
                }
                let insert =
                    "INSERT INTO users(id, name, display_name, password_hash, role, disabled, created_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
                let values = values![
                    id,
                    name,
                    display_name,
                    password_hash,
                    role,
                    disabled,
                    created_at
                ];
                connection.run(insert, values).await
            })
        });
        if added.await? == 0 {
            Err(taken)
        } else {
            Ok(())
        }
    }

    /// The person with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none.
    pub async fn user(&self, id: &str) -> Result<User> {
        let sql = select("WHERE id = $1");
        let rows = self.store.database().rows(sql, values![id]).await?;
        let row = rows
            .into_iter()
            .next()
            .ok_or_else(|| Error::not_found("user", id))?;
        user(row)
    }

    /// The person who signs in with this name.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn user_named(&self, name: &str) -> Result<Option<User>> {
        let sql = select("WHERE name = $1");
        let rows = self.store.database().rows(sql, values![name]).await?;
        rows.into_iter().next().map(user).transpose()
    }

    /// At most `limit` people after the id `after`, by id.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn users(&self, after: Option<&str>, limit: u32) -> Result<Vec<User>> {
        let sql = select("WHERE id > $1 ORDER BY id LIMIT $2");
        let values = values![after.unwrap_or_default(), limit];
        let rows = self.store.database().rows(sql, values).await?;
        rows.into_iter().map(user).collect()
    }

    /// How many people there are.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn users_count(&self) -> Result<u64> {
        let row = self
            .store
            .database()
            .row("SELECT COUNT(*) FROM users", Vec::new())
            .await?;
        row.map_or(Ok(0), |mut row| row.uint())
    }

    /// Stores everything of `user` but the id and when they came.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such id, [`Error::Taken`] where the name is.
    pub async fn update_user(&self, user: &User) -> Result<()> {
        let update = "UPDATE users SET name = $2, display_name = $3, password_hash = $4, role = $5, disabled = $6
            WHERE id = $1";
        let values = values![
            &user.id,
            &user.name,
            user.display_name.clone(),
            user.password_hash.clone(),
            &user.role,
            user.disabled
        ];
        match self.store.database().run(update, values).await {
            Ok(0) => Err(Error::not_found("user", &user.id)),
            Err(Error::Taken { .. }) => Err(Error::taken("user", &user.name)),
            other => other.map(drop),
        }
    }
}

fn select(rest: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM users {rest}"))
}

fn user(mut row: Row) -> Result<User> {
    Ok(User {
        id: row.text()?,
        name: row.text()?,
        display_name: row.optional_text()?,
        password_hash: row.optional_text()?,
        role: row.text()?,
        disabled: row.bool()?,
        created_at: row.time()?,
    })
}
