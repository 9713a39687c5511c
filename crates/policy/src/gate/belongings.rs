//! What people keep, as a whole: handed out, destroyed, copied.

use std::path::Path;

use store::{Backup, Exported};

use super::{Gate, people::managing};
use crate::{
    action::{ManageAccount, Operate},
    error::Result,
    principal::Principal,
};

impl Gate {
    /// Writes everything that `user`, an id, keeps into the new folder `folder`, to be read by anybody. People take
    /// out what is theirs; the owner alone what is others', since nobody else may read it.
    ///
    /// # Errors
    /// [`Denied`](crate::Error::Denied), and those of the store.
    pub async fn export_person(
        &self,
        principal: &Principal,
        user: &str,
        folder: &Path,
    ) -> Result<Exported> {
        let change = "export";
        if principal.user() == user {
            let action = ManageAccount {
                user: user.to_owned(),
                role: principal.role(),
                change,
            };
            self.permit(principal, action).await?;
        } else {
            self.permit(principal, Operate { change }).await?;
            self.0
                .note(principal.user(), "exported", about(user), true)
                .await?;
        }
        Ok(self.0.store.export(user, folder).await?)
    }

    /// Destroys the data key of `user`, an id, and with it everything of theirs, for good. The log stays as it is:
    /// the id in it says nothing about anybody any more.
    ///
    /// # Errors
    /// [`Denied`](crate::Error::Denied); the last owner is not erased.
    pub async fn erase_person(&self, principal: &Principal, user: &str) -> Result<()> {
        let inner = &*self.0;
        let identity = inner.store.identity();
        let found = identity.user(user).await?;
        self.permit(principal, managing(user, found.role.parse()?, "erase"))
            .await?;
        inner.spare_last_owner(&found).await?;
        for key in identity.keys(Some(user)).await? {
            inner.meters.forget(&key.id);
        }
        inner.meters.forget(user);
        inner.store.erase(user, inner.options.clock.now()).await?;
        inner.known.clear();
        inner
            .note(principal.user(), "erased", about(user), true)
            .await
    }

    /// Copies everything into the new file `path`, while others go on. The end of the log is signed before.
    ///
    /// # Errors
    /// [`Denied`](crate::Error::Denied), and those of the store.
    pub async fn backup(&self, principal: &Principal, path: &Path) -> Result<Backup> {
        self.permit(principal, Operate { change: "backup" }).await?;
        self.sign_audit().await?;
        Ok(self.0.store.backup(path).await?)
    }
}

fn about(user: &str) -> Vec<(String, String)> {
    vec![
        ("id".to_owned(), user.to_owned()),
        ("kind".to_owned(), "user".to_owned()),
    ]
}
