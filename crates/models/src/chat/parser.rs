//! What a model writes, told apart as it comes: thoughts, text and calls of tools.
//!
//! Text may be fed in any pieces, special tokens included as their names; it is read character by
//! character, so that pieces make no difference. What looks like a call and turns out to be none
//! comes back as text.

mod calls;
mod harmony;
mod notation;
mod object;
mod value;
mod xml;

use std::collections::VecDeque;

use super::{Json, Tool, ToolKind};
use calls::{Call, Progress};
use harmony::Harmony;

/// Something that the model's output says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// More of its thoughts.
    Reasoning(String),
    /// More of its answer.
    Text(String),
    /// A call begins.
    CallBegin {
        /// Told apart from other calls by this.
        id: String,
        /// The tool.
        name: String,
    },
    /// More of the arguments of the call that began last: JSON in the end.
    CallArguments(String),
    /// The call that began last is complete, and its arguments are JSON.
    CallEnd,
    /// The call that began last is none; all of it follows as text.
    CallBroken,
}

/// How a family writes thoughts and calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Thoughts in `<think>`, no calls.
    Plain,
    /// Calls in `<tool_call>`, as JSON (Hermes, Qwen, SmolLM3) or as XML (Qwen3-Coder, Qwen 3.5).
    Tagged,
    /// An answer that is one JSON object, or JSON after `<|python_tag|>` (Llama 3).
    Llama3,
    /// After `[TOOL_CALLS]`: a list, or names with `[ARGS]` (Mistral).
    Mistral,
    /// A list in `<|tool_call|>` (Phi-4).
    Phi4,
    /// A notation of its own in `<|tool_call>`, thoughts in a channel (Gemma 4).
    Gemma4,
    /// Channels and recipients (gpt-oss).
    Harmony,
}

impl Syntax {
    /// The syntax that the chat template `source` teaches.
    pub fn of_template(source: &str) -> Self {
        let has = |text| source.contains(text);
        if has("<|channel|>") && has("<|message|>") {
            Self::Harmony
        } else if has("<|tool_call>") {
            Self::Gemma4
        } else if has("[TOOL_CALLS]") {
            Self::Mistral
        } else if has("<|tool_call|>") {
            Self::Phi4
        } else if has("<tool_call>") {
            Self::Tagged
        } else if has("<|python_tag|>") || has("<|start_header_id|>") {
            Self::Llama3
        } else {
            Self::Plain
        }
    }

    /// What begins and ends thoughts.
    fn thoughts(self) -> (&'static str, &'static str) {
        match self {
            Self::Gemma4 => ("<|channel>thought", "<channel|>"),
            Self::Mistral => ("[THINK]", "[/THINK]"),
            _ => ("<think>", "</think>"),
        }
    }

    /// What begins calls.
    fn opening(self) -> Option<&'static str> {
        match self {
            Self::Plain | Self::Harmony => None,
            Self::Tagged => Some("<tool_call>"),
            Self::Llama3 => Some("<|python_tag|>"),
            Self::Mistral => Some("[TOOL_CALLS]"),
            Self::Phi4 => Some("<|tool_call|>"),
            Self::Gemma4 => Some("<|tool_call>"),
        }
    }
}

/// Reads one answer.
pub struct Parser {
    syntax: Syntax,
    parameters: Vec<(String, Option<Json>)>,
    calls: usize,
    events: VecDeque<Event>,
    state: State,
    /// The beginning of what may become a tag.
    held: String,
    /// White space that is text only if something follows it.
    space: String,
    /// Whether nothing of the part has been said yet, so that white space is dropped.
    is_fresh: bool,
    /// Whether nothing at all has been said.
    is_start: bool,
}

enum State {
    Text,
    Reasoning,
    Call { raw: String, call: Call },
    Harmony(Harmony),
}

impl Parser {
    /// A parser for an answer to `prompt`, the rendered text, in which `tools` may be called.
    /// `calls_before` counts the calls of the conversation so far, so that ids stay apart.
    pub fn new(syntax: Syntax, prompt: &str, tools: &[Tool], calls_before: usize) -> Self {
        let (begin, _) = syntax.thoughts();
        let state = match syntax {
            Syntax::Harmony => State::Harmony(Harmony::new()),
            _ if prompt.trim_end().ends_with(begin) => State::Reasoning,
            _ => State::Text,
        };
        let is_fresh = matches!(state, State::Reasoning);
        let parameters = tools.iter().map(|tool| match &tool.kind {
            ToolKind::Function { parameters, .. } => (tool.name.clone(), parameters.clone()),
            ToolKind::FreeForm { .. } => (tool.name.clone(), None),
        });
        Self {
            syntax,
            parameters: parameters.collect(),
            calls: calls_before,
            events: VecDeque::new(),
            state,
            held: String::new(),
            space: String::new(),
            is_fresh,
            is_start: true,
        }
    }

    /// Reads more of the answer, and returns what that says; neighbours of a kind are one.
    pub fn push(&mut self, text: &str) -> Vec<Event> {
        for character in text.chars() {
            self.read(character);
        }
        std::mem::take(&mut self.events).into()
    }

    /// Reads the end of the answer, where tags and calls that are not complete are text.
    pub fn finish(mut self) -> Vec<Event> {
        match std::mem::replace(&mut self.state, State::Text) {
            State::Call { raw, call } => {
                if call.has_ended() {
                    self.is_fresh = true;
                    self.say(&call.rest());
                } else {
                    self.give_up(&raw, &call);
                }
            }
            State::Harmony(harmony) => {
                let mut harmony = harmony;
                harmony.finish(&mut self);
            }
            state => self.state = state,
        }
        let held = std::mem::take(&mut self.held);
        self.say(&held);
        if matches!(self.state, State::Text) && !self.is_fresh {
            let space = std::mem::take(&mut self.space);
            self.emit_body(&space);
        }
        self.events.into()
    }

    fn read(&mut self, character: char) {
        match &mut self.state {
            State::Call { raw, call } => {
                raw.push(character);
                let progress = call.push(character);
                self.advance(progress);
            }
            State::Harmony(_) => {
                let State::Harmony(mut harmony) = std::mem::replace(&mut self.state, State::Text)
                else {
                    return;
                };
                harmony.push(character, self);
                self.state = State::Harmony(harmony);
            }
            State::Text | State::Reasoning => {
                self.held.push(character);
                self.settle();
            }
        }
    }

    /// Acts on what the held characters have become.
    fn settle(&mut self) {
        loop {
            if self.held.is_empty() || self.enter_tag() {
                return;
            }
            if self.tags().any(|tag| tag.starts_with(&self.held)) {
                return;
            }
            let first = self.held.remove(0);
            // A Llama answers with a bare object where it calls.
            let may_call = self.syntax == Syntax::Llama3 && !self.parameters.is_empty();
            let is_bare = may_call && self.is_start && first == '{';
            if is_bare && matches!(self.state, State::Text) {
                let rest = std::mem::take(&mut self.held);
                self.open(String::new());
                self.read(first);
                rest.chars().for_each(|character| self.read(character));
                return;
            }
            self.say(first.encode_utf8(&mut [0; 4]));
        }
    }

    fn tags(&self) -> impl Iterator<Item = &'static str> + use<> {
        let (begin, end) = self.syntax.thoughts();
        let (first, second) = match self.state {
            State::Reasoning => (Some(end), None),
            _ => (Some(begin), self.syntax.opening()),
        };
        first.into_iter().chain(second)
    }

    /// Changes the state if the held characters are a tag.
    fn enter_tag(&mut self) -> bool {
        let Some(tag) = self.tags().find(|tag| *tag == self.held) else {
            return false;
        };
        self.held.clear();
        self.space.clear();
        if self.syntax.opening() == Some(tag) {
            self.open(tag.to_owned());
            return true;
        }
        self.is_fresh = true;
        self.state = match self.state {
            State::Reasoning => State::Text,
            _ => State::Reasoning,
        };
        true
    }

    fn open(&mut self, raw: String) {
        let call = Call::new(self.syntax, raw.is_empty(), self.parameters.clone());
        self.state = State::Call { raw, call };
    }

    /// Takes over what a call has become.
    fn advance(&mut self, progress: Progress) {
        match progress {
            Progress::More(events) => {
                if let State::Call { raw, .. } = &mut self.state
                    && events.contains(&Event::CallEnd)
                {
                    // What is complete stays, whatever follows.
                    raw.clear();
                }
                events.into_iter().for_each(|event| self.emit(event));
            }
            Progress::Broken => {
                if let State::Call { raw, call } = std::mem::replace(&mut self.state, State::Text) {
                    self.give_up(&raw, &call);
                }
            }
            Progress::Done(events, rest) => {
                events.into_iter().for_each(|event| self.emit(event));
                self.state = State::Text;
                self.is_fresh = true;
                rest.chars().for_each(|character| self.read(character));
            }
        }
    }

    /// Turns what looked like a call into text.
    fn give_up(&mut self, raw: &str, call: &Call) {
        if call.has_begun() {
            self.emit(Event::CallBroken);
        }
        self.say(raw);
    }

    /// Adds to the text or the thoughts; white space around them is none of them.
    fn say(&mut self, text: &str) {
        for character in text.chars() {
            if character.is_whitespace() {
                if !self.is_fresh {
                    self.space.push(character);
                }
                continue;
            }
            self.is_fresh = false;
            self.is_start = false;
            let mut body = std::mem::take(&mut self.space);
            body.push(character);
            self.emit_body(&body);
        }
    }

    fn emit_body(&mut self, body: &str) {
        if body.is_empty() {
            return;
        }
        self.emit(match self.state {
            State::Reasoning => Event::Reasoning(body.to_owned()),
            _ => Event::Text(body.to_owned()),
        });
    }

    fn emit(&mut self, event: Event) {
        match (self.events.back_mut(), event) {
            (Some(Event::Text(last)), Event::Text(more))
            | (Some(Event::Reasoning(last)), Event::Reasoning(more))
            | (Some(Event::CallArguments(last)), Event::CallArguments(more)) => {
                last.push_str(&more)
            }
            (_, Event::CallBegin { id, name }) => {
                let id = match id.is_empty() {
                    // Nine letters and digits, as the strictest of the families wants them.
                    true => format!("call{:05}", self.calls),
                    false => id,
                };
                self.calls += 1;
                self.is_start = false;
                self.events.push_back(Event::CallBegin { id, name });
            }
            (_, event) => self.events.push_back(event),
        }
    }
}

/// `text` as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
