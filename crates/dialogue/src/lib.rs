//! Lets a model answer: conversation in, what it thinks, says and calls out.
//!
//! A [`Speaker`] is a model that is loaded, with its tokenizer, its chat template and an engine. Every
//! [`Request`] becomes an [`Answering`], many at a time; each gives [`Moment`]s until its [`Outcome`]. Nothing
//! here knows a terminal or a wire: `freehold chat` and a server call the same function,
//! [`Speaker::answer`].

mod error;
mod request;

mod answering;
mod calling;
mod loaded;
mod sampling;
mod script;
mod speaker;

mod built_in;
mod embedder;
mod residents;

pub use answering::{Answering, Moment, Outcome, Saying, Stopper, Word, take_in};
pub use built_in::{BuiltIn, Call, TOOLS, Tell, Turn, answer_schema};
pub use embedder::{Embedder, Embedding, Input};
pub use error::{Error, Result};
pub use request::{Beginning, Completion, Request, Thinking};
pub use residents::{Loading, Resident, Residents};
pub use script::{Line, Script};
pub use speaker::{Settings, Speaker};
