//! From what was said to what is answered: conversation, prompt, engine, parsed events.
//!
//! Nothing here knows a terminal or a wire. Whoever talks to a model over HTTP needs the same, so this is
//! to move below the faces when the room for it is built.

mod answering;
mod speaker;

pub use answering::{Moment, Outcome};
pub use speaker::{Request, Settings, Speaker};
