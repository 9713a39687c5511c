//! What is said to a model, and what comes back.
#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

mod answers;
mod calls;
mod scripts;
mod tiny;
