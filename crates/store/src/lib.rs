//! Everything that must survive a restart, in SQLite or PostgreSQL.
//!
//! A [`Store`] is opened once and cloned freely. It hands out rooms: [`Identity`], [`Objects`], [`Blobs`], [`Jobs`], [`Servers`] and [`Audit`].
//! What a function acknowledged is on disk; what failed left nothing behind, except where
//! [`Error::Unavailable`] says that nobody knows. What belongs to a person is sealed with a key of theirs.

mod error;
mod options;
mod timestamp;

mod database;
mod sealing;
mod store;

mod audit;
mod blobs;
mod identity;
mod jobs;
mod objects;
mod servers;

mod backup;
mod erasure;
mod export;

pub use audit::{Audit, AuditLine, Checkpoint};
pub use backup::Backup;
pub use blobs::{Blob, BlobReader, Blobs, Garbage};
pub use database::Durability;
pub use error::{Error, Result};
pub use export::Exported;
pub use identity::{ApiKey, Budgets, Hash, Identity, Link, Member, Project, Session, Usage, User};
pub use jobs::{Job, JobEvent, JobList, JobState, Jobs, Lease, NewJob, Step};
pub use objects::{Change, Cursor, Event, Item, List, Metadata, Object, Objects, Order, Page};
pub use options::Options;
pub use servers::{Claim, Servers};
pub use store::Store;
pub use timestamp::Timestamp;
