//! What is said to a model, and what comes back.
#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

mod answers;
mod built_in;
mod calls;
mod scripts;
mod tiny;
