//! Messages of others in a prompt: no name of a special token in them speaks for somebody else.

use super::{Content, Json, Message, Part, Role, Tool, ToolKind};
use crate::Tokenizer;

impl Message {
    /// The message as a template may take it, whoever wrote it. What the model itself said stays as it is,
    /// for templates look into it for the signs of its thoughts.
    pub fn shielded(&self, tokenizer: &Tokenizer) -> Self {
        let mut message = self.clone();
        if self.role == Role::Assistant {
            return message;
        }
        match &mut message.content {
            Some(Content::Text(text)) => shield(text, tokenizer),
            Some(Content::Parts(parts)) => {
                for part in parts {
                    if let Part::Text(text) | Part::Refusal(text) = part {
                        shield(text, tokenizer);
                    }
                }
            }
            None => {}
        }
        if let Some(name) = &mut message.name {
            shield(name, tokenizer);
        }
        message
    }
}

impl Tool {
    /// The tool as a template may take it, whoever described it.
    pub fn shielded(&self, tokenizer: &Tokenizer) -> Self {
        let mut tool = self.clone();
        shield(&mut tool.name, tokenizer);
        if let Some(description) = &mut tool.description {
            shield(description, tokenizer);
        }
        match &mut tool.kind {
            ToolKind::Function {
                parameters: Some(parameters),
                ..
            } => {
                if let Some(shielded) = shielded(parameters, tokenizer) {
                    *parameters = shielded;
                }
            }
            ToolKind::FreeForm {
                grammar: Some((_, grammar)),
            } => shield(grammar, tokenizer),
            ToolKind::Function { .. } | ToolKind::FreeForm { .. } => {}
        }
        tool
    }
}

fn shield(text: &mut String, tokenizer: &Tokenizer) {
    if let std::borrow::Cow::Owned(shielded) = tokenizer.shielded(text) {
        *text = shielded;
    }
}

/// A schema with the names in it broken, where there are any.
fn shielded(schema: &Json, tokenizer: &Tokenizer) -> Option<Json> {
    let text = schema.text();
    match tokenizer.shielded(&text) {
        std::borrow::Cow::Owned(shielded) => Json::parse(&shielded).ok(),
        std::borrow::Cow::Borrowed(_) => None,
    }
}
