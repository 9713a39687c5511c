//! The sandbox seen from outside.

mod guarding;
mod running;
