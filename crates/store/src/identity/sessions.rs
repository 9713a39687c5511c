//! Sessions, and links that work once.

use super::{Hash, Identity};
use crate::database::values;
use crate::{Error, Result, Timestamp};

/// Somebody who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The hash of the token that they show.
    pub hash: Hash,
    /// Who it is.
    pub user: String,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When they have to again.
    pub expires_at: Timestamp,
}

/// A link that works once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The hash of the token in it.
    pub hash: Hash,
    /// Whom it lets in.
    pub user: String,
    /// What for: `sign_in`, `reset_password`, …
    pub purpose: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it does not work.
    pub expires_at: Timestamp,
}

impl Identity<'_> {
    /// Keeps a session.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such user, [`Error::Taken`] where the hash is.
    pub async fn add_session(&self, session: &Session) -> Result<()> {
        let insert =
            "INSERT INTO sessions(hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
        let Session {
            hash,
            user,
            created_at,
            expires_at,
        } = session;
        let values = values![*hash, user, *created_at, *expires_at];
        let added = self.store.database().run(insert, values).await;
        added
            .map(drop)
            .map_err(|error| of_user(error, "session", user))
    }

    /// The session whose token has this hash, if it is there and not over at `now`.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn session(&self, hash: &Hash, now: Timestamp) -> Result<Option<Session>> {
        let select = "SELECT hash, user_id, created_at, expires_at FROM sessions WHERE hash = $1 AND expires_at > $2";
        let Some(mut row) = self
            .store
            .database()
            .row(select, values![*hash, now])
            .await?
        else {
            return Ok(None);
        };
        Ok(Some(Session {
            hash: row.hash()?,
            user: row.text()?,
            created_at: row.time()?,
            expires_at: row.time()?,
        }))
    }

    /// Lets a session last until another moment; says whether it is there.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn extend_session(&self, hash: &Hash, expires_at: Timestamp) -> Result<bool> {
        let update = "UPDATE sessions SET expires_at = $2 WHERE hash = $1";
        let values = values![*hash, expires_at];
        Ok(self.store.database().run(update, values).await? > 0)
    }

    /// Ends a session; says whether it was there.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn delete_session(&self, hash: &Hash) -> Result<bool> {
        let delete = "DELETE FROM sessions WHERE hash = $1";
        Ok(self.store.database().run(delete, values![*hash]).await? > 0)
    }

    /// Ends all sessions of a person, and says how many they were.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn delete_sessions(&self, user: &str) -> Result<u64> {
        let delete = "DELETE FROM sessions WHERE user_id = $1";
        self.store.database().run(delete, values![user]).await
    }

    /// Keeps a link.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such user, [`Error::Taken`] where the hash is.
    pub async fn add_link(&self, link: &Link) -> Result<()> {
        let insert = "INSERT INTO links(hash, user_id, purpose, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
        let Link {
            hash,
            user,
            purpose,
            created_at,
            expires_at,
        } = link;
        let values = values![*hash, user, purpose, *created_at, *expires_at];
        let added = self.store.database().run(insert, values).await;
        added
            .map(drop)
            .map_err(|error| of_user(error, "link", user))
    }

    /// Takes the link away and returns it, if it is there and not over at `now`: of many who try, one gets it.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn take_link(&self, hash: &Hash, now: Timestamp) -> Result<Option<Link>> {
        let delete = "DELETE FROM links WHERE hash = $1
            RETURNING hash, user_id, purpose, created_at, expires_at";
        let values = values![*hash];
        let row = self
            .store
            .database()
            .write(move |connection| Box::pin(async move { connection.row(delete, values).await }))
            .await?;
        let Some(mut row) = row else {
            return Ok(None);
        };
        let link = Link {
            hash: row.hash()?,
            user: row.text()?,
            purpose: row.text()?,
            created_at: row.time()?,
            expires_at: row.time()?,
        };
        Ok((link.expires_at > now).then_some(link))
    }

    /// Deletes sessions and links that are over at `now`, and says how many they were.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn delete_expired(&self, now: Timestamp) -> Result<u64> {
        let deleted = self.store.database().write(move |connection| {
            Box::pin(async move {
                let sessions = "DELETE FROM sessions WHERE expires_at <= $1";
                let links = "DELETE FROM links WHERE expires_at <= $1";
                Ok(connection.run(sessions, values![now]).await?
                    + connection.run(links, values![now]).await?)
            })
        });
        deleted.await
    }
}

/// What a row that hangs on a user fails of.
pub(super) fn of_user(error: Error, what: &str, user: &str) -> Error {
    match error {
        Error::NotFound { .. } => Error::not_found("user", user),
        Error::Taken { .. } => Error::taken(what, "…"),
        other => other,
    }
}
