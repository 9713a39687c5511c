//! Conversations: what is said in them, how a model reads it, and what of its output means what.
//!
//! [`Templates`] render a [`Prompt`] into the text that a family was trained on; a [`Parser`]
//! turns the text that comes back into [`Event`]s. The types here are no wire format.

mod json;
mod message;
mod moment;
mod parser;
mod python;
mod shielding;
mod template;
mod templates;

pub use json::Json;
pub use message::{Content, Media, Message, Part, Role, Tool, ToolCall, ToolChoice, ToolKind};
pub use moment::Moment;
pub use parser::{Event, Parser, Syntax};
pub use template::{Prompt, Template};
pub use templates::Templates;
