//! Makes moving pictures from words.

mod chance;

pub mod world;

pub use chance::Chance;
