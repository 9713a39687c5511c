//! Signing in and out.

use std::time::Duration;

use store::{Link, Session, Timestamp, User};

use super::{Gate, Inner, identify::ANONYMOUS, people};
use crate::{
    action::ManageAccount,
    error::{Error, Result},
    principal::{Principal, Role},
    secret::{self, Secret},
};

/// What the tokens of sessions begin with.
const BY_PASSWORD: &str = "fs_";

/// What they begin with where somebody came by a link: they may set a password without knowing the old one.
pub(super) const BY_LINK: &str = "fl_";

/// What links to sign in are for.
const SIGN_IN: &str = "sign_in";

/// The first link waits longer than others: somebody may read the terminal tomorrow.
const FIRST_LINK_LENGTH: Duration = Duration::from_secs(7 * 24 * 3600);

/// What somebody types to sign in.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    /// Their name.
    pub name: &'a str,
    /// Their password.
    pub password: &'a str,
    /// The address they come from, by which guesses are slowed down.
    pub from: &'a str,
    /// The token of a session that the browser had before. It ends: nobody can prepare one for somebody else.
    pub old_session: Option<&'a str>,
}

/// Somebody signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The token of the new session, for the cookie.
    pub token: Secret,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Who it is.
    pub principal: Principal,
}

impl Gate {
    /// Lets somebody in by name and password.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], and [`Error::Limited`] for whoever guesses.
    pub async fn sign_in(&self, typed: SignIn<'_>) -> Result<SignedIn> {
        let inner = &*self.0;
        let name = people::folded(typed.name);
        let keys = [format!("name:{name}"), format!("from:{}", typed.from)];
        inner.throttle.attempt(&keys, inner.now())?;
        let user = inner.store.identity().user_named(&name).await?;
        let user = user.filter(|user| !user.disabled);
        let kept = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let fits = inner.passwords.fits(typed.password, kept).await;
        let user = match user {
            Some(user) if matches!(fits, Ok(true)) => user,
            other => {
                // A name that nobody has may be a password typed into the wrong field: it is not written down.
                let who = other.map_or_else(|| "nobody".to_owned(), |user| user.id);
                inner.note(&who, "sign_in", by("password"), false).await?;
                return Err(fits.err().unwrap_or(Error::WrongPassword));
            }
        };
        inner.throttle.succeeded(&keys);
        inner.enter(&user, BY_PASSWORD, typed.old_session).await
    }

    /// Lets somebody in by a link, which works once.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a link that was never made, was used or is too old.
    pub async fn sign_in_by_link(
        &self,
        token: &str,
        old_session: Option<&str>,
    ) -> Result<SignedIn> {
        let inner = &*self.0;
        let hash = secret::hash("link", token);
        let now = inner.options.clock.now();
        let link = inner.store.identity().take_link(&hash, now).await?;
        let user = match link.filter(|link| link.purpose == SIGN_IN) {
            Some(link) => inner.enabled_for(&link.user).await?,
            None => None,
        };
        let Some(user) = user else {
            inner.note("nobody", "sign_in", by("link"), false).await?;
            return Err(Error::Unknown);
        };
        inner.enter(&user, BY_LINK, old_session).await
    }

    /// Makes a link by which `user`, an id, signs in once.
    ///
    /// # Errors
    /// [`Error::Denied`], and where there is no such person.
    pub async fn link_for(&self, principal: &Principal, user: &str) -> Result<Secret> {
        people::is_somebody(user)?;
        let inner = &*self.0;
        let user = inner.store.identity().user(user).await?;
        let action = ManageAccount {
            user: user.id.clone(),
            role: user.role.parse()?,
            change: "link",
        };
        let _permit = self.permit(principal, action).await?;
        inner.new_link(&user.id, inner.options.link_length).await
    }

    /// Ends the session of `principal`.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sign_out(&self, principal: &Principal) -> Result<()> {
        let inner = &*self.0;
        let Some(hash) = principal.0.session else {
            return Ok(());
        };
        inner.store.identity().delete_session(&hash).await?;
        inner.known.clear();
        inner
            .note(principal.user(), "sign_out", Vec::new(), true)
            .await
    }

    /// Gives `user`, an id, the password `new` and ends all their sessions. Whoever changes their own must know
    /// the one before, unless they came by a link, and is signed in anew.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::WrongPassword`], and a password that is too short.
    pub async fn set_password(
        &self,
        principal: &Principal,
        user: &str,
        old: Option<&str>,
        new: &str,
    ) -> Result<Option<SignedIn>> {
        people::is_somebody(user)?;
        let inner = &*self.0;
        let mut user = inner.store.identity().user(user).await?;
        let action = ManageAccount {
            user: user.id.clone(),
            role: user.role.parse()?,
            change: "password",
        };
        let _permit = self.permit(principal, action).await?;
        let is_own = principal.user() == user.id;
        if is_own && !principal.0.is_by_link && user.password_hash.is_some() {
            // A session that was stolen must not be a place to guess at leisure.
            let keys = [format!("name:{}", user.name)];
            inner.throttle.attempt(&keys, inner.now())?;
            let kept = user.password_hash.as_deref();
            if !inner.passwords.fits(old.unwrap_or_default(), kept).await? {
                return Err(Error::WrongPassword);
            }
            inner.throttle.succeeded(&keys);
        }
        user.password_hash = Some(inner.passwords.hash(new).await?);
        let identity = inner.store.identity();
        identity.update_user(&user).await?;
        identity.delete_sessions(&user.id).await?;
        inner.known.clear();
        match is_own && principal.0.session.is_some() {
            true => inner.enter(&user, BY_PASSWORD, None).await.map(Some),
            false => Ok(None),
        }
    }
}

impl Gate {
    /// Whether somebody has a password, and whether they are asked for it before they change it: not those who came
    /// by a link.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn password_of(&self, principal: &Principal) -> Result<HasPassword> {
        let user = self.0.store.identity().user(principal.user()).await;
        let has_one = match user {
            Ok(user) => user.password_hash.is_some(),
            // Nobody in particular.
            Err(store::Error::NotFound { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        Ok(HasPassword {
            has_one,
            is_asked_for: has_one && !principal.0.is_by_link,
        })
    }
}

/// What is to be known before a password is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HasPassword {
    /// Whether there is one.
    pub has_one: bool,
    /// Whether it must be shown.
    pub is_asked_for: bool,
}

impl Inner {
    /// Begins a new session of `user`, whatever the browser had before.
    async fn enter(&self, user: &User, how: &str, old: Option<&str>) -> Result<SignedIn> {
        let identity = self.store.identity();
        if let Some(old) = old {
            identity
                .delete_session(&secret::hash("session", old))
                .await?;
            self.known.clear();
        }
        let token = Secret::new(how);
        let now = self.options.clock.now();
        let session = Session {
            hash: secret::hash("session", token.reveal()),
            user: user.id.clone(),
            created_at: now,
            expires_at: now.after(self.options.session_length),
        };
        identity.add_session(&session).await?;
        let by_what = if how == BY_LINK { "link" } else { "password" };
        self.note(&user.id, "sign_in", by(by_what), true).await?;
        let mut known = self.known_of(user).await?;
        known.session = Some(session.hash);
        known.is_by_link = how == BY_LINK;
        known.csrf = Some(secret::csrf(token.reveal()));
        Ok(SignedIn {
            token,
            expires_at: session.expires_at,
            principal: Principal(std::sync::Arc::new(known)),
        })
    }

    async fn enabled_for(&self, user: &str) -> Result<Option<User>> {
        match self.store.identity().user(user).await {
            Ok(user) => Ok(Some(user).filter(|user| !user.disabled)),
            Err(store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn new_link(&self, user: &str, length: Duration) -> Result<Secret> {
        let token = Secret::new("");
        let now = self.options.clock.now();
        let link = Link {
            hash: secret::hash("link", token.reveal()),
            user: user.to_owned(),
            purpose: SIGN_IN.to_owned(),
            created_at: now,
            expires_at: now.after(length),
        };
        self.store.identity().add_link(&link).await?;
        Ok(token)
    }

    /// Makes the owner where there is none.
    pub(super) async fn first_start(&self) -> Result<()> {
        if !self.owners().await?.is_empty() {
            return Ok(());
        }
        let owner = Role::Owner.name().to_owned();
        let user = User {
            id: secret::id("u-"),
            name: owner.clone(),
            display_name: None,
            password_hash: None,
            role: owner.clone(),
            disabled: false,
            created_at: self.options.clock.now(),
        };
        match self.store.identity().add_user(&user).await {
            Ok(()) => {}
            // Another process starts as well, and was faster.
            Err(store::Error::Taken { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let on = vec![("role".to_owned(), owner), ("user".to_owned(), user.id)];
        self.note("house", "first_start", on, true).await
    }

    /// A link for the owner, as long as none of them could sign in otherwise.
    pub(super) async fn first_link(&self) -> Result<Option<Secret>> {
        let owners = self.owners().await?;
        let Some(first) = owners.first() else {
            return Ok(None);
        };
        if owners.iter().any(|owner| owner.password_hash.is_some()) {
            return Ok(None);
        }
        self.new_link(&first.id, FIRST_LINK_LENGTH).await.map(Some)
    }

    pub(super) async fn owners(&self) -> Result<Vec<User>> {
        let mut owners = self.everybody().await?;
        let may_enter = |user: &User| !user.disabled && user.id != ANONYMOUS;
        owners.retain(|user| user.role == Role::Owner.name() && may_enter(user));
        Ok(owners)
    }
}

fn by(what: &str) -> Vec<(String, String)> {
    vec![("by".to_owned(), what.to_owned())]
}
