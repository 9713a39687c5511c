//! What a client asks of a model, whichever way it said so.

use dialogue::{Request, Thinking};
use engine::constrain::Constraint;
use engine::sampling::Sampling;
use models::chat::{Message, Moment, Tool, ToolChoice};

use crate::fault::{Fault, Result};

/// A request to a model, that lives as long as it must.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub messages: Vec<Message>,
    pub tools: Vec<Tool>,
    pub tool_choice: ToolChoice,
    pub calls_one: bool,
    pub wishes: Wishes,
    pub seed: Option<u64>,
    pub choices: u32,
    pub max_tokens: Option<usize>,
    pub stop: Vec<String>,
    pub logprobs: Option<usize>,
    pub constraint: Option<Constraint>,
    /// How hard to think, as it was said: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`.
    pub effort: Option<String>,
    /// Whether to think; by `effort`, when none.
    pub thinks: Option<bool>,
    pub thinking_max: Option<usize>,
    /// The time that the model is told, in seconds since 1970; now, when none.
    pub at: Option<u64>,
}

/// How tokens are to be chosen, as far as the client said so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    pub temperature: Option<f32>,
    pub top_p: Option<f32>,
    pub top_k: Option<usize>,
    pub min_p: Option<f32>,
    pub typical_p: Option<f32>,
    pub repetition_penalty: Option<f32>,
    pub presence_penalty: Option<f32>,
    pub frequency_penalty: Option<f32>,
    pub logit_bias: Vec<(u32, f32)>,
}

impl Wishes {
    /// `usual`, but for what was wished.
    pub fn over(&self, usual: Sampling) -> Result<Sampling> {
        let sampling = Sampling {
            temperature: self.temperature.unwrap_or(usual.temperature),
            top_p: self.top_p.unwrap_or(usual.top_p),
            top_k: self.top_k.unwrap_or(usual.top_k),
            min_p: self.min_p.unwrap_or(usual.min_p),
            typical_p: self.typical_p.unwrap_or(usual.typical_p),
            repetition_penalty: self.repetition_penalty.unwrap_or(usual.repetition_penalty),
            presence_penalty: self.presence_penalty.unwrap_or(usual.presence_penalty),
            frequency_penalty: self.frequency_penalty.unwrap_or(usual.frequency_penalty),
            logit_bias: self.logit_bias.clone(),
            ..usual
        };
        match sampling.complaint() {
            None => Ok(sampling),
            Some(complaint) => {
                let param = complaint.split('`').nth(1).unwrap_or_default().to_owned();
                Err(Fault::param(param, complaint))
            }
        }
    }
}

impl Asked {
    /// The request, for a model whose publisher recommends `usual`.
    pub fn request(&self, usual: Sampling, seed: u64, now: Moment) -> Result<Request<'_>> {
        let effort = self.effort.as_deref();
        let thinks = self.thinks.or(effort.map(|effort| !is_little(effort)));
        Ok(Request {
            messages: &self.messages,
            tools: &self.tools,
            tool_choice: self.tool_choice.clone(),
            calls_one: self.calls_one,
            sampling: self.wishes.over(usual)?,
            seed: self.seed.unwrap_or(seed),
            choices: self.choices,
            max_tokens: self.max_tokens,
            stop: &self.stop,
            logprobs: self.logprobs,
            constraint: self.constraint.clone(),
            thinking: Thinking {
                thinks,
                effort: effort.map(in_words_of_templates),
                max_tokens: self.thinking_max,
            },
            priority: 0,
            tenant: 0,
            now: Some(now),
        })
    }
}

/// Whether such an effort is none at all.
fn is_little(effort: &str) -> bool {
    matches!(effort, "none" | "minimal")
}

/// Templates know three words.
fn in_words_of_templates(effort: &str) -> &'static str {
    match effort {
        "none" | "minimal" | "low" => "low",
        "high" | "xhigh" | "max" => "high",
        _ => "medium",
    }
}
