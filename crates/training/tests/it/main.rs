//! What training promises, seen from outside.

mod parity;
mod resume;
