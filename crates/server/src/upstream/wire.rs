//! A request to a model of another server, as chat completions write it.

use engine::constrain::Constraint;
use models::chat::{Content, Media, Message, Part, Role, Tool, ToolChoice, ToolKind};
use serde_json::{Map, Value, json};

use crate::asked::Asked;

/// The body of a streamed chat completion.
pub(super) fn body(model: &str, asked: &Asked) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            body.insert(key.to_owned(), value);
        }
    };
    put("model", json!(model));
    put("messages", asked.messages.iter().map(message).collect());
    put("stream", json!(true));
    put("stream_options", json!({ "include_usage": true }));
    if !asked.tools.is_empty() {
        put("tools", asked.tools.iter().map(tool).collect());
        put("tool_choice", choice(&asked.tool_choice));
        put(
            "parallel_tool_calls",
            if asked.calls_one {
                json!(false)
            } else {
                Value::Null
            },
        );
    }
    put("temperature", json!(asked.wishes.temperature));
    put("top_p", json!(asked.wishes.top_p));
    put("presence_penalty", json!(asked.wishes.presence_penalty));
    put("frequency_penalty", json!(asked.wishes.frequency_penalty));
    put("max_completion_tokens", json!(asked.max_tokens));
    if !asked.stop.is_empty() {
        put("stop", json!(asked.stop));
    }
    if let Some(top) = asked.logprobs {
        put("logprobs", json!(true));
        put(
            "top_logprobs",
            if top > 0 { json!(top) } else { Value::Null },
        );
    }
    put("reasoning_effort", json!(asked.effort));
    put("response_format", format(asked.constraint.as_ref()));
    Value::Object(body)
}

fn message(said: &Message) -> Value {
    let mut value = json!({ "role": said.role.name() });
    let content = said.content.as_ref().map(content);
    value["content"] = content.unwrap_or_default();
    if said.role == Role::Tool {
        value["tool_call_id"] = json!(said.tool_call_id);
    } else if let Some(name) = &said.name {
        value["name"] = json!(name);
    }
    if let Some(thoughts) = &said.reasoning {
        value["reasoning_content"] = json!(thoughts);
    }
    if !said.tool_calls.is_empty() {
        let calls = said.tool_calls.iter().map(|call| {
            let function = json!({ "name": call.name, "arguments": call.arguments });
            json!({ "id": call.id, "type": "function", "function": function })
        });
        value["tool_calls"] = calls.collect();
    }
    value
}

fn content(content: &Content) -> Value {
    match content {
        Content::Text(text) => json!(text),
        Content::Parts(parts) => parts.iter().map(part).collect(),
    }
}

fn part(part: &Part) -> Value {
    let url = |media: &Media| {
        let mut value = json!({ "url": media.source });
        if let Some(detail) = &media.detail {
            value["detail"] = json!(detail);
        }
        value
    };
    match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Refusal(text) => json!({ "type": "refusal", "refusal": text }),
        Part::Image(media) => json!({ "type": "image_url", "image_url": url(media) }),
        Part::Video(media) => json!({ "type": "video_url", "video_url": url(media) }),
        Part::Audio(media) => json!({
            "type": "input_audio",
            "input_audio": { "data": media.source, "format": media.format },
        }),
        Part::File(media) => json!({ "type": "file", "file": { "file_data": media.source } }),
    }
}

fn tool(tool: &Tool) -> Value {
    let mut function = json!({ "name": tool.name });
    if let Some(description) = &tool.description {
        function["description"] = json!(description);
    }
    match &tool.kind {
        ToolKind::Function { parameters, strict } => {
            let schema = parameters.as_ref().map(ToString::to_string);
            let schema = schema.and_then(|text| serde_json::from_str(&text).ok());
            function["parameters"] = schema.unwrap_or_else(|| json!({ "type": "object" }));
            if let Some(strict) = strict {
                function["strict"] = json!(strict);
            }
        }
        // Few servers know tools of free text, so that they take it as an argument.
        ToolKind::FreeForm { .. } => {
            function["parameters"] = json!({
                "type": "object",
                "properties": { "input": { "type": "string" } },
                "required": ["input"],
            });
        }
    }
    json!({ "type": "function", "function": function })
}

fn choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::None => json!("none"),
        ToolChoice::Auto => json!("auto"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({ "type": "function", "function": { "name": name } }),
        ToolChoice::Among { required: true, .. } => json!("required"),
        ToolChoice::Among { .. } => json!("auto"),
    }
}

fn format(constraint: Option<&Constraint>) -> Value {
    match constraint {
        Some(Constraint::JsonObject) => json!({ "type": "json_object" }),
        Some(Constraint::JsonSchema(text)) => {
            let schema: Value = serde_json::from_str(text).unwrap_or_default();
            json!({ "type": "json_schema", "json_schema": { "name": "answer", "strict": true, "schema": schema } })
        }
        _ => Value::Null,
    }
}
