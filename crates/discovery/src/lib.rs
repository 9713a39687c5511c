//! Searches programs and ideas: propose, evaluate, select, remember.

mod archive;
mod bandit;
mod clock;
mod evaluate;
mod pool;
mod propose;
mod search;

pub use archive::{Archive, Entry};
pub use bandit::Bandit;
pub use clock::{Clock, SystemClock};
pub use evaluate::{Evaluator, Verdict};
pub use propose::{Proposal, Proposer, Scripted};
pub use search::{Options, Progress, Stop, search};
