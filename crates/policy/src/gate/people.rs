//! The people of the house: added, listed, changed, kept out, erased.

use store::{Timestamp, User};

use super::{Gate, Inner, called, identify::ANONYMOUS};
use crate::{
    action::ManagePeople,
    error::{Error, Result},
    principal::{Principal, Role},
    secret,
};

/// Names have at most so many characters.
const NAME_MAX: usize = 64;

/// People read at once.
const PAGE: u32 = 256;

/// Somebody of the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their id, which says nothing about them and never changes.
    pub id: String,
    /// The name they sign in with.
    pub name: String,
    /// What others see them called; the name they sign in with where nothing else was chosen.
    pub display_name: String,
    /// What they are.
    pub role: Role,
    /// Whether they are kept out.
    pub is_disabled: bool,
    /// Whether they can sign in by a password.
    pub has_password: bool,
    /// Since when they are here.
    pub created_at: Timestamp,
}

/// Somebody to be added.
#[derive(Clone, Debug)]
pub struct NewPerson<'a> {
    /// The name they will sign in with: letters, digits, `.`, `_`, `-` and `@`; capitals do not count.
    pub name: &'a str,
    /// What others will see them called, in any letters; by that name where it is `None`.
    pub display_name: Option<&'a str>,
    /// What they will be.
    pub role: Role,
    /// Their password; without one they sign in by a [link](Gate::link_for) first.
    pub password: Option<&'a str>,
}

impl Gate {
    /// Adds somebody.
    ///
    /// # Errors
    /// [`Error::Denied`], a name that is taken or unusable, a password that is too short.
    pub async fn add_person(&self, principal: &Principal, new: NewPerson<'_>) -> Result<Person> {
        let inner = &*self.0;
        let id = secret::id("u-");
        let name = checked(new.name)?;
        let display_name = new.display_name.map(called::checked).transpose()?;
        self.permit(principal, managing(&id, new.role, "add"))
            .await?;
        let password_hash = match new.password {
            Some(password) => Some(inner.passwords.hash(password).await?),
            None => None,
        };
        let user = User {
            id,
            name,
            display_name,
            password_hash,
            role: new.role.name().to_owned(),
            disabled: false,
            created_at: inner.options.clock.now(),
        };
        inner.store.identity().add_user(&user).await?;
        person(user)
    }

    /// Everybody, by name.
    ///
    /// # Errors
    /// [`Error::Denied`], and those of the store.
    pub async fn people(&self, principal: &Principal) -> Result<Vec<Person>> {
        let listing = managing("all", Role::Guest, "list");
        self.permit(principal, listing).await?;
        let users = self.0.everybody().await?;
        let mut people: Vec<Person> = users.into_iter().map(person).collect::<Result<_>>()?;
        people.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(people)
    }

    /// Who is called `name`.
    ///
    /// # Errors
    /// [`Error::Denied`], and where nobody is.
    pub async fn person_named(&self, principal: &Principal, name: &str) -> Result<Person> {
        let name = folded(name);
        if principal.name() != name {
            self.permit(principal, managing("all", Role::Guest, "find"))
                .await?;
        }
        let found = self.0.store.identity().user_named(&name).await?;
        person(found.ok_or_else(|| nobody(&name))?)
    }

    /// Gives somebody another role. The last owner stays one.
    ///
    /// # Errors
    /// [`Error::Denied`], and where it would leave the house without an owner.
    pub async fn set_role(&self, principal: &Principal, id: &str, role: Role) -> Result<()> {
        is_somebody(id)?;
        let mut user = self.0.store.identity().user(id).await?;
        let highest = role.max(user.role.parse()?);
        self.permit(principal, managing(id, highest, "role"))
            .await?;
        if role != Role::Owner {
            self.0.spare_last_owner(&user).await?;
        }
        user.role = role.name().to_owned();
        self.0.store.identity().update_user(&user).await?;
        self.0.known.clear();
        Ok(())
    }

    /// Keeps somebody out, or lets them in again. Their sessions end, and their keys work no more meanwhile.
    ///
    /// # Errors
    /// [`Error::Denied`], and where it would leave the house without an owner.
    pub async fn set_disabled(
        &self,
        principal: &Principal,
        id: &str,
        disabled: bool,
    ) -> Result<()> {
        is_somebody(id)?;
        let identity = self.0.store.identity();
        let mut user = identity.user(id).await?;
        let change = if disabled { "disable" } else { "enable" };
        self.permit(principal, managing(id, user.role.parse()?, change))
            .await?;
        if disabled {
            self.0.spare_last_owner(&user).await?;
        }
        user.disabled = disabled;
        identity.update_user(&user).await?;
        if disabled {
            identity.delete_sessions(id).await?;
        }
        self.0.known.clear();
        Ok(())
    }
}

impl Inner {
    pub(super) async fn everybody(&self) -> Result<Vec<User>> {
        let mut users: Vec<User> = Vec::new();
        loop {
            let after = users.last().map(|user| user.id.clone());
            let page = self.store.identity().users(after.as_deref(), PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            users.extend(page);
            if is_last {
                return Ok(users);
            }
        }
    }

    /// Refuses where `user` is the only owner who may enter.
    pub(super) async fn spare_last_owner(&self, user: &User) -> Result<()> {
        let owners = self.owners().await?;
        match owners.as_slice() {
            [only] if only.id == user.id => {
                let what = format!("`{}` is the last owner", user.name);
                Err(Error::refused("last_owner", what).hint("make somebody else owner first"))
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn managing(user: &str, role: Role, change: &'static str) -> ManagePeople {
    ManagePeople {
        user: user.to_owned(),
        role,
        change,
    }
}

/// The name as it is kept: capitals do not count.
pub(super) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

fn checked(name: &str) -> Result<String> {
    let name = folded(name);
    let is_plain = |character: char| character.is_alphanumeric() || "._-@".contains(character);
    let begins = name.chars().next().is_some_and(char::is_alphanumeric);
    let length = name.chars().count();
    if begins && length <= NAME_MAX && name.chars().all(is_plain) && !name.starts_with("anonymous")
    {
        return Ok(name);
    }
    let what = format!("nobody can be called `{name}`");
    Err(Error::refused("bad_person_name", what)
        .hint("names have up to 64 letters, digits, `.`, `_`, `-` and `@`, and begin with a letter or digit\n\
               what others see somebody called is free: `freehold user name NAME TEXT`"))
}

/// What those keep who show nothing is kept under an account; what they may is not that account's affair.
pub(super) fn is_somebody(id: &str) -> Result<()> {
    match id == ANONYMOUS {
        true => Err(Error::refused(
            "not_a_person",
            "whoever shows nothing has the rights that the server was started with",
        )
        .hint("start it with `--accounts` to let nobody in without signing in")),
        false => Ok(()),
    }
}

fn nobody(name: &str) -> Error {
    Error::refused("no_such_person", format!("nobody is called `{name}`"))
        .hint("`freehold user list` says who is here")
}

fn person(user: User) -> Result<Person> {
    Ok(Person {
        role: user.role.parse()?,
        id: user.id,
        display_name: user.display_name.unwrap_or_else(|| user.name.clone()),
        name: user.name,
        is_disabled: user.disabled,
        has_password: user.password_hash.is_some(),
        created_at: user.created_at,
    })
}
