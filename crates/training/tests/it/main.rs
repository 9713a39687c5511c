//! What training promises, seen from outside.
#![allow(
    clippy::disallowed_methods,
    reason = "a script that is released is run as its reader runs it"
)]

mod damage;
mod films;
mod parity;
mod prefer;
mod ranks;
mod recipe;
mod reinforce;
mod release;
mod resume;
