//! What the engine does, seen from outside.

#![allow(
    clippy::unwrap_used,
    reason = "what helps tests may unwrap as tests may"
)]

mod answers;
mod exact;
mod faults;
mod networks;
mod schemas;
mod sharing;
mod toy;
mod traces;
mod turns;
