//! Who asks: a person of a role, known by a session, a key or the console.

use std::{fmt, str::FromStr, sync::Arc};

use crate::{budget::Budgets, error::Error};

/// What a person is in the house, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Talks with models, and keeps no files.
    Guest,
    /// Keeps files and makes keys.
    Member,
    /// Manages people, projects and models.
    Admin,
    /// Runs the house.
    Owner,
}

impl Role {
    /// All of them, least first.
    pub const ALL: [Self; 4] = [Self::Guest, Self::Member, Self::Admin, Self::Owner];

    /// The word that rules, the store and commands use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| {
            Error::refused("unknown_role", format!("nobody is a `{text}`"))
                .hint("people are owner, admin, member or guest")
        })
    }
}

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Ask models.
    Infer,
    /// Read what its person may read.
    Read,
    /// Write and delete what its person may.
    Write,
    /// Manage what its person may: account, keys, people, models.
    Manage,
    /// Read the log.
    Audit,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Infer,
        Self::Read,
        Self::Write,
        Self::Manage,
        Self::Audit,
    ];

    /// What a key has when nothing was said: what programs of the field need.
    pub const USUAL: [Self; 3] = [Self::Infer, Self::Read, Self::Write];

    /// The word that rules, the store and commands use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Infer => "infer",
            Self::Read => "read",
            Self::Write => "write",
            Self::Manage => "manage",
            Self::Audit => "audit",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|scope| scope.name() == text);
        found.ok_or_else(|| {
            Error::refused("unknown_scope", format!("no key has the scope `{text}`"))
                .hint("scopes are infer, read, write, manage and audit")
        })
    }
}

/// By what somebody is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// They signed in.
    Session,
    /// A program has their key of this id.
    Key(String),
    /// They type commands on the machine that holds the data.
    Console,
    /// They showed nothing, and the house lets such people in.
    Anonymous,
}

impl Via {
    /// The word that rules use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Key(_) => "key",
            Self::Console => "console",
            Self::Anonymous => "anonymous",
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "key:{id}"),
            other => f.write_str(other.name()),
        }
    }
}

/// Somebody who was identified. Only the gate makes one; copies are cheap.
#[derive(Clone, Debug)]
pub struct Principal(pub(crate) Arc<Known>);

/// What is known of a principal.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub user: String,
    pub name: String,
    pub display_name: String,
    pub role: Role,
    pub projects: Vec<String>,
    pub project: Option<String>,
    pub via: Via,
    pub scopes: Vec<Scope>,
    /// Of the session's token; what requests that change something prove is derived from it.
    pub session: Option<[u8; 32]>,
    /// Whether the session began by a link.
    pub is_by_link: bool,
    pub csrf: Option<String>,
    pub user_budgets: Budgets,
    pub key_budgets: Budgets,
}

impl Principal {
    /// The pseudonymous id of the person.
    pub fn user(&self) -> &str {
        &self.0.user
    }

    /// The name they sign in with.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What others see them called.
    pub fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// What they are in the house.
    pub fn role(&self) -> Role {
        self.0.role
    }

    /// The projects they are in, by id.
    pub fn projects(&self) -> &[String] {
        &self.0.projects
    }

    /// The project that their key works for: what it makes lies there.
    pub fn project(&self) -> Option<&str> {
        self.0.project.as_deref()
    }

    /// By what they are known.
    pub fn via(&self) -> &Via {
        &self.0.via
    }

    /// What may be done by what they are known by.
    pub fn scopes(&self) -> &[Scope] {
        &self.0.scopes
    }

    /// What pages put into their forms, so that no other site can send them; `None` without a session.
    pub fn csrf(&self) -> Option<&str> {
        self.0.csrf.as_deref()
    }
}
