//! Lets a model answer: conversation in, what it thinks, says and calls out.
//!
//! A [`Speaker`] is a model that is loaded, with its tokenizer, its chat template and an engine. Every
//! [`Request`] becomes an [`Answering`], many at a time; each gives [`Moment`]s until its [`Outcome`]. Nothing
//! here knows a terminal or a wire: `freehold chat` and a server call the same function,
//! [`Speaker::answer`].

mod error;

mod answering;
mod sampling;
mod speaker;

pub use answering::{Answering, Moment, Outcome};
pub use error::{Error, Result};
pub use speaker::{Request, Settings, Speaker};
