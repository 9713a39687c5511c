//! What training promises, seen from outside.

mod parity;
mod prefer;
mod recipe;
mod reinforce;
mod resume;
