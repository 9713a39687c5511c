//! The built-in model as one that can be talked to: what it calls is told in words.

use engine::Status;
use models::chat::{Content, Message, Role};

use super::{BuiltIn, Call, Turn};
use crate::error::{Error, Result};
use crate::request::Request;
use crate::script::{Reading, Script, Stage};

/// Turns of a conversation that are looked at: what refers back refers to what was just said.
const TURNS_MAX: usize = 4;

/// Words for calls.
pub type Tell = Box<dyn Fn(&[Call]) -> String + Send + Sync>;

/// The model, and who finds the words.
pub(crate) struct Talk {
    model: BuiltIn,
    tell: Tell,
    stage: Stage,
}

impl Talk {
    pub(crate) fn new(model: BuiltIn, tell: Tell) -> Self {
        Self {
            model,
            tell,
            stage: Stage::new(Script::default()),
        }
    }

    pub(crate) fn context(&self) -> usize {
        self.model.speaker.context()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.model.speaker.bytes()
    }

    pub(crate) fn status(&self) -> Status {
        self.model.speaker.status()
    }

    pub(crate) fn count(&self, messages: &[Message]) -> Result<usize> {
        self.model.speaker.count(messages, None)
    }

    /// Understands what was said last and tells what comes of it.
    pub(crate) fn answer(&self, request: &Request<'_>) -> Result<(Reading, usize)> {
        if !request.tools.is_empty() || request.constraint.is_some() {
            return Err(Error::ToolsOnly);
        }
        let text = match self.calls(request.messages) {
            Ok(calls) => (self.tell)(&calls),
            // Somebody talks: they are told in the conversation.
            Err(error @ (Error::NoCalls | Error::TooLong { .. })) => without_hint(&error),
            Err(error) => return Err(error),
        };
        let prompt = Stage::count(request.messages);
        Ok((self.stage.say(&text, prompt, request), prompt))
    }

    /// The calls of the last turn. What was answered before was told in words, so it is understood anew.
    fn calls(&self, messages: &[Message]) -> Result<Vec<Call>> {
        let users = messages.iter().filter(|message| message.role == Role::User);
        let said: Vec<String> = users
            .map(|message| {
                message
                    .content
                    .as_ref()
                    .map(Content::text)
                    .unwrap_or_default()
            })
            .collect();
        let recent = &said[said.len().saturating_sub(TURNS_MAX)..];
        let mut past: Vec<Turn> = Vec::new();
        let (last, before) = recent.split_last().ok_or(Error::NoCalls)?;
        for said in before {
            // What was not understood then says nothing now.
            if let Ok(calls) = self.model.calls(&past, said) {
                let said = said.clone();
                past.push(Turn { said, calls });
            }
        }
        match self.model.calls(&past, last) {
            Err(Error::TooLong { .. }) => self.model.calls(&[], last),
            other => other,
        }
    }
}

/// What went wrong, as a sentence of a conversation.
fn without_hint(error: &Error) -> String {
    match error {
        Error::TooLong { .. } => "That is more than I can read at once. Say it in fewer words.",
        _ => "I did not understand that. Say it in fewer words, one thing at a time.",
    }
    .to_owned()
}
