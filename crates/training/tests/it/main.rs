//! What training promises, seen from outside.

mod parity;
mod recipe;
mod resume;
