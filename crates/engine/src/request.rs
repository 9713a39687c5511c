//! What is asked for, and what comes back.

use std::time::Duration;

use crate::constrain::Constraint;
use crate::error::Error;
use crate::sampling::{Logprobs, Sampling};

/// One prompt and how to answer it. Tokens in, tokens out: who asks and what for is not known here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The tokens to continue.
    pub prompt: Vec<u32>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// The same seed gives the same answer, whatever else runs.
    pub seed: u64,
    /// How many answers; none counts as one.
    pub choices: u32,
    /// The most tokens of an answer; all that the context holds when none.
    pub max_tokens: Option<usize>,
    /// Texts that end an answer before they appear.
    pub stop: Vec<String>,
    /// Tokens that end an answer, besides those of the vocabulary.
    pub stop_tokens: Vec<u32>,
    /// Whether tokens that end a text are passed over, as benchmarks want it.
    pub ignores_end: bool,
    /// What the answer must look like.
    pub constraint: Option<Constraint>,
    /// How many of the most probable tokens are told at each position; none for no log-probabilities.
    pub logprobs: Option<usize>,
    /// Who goes first when not all can; larger is earlier.
    pub priority: i32,
    /// Whose it is. When not all can go, those of one priority are served so that everybody gets as many tokens.
    pub tenant: u64,
    /// Bounds of the thinking before the answer.
    pub reasoning: Option<Reasoning>,
}

/// Bounds of the thinking before an answer. Stop texts and constraints hold after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasoning {
    /// Whether the prompt ends within the thinking already.
    pub is_open: bool,
    /// The tokens that open it.
    pub begin: Vec<u32>,
    /// The tokens that close it.
    pub end: Vec<u32>,
    /// Fewer tokens of thinking than this are not accepted.
    pub min_tokens: usize,
    /// After this many tokens the thinking is closed.
    pub max_tokens: Option<usize>,
    /// What is put in before a forced end, such as a sentence that leads over to the answer.
    pub conclusion: Vec<u32>,
}

/// What happened to a request, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A token was chosen.
    Token(Token),
    /// An answer has ended; nothing more comes of this choice.
    Finished(Finished),
}

/// One token of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// Which of the answers.
    pub choice: u32,
    /// The token.
    pub token: u32,
    /// The text that is certain now; may be empty, or hold characters of earlier tokens too.
    pub text: String,
    /// When asked for.
    pub logprobs: Option<Logprobs>,
    /// Whether it is part of the thinking.
    pub is_reasoning: bool,
}

/// The end of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// Which of the answers.
    pub choice: u32,
    /// Text that had been held back.
    pub text: String,
    /// Why it ended.
    pub reason: Reason,
    /// What it took.
    pub usage: Usage,
    /// How long it took.
    pub timings: Timings,
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The network ended the text.
    End,
    /// This stop text appeared, by its place in the list.
    StopText(usize),
    /// This stop token was chosen.
    StopToken(u32),
    /// Nothing can follow under the constraint.
    Complete,
    /// It is as long as it may be.
    Length,
    /// Nobody wants it any more.
    Cancelled,
    /// Its computation broke; others went on.
    Failed(Error),
}

impl Reason {
    /// In a word, for logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::End => "end",
            Self::StopText(_) => "stop_text",
            Self::StopToken(_) => "stop_token",
            Self::Complete => "complete",
            Self::Length => "length",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }
}

/// Tokens of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of the prompt.
    pub prompt: usize,
    /// Of the prompt, those whose keys and values were remembered.
    pub cached: usize,
    /// Of the answer, the thinking included.
    pub generated: usize,
    /// Of the thinking.
    pub reasoning: usize,
    /// Proposed by speculation.
    pub drafted: usize,
    /// Of those, the ones that were right.
    pub accepted: usize,
}

/// Durations of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// From the request to its first computation.
    pub queued: Duration,
    /// From there to the first token.
    pub prefill: Duration,
    /// From the first token to the last.
    pub decode: Duration,
}
