//! Everything that must survive a restart, in SQLite or PostgreSQL.
//!
//! A [`Store`] is opened once and cloned freely. It hands out rooms: [`Identity`], [`Objects`] and [`Audit`].
//! What a function acknowledged is on disk; what failed left nothing behind, except where
//! [`Error::Unavailable`] says that nobody knows. What belongs to a person is sealed with a key of theirs.

mod error;
mod options;
mod timestamp;

mod database;
mod sealing;
mod store;

mod audit;
mod identity;
mod objects;

pub use audit::{Audit, AuditLine, Checkpoint};
pub use error::{Error, Result};
pub use identity::{ApiKey, Budgets, Hash, Identity, Link, Member, Project, Session, Usage, User};
pub use objects::{Cursor, Event, Item, List, Metadata, Object, Objects, Order, Page};
pub use options::Options;
pub use store::Store;
pub use timestamp::Timestamp;
