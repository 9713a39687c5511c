//! The sandbox seen from outside.

mod running;
