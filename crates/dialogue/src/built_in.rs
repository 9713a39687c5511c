//! The small model that Freehold is born with: it turns what a person says into calls of Freehold's own tools.
//!
//! What it may say is held to the tools' schemas, so every answer is a list of valid calls: one of them declines,
//! one asks for what is missing. Dates and sums come as expressions that code evaluates.

mod copied;
mod talk;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use engine::Reason;
use engine::constrain::Constraint;
use engine::sampling::Sampling;
use models::chat::{Content, Message, Role};
use serde_json::{Map, Value, json};

use crate::answering::Moment;
use crate::built_in::copied::Copied;
use crate::error::{Error, Result};
use crate::request::Request;
use crate::speaker::{Settings, Speaker};

pub(crate) use talk::Talk;
pub use talk::Tell;

/// The tools with the schemas of their arguments.
pub const TOOLS: &str = include_str!("built_in/tools.json");

/// Calls in one answer at most.
const CALLS_MAX: usize = 4;

/// Tokens of an answer at most: four calls with every argument said take half of it.
const ANSWER_TOKENS_MAX: usize = 512;

/// How long nothing may come before it is asked again whether something came.
const PATIENCE: Duration = Duration::from_secs(1);

/// A call of one of Freehold's tools.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The tool, as in `calendar.create_event`.
    pub tool: String,
    /// Its arguments, valid by its schema.
    pub arguments: Map<String, Value>,
}

impl Call {
    /// As JSON, the tool first.
    pub fn to_json(&self) -> Value {
        json!({ "tool": self.tool, "arguments": self.arguments })
    }

    fn of_json(value: &Value) -> Option<Self> {
        let mut arguments = value.get("arguments")?.clone();
        copied::trim(&mut arguments);
        Some(Self {
            tool: value.get("tool")?.as_str()?.to_owned(),
            arguments: arguments.as_object()?.clone(),
        })
    }
}

/// What somebody said, and what was called for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// What was said.
    pub said: String,
    /// What was called.
    pub calls: Vec<Call>,
}

/// The model, loaded.
pub struct BuiltIn {
    speaker: Speaker,
    /// The schema of an answer, before it is held to what is said.
    schema: Value,
    copied: Copied,
}

impl BuiltIn {
    /// Loads a model that was made for these tools: a file or a folder.
    ///
    /// # Errors
    /// As [`Speaker::load`].
    pub fn load(path: &Path, answers: usize) -> Result<Self> {
        let settings = Settings {
            answers,
            ..Settings::default()
        };
        let schema = answer_schema();
        Ok(Self {
            speaker: Speaker::load(path, settings)?,
            copied: Copied::of_schema(&schema),
            schema,
        })
    }

    /// What `said` asks for, after `past`.
    ///
    /// # Errors
    /// [`Error::TooLong`] when the conversation does not fit, [`Error::NoCalls`] when the answer was too long to be
    /// a list of calls, [`Error::Engine`] when too many wait.
    pub fn calls(&self, past: &[Turn], said: &str) -> Result<Vec<Call>> {
        let mut messages = Vec::with_capacity(2 * past.len() + 1);
        for turn in past {
            messages.push(Message::new(Role::User, heard(&turn.said)));
            messages.push(Message::new(Role::Assistant, self.written(&turn.calls)));
        }
        messages.push(Message::new(Role::User, heard(said)));
        let mut schema = self.schema.clone();
        let before = past.iter().map(|turn| turn.said.as_str());
        copied::hold(&mut schema, &before.chain([said]).collect::<Vec<_>>());
        let mut answering = self.speaker.answer(&Request {
            messages: &messages,
            sampling: Sampling::greedy(),
            max_tokens: Some(ANSWER_TOKENS_MAX),
            constraint: Some(Constraint::JsonSchema(schema.to_string())),
            ..Request::default()
        })?;
        loop {
            if let Moment::Over(_, outcome) = answering.next(PATIENCE) {
                if let Reason::Failed(error) = outcome.finished.reason {
                    return Err(error.into());
                }
                let text = outcome.message.content.as_ref().map(Content::text);
                return read(&text.unwrap_or_default()).ok_or(Error::NoCalls);
            }
        }
    }

    /// Calls as the model writes them.
    fn written(&self, calls: &[Call]) -> String {
        let calls = calls.iter().map(|call| {
            json!({ "tool": call.tool, "arguments": self.copied.written(&call.tool, &call.arguments) })
        });
        Value::Array(calls.collect()).to_string()
    }
}

/// What is said as the model reads it: a word is the same token after a space, wherever it stands.
fn heard(said: &str) -> String {
    format!(" {}", said.trim())
}

/// The calls of an answer.
fn read(text: &str) -> Option<Vec<Call>> {
    let calls: Value = serde_json::from_str(text).ok()?;
    calls.as_array()?.iter().map(Call::of_json).collect()
}

/// The schema of an answer: a list of calls, without white space, arguments in the order of their schemas.
pub fn answer_schema() -> Value {
    let mut document: Value = serde_json::from_str(TOOLS).expect("the list of tools is JSON");
    name_what_is_asked(&mut document);
    let calls: Vec<Value> = document["tools"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tool| {
            json!({
                "type": "object",
                "properties": { "tool": { "const": tool["name"] }, "arguments": tool["parameters"] },
                "required": ["tool", "arguments"],
                "additionalProperties": false,
            })
        })
        .collect();
    let mut schema = json!({
        "$defs": document["$defs"].take(),
        "type": "array",
        "minItems": 1,
        "maxItems": CALLS_MAX,
        "items": { "anyOf": calls },
        "x-guidance": { "whitespace_flexible": false, "item_separator": ",", "key_separator": ":" },
    });
    loosen(&mut schema);
    schema
}

/// `chat.ask` names tools and arguments that there are.
fn name_what_is_asked(document: &mut Value) {
    let tools: Vec<Value> = document["tools"].as_array().cloned().unwrap_or_default();
    let names: Vec<&Value> = tools.iter().map(|tool| &tool["name"]).collect();
    let arguments: BTreeSet<&String> = tools
        .iter()
        .filter_map(|tool| tool["parameters"]["properties"].as_object())
        .flat_map(Map::keys)
        .collect();
    let Some(list) = document["tools"].as_array_mut() else {
        return;
    };
    for tool in list.iter_mut().filter(|tool| tool["name"] == "chat.ask") {
        let properties = &mut tool["parameters"]["properties"];
        properties["for_tool"]["enum"] = json!(names);
        properties["missing"]["items"]["enum"] = json!(arguments);
    }
}

/// `oneOf` becomes `anyOf`: whoever writes from the front need not know that no second form fits.
fn loosen(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(forms) = object.remove("oneOf") {
                object.insert("anyOf".to_owned(), forms);
            }
            object.values_mut().for_each(loosen);
        }
        Value::Array(list) => list.iter_mut().for_each(loosen),
        _ => {}
    }
}
