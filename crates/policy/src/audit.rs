//! What was done: lines chained by their hashes, and signed checkpoints that speak for them.

mod anchor;
mod canonical;
mod chain;
mod checkpoint;
mod reading;
mod verify;
mod writer;

pub use anchor::Anchor;
pub use chain::{Hash, Head, Line, Record};
pub use checkpoint::Checkpoint;
pub use reading::{Log, key_text, parse_key};
pub use verify::{Fault, Report, Tampering, Verifier};

pub(crate) use writer::{Durability, Writer};
