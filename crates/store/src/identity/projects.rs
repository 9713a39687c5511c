//! Projects, and who belongs to them.

use super::Identity;
use crate::database::{Row, values};
use crate::{Error, Result, Timestamp};

/// Work that several people share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// A name that never changes.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was put away.
    pub archived_at: Option<Timestamp>,
}

/// Somebody in a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The project's id.
    pub project: String,
    /// The person's id.
    pub user: String,
    /// What they are to the project.
    pub role: String,
}

impl Identity<'_> {
    /// Adds a project.
    ///
    /// # Errors
    /// [`Error::Taken`] where the id is.
    pub async fn add_project(&self, project: &Project) -> Result<()> {
        let insert =
            "INSERT INTO projects(id, name, created_at, archived_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING";
        let values = values![
            &project.id,
            &project.name,
            project.created_at,
            project.archived_at
        ];
        match self.store.database().run(insert, values).await? {
            0 => Err(Error::taken("project", &project.id)),
            _ => Ok(()),
        }
    }

    /// The project with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none.
    pub async fn project(&self, id: &str) -> Result<Project> {
        let select = "SELECT id, name, created_at, archived_at FROM projects WHERE id = $1";
        let row = self.store.database().row(select, values![id]).await?;
        project(row.ok_or_else(|| Error::not_found("project", id))?)
    }

    /// At most `limit` projects after the id `after`, by id.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn projects(&self, after: Option<&str>, limit: u32) -> Result<Vec<Project>> {
        let select = "SELECT id, name, created_at, archived_at FROM projects WHERE id > $1 ORDER BY id LIMIT $2";
        let values = values![after.unwrap_or_default(), limit];
        let rows = self.store.database().rows(select, values).await?;
        rows.into_iter().map(project).collect()
    }

    /// Stores the name of a project, and whether it is put away.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none with this id.
    pub async fn update_project(&self, project: &Project) -> Result<()> {
        let update = "UPDATE projects SET name = $2, archived_at = $3 WHERE id = $1";
        let values = values![&project.id, &project.name, project.archived_at];
        match self.store.database().run(update, values).await? {
            0 => Err(Error::not_found("project", &project.id)),
            _ => Ok(()),
        }
    }

    /// Lets somebody into a project, or changes what they are to it.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such project or user.
    pub async fn set_member(&self, member: &Member) -> Result<()> {
        let insert = "INSERT INTO members(project_id, user_id, role) VALUES ($1, $2, $3)
            ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role";
        let Member {
            project,
            user,
            role,
        } = member;
        let set = self
            .store
            .database()
            .run(insert, values![project, user, role])
            .await;
        set.map(drop).map_err(|error| match error {
            Error::NotFound { .. } => {
                Error::not_found("project or user", format!("{project}, {user}"))
            }
            other => other,
        })
    }

    /// Takes somebody out of a project; says whether they were in it.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn remove_member(&self, project: &str, user: &str) -> Result<bool> {
        let delete = "DELETE FROM members WHERE project_id = $1 AND user_id = $2";
        Ok(self
            .store
            .database()
            .run(delete, values![project, user])
            .await?
            > 0)
    }

    /// Everybody in a project, by id.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn members(&self, project: &str) -> Result<Vec<Member>> {
        let select =
            "SELECT project_id, user_id, role FROM members WHERE project_id = $1 ORDER BY user_id";
        let rows = self.store.database().rows(select, values![project]).await?;
        rows.into_iter().map(member).collect()
    }

    /// Every project that a person is in, by the project's id.
    ///
    /// # Errors
    /// Those of every read.
    pub async fn memberships(&self, user: &str) -> Result<Vec<Member>> {
        let select =
            "SELECT project_id, user_id, role FROM members WHERE user_id = $1 ORDER BY project_id";
        let rows = self.store.database().rows(select, values![user]).await?;
        rows.into_iter().map(member).collect()
    }
}

fn project(mut row: Row) -> Result<Project> {
    Ok(Project {
        id: row.text()?,
        name: row.text()?,
        created_at: row.time()?,
        archived_at: row.optional_time()?,
    })
}

fn member(mut row: Row) -> Result<Member> {
    Ok(Member {
        project: row.text()?,
        user: row.text()?,
        role: row.text()?,
    })
}
