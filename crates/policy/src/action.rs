//! What can be asked for. Each action is a plain struct that names what it is about.

use crate::principal::Role;

/// Something that needs a permit. The actions are those of this crate, since the rules must know each.
pub trait Action: sealed::Asked + Clone + Send + Sync + 'static {}

/// What an action is about, as rules see it.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// The house itself.
    House,
    /// A model, by name.
    Model(&'a str),
    /// What somebody keeps.
    Thing(&'a Thing),
    /// A person.
    Person {
        /// Their id.
        id: &'a str,
        /// Their role.
        role: Role,
    },
}

pub(crate) mod sealed {
    use super::Target;

    /// How an action is told to the rules and to the log.
    pub trait Asked {
        /// Its name in the rules.
        fn name(&self) -> &'static str;

        /// What it is about.
        fn target(&self) -> Target<'_>;

        /// More for the log: what is done, in a word.
        fn change(&self) -> Option<&str> {
            None
        }

        /// More for the log: to which one, by name of its kind.
        fn which(&self) -> Option<(&'static str, &str)> {
            None
        }

        /// Whether something that is kept changes: then the line of the log must have reached the disk.
        fn changes(&self) -> bool {
            true
        }
    }
}

use sealed::Asked;

/// What somebody keeps: a conversation, a file, or all of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// `response`, `conversation`, `file` and their like.
    pub kind: String,
    /// Which one; `None` for a new one, or for all that the owner has.
    pub id: Option<String>,
    /// The id of whom it belongs to.
    pub owner: String,
    /// The id of the project in which it lies.
    pub project: Option<String>,
}

impl Thing {
    /// Whatever `owner` has of a kind, outside of projects.
    pub fn of(kind: impl Into<String>, owner: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            id: None,
            owner: owner.into(),
            project: None,
        }
    }
}

/// Ask a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Infer {
    /// The name under which it is served.
    pub model: String,
}

/// See which models there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeeModels;

/// Read or list what somebody keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read(pub Thing);

/// Make or change what somebody keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write(pub Thing);

/// Delete what somebody keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete(pub Thing);

/// Change a person's password, or end their sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManageAccount {
    /// The person's id.
    pub user: String,
    /// The person's role.
    pub role: Role,
    /// What is done, in a word.
    pub change: &'static str,
}

/// Make, list or revoke the keys of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManageKeys {
    /// The person's id.
    pub user: String,
    /// The person's role.
    pub role: Role,
    /// What is done, in a word.
    pub change: &'static str,
    /// The id of the key, where it is one.
    pub key: Option<String>,
}

/// Add, change, disable or erase a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagePeople {
    /// The person's id.
    pub user: String,
    /// The higher one of the role they have and the one they would get.
    pub role: Role,
    /// What is done, in a word.
    pub change: &'static str,
}

/// Make projects, and choose who is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManageProjects {
    /// What is done, in a word.
    pub change: &'static str,
}

/// Add, load and remove models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManageModels {
    /// What is done, in a word.
    pub change: &'static str,
    /// The name of the model, where it is one.
    pub model: Option<String>,
}

/// Read the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadAudit;

/// Run the house: settings, measurements, backups, shutting down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operate {
    /// What is done, in a word.
    pub change: &'static str,
}

/// Tell an address that the owner named what has ended: a part of running the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendWebhook {
    /// The id of the endpoint.
    pub endpoint: Option<String>,
}

macro_rules! asked {
    ($($action:ident, $name:literal, $self:ident => $target:expr, $changes:literal $(, $change:expr $(, $kind:literal = $which:expr)?)?;)*) => {$(
        impl Asked for $action {
            fn name(&self) -> &'static str {
                $name
            }

            fn target(&$self) -> Target<'_> {
                $target
            }

            fn changes(&self) -> bool {
                $changes
            }

            $(fn change(&$self) -> Option<&str> {
                Some($change)
            }

            $(fn which(&$self) -> Option<(&'static str, &str)> {
                $which.as_deref().map(|which| ($kind, which))
            })?)?
        }

        impl Action for $action {}
    )*};
}

asked! {
    Infer, "infer", self => Target::Model(&self.model), false;
    SeeModels, "see_models", self => Target::House, false;
    Read, "read", self => Target::Thing(&self.0), false;
    Write, "write", self => Target::Thing(&self.0), true;
    Delete, "delete", self => Target::Thing(&self.0), true;
    ManageAccount, "manage_account", self => Target::Person { id: &self.user, role: self.role }, true, self.change;
    ManageKeys, "manage_keys", self => Target::Person { id: &self.user, role: self.role }, true, self.change, "key" = self.key;
    ManagePeople, "manage_people", self => Target::Person { id: &self.user, role: self.role }, true, self.change;
    ManageProjects, "manage_projects", self => Target::House, true, self.change;
    ManageModels, "manage_models", self => Target::House, true, self.change, "model" = self.model;
    ReadAudit, "read_audit", self => Target::House, false;
    Operate, "operate", self => Target::House, true, self.change;
    SendWebhook, "operate", self => Target::House, true, "send_webhook", "webhook" = self.endpoint;
}

/// Actions by which somebody looks at something.
const LOOKS: [&str; 3] = ["see_models", "read", "read_audit"];

/// What other actions are told to do that only look.
const CHANGES_THAT_LOOK: [&str; 11] = [
    "ask_why",
    "find",
    "list",
    "list_keys",
    "look",
    "see_files",
    "see_folders",
    "see_jobs",
    "see_result",
    "see_upstreams",
    "see_webhooks",
];

/// Whether who did `action` changed nothing, and asked nobody.
pub(crate) fn only_looks(action: &str, on: &[(String, String)]) -> bool {
    let change = on.iter().find(|(name, _)| name == "change");
    LOOKS.contains(&action)
        || change.is_some_and(|(_, change)| CHANGES_THAT_LOOK.contains(&change.as_str()))
}

/// What the log says an action was about.
pub(crate) fn on(action: &impl Asked) -> Vec<(String, String)> {
    let mut on: Vec<(&str, &str)> = Vec::new();
    match action.target() {
        Target::House => on.push(("kind", "house")),
        Target::Model(name) => on.extend([("kind", "model"), ("id", name)]),
        Target::Person { id, .. } => on.extend([("kind", "user"), ("id", id)]),
        Target::Thing(thing) => {
            on.extend([("kind", thing.kind.as_str()), ("owner", &thing.owner)]);
            on.extend(thing.id.as_deref().map(|id| ("id", id)));
            on.extend(thing.project.as_deref().map(|id| ("project", id)));
        }
    }
    on.extend(action.change().map(|change| ("change", change)));
    on.extend(action.which());
    on.into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
