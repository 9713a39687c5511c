//! People, and what shows who they are.
//!
//! What opens a door (a session's token, a key, a link) is known here by its hash alone.

mod keys;
mod projects;
mod sessions;
mod usage;
mod users;

use crate::Store;

pub use keys::{ApiKey, Budgets};
pub use projects::{Member, Project};
pub use sessions::{Link, Session};
pub use usage::Usage;
pub use users::User;

/// The SHA-256 of something.
pub type Hash = [u8; 32];

/// People, their sessions, keys, projects and counters.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    store: &'a Store,
}

impl<'a> Identity<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store }
    }
}
