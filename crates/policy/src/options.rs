//! What a gate is opened with.

use std::{path::PathBuf, time::Duration};

use crate::{budget::Budgets, clock::Clock, principal::Role};

/// How the house is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the data: the anchor of the log lies in it.
    pub data: PathBuf,
    /// The folder of the owner's own rules; `rules` in `data` by default. It need not be there.
    pub rules: PathBuf,
    /// What somebody who shows nothing is taken for; `None`, and so it is by default, for nobody.
    pub anonymous: Option<Role>,
    /// How long one stays signed in: 14 days.
    pub session_length: Duration,
    /// How long a link to sign in works: an hour.
    pub link_length: Duration,
    /// How long a change made by another process may go unseen: a second.
    pub remembered: Duration,
    /// What a person of a role may use, whichever way they come; nothing is limited by default.
    pub budgets: Vec<(Role, Budgets)>,
    /// The clock.
    pub clock: Clock,
}

impl Options {
    /// The usual, with everything below `data`.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        let data = data.into();
        Self {
            rules: data.join("rules"),
            data,
            anonymous: None,
            session_length: Duration::from_secs(14 * 24 * 3600),
            link_length: Duration::from_secs(3600),
            remembered: Duration::from_secs(1),
            budgets: Vec::new(),
            clock: Clock::system(),
        }
    }

    /// What a person of `role` may use.
    pub(crate) fn budgets_of(&self, role: Role) -> Budgets {
        let found = self.budgets.iter().find(|(of, _)| *of == role);
        found.map(|(_, budgets)| *budgets).unwrap_or_default()
    }
}
