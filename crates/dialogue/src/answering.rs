//! An answer as it comes.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use engine::{Control, Event, Events, Finished, Reason, Token};
use models::chat::{Content, Event as Said, Message, Parser, Role, ToolCall};
use models::{Stream, Tokenizer};

use crate::script::Reading;

/// What happened next.
#[derive(Debug, Clone, PartialEq)]
pub enum Moment {
    /// The model said this.
    Said(Saying),
    /// One of its answers has ended; the last of it was this.
    Over(Saying, Box<Outcome>),
    /// Nothing, for as long as was waited.
    Silence,
}

/// A piece of an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Saying {
    /// Which of the answers.
    pub choice: u32,
    /// What is certain now; nothing where a character or a sign is not whole yet.
    pub events: Vec<Said>,
    /// The token behind it, where log-probabilities were asked for.
    pub word: Option<Word>,
}

/// A token and how probable it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// What it stands for; maybe part of a character.
    pub bytes: Vec<u8>,
    /// The logarithm of its probability, before any sampling.
    pub logprob: f32,
    /// The most probable tokens in its place, best first.
    pub top: Vec<(Vec<u8>, f32)>,
    /// Whether it is part of the thinking.
    pub is_reasoning: bool,
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Why, how many tokens, how long.
    pub finished: Finished,
    /// All of it, as it goes into the conversation.
    pub message: Message,
}

/// The answers to one request. Dropping it ends them.
pub struct Answering {
    source: Source,
    /// Tokens of the prompt.
    prompt: usize,
}

/// Who speaks.
enum Source {
    Engine(Box<Hearing>),
    Script(Reading),
}

/// Listens to an engine, and tells words from thoughts and calls.
pub(crate) struct Hearing {
    pub events: Events,
    pub tokenizer: Arc<Tokenizer>,
    pub choices: Vec<Choice>,
    /// Whether the engine holds text back that may become a stop text.
    pub holds: bool,
}

/// One of the answers.
pub(crate) struct Choice {
    /// None for plain text, in which nothing is told apart.
    parser: Option<Parser>,
    stream: Option<Stream<Arc<Tokenizer>>>,
    message: Message,
}

impl Choice {
    pub(crate) fn new(parser: Option<Parser>, tokenizer: &Arc<Tokenizer>) -> Self {
        Self {
            parser,
            stream: Some(Stream::new(Arc::clone(tokenizer), false)),
            message: Message::empty(Role::Assistant),
        }
    }
}

impl Answering {
    pub(crate) fn of_engine(hearing: Hearing, prompt: usize) -> Self {
        Self {
            prompt,
            source: Source::Engine(Box::new(hearing)),
        }
    }

    pub(crate) fn of_script(reading: Reading, prompt: usize) -> Self {
        Self {
            prompt,
            source: Source::Script(reading),
        }
    }

    /// Tokens of the prompt that is answered.
    pub fn prompt_tokens(&self) -> usize {
        self.prompt
    }

    /// Ends the answers within one step, from anywhere.
    pub fn stopper(&self) -> Stopper {
        Stopper(match &self.source {
            Source::Engine(hearing) => Stops::Engine(hearing.events.control()),
            Source::Script(reading) => Stops::Script(reading.stopper()),
        })
    }

    /// Waits for what comes next, but no longer than `patience`.
    pub fn next(&mut self, patience: Duration) -> Moment {
        match &mut self.source {
            Source::Engine(hearing) => match hearing.events.recv_timeout(patience) {
                Some(event) => hearing.take(event),
                None => Moment::Silence,
            },
            Source::Script(reading) => reading.next(patience),
        }
    }

    /// What comes next, for an async task, which is woken when it does; `None` after the end.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Moment>> {
        match &mut self.source {
            Source::Engine(hearing) => {
                let event = hearing.events.poll_recv(cx);
                event.map(|event| event.map(|event| hearing.take(event)))
            }
            Source::Script(reading) => reading.poll_next(cx),
        }
    }
}

/// Ends an answer, or its thinking, while somebody else reads it.
#[derive(Debug, Clone)]
pub struct Stopper(Stops);

#[derive(Debug, Clone)]
enum Stops {
    Engine(Control),
    Script(crate::script::Stopper),
}

impl Stopper {
    /// Ends the answers within one step.
    pub fn cancel(&self) {
        match &self.0 {
            Stops::Engine(control) => control.cancel(),
            Stops::Script(stopper) => stopper.cancel(),
        }
    }

    /// Ends the thinking, so that the answer begins.
    pub fn conclude(&self) {
        if let Stops::Engine(control) = &self.0 {
            control.conclude();
        }
    }
}

impl Hearing {
    fn take(&mut self, event: Event) -> Moment {
        match event {
            Event::Token(token) => Moment::Said(Saying {
                choice: token.choice,
                events: self.read(&token),
                word: self.word(&token),
            }),
            Event::Finished(finished) => {
                let saying = Saying {
                    choice: finished.choice,
                    events: self.end(&finished),
                    word: None,
                };
                let message = &self.choices[finished.choice as usize].message;
                let message = message.clone();
                Moment::Over(saying, Box::new(Outcome { finished, message }))
            }
        }
    }

    /// What a token says. Signs are read by their names, but for those that end the text.
    fn read(&mut self, token: &Token) -> Vec<Said> {
        let ends = self.tokenizer.eos().contains(&token.token);
        let choice = &mut self.choices[token.choice as usize];
        let is_sign = self.tokenizer.is_special(token.token);
        if choice.parser.is_none() && is_sign {
            return choice.say(&token.text);
        }
        let text = match (self.holds, choice.stream.as_mut()) {
            // Text that may yet be cut off comes from the engine, which knows where.
            (true, _) if ends || !is_sign => token.text.clone(),
            (true, _) => {
                let name = self.tokenizer.token_bytes(token.token);
                token.text.clone() + &String::from_utf8_lossy(name)
            }
            (false, Some(stream)) if !ends => stream.push(token.token),
            (false, _) => String::new(),
        };
        choice.say(&text)
    }

    fn word(&self, token: &Token) -> Option<Word> {
        let logprobs = token.logprobs.as_ref()?;
        let bytes = |token: u32| self.tokenizer.token_bytes(token).to_vec();
        let top = logprobs.top.iter();
        Some(Word {
            bytes: bytes(token.token),
            logprob: logprobs.chosen,
            top: top
                .map(|(token, logprob)| (bytes(*token), *logprob))
                .collect(),
            is_reasoning: token.is_reasoning,
        })
    }

    fn end(&mut self, finished: &Finished) -> Vec<Said> {
        let choice = &mut self.choices[finished.choice as usize];
        let rest = choice.stream.take().map(Stream::finish);
        let rest = match self.holds {
            true => finished.text.clone(),
            false => rest.unwrap_or_default(),
        };
        let mut said = choice.say(&rest);
        if let Some(parser) = choice.parser.take() {
            let last = parser.finish();
            last.iter()
                .for_each(|event| take_in(&mut choice.message, event));
            said.extend(last);
        }
        said
    }
}

impl Choice {
    /// Tells words from thoughts and calls, and keeps them as part of the conversation.
    fn say(&mut self, text: &str) -> Vec<Said> {
        let said = match &mut self.parser {
            Some(parser) => parser.push(text),
            None if text.is_empty() => Vec::new(),
            None => vec![Said::Text(text.to_owned())],
        };
        said.iter()
            .for_each(|event| take_in(&mut self.message, event));
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
pub fn take_in(message: &mut Message, said: &Said) {
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
