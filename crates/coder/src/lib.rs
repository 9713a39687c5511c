//! Repairs, tests, edits and reviews code.

mod edit;
mod error;
mod language;
mod source;

pub use edit::{Candidate, Edit};
pub use error::Error;
pub use language::{Baseline, Focus, Harness, Language, Request, TestOutcome, TestRun, Verdict};
pub use source::{FileId, Source, Sources};
