//! Who it is that shows a token, a key, or nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use store::{ApiKey, Timestamp, User};

use super::{Gate, Inner};
use crate::{
    budget::Budgets,
    error::{Error, Result},
    principal::{Known, Principal, Role, Scope, Via},
    secret,
};

/// Principals that are remembered for a moment.
const REMEMBERED_MAX: usize = 4096;

/// The id under which people who show nothing are known.
pub(super) const ANONYMOUS: &str = "anonymous";

/// What somebody shows.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// The token of a session, as the cookie has it.
    Session(&'a str),
    /// An API key.
    Key(&'a str),
    /// Nothing at all.
    Nothing,
}

/// Who was identified a moment ago, by the hash of what they showed.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<HashMap<[u8; 32], (Principal, i64)>>);

impl Remembered {
    fn get(&self, hash: &[u8; 32], now: i64) -> Option<Principal> {
        let known = self.0.lock().expect("no holder of the lock panics");
        let (principal, until) = known.get(hash)?;
        (now < *until).then(|| principal.clone())
    }

    fn put(&self, hash: [u8; 32], principal: Principal, until: i64) {
        let mut known = self.0.lock().expect("no holder of the lock panics");
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(hash, (principal, until));
    }

    /// Forgets everybody, as after any change.
    pub(super) fn clear(&self) {
        self.0.lock().expect("no holder of the lock panics").clear();
    }
}

impl Gate {
    /// Who shows `credential`.
    ///
    /// # Errors
    /// [`Error::Unknown`] for whatever was never given out, expired, was revoked, or belongs to somebody disabled.
    pub async fn identify(&self, credential: Credential<'_>) -> Result<Principal> {
        let inner = &*self.0;
        let (purpose, text) = match credential {
            Credential::Session(token) => ("session", token),
            Credential::Key(key) => ("key", key),
            Credential::Nothing => return inner.anonymous().await,
        };
        let hash = secret::hash(purpose, text);
        let now = inner.options.clock.now();
        if let Some(principal) = inner.known.get(&hash, now.as_millis()) {
            return Ok(principal);
        }
        let (principal, expires_at) = match credential {
            Credential::Key(_) => inner.of_key(&hash, now).await?,
            _ => inner.of_session(&hash, text, now).await?,
        };
        let until = now.after(inner.options.remembered).as_millis();
        let until = expires_at.map_or(until, |expires_at| until.min(expires_at.as_millis()));
        inner.known.put(hash, principal.clone(), until);
        Ok(principal)
    }

    /// Who `user` is now, who once asked by `via` for work that goes on without them. What was taken from them or
    /// their key since is taken from the work, too.
    ///
    /// # Errors
    /// [`Error::Unknown`] where the person is gone or kept out, or the key is no longer theirs.
    pub async fn recall(&self, user: &str, via: &Via) -> Result<Principal> {
        let inner = &*self.0;
        match via {
            Via::Anonymous => inner.anonymous().await,
            Via::Console => Ok(self.console()),
            Via::Session => {
                let user = inner.enabled(user).await?;
                Ok(Principal(Arc::new(inner.known_of(&user).await?)))
            }
            Via::Key(id) => {
                let key = match inner.store.identity().key(id).await {
                    Ok(key) if key.user == user => key,
                    Ok(_) | Err(store::Error::NotFound { .. }) => return Err(Error::Unknown),
                    Err(error) => return Err(error.into()),
                };
                let (principal, _) = inner.by_key(key, inner.options.clock.now()).await?;
                Ok(principal)
            }
        }
    }

    /// Whoever types commands on the machine that holds the data: they could read and change it without asking.
    pub fn console(&self) -> Principal {
        Principal(Arc::new(Known {
            user: "console".to_owned(),
            name: "console".to_owned(),
            display_name: "console".to_owned(),
            role: Role::Owner,
            projects: Vec::new(),
            project: None,
            via: Via::Console,
            scopes: Scope::ALL.to_vec(),
            session: None,
            is_by_link: false,
            csrf: None,
            user_budgets: Budgets::default(),
            key_budgets: Budgets::default(),
        }))
    }

    /// Whether a request that changes something comes from our own pages: `shown` is what the principal's
    /// [`csrf`](Principal::csrf) says. Keys need none, since no browser sends them by itself.
    ///
    /// # Errors
    /// [`Error::Refused`] with the code `csrf`.
    pub fn check_csrf(&self, principal: &Principal, shown: Option<&str>) -> Result<()> {
        let Some(expected) = principal.csrf() else {
            return Ok(());
        };
        match shown {
            Some(shown) if secret::same(shown.as_bytes(), expected.as_bytes()) => Ok(()),
            _ => Err(Error::refused(
                "csrf",
                "the request does not come from a page of this house",
            )
            .hint("send the session's token in the header `x-csrf-token`")),
        }
    }
}

impl Inner {
    async fn of_key(
        &self,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<(Principal, Option<Timestamp>)> {
        let identity = self.store.identity();
        let key = identity.key_with_hash(hash).await?.ok_or(Error::Unknown)?;
        if !secret::same(&key.hash, hash) {
            return Err(Error::Unknown);
        }
        self.by_key(key, now).await
    }

    /// Whoever has `key`, as long as it opens anything.
    async fn by_key(&self, key: ApiKey, now: Timestamp) -> Result<(Principal, Option<Timestamp>)> {
        let is_over = key.expires_at.is_some_and(|expires_at| expires_at <= now);
        if is_over || key.revoked_at.is_some() {
            return Err(Error::Unknown);
        }
        let user = self.enabled(&key.user).await?;
        let mut known = self.known_of(&user).await?;
        // One who left the project has no key to it any more.
        if key
            .project
            .as_ref()
            .is_some_and(|id| !known.projects.contains(id))
        {
            return Err(Error::Unknown);
        }
        known.project = key.project;
        known.via = Via::Key(key.id);
        // A scope that this version does not know permits nothing.
        known.scopes = key
            .scopes
            .iter()
            .filter_map(|scope| scope.parse().ok())
            .collect();
        known.key_budgets = Budgets::of_store(key.budgets);
        Ok((Principal(Arc::new(known)), key.expires_at))
    }

    async fn of_session(
        &self,
        hash: &[u8; 32],
        token: &str,
        now: Timestamp,
    ) -> Result<(Principal, Option<Timestamp>)> {
        let identity = self.store.identity();
        let session = identity.session(hash, now).await?.ok_or(Error::Unknown)?;
        if !secret::same(&session.hash, hash) {
            return Err(Error::Unknown);
        }
        let user = self.enabled(&session.user).await?;
        let mut known = self.known_of(&user).await?;
        known.session = Some(*hash);
        known.is_by_link = token.starts_with(super::entering::BY_LINK);
        known.csrf = Some(secret::csrf(token));
        Ok((Principal(Arc::new(known)), Some(session.expires_at)))
    }

    /// The person `id`, if they are here and not kept out.
    async fn enabled(&self, id: &str) -> Result<User> {
        match self.store.identity().user(id).await {
            Ok(user) if !user.disabled => Ok(user),
            Ok(_) | Err(store::Error::NotFound { .. }) => Err(Error::Unknown),
            Err(error) => Err(error.into()),
        }
    }

    /// What is known of `user`, as one who signed in.
    pub(super) async fn known_of(&self, user: &User) -> Result<Known> {
        let role: Role = user.role.parse()?;
        let memberships = self.store.identity().memberships(&user.id).await?;
        Ok(Known {
            user: user.id.clone(),
            name: user.name.clone(),
            display_name: user.display_name.as_ref().unwrap_or(&user.name).clone(),
            role,
            projects: memberships
                .into_iter()
                .map(|member| member.project)
                .collect(),
            project: None,
            via: Via::Session,
            scopes: Scope::ALL.to_vec(),
            session: None,
            is_by_link: false,
            csrf: None,
            user_budgets: self.options.budgets_of(role),
            key_budgets: Budgets::default(),
        })
    }

    async fn anonymous(&self) -> Result<Principal> {
        let role = self.options.anonymous.ok_or(Error::Unknown)?;
        let hash = secret::hash("anonymous", "");
        let now = self.options.clock.now();
        if let Some(principal) = self.known.get(&hash, now.as_millis()) {
            return Ok(principal);
        }
        let user = User {
            id: ANONYMOUS.to_owned(),
            name: ANONYMOUS.to_owned(),
            display_name: None,
            password_hash: None,
            role: role.name().to_owned(),
            disabled: false,
            created_at: now,
        };
        // What they keep is kept under an account of its own, made when it is first needed.
        match self.store.identity().add_user(&user).await {
            Ok(()) | Err(store::Error::Taken { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let mut known = self.known_of(&user).await?;
        known.via = Via::Anonymous;
        known.scopes = Scope::USUAL.to_vec();
        let principal = Principal(Arc::new(known));
        let until = now.after(self.options.remembered).as_millis();
        self.known.put(hash, principal.clone(), until);
        Ok(principal)
    }
}
