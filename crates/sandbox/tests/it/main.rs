//! The sandbox seen from outside.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod arena;
mod escapes;
mod guarding;
mod running;
