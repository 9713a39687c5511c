//! What a library keeps, and how it comes there.
#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

mod hub;
mod scripted_hub;
