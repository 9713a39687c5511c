//! Turns many requests into tokens: batching, KV memory, choice of token, constrained decoding.

mod error;
mod request;
mod vocabulary;

mod events;
mod handle;
mod resident;
mod select;

mod scheduler;
mod sequence;
mod speculate;

mod cache;
mod network;

pub mod constrain;
pub mod sampling;
pub mod stop;

pub use error::Error;
pub use events::{Control, Events};
pub use handle::{Handle, Networks};
pub use network::{Local, LocalOptions, Network};
pub use request::{Event, Finished, Reason, Reasoning, Request, Timings, Token, Usage};
pub use resident::{Models, Shelf};
pub use scheduler::{Options, Status};
pub use select::{Answer, answers, best_of, most_agreed};
pub use speculate::Speculation;
pub use vocabulary::{Encode, Vocabulary, Word};
