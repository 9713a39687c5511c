//! The sandbox seen from outside.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(
    clippy::disallowed_methods,
    reason = "tests start callers and controls without a box"
)]

mod again;
mod arena;

mod attached;
mod escapes;
mod falling;
mod fencing;
mod guarding;
mod network;
mod refusing;
mod replacing;
mod running;
