//! Projects: what several people keep together.

use store::Member;

use super::Gate;
use crate::{action::ManageProjects, error::Result, principal::Principal, secret};

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id, which never changes.
    pub id: String,
    /// What people call it.
    pub name: String,
}

impl Gate {
    /// Makes a project, without people yet.
    ///
    /// # Errors
    /// [`Denied`](crate::Error::Denied), and those of the store.
    pub async fn add_project(&self, principal: &Principal, name: &str) -> Result<Project> {
        self.permit(principal, ManageProjects { change: "add" })
            .await?;
        let kept = store::Project {
            id: secret::id("p-"),
            name: name.to_owned(),
            created_at: self.0.options.clock.now(),
            archived_at: None,
        };
        self.0.store.identity().add_project(&kept).await?;
        Ok(Project {
            id: kept.id,
            name: kept.name,
        })
    }

    /// Lets `user` into a project, both by id, or takes them out of it.
    ///
    /// # Errors
    /// [`Denied`](crate::Error::Denied), and where there is no such person or project.
    pub async fn set_member(
        &self,
        principal: &Principal,
        project: &str,
        user: &str,
        is_in: bool,
    ) -> Result<()> {
        let change = if is_in { "let_in" } else { "take_out" };
        self.permit(principal, ManageProjects { change }).await?;
        let identity = self.0.store.identity();
        if is_in {
            let member = Member {
                project: project.to_owned(),
                user: user.to_owned(),
                role: "member".to_owned(),
            };
            identity.set_member(&member).await?;
        } else {
            identity.remove_member(project, user).await?;
        }
        self.0.known.clear();
        Ok(())
    }

    /// The people of a project, by id.
    ///
    /// # Errors
    /// [`Denied`](crate::Error::Denied), and those of the store.
    pub async fn members(&self, principal: &Principal, project: &str) -> Result<Vec<String>> {
        if !principal.projects().iter().any(|own| own == project) {
            self.permit(principal, ManageProjects { change: "list" })
                .await?;
        }
        let members = self.0.store.identity().members(project).await?;
        Ok(members.into_iter().map(|member| member.user).collect())
    }
}
