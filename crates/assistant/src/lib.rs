//! Everyday help: what the built-in model calls, done.
//!
//! [`answer`] takes a [`Call`](dialogue::Call) and computes what can be computed: times, sums, units. What reaches
//! further is a [`Told::Task`] for whoever may do it. Nothing here guesses: a place or a unit that is not known is
//! said to be so.

mod answer;
mod calculate;
mod clock;
mod words;

pub use answer::{Task, Told, answer};
