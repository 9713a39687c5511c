//! Messages as chat completions write them.

use models::chat::{Content, Media, Message, Part, Role, ToolCall};
use serde::Deserialize;
use serde_json::Value;

use crate::fault::{Fault, Result};

/// A message of the request.
#[derive(Debug, Deserialize)]
pub(crate) struct WireMessage {
    role: String,
    content: Option<WireContent>,
    name: Option<String>,
    #[serde(alias = "reasoning")]
    reasoning_content: Option<String>,
    tool_calls: Option<Vec<WireCall>>,
    tool_call_id: Option<String>,
    function_call: Option<WireFunction>,
    refusal: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum WireContent {
    Text(String),
    Parts(Vec<Value>),
}

#[derive(Debug, Deserialize)]
struct WireCall {
    #[serde(default)]
    id: String,
    function: Option<WireFunction>,
    custom: Option<WireCustom>,
}

#[derive(Debug, Deserialize)]
struct WireFunction {
    name: String,
    #[serde(default)]
    arguments: String,
}

#[derive(Debug, Deserialize)]
struct WireCustom {
    name: String,
    #[serde(default)]
    input: String,
}

/// The messages of a request.
pub(crate) fn messages(wire: Vec<WireMessage>) -> Result<Vec<Message>> {
    if wire.is_empty() {
        let message = "`messages` is empty\nhint: it needs one message at least";
        return Err(Fault::param("messages", message));
    }
    let wire = wire.into_iter().enumerate();
    wire.map(|(at, message)| message.read(at)).collect()
}

impl WireMessage {
    fn read(self, at: usize) -> Result<Message> {
        let role = role(&self.role, at)?;
        let parts = |values: Vec<Value>| {
            let values = values.iter().enumerate();
            let parts = values.map(|(number, value)| part(value, at, number));
            parts.collect::<Result<Vec<Part>>>()
        };
        let mut content = match self.content {
            None => None,
            Some(WireContent::Text(text)) => Some(Content::Text(text)),
            Some(WireContent::Parts(values)) => Some(joined(parts(values)?)),
        };
        if let (None, Some(refusal)) = (&content, self.refusal) {
            content = Some(Content::Parts(vec![Part::Refusal(refusal)]));
        }
        let calls = self.tool_calls.unwrap_or_default().into_iter();
        let mut tool_calls = Vec::new();
        for call in calls {
            tool_calls.push(call.read(at)?);
        }
        if let Some(call) = self.function_call {
            tool_calls.push(ToolCall {
                id: format!("call_{at}"),
                name: call.name,
                arguments: call.arguments,
            });
        }
        let says_nothing = content.is_none() && tool_calls.is_empty();
        if says_nothing && role != Role::Assistant {
            let param = format!("messages[{at}].content");
            return Err(Fault::param(param, "a message says nothing"));
        }
        Ok(Message {
            role,
            content,
            name: self.name,
            reasoning: self.reasoning_content,
            tool_calls,
            tool_call_id: self.tool_call_id,
        })
    }
}

impl WireCall {
    fn read(self, at: usize) -> Result<ToolCall> {
        let (name, arguments) = match (self.function, self.custom) {
            (Some(call), _) => (call.name, call.arguments),
            (None, Some(call)) => (call.name, input(&call.input)),
            (None, None) => {
                let param = format!("messages[{at}].tool_calls");
                return Err(Fault::param(
                    param,
                    "a call has neither `function` nor `custom`",
                ));
            }
        };
        Ok(ToolCall {
            id: self.id,
            name,
            arguments,
        })
    }
}

/// What a tool of free text was given, as the model wrote it: models know no tools but those of JSON.
pub(crate) fn input(text: &str) -> String {
    serde_json::json!({ "input": text }).to_string()
}

/// The free text in what the model wrote.
pub(crate) fn input_of(arguments: &str) -> String {
    let written: Result<Value, _> = serde_json::from_str(arguments);
    match written {
        Ok(Value::Object(map)) if map.contains_key("input") => match &map["input"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
        Ok(Value::String(text)) => text,
        _ => arguments.to_owned(),
    }
}

fn role(name: &str, at: usize) -> Result<Role> {
    Ok(match name {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        _ => {
            let message = format!(
                "there is no role `{name}`\nhint: `system`, `developer`, `user`, `assistant` or `tool`"
            );
            return Err(Fault::param(format!("messages[{at}].role"), message));
        }
    })
}

/// Parts of text alone are one text, as most templates want it.
pub(crate) fn joined(parts: Vec<Part>) -> Content {
    let is_text = |part: &Part| matches!(part, Part::Text(_));
    match parts.iter().all(is_text) {
        true => Content::Text(Content::Parts(parts).text()),
        false => Content::Parts(parts),
    }
}

fn part(value: &Value, at: usize, number: usize) -> Result<Part> {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let media = |inner: &Value, key: &str| Media {
        source: inner[key].as_str().unwrap_or_default().to_owned(),
        format: inner["format"].as_str().map(str::to_owned),
        detail: inner["detail"].as_str().map(str::to_owned),
    };
    let part = match value["type"].as_str().unwrap_or_default() {
        "text" | "input_text" | "output_text" => text("text").map(Part::Text),
        "refusal" => text("refusal").map(Part::Refusal),
        "image_url" => Some(Part::Image(match &value["image_url"] {
            Value::String(url) => Media {
                source: url.clone(),
                ..Media::default()
            },
            inner => media(inner, "url"),
        })),
        "input_audio" => Some(Part::Audio(media(&value["input_audio"], "data"))),
        "video_url" => Some(Part::Video(media(&value["video_url"], "url"))),
        "file" => {
            let inner = &value["file"];
            let key = if inner["file_id"].is_string() {
                "file_id"
            } else {
                "file_data"
            };
            Some(Part::File(media(inner, key)))
        }
        _ => None,
    };
    part.ok_or_else(|| {
        let param = format!("messages[{at}].content[{number}]");
        let kind = value["type"].as_str().unwrap_or("?");
        Fault::param(
            param,
            format!("a part of type `{kind}` is not known, or not whole"),
        )
    })
}

/// Refuses what a model that reads text alone cannot take.
pub(crate) fn check_text_only(messages: &[Message], model: &str) -> Result<()> {
    for (at, message) in messages.iter().enumerate() {
        let Some(Content::Parts(parts)) = &message.content else {
            continue;
        };
        let kind = parts.iter().find_map(|part| match part {
            Part::Text(_) | Part::Refusal(_) => None,
            Part::Image(_) => Some("pictures"),
            Part::Audio(_) => Some("sound"),
            Part::Video(_) => Some("films"),
            Part::File(_) => Some("files"),
        });
        if let Some(kind) = kind {
            let message = format!("the model `{model}` reads text, and no {kind}");
            let fault = Fault::param(format!("messages[{at}].content"), message);
            return Err(fault.code("unsupported_content"));
        }
    }
    Ok(())
}
