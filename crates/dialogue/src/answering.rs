//! An answer as it comes.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use engine::{Control, Event, Events, Finished, Reason};
use models::chat::{Content, Event as Said, Message, Parser, Role, ToolCall};
use models::{Stream, Tokenizer};

/// What happened next.
#[derive(Debug)]
pub enum Moment {
    /// The model said this.
    Said(Vec<Said>),
    /// It has ended; the last of it was this.
    Over(Vec<Said>, Box<Outcome>),
    /// Nothing, for as long as was waited.
    Silence,
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Why, how many tokens, how long.
    pub finished: Finished,
    /// All of it, as it goes into the conversation.
    pub message: Message,
}

/// The events of one answer. Dropping it ends the answer.
pub struct Answering {
    events: Events,
    parser: Option<Parser>,
    stream: Option<Stream<Arc<Tokenizer>>>,
    tokenizer: Arc<Tokenizer>,
    message: Message,
}

impl Answering {
    pub(crate) fn new(events: Events, parser: Parser, tokenizer: Arc<Tokenizer>) -> Self {
        Self {
            events,
            parser: Some(parser),
            stream: Some(Stream::new(Arc::clone(&tokenizer), false)),
            tokenizer,
            message: Message::empty(Role::Assistant),
        }
    }

    /// Ends the answer within one step, from anywhere.
    pub fn control(&self) -> Control {
        self.events.control()
    }

    /// Waits for what comes next, but no longer than `patience`.
    pub fn next(&mut self, patience: Duration) -> Moment {
        let Some(event) = self.events.recv_timeout(patience) else {
            return Moment::Silence;
        };
        self.take(event)
    }

    /// What comes next, for an async task, which is woken when it does; `None` after the end.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Moment>> {
        self.events
            .poll_recv(cx)
            .map(|event| event.map(|event| self.take(event)))
    }

    fn take(&mut self, event: Event) -> Moment {
        match event {
            Event::Token(token) => Moment::Said(self.read(token.token)),
            Event::Finished(finished) => {
                let said = self.end();
                let outcome = Outcome {
                    finished,
                    message: self.message.clone(),
                };
                Moment::Over(said, Box::new(outcome))
            }
        }
    }

    /// What a token says. Signs are read by their names, but for those that end the text.
    fn read(&mut self, token: u32) -> Vec<Said> {
        if self.tokenizer.eos().contains(&token) {
            return Vec::new();
        }
        let text = self.stream.as_mut().map(|stream| stream.push(token));
        let said = self.parser.as_mut().zip(text);
        let said = said.map(|(parser, text)| parser.push(&text));
        self.keep(said.unwrap_or_default())
    }

    fn end(&mut self) -> Vec<Said> {
        let rest = self.stream.take().map(Stream::finish).unwrap_or_default();
        let Some(mut parser) = self.parser.take() else {
            return Vec::new();
        };
        let mut said = parser.push(&rest);
        said.extend(parser.finish());
        self.keep(said)
    }

    /// Keeps what was said as part of the conversation.
    fn keep(&mut self, said: Vec<Said>) -> Vec<Said> {
        for event in &said {
            take_in(&mut self.message, event);
        }
        said
    }
}

impl Outcome {
    /// Tokens a second, from the first to the last.
    pub fn tokens_per_second(&self) -> f64 {
        let seconds = self.finished.timings.decode.as_secs_f64();
        let tokens = self.finished.usage.generated.saturating_sub(1);
        match seconds > 0.0 {
            true => tokens as f64 / seconds,
            false => 0.0,
        }
    }

    /// Why it ended, in the words of OpenAI's API.
    pub fn reason(&self) -> &'static str {
        match self.finished.reason {
            Reason::Length => "length",
            Reason::Cancelled => "cancelled",
            Reason::Failed(_) => "error",
            _ if !self.message.tool_calls.is_empty() => "tool_calls",
            _ => "stop",
        }
    }
}

/// Adds what was said to a message.
fn take_in(message: &mut Message, said: &Said) {
    match said {
        Said::Reasoning(text) => message.reasoning.get_or_insert_default().push_str(text),
        Said::Text(text) => match &mut message.content {
            Some(Content::Text(known)) => known.push_str(text),
            content => *content = Some(Content::Text(text.clone())),
        },
        Said::CallBegin { id, name } => message.tool_calls.push(ToolCall {
            id: id.clone(),
            name: name.clone(),
            arguments: String::new(),
        }),
        Said::CallArguments(text) => {
            if let Some(call) = message.tool_calls.last_mut() {
                call.arguments.push_str(text);
            }
        }
        Said::CallEnd => {}
        Said::CallBroken => {
            message.tool_calls.pop();
        }
    }
}
