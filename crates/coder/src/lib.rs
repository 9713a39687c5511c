//! Repairs, tests, edits and reviews code.

mod apply;
mod diff;
mod edit;
mod error;
pub mod fix;
pub mod generate;
mod language;
mod project;
mod python;
mod rust;
mod source;

pub use apply::{Standing, apply, standing, take_back, undo};
pub use edit::{Candidate, Edit};
pub use error::Error;
pub use language::{
    Baseline, Behaviours, Focus, Harness, Language, Observation, Request, TestOutcome, TestRun,
    Verdict,
};
pub use project::Environment;
pub use python::Python;
pub use rust::Rust;
pub use source::{FileId, Source, Sources};
