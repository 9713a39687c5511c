//! Repairs, tests, edits and reviews code.

mod applied;
mod apply;
mod diff;
pub mod fix;
pub mod generate;
mod kept;
mod without;

pub use applied::{Applied, applied, take_back, take_back_listed, undo};
pub use apply::{Standing, apply, standing};
pub use programs::{Environment, Error, Source, Sources};
