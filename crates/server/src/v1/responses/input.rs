//! Items of responses and conversations, as messages that a model reads.

use std::collections::HashMap;

use base64ct::{Base64, Encoding as _};
use models::chat::{Content, Media, Message, Part, Role, ToolCall};
use serde_json::{Value, json};

use super::tools::Offered;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::v1::messages::{input, joined};

/// The most items of one request, history included.
const ITEMS_MAX: usize = 20_000;

/// What stands before thoughts that a client carries for us.
const CARRIED: &str = "fh1:";

/// The items of `input`: a text is one message of the user. Each gets an id where it has none.
pub(crate) fn items(value: &Value) -> Result<Vec<Value>> {
    if let Some(count) = value
        .as_array()
        .map(Vec::len)
        .filter(|count| *count > ITEMS_MAX)
    {
        let message = format!("`{count}` items; there may be `{ITEMS_MAX}`");
        return Err(Fault::param("input", message));
    }
    let mut items = match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![json!({
            "type": "message",
            "role": "user",
            "content": [{ "type": "input_text", "text": text }],
        })],
        Value::Array(items) => items.clone(),
        _ => {
            return Err(Fault::param(
                "input",
                "`input` is a text or a list of items",
            ));
        }
    };
    for (at, item) in items.iter_mut().enumerate() {
        whole(item, at)?;
    }
    Ok(items)
}

/// Fills in what a client may leave out of an item.
fn whole(item: &mut Value, at: usize) -> Result<()> {
    let Value::Object(map) = item else {
        return Err(Fault::param(format!("input[{at}]"), "an item is an object"));
    };
    let kind = map
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or("message")
        .to_owned();
    map.insert("type".to_owned(), json!(kind));
    if kind == "item_reference" {
        return Ok(());
    }
    if kind == "message" {
        let role = map
            .get("role")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if super::input::role(&role).is_none() {
            let message = format!("there is no role `{role}`");
            return Err(Fault::param(format!("input[{at}].role"), message));
        }
        if let Some(Value::String(text)) = map.get("content") {
            let part = if role == "assistant" {
                "output_text"
            } else {
                "input_text"
            };
            let part = json!([{ "type": part, "text": text }]);
            map.insert("content".to_owned(), part);
        }
        map.entry("status").or_insert_with(|| json!("completed"));
    }
    let known = map
        .get("id")
        .and_then(Value::as_str)
        .is_some_and(|id| !id.is_empty());
    if !known {
        map.insert("id".to_owned(), json!(ids::new(prefix(&kind))));
    }
    Ok(())
}

/// What the ids of items begin with.
pub(crate) fn prefix(kind: &str) -> &'static str {
    match kind {
        "message" => "msg_",
        "reasoning" => "rs_",
        "function_call" => "fc_",
        "function_call_output" => "fco_",
        "custom_tool_call" => "ctc_",
        "custom_tool_call_output" => "ctco_",
        _ => "item_",
    }
}

fn role(name: &str) -> Option<Role> {
    Some(match name {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        _ => return None,
    })
}

/// What a model reads: `instructions`, then the items. Kinds that are not known are passed over.
pub(crate) fn messages(
    instructions: Option<&str>,
    items: &[Value],
    offered: &Offered,
) -> Result<Vec<Message>> {
    let mut reader = Reader::default();
    if let Some(text) = instructions.filter(|text| !text.is_empty()) {
        reader.messages.push(Message::new(Role::System, text));
    }
    for (at, item) in items.iter().enumerate() {
        reader.read(item, at, offered)?;
    }
    reader.close();
    match reader.messages.iter().any(|said| said.role != Role::System) {
        true => Ok(reader.messages),
        false => Err(Fault::param(
            "input",
            "there is nothing to answer\nhint: send `input`",
        )),
    }
}

/// Puts thoughts, words and calls of one turn together, as templates want them.
#[derive(Default)]
struct Reader {
    messages: Vec<Message>,
    open: Option<Message>,
    /// Names of tools by the ids of their calls.
    called: HashMap<String, String>,
}

impl Reader {
    fn read(&mut self, item: &Value, at: usize, offered: &Offered) -> Result<()> {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        match item["type"].as_str().unwrap_or_default() {
            "message" => {
                let role = role(&text("role")).unwrap_or(Role::User);
                let content = content(&item["content"], at)?;
                if role == Role::Assistant {
                    let open = self.assistant(|open| open.tool_calls.is_empty());
                    merge(open, content);
                    return Ok(());
                }
                self.close();
                self.messages.push(Message {
                    content: Some(content),
                    ..Message::empty(role)
                });
            }
            "reasoning" => {
                let is_fresh =
                    |open: &Message| open.content.is_none() && open.tool_calls.is_empty();
                let open = self.assistant(is_fresh);
                open.reasoning
                    .get_or_insert_default()
                    .push_str(&thoughts(item));
            }
            "function_call" => {
                let name = offered.flat(&text("name"), item["namespace"].as_str());
                self.call(text("call_id"), name, text("arguments"));
            }
            "custom_tool_call" => {
                let arguments = input(&text("input"));
                let name = offered.flat(&text("name"), item["namespace"].as_str());
                self.call(text("call_id"), name, arguments);
            }
            "function_call_output" | "custom_tool_call_output" => {
                self.close();
                let id = text("call_id");
                let content = output(&item["output"], at)?;
                self.messages.push(Message {
                    name: self.called.get(&id).cloned(),
                    tool_call_id: Some(id),
                    content: Some(content),
                    ..Message::empty(Role::Tool)
                });
            }
            "compaction" | "compaction_summary" => {
                self.close();
                let summary = carried(&text("encrypted_content")).unwrap_or_default();
                if !summary.is_empty() {
                    self.messages.push(Message::new(Role::User, summary));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn call(&mut self, id: String, name: String, arguments: String) {
        self.called.insert(id.clone(), name.clone());
        self.assistant(|_| true).tool_calls.push(ToolCall {
            id,
            name,
            arguments,
        });
    }

    /// What the model says in this turn; a new message where the open one does not `fit`.
    fn assistant(&mut self, fits: impl Fn(&Message) -> bool) -> &mut Message {
        if self.open.as_ref().is_some_and(|open| !fits(open)) {
            self.close();
        }
        self.open
            .get_or_insert_with(|| Message::empty(Role::Assistant))
    }

    fn close(&mut self) {
        self.messages.extend(self.open.take());
    }
}

fn merge(message: &mut Message, more: Content) {
    message.content = Some(match message.content.take() {
        None => more,
        Some(Content::Text(known)) => Content::Text(known + "\n" + &more.text()),
        Some(Content::Parts(mut parts)) => {
            parts.push(Part::Text(more.text()));
            Content::Parts(parts)
        }
    });
}

fn content(value: &Value, at: usize) -> Result<Content> {
    match value {
        Value::String(text) => Ok(Content::Text(text.clone())),
        Value::Array(parts) => {
            let parts = parts.iter().map(|value| part(value, at));
            let parts = parts.collect::<Result<Vec<Option<Part>>>>()?;
            Ok(joined(parts.into_iter().flatten().collect()))
        }
        Value::Null => Ok(Content::Text(String::new())),
        _ => Err(Fault::param(
            format!("input[{at}].content"),
            "a text or a list of parts",
        )),
    }
}

/// What a tool returned: text, or parts.
fn output(value: &Value, at: usize) -> Result<Content> {
    match value {
        Value::Array(_) => content(value, at),
        Value::String(text) => Ok(Content::Text(text.clone())),
        Value::Null => Ok(Content::Text(String::new())),
        other => Ok(Content::Text(other.to_string())),
    }
}

fn part(value: &Value, at: usize) -> Result<Option<Part>> {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let media = |keys: &[&str]| Media {
        source: keys.iter().find_map(|key| text(key)).unwrap_or_default(),
        format: None,
        detail: text("detail"),
    };
    let kind = value["type"].as_str().unwrap_or_default();
    Ok(match kind {
        "input_text" | "output_text" | "text" | "summary_text" | "reasoning_text" => {
            let text = text("text").ok_or_else(|| {
                Fault::param(
                    format!("input[{at}].content"),
                    format!("a part `{kind}` has no `text`"),
                )
            })?;
            Some(Part::Text(text))
        }
        "refusal" => text("refusal").map(Part::Refusal),
        "input_image" => Some(Part::Image(media(&["image_url", "file_id"]))),
        "input_audio" => Some(Part::Audio(media(&["data"]))),
        "input_file" => Some(Part::File(media(&["file_id", "file_data", "file_url"]))),
        _ => None,
    })
}

/// The thoughts in an item of reasoning.
fn thoughts(item: &Value) -> String {
    let texts = |key: &str| {
        let parts = item[key].as_array().map(Vec::as_slice).unwrap_or_default();
        let texts = parts.iter().filter_map(|part| part["text"].as_str());
        texts.collect::<Vec<_>>().join("\n")
    };
    let content = texts("content");
    if !content.is_empty() {
        return content;
    }
    let carried = carried(item["encrypted_content"].as_str().unwrap_or_default());
    carried.unwrap_or_else(|| texts("summary"))
}

/// Text that a client keeps for us between requests, where nothing is stored here. It is encoded, not secret: the
/// client has seen it.
pub(crate) fn carry(text: &str) -> String {
    format!("{CARRIED}{}", Base64::encode_string(text.as_bytes()))
}

fn carried(text: &str) -> Option<String> {
    let bytes = Base64::decode_vec(text.strip_prefix(CARRIED)?).ok()?;
    String::from_utf8(bytes).ok()
}
