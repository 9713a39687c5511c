//! What `POST /v1/chat/completions` takes.

use std::collections::BTreeMap;

use engine::constrain::Constraint;
use serde::Deserialize;
use serde_json::Value;

use super::stored::Keeping;
use crate::asked::{Asked, Wishes};
use crate::fault::{Fault, Result};
use crate::v1::messages::{WireMessage, messages};
use crate::v1::responses::check_metadata;
use crate::v1::tools::{tool_choice, tools};

/// The most answers to one request.
const CHOICES_MAX: u32 = 128;

/// The most alternatives told of a token.
const TOP_MAX: usize = 20;

/// What was asked. Fields that are not here are ignored, as clients send those of many servers.
#[derive(Debug, Deserialize)]
pub(crate) struct ChatRequest {
    pub model: String,
    pub messages: Vec<WireMessage>,
    tools: Option<Vec<Value>>,
    functions: Option<Vec<Value>>,
    #[serde(default)]
    tool_choice: Value,
    #[serde(default)]
    function_call: Value,
    parallel_tool_calls: Option<bool>,
    #[serde(default)]
    response_format: Value,
    logprobs: Option<bool>,
    top_logprobs: Option<usize>,
    n: Option<u32>,
    #[serde(flatten)]
    pub sampled: Sampled,
    max_completion_tokens: Option<usize>,
    max_tokens: Option<usize>,
    pub stream: Option<bool>,
    pub stream_options: Option<StreamOptions>,
    reasoning_effort: Option<String>,
    chat_template_kwargs: Option<TemplateOptions>,
    pub store: Option<bool>,
    metadata: Option<BTreeMap<String, String>>,
}

/// How tokens are chosen, as several families of the API take it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Sampled {
    temperature: Option<f32>,
    top_p: Option<f32>,
    top_k: Option<i64>,
    min_p: Option<f32>,
    typical_p: Option<f32>,
    repetition_penalty: Option<f32>,
    presence_penalty: Option<f32>,
    frequency_penalty: Option<f32>,
    logit_bias: Option<BTreeMap<String, f32>>,
    seed: Option<i64>,
    stop: Option<Stop>,
}

/// Texts at most that end an answer: each is looked for at every token.
const STOPS_MAX: usize = 64;

/// Whether usage comes at the end of a stream.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct StreamOptions {
    #[serde(default)]
    pub include_usage: bool,
}

#[derive(Debug, Deserialize)]
struct TemplateOptions {
    #[serde(alias = "thinking")]
    enable_thinking: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

impl Sampled {
    pub fn wishes(&self) -> Result<Wishes> {
        let logit_bias = self.logit_bias.iter().flatten().map(|(token, bias)| {
            let token = token.parse().map_err(|_| {
                let message = format!("`{token}` is no token: `logit_bias` maps their numbers");
                Fault::param("logit_bias", message)
            })?;
            Ok((token, bias.clamp(-100.0, 100.0)))
        });
        Ok(Wishes {
            temperature: self.temperature,
            top_p: self.top_p,
            // Others say -1 where all tokens may be chosen.
            top_k: self.top_k.map(|top| usize::try_from(top).unwrap_or(0)),
            min_p: self.min_p,
            typical_p: self.typical_p,
            repetition_penalty: self.repetition_penalty,
            presence_penalty: self.presence_penalty,
            frequency_penalty: self.frequency_penalty,
            logit_bias: logit_bias.collect::<Result<_>>()?,
        })
    }

    pub fn seed(&self) -> Option<u64> {
        self.seed.map(i64::cast_unsigned)
    }

    pub fn stop(&self) -> Result<Vec<String>> {
        match &self.stop {
            None => Ok(Vec::new()),
            Some(Stop::One(text)) => Ok(vec![text.clone()]),
            Some(Stop::Many(texts)) if texts.len() > STOPS_MAX => {
                let message = format!("`{}` texts; there may be `{STOPS_MAX}`", texts.len());
                Err(Fault::param("stop", message))
            }
            Some(Stop::Many(texts)) => Ok(texts.clone()),
        }
    }
}

impl ChatRequest {
    pub fn asked(self) -> Result<Asked> {
        let functions = self.functions.unwrap_or_default();
        let choice = match (&self.tool_choice, &self.function_call) {
            (Value::Null, before) => tool_choice(before)?,
            (choice, _) => tool_choice(choice)?,
        };
        let choices = self.n.unwrap_or(1);
        if choices == 0 || choices > CHOICES_MAX {
            let message = format!("`n` is `{choices}`; it lies between `1` and `{CHOICES_MAX}`");
            return Err(Fault::param("n", message));
        }
        let logprobs = match (self.logprobs.unwrap_or(false), self.top_logprobs) {
            (_, Some(top)) if top > TOP_MAX => {
                let message = format!("`top_logprobs` is `{top}`; `{TOP_MAX}` are the most");
                return Err(Fault::param("top_logprobs", message));
            }
            (false, Some(1..)) => {
                let message = "`top_logprobs` needs `logprobs` to be true";
                return Err(Fault::param("top_logprobs", message));
            }
            (true, top) => Some(top.unwrap_or(0)),
            (false, _) => None,
        };
        let max_tokens = self.max_completion_tokens.or(self.max_tokens);
        if max_tokens == Some(0) {
            let message = "an answer has one token at least";
            return Err(Fault::param("max_completion_tokens", message));
        }
        Ok(Asked {
            messages: messages(self.messages)?,
            tools: tools(&self.tools.unwrap_or_default(), &functions)?,
            tool_choice: choice,
            calls_one: self.parallel_tool_calls == Some(false),
            wishes: self.sampled.wishes()?,
            seed: self.sampled.seed(),
            choices,
            max_tokens,
            stop: self.sampled.stop()?,
            logprobs,
            constraint: response_format(&self.response_format)?,
            effort: self.reasoning_effort,
            thinks: self
                .chat_template_kwargs
                .and_then(|options| options.enable_thinking),
            thinking_max: None,
            at: None,
        })
    }

    /// What is to be kept of the completion, where that was asked for.
    pub fn keeping(&self, body: &[u8]) -> Result<Option<Keeping>> {
        check_metadata(self.metadata.as_ref())?;
        if self.store != Some(true) {
            return Ok(None);
        }
        // As they came: what was understood of them is less.
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        Ok(Some(Keeping {
            messages: body["messages"].as_array().cloned().unwrap_or_default(),
            metadata: self.metadata.clone().unwrap_or_default(),
        }))
    }

    /// Whether the client says functions where others say tools.
    pub fn speaks_of_functions(&self) -> bool {
        self.functions.is_some()
    }
}

/// What an answer must look like.
pub(crate) fn response_format(value: &Value) -> Result<Option<Constraint>> {
    let refuse = |param: &str, message: &str| Err(Fault::param(param, message));
    match value["type"].as_str() {
        None if value.is_null() => Ok(None),
        Some("text") => Ok(None),
        Some("json_object") => Ok(Some(Constraint::JsonObject)),
        Some("json_schema") => {
            // Chat completions nest the schema, responses do not.
            let inner = match value["json_schema"].is_object() {
                true => &value["json_schema"],
                false => value,
            };
            match &inner["schema"] {
                schema @ (Value::Object(_) | Value::Bool(_)) => {
                    Ok(Some(Constraint::JsonSchema(schema.to_string())))
                }
                _ => refuse(
                    "response_format.json_schema.schema",
                    "a format of type `json_schema` needs a schema",
                ),
            }
        }
        Some("grammar") => grammar(value),
        _ => refuse(
            "response_format.type",
            "there is no such format\nhint: `text`, `json_object` or `json_schema`",
        ),
    }
}

/// A grammar of llguidance, a field of our own beside the API's.
fn grammar(value: &Value) -> Result<Option<Constraint>> {
    let definition = value["definition"].as_str().unwrap_or_default().to_owned();
    match value["syntax"].as_str() {
        Some("lark") => Ok(Some(Constraint::Lark(definition))),
        Some("regex") => Ok(Some(Constraint::Regex(definition))),
        Some("gbnf") => Ok(Some(Constraint::Gbnf(definition))),
        _ => Err(Fault::param(
            "response_format.syntax",
            "there is no such syntax\nhint: `lark`, `regex` or `gbnf`",
        )),
    }
}
