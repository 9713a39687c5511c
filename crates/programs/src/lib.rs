//! Reads programs in Python and Rust, changes them, and runs their tests in the sandbox.

mod course;
mod edit;
mod error;
mod hindrance;
mod language;
mod project;
pub mod python;
pub mod rust;
mod source;

pub use course::{Course, Seen, Step};
pub use edit::{Candidate, Edit};
pub use error::Error;
pub use hindrance::Hindrance;
pub use language::{
    Baseline, Behaviours, Focus, Harness, Language, Observation, Request, TestOutcome, TestRun,
    Verdict, Wanted,
};
pub use project::{Environment, Project, Scratch};
pub use python::Python;
pub use rust::Rust;
pub use source::{FileId, Source, Sources};
