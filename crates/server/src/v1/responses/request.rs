//! What `POST /v1/responses` takes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::tools::Offered;
use crate::asked::{Asked, Wishes};
use crate::fault::{Fault, Result};
use crate::v1::chat::request::response_format;
use crate::v1::tools::tool_choice;

/// Pairs of metadata at most.
const PAIRS_MAX: usize = 16;

/// What was asked. Fields that are not here are ignored, as clients send those of many servers.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ResponseRequest {
    pub model: Option<String>,
    /// Kept as items, and not with the rest.
    #[serde(skip_serializing)]
    pub input: Value,
    pub instructions: Option<String>,
    pub previous_response_id: Option<String>,
    pub conversation: Value,
    pub tools: Option<Vec<Value>>,
    pub tool_choice: Value,
    pub parallel_tool_calls: Option<bool>,
    pub max_output_tokens: Option<usize>,
    pub max_tool_calls: Option<u64>,
    pub temperature: Option<f32>,
    pub top_p: Option<f32>,
    pub top_logprobs: Option<usize>,
    pub text: Value,
    pub reasoning: Value,
    pub include: Option<Vec<String>>,
    pub store: Option<bool>,
    pub stream: Option<bool>,
    pub background: Option<bool>,
    pub metadata: Option<BTreeMap<String, String>>,
    pub truncation: Option<String>,
    pub user: Option<String>,
    pub safety_identifier: Option<String>,
    pub prompt_cache_key: Option<String>,
    pub prompt: Value,
    pub seed: Option<i64>,
}

impl ResponseRequest {
    /// What can be known to be wrong before anything is looked up.
    pub fn check(&self) -> Result<()> {
        if !self.prompt.is_null() {
            let message = "prompts are not kept here\nhint: send the text as `instructions`";
            return Err(Fault::param("prompt", message));
        }
        if self.previous_response_id.is_some() && !self.conversation.is_null() {
            let message = "a response follows another or is of a conversation, not both";
            return Err(Fault::param("conversation", message));
        }
        if self.background == Some(true) && self.store == Some(false) {
            let message = "what goes on in the background must be stored";
            return Err(Fault::param("background", message));
        }
        if self.top_logprobs.is_some_and(|top| top > 20) {
            return Err(Fault::param("top_logprobs", "`20` are the most"));
        }
        if let Some(word) = self
            .truncation
            .as_deref()
            .filter(|word| !is_truncation(word))
        {
            let message = format!("`{word}` is no truncation\nhint: `auto` or `disabled`");
            return Err(Fault::param("truncation", message));
        }
        check_metadata(self.metadata.as_ref())
    }

    /// The model, which must be named.
    pub fn model(&self) -> Result<&str> {
        let model = self.model.as_deref().filter(|model| !model.is_empty());
        model.ok_or_else(|| {
            let message = "`model` is missing\nhint: `GET /v1/models` lists those there are";
            Fault {
                code: Some("missing_required_parameter".into()),
                ..Fault::param("model", message)
            }
        })
    }

    /// The id of the conversation, where it is of one.
    pub fn conversation(&self) -> Result<Option<&str>> {
        match &self.conversation {
            Value::Null => Ok(None),
            Value::String(id) => Ok(Some(id)),
            Value::Object(map) if map.get("id").is_some_and(Value::is_string) => {
                Ok(map["id"].as_str())
            }
            _ => Err(Fault::param(
                "conversation",
                "the id of a conversation, or an object with it",
            )),
        }
    }

    pub fn includes(&self, what: &str) -> bool {
        self.include.iter().flatten().any(|one| one == what)
    }

    /// The request to the model, but for its messages.
    pub fn asked(&self, offered: &Offered) -> Result<Asked> {
        let wants_logprobs = self.includes("message.output_text.logprobs");
        let choice = match self.tool_choice["type"].as_str() {
            // What is not offered cannot be required.
            Some(kind) if !matches!(kind, "function" | "custom" | "allowed_tools") => Value::Null,
            _ => self.tool_choice.clone(),
        };
        let constraint = response_format(&self.text["format"]).map_err(|fault| Fault {
            param: fault
                .param
                .map(|param| param.replace("response_format", "text.format")),
            ..fault
        })?;
        Ok(Asked {
            messages: Vec::new(),
            tools: offered.tools.clone(),
            tool_choice: tool_choice(&choice)?,
            calls_one: self.parallel_tool_calls == Some(false),
            wishes: Wishes {
                temperature: self.temperature,
                top_p: self.top_p,
                ..Wishes::default()
            },
            seed: self.seed.map(i64::cast_unsigned),
            choices: 1,
            max_tokens: self.max_output_tokens,
            stop: Vec::new(),
            logprobs: wants_logprobs.then(|| self.top_logprobs.unwrap_or(0)),
            constraint,
            effort: self.reasoning["effort"].as_str().map(str::to_owned),
            thinks: None,
            thinking_max: None,
            at: None,
        })
    }

    /// The response as it begins, with what was asked for repeated.
    pub fn response(&self, id: &str, created: u64, model: &str) -> Value {
        let or = |value: &Value, other: Value| match value.is_null() {
            true => other,
            false => value.clone(),
        };
        let mut text = or(&self.text, json!({}));
        if text["format"].is_null() {
            text["format"] = json!({ "type": "text" });
        }
        if text["verbosity"].is_null() {
            text["verbosity"] = json!("medium");
        }
        let mut response = json!({
            "id": id,
            "object": "response",
            "created_at": created,
            "status": "in_progress",
            "background": self.background.unwrap_or(false),
            "completed_at": null,
            "error": null,
            "incomplete_details": null,
            "instructions": self.instructions,
            "max_output_tokens": self.max_output_tokens,
            "max_tool_calls": self.max_tool_calls,
            "model": model,
            "output": [],
            "parallel_tool_calls": self.parallel_tool_calls.unwrap_or(true),
            "previous_response_id": self.previous_response_id,
            "prompt_cache_key": self.prompt_cache_key,
            "reasoning": {
                "effort": self.reasoning["effort"],
                "summary": self.reasoning["summary"],
            },
            "safety_identifier": self.safety_identifier,
            "service_tier": "default",
            "store": self.store.unwrap_or(true),
            "temperature": decimal(self.temperature.unwrap_or(1.0)),
            "text": text,
            "tool_choice": or(&self.tool_choice, json!("auto")),
            "tools": self.tools.clone().unwrap_or_default(),
            "top_logprobs": self.top_logprobs.unwrap_or(0),
            "top_p": decimal(self.top_p.unwrap_or(1.0)),
            "truncation": self.truncation.as_deref().unwrap_or("disabled"),
            "usage": null,
            "user": self.user,
            "metadata": self.metadata.clone().unwrap_or_default(),
        });
        if let Ok(Some(id)) = self.conversation() {
            response["conversation"] = json!({ "id": id });
        }
        response
    }
}

fn is_truncation(word: &str) -> bool {
    matches!(word, "auto" | "disabled")
}

/// Refuses metadata that is too much.
pub(crate) fn check_metadata(metadata: Option<&BTreeMap<String, String>>) -> Result<()> {
    let Some(pairs) = metadata else {
        return Ok(());
    };
    let is_long = |(name, value): (&String, &String)| {
        name.chars().count() > 64 || value.chars().count() > 512
    };
    if pairs.len() > PAIRS_MAX || pairs.iter().any(is_long) {
        let message = format!("`{PAIRS_MAX}` pairs at most, names of 64 and values of 512 letters");
        return Err(Fault::param("metadata", message));
    }
    Ok(())
}

/// A number with the digits that were sent: `0.9` is told as `0.9`, and not as the nearest number of 32 bits.
fn decimal(number: f32) -> f64 {
    number.to_string().parse().unwrap_or(f64::from(number))
}
