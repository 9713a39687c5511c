//! A model that can be talked to.

use std::path::Path;
use std::sync::Arc;

use engine::Status;
use engine::sampling::Sampling;
use models::chat::{Message, Moment};
use tensor::WeightType;
use tensor::files::Progress;

use crate::answering::Answering;
use crate::built_in::{BuiltIn, Talk, Tell};
use crate::error::{Error, Result};
use crate::loaded::Loaded;
pub(crate) use crate::loaded::served_context;
use crate::request::{Beginning, Completion, Request};
use crate::script::{self, Script, Stage};

/// How a model is loaded for talking.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How matrices are held.
    pub weights: WeightType,
    /// Tokens of prompt and answer together; as memory allows, when none.
    pub context: Option<usize>,
    /// Answers that are made at the same time. 1 by default.
    pub answers: usize,
    /// Whole contexts that are remembered, of all answers together; one each, when none.
    pub cache_contexts: Option<usize>,
}

impl Settings {
    /// Tokens that are remembered where an answer has `context` of them.
    pub(crate) fn cached(&self, context: usize) -> usize {
        let answers = self.answers.max(1);
        context
            * self
                .cache_contexts
                .map_or(answers, |most| most.clamp(1, answers))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            weights: WeightType::default(),
            context: None,
            answers: 1,
            cache_contexts: None,
        }
    }
}

/// A model that can be talked to.
pub struct Speaker {
    kind: Kind,
}

/// What answers.
enum Kind {
    Loaded(Box<Loaded>),
    Script(Stage),
    Tools(Box<Talk>),
}

impl Speaker {
    /// Loads the model at `path`. What can be known to be wrong is said before the weights are read.
    pub fn load(path: &Path, settings: Settings) -> Result<Self> {
        Self::load_watched(path, settings, |_| {})
    }

    /// Like [`load`](Self::load); `begun` is given what tells how far it is, when the weights begin to be read.
    pub fn load_watched(
        path: &Path,
        settings: Settings,
        begun: impl FnOnce(&Arc<Progress>),
    ) -> Result<Self> {
        Ok(Self {
            kind: Kind::Loaded(Box::new(Loaded::load(path, settings, begun)?)),
        })
    }

    /// One that says what was written down for it.
    pub fn scripted(script: Script) -> Self {
        Self {
            kind: Kind::Script(Stage::new(script)),
        }
    }

    /// The built-in model; `tell` finds the words for what it calls.
    pub fn of_tools(model: BuiltIn, tell: Tell) -> Self {
        Self {
            kind: Kind::Tools(Box::new(Talk::new(model, tell))),
        }
    }

    /// Whether it understands requests for tools alone.
    pub fn is_of_tools(&self) -> bool {
        matches!(self.kind, Kind::Tools(_))
    }

    /// Whether answers begin without work worth a thread of its own.
    pub fn is_quick(&self) -> bool {
        matches!(self.kind, Kind::Script(_))
    }

    /// What the model's publisher recommends, else what most models bear.
    pub fn sampling(&self) -> Sampling {
        match &self.kind {
            Kind::Loaded(loaded) => loaded.sampling(),
            Kind::Script(_) | Kind::Tools(_) => Sampling::default(),
        }
    }

    /// Tokens of prompt and answer together.
    pub fn context(&self) -> usize {
        match &self.kind {
            Kind::Loaded(loaded) => loaded.context(),
            Kind::Script(_) => script::CONTEXT,
            Kind::Tools(talk) => talk.context(),
        }
    }

    /// Memory that it takes, in bytes.
    pub fn bytes(&self) -> u64 {
        match &self.kind {
            Kind::Loaded(loaded) => loaded.bytes(),
            Kind::Script(_) => 0,
            Kind::Tools(talk) => talk.bytes(),
        }
    }

    /// How many answers are being made and how many wait.
    pub fn status(&self) -> Status {
        match &self.kind {
            Kind::Loaded(loaded) => loaded.status(),
            Kind::Script(stage) => Status {
                running: stage.running(),
                ..Status::default()
            },
            Kind::Tools(talk) => talk.status(),
        }
    }

    /// Whether the chat template is the checkpoint's own.
    pub fn has_own_template(&self) -> bool {
        match &self.kind {
            Kind::Loaded(loaded) => loaded.has_own_template(),
            Kind::Script(_) | Kind::Tools(_) => true,
        }
    }

    /// How many tokens a conversation has as the model reads it.
    pub fn count(&self, messages: &[Message], now: Option<Moment>) -> Result<usize> {
        self.count_request(&Request {
            messages,
            now,
            ..Request::default()
        })
    }

    /// How many tokens a request has as the model reads it, tools included.
    pub fn count_request(&self, request: &Request<'_>) -> Result<usize> {
        match &self.kind {
            Kind::Loaded(loaded) => loaded.count(request),
            Kind::Script(_) => Ok(Stage::count(request.messages)),
            Kind::Tools(talk) => talk.count(request.messages),
        }
    }

    /// Begins an answer. What is wrong with the request is said at once.
    ///
    /// # Errors
    /// [`Error::TooLong`] when the conversation does not fit, [`Error::Calls`] when the model cannot be held to
    /// the tools, [`Error::Model`] when the template refuses it, [`Error::Engine`] when the constraint cannot be
    /// met or too many wait.
    pub fn answer(&self, request: &Request<'_>) -> Result<Answering> {
        match &self.kind {
            Kind::Loaded(loaded) => loaded.answer(request),
            Kind::Script(stage) => match Stage::count(request.messages) {
                tokens if tokens >= script::CONTEXT => Err(Error::TooLong {
                    tokens,
                    context: script::CONTEXT,
                    hint: "shorten it".to_owned(),
                }),
                tokens => Ok(Answering::of_script(stage.answer(request), tokens)),
            },
            Kind::Tools(talk) => {
                let (reading, tokens) = talk.answer(request)?;
                Ok(Answering::of_script(reading, tokens))
            }
        }
    }

    /// Goes on with a text as it stands, without a template.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn complete(&self, asked: &Completion<'_>) -> Result<Answering> {
        match &self.kind {
            Kind::Loaded(loaded) => loaded.complete(asked),
            Kind::Tools(_) => Err(Error::ToolsOnly),
            Kind::Script(stage) => {
                let text = match asked.prompt {
                    Beginning::Text(text) => text.to_owned(),
                    Beginning::Tokens(tokens) => "token ".repeat(tokens.len()),
                };
                let request = Request {
                    choices: asked.choices,
                    max_tokens: asked.max_tokens,
                    stop: asked.stop,
                    logprobs: asked.logprobs,
                    ..Request::default()
                };
                let tokens = text.split_whitespace().count();
                Ok(Answering::of_script(
                    stage.complete(&text, &request),
                    tokens,
                ))
            }
        }
    }
}
