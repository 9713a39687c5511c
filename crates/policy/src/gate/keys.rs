//! Keys for programs.

use std::str::FromStr as _;

use store::{ApiKey, Timestamp};

use super::Gate;
use crate::{
    action::ManageKeys,
    budget::Budgets,
    error::{Error, Result},
    principal::{Principal, Scope, Via},
    secret::{self, KEY_ID, KEY_PREFIX, Secret},
};

/// Characters of a key that are kept to tell it by.
const SHOWN: usize = 8;

/// A key, without what opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id, which is no secret.
    pub id: String,
    /// What its person calls it.
    pub name: String,
    /// How it begins.
    pub shown: String,
    /// The id of whose it is.
    pub user: String,
    /// The id of the project that it works for.
    pub project: Option<String>,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// What it may use.
    pub budgets: Budgets,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it works.
    pub expires_at: Option<Timestamp>,
    /// Since when it does not any more.
    pub revoked_at: Option<Timestamp>,
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey<'a> {
    /// The id of whose it will be.
    pub user: &'a str,
    /// What to call it.
    pub name: &'a str,
    /// The id of the project that it will work for.
    pub project: Option<&'a str>,
    /// What it may be used for; [`Scope::USUAL`] suits programs of the field.
    pub scopes: Vec<Scope>,
    /// What it may use.
    pub budgets: Budgets,
    /// Until when it works.
    pub expires_at: Option<Timestamp>,
}

impl Gate {
    /// Makes a key. The secret is shown this once.
    ///
    /// # Errors
    /// [`Error::Denied`]; scopes that the key which asks has not itself; a project that the person is not in.
    pub async fn add_key(&self, principal: &Principal, new: NewKey<'_>) -> Result<(Key, Secret)> {
        let identity = self.0.store.identity();
        let id = secret::id(KEY_ID);
        self.permit_keys(principal, new.user, "add", Some(&id))
            .await?;
        if let Via::Key(_) = principal.via()
            && let Some(scope) = new
                .scopes
                .iter()
                .find(|&scope| !principal.scopes().contains(scope))
        {
            let what = format!("this key has not the scope `{scope}`, and cannot give it");
            return Err(Error::refused("scope_too_wide", what));
        }
        if let Some(project) = new.project {
            let memberships = identity.memberships(new.user).await?;
            if !memberships.iter().any(|member| member.project == project) {
                let what = format!("the person is not in the project `{project}`");
                return Err(Error::refused("not_in_project", what));
            }
        }
        let secret = Secret::new(KEY_PREFIX);
        let mut scopes = new.scopes;
        scopes.sort_unstable();
        scopes.dedup();
        let kept = ApiKey {
            id,
            hash: secret::hash("key", secret.reveal()),
            prefix: secret.reveal()[..SHOWN].to_owned(),
            name: new.name.to_owned(),
            user: new.user.to_owned(),
            project: new.project.map(str::to_owned),
            scopes: scopes.iter().map(|scope| scope.name().to_owned()).collect(),
            created_at: self.0.options.clock.now(),
            expires_at: new.expires_at,
            revoked_at: None,
            budgets: new.budgets.to_store(),
        };
        identity.add_key(&kept).await?;
        Ok((key(kept), secret))
    }

    /// The keys of `user`, an id, or of everybody, oldest first.
    ///
    /// # Errors
    /// [`Error::Denied`], and those of the store.
    pub async fn keys(&self, principal: &Principal, user: Option<&str>) -> Result<Vec<Key>> {
        match user {
            Some(user) => self.permit_keys(principal, user, "list", None).await?,
            None => {
                let listing = super::people::managing("all", crate::Role::Guest, "list_keys");
                self.permit(principal, listing).await?;
            }
        }
        let kept = self.0.store.identity().keys(user).await?;
        let mut keys: Vec<Key> = kept.into_iter().map(key).collect();
        keys.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        Ok(keys)
    }

    /// Revokes the key `id`, at once and for good.
    ///
    /// # Errors
    /// [`Error::Denied`], and where there is no such key.
    pub async fn revoke_key(&self, principal: &Principal, id: &str) -> Result<()> {
        let identity = self.0.store.identity();
        let kept = identity.key(id).await?;
        self.permit_keys(principal, &kept.user, "revoke", Some(id))
            .await?;
        identity.revoke_key(id, self.0.options.clock.now()).await?;
        self.0.known.clear();
        Ok(())
    }

    async fn permit_keys(
        &self,
        principal: &Principal,
        user: &str,
        change: &'static str,
        key: Option<&str>,
    ) -> Result<()> {
        let role = match self.0.store.identity().user(user).await {
            Ok(user) => user.role.parse()?,
            // Whether there is such a person is told only to those who may know.
            Err(store::Error::NotFound { .. }) if principal.role() < crate::Role::Admin => {
                crate::Role::Guest
            }
            Err(error) => return Err(error.into()),
        };
        let user = user.to_owned();
        let key = key.map(str::to_owned);
        let action = ManageKeys {
            user,
            role,
            change,
            key,
        };
        self.permit(principal, action).await.map(drop)
    }
}

fn key(kept: ApiKey) -> Key {
    Key {
        scopes: kept
            .scopes
            .iter()
            .filter_map(|scope| Scope::from_str(scope).ok())
            .collect(),
        budgets: Budgets::of_store(kept.budgets),
        id: kept.id,
        name: kept.name,
        shown: kept.prefix,
        user: kept.user,
        project: kept.project,
        created_at: kept.created_at,
        expires_at: kept.expires_at,
        revoked_at: kept.revoked_at,
    }
}
