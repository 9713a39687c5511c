//! Feeds parsers of outside bytes with what nobody would send.

mod driver;
mod mutate;
mod tensors;

pub mod films;
pub mod tracks;

pub use driver::{Target, run};
pub use tensors::outcome_of;
