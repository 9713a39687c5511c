//! Repairs, tests, edits and reviews code.

mod apply;
mod diff;
pub mod fix;
pub mod generate;

pub use apply::{Standing, apply, standing, take_back, undo};
pub use programs::{Environment, Error, Source, Sources};
