//! What is asked of a model.

use engine::constrain::Constraint;
use engine::sampling::Sampling;
use models::chat::{Message, Moment, Tool, ToolChoice};

/// What is asked of a model, as a conversation.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// What was said so far, the last thing by whoever asks.
    pub messages: &'a [Message],
    /// What the model may call.
    pub tools: &'a [Tool],
    /// Which of them it may or must call.
    pub tool_choice: ToolChoice,
    /// Whether it may call one only.
    pub calls_one: bool,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// The same seed gives the same answer.
    pub seed: u64,
    /// How many answers; none counts as one.
    pub choices: u32,
    /// The most tokens of an answer.
    pub max_tokens: Option<usize>,
    /// Texts that end an answer before they appear.
    pub stop: &'a [String],
    /// How many of the most probable tokens are told at each position; none for no log-probabilities.
    pub logprobs: Option<usize>,
    /// What the answer must look like, after the thinking.
    pub constraint: Option<Constraint>,
    /// Whether and how long to think first.
    pub thinking: Thinking<'a>,
    /// Who goes first when not all can; larger is earlier.
    pub priority: i32,
    /// Whose it is. When not all can go, those of one priority are served so that everybody gets as many tokens.
    pub tenant: u64,
    /// The date, for templates that print it.
    pub now: Option<Moment>,
}

/// Whether and how long a model thinks before it answers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Thinking<'a> {
    /// Whether to think at all; as the model likes, when none.
    pub thinks: Option<bool>,
    /// How hard, in the word that the chat template takes: `low`, `medium`, `high`.
    pub effort: Option<&'a str>,
    /// Thoughts are ended after this many tokens.
    pub max_tokens: Option<usize>,
}

/// A text that a model is to go on with, as it stands.
#[derive(Debug, Clone, Default)]
pub struct Completion<'a> {
    /// What it goes on with.
    pub prompt: Beginning<'a>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// The same seed gives the same text.
    pub seed: u64,
    /// How many texts; none counts as one.
    pub choices: u32,
    /// The most tokens of a text.
    pub max_tokens: Option<usize>,
    /// Texts that end it before they appear.
    pub stop: &'a [String],
    /// How many of the most probable tokens are told at each position; none for no log-probabilities.
    pub logprobs: Option<usize>,
    /// What the text must look like.
    pub constraint: Option<Constraint>,
    /// Who goes first when not all can; larger is earlier.
    pub priority: i32,
    /// Whose it is. When not all can go, those of one priority are served so that everybody gets as many tokens.
    pub tenant: u64,
}

/// What a completion goes on with.
#[derive(Debug, Clone, Copy)]
pub enum Beginning<'a> {
    /// Text, which gets the token that begins a text where the model knows one.
    Text(&'a str),
    /// Tokens, as they are.
    Tokens(&'a [u32]),
}

impl Default for Beginning<'_> {
    fn default() -> Self {
        Self::Text("")
    }
}
