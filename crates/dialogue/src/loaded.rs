//! A model whose weights are in memory, with its tokenizer, its chat template and an engine.

use std::path::Path;
use std::sync::Arc;

use engine::sampling::Sampling;
use engine::{
    Events, Handle, Local, LocalOptions, Networks, Options, Reasoning, Status, Vocabulary,
};
use library::{CACHE, Memory, Needs, Opened};
use models::chat::{Json, Message, Parser, Prompt, Syntax, Templates, Tool};
use models::{LoadOptions, Model, Special, Tokenizer};
use tensor::files::Progress;

use crate::answering::{Answering, Choice, Hearing};
use crate::calling;
use crate::error::{Error, Result};
use crate::request::{Beginning, Completion, Request};
use crate::sampling::recommended;
use crate::speaker::Settings;

/// Tokens of context that are served when nobody asks for more and the model was made for more.
const CONTEXT_USUAL: usize = 16_384;

/// Fewer are not served when nobody asks for them.
const CONTEXT_LEAST: usize = 512;

/// A model, its tokenizer and its chat template, with an engine that answers.
pub(crate) struct Loaded {
    handle: Handle,
    tokenizer: Arc<Tokenizer>,
    templates: Templates,
    /// What the checkpoint's publisher recommends.
    sampling: Sampling,
    context: usize,
    context_most: usize,
    bytes: u64,
}

impl Loaded {
    /// Loads the model at `path`. What can be known to be wrong is said before the weights are read; while they
    /// are, what `begun` was given tells how far that is.
    pub(crate) fn load(
        path: &Path,
        settings: Settings,
        begun: impl FnOnce(&Arc<Progress>),
    ) -> Result<Self> {
        let opened = Opened::at(path)?;
        opened.check_known()?;
        let tokenizer = Arc::new(Tokenizer::open(path)?);
        check_tokenizer(&tokenizer, opened.outline.vocab)?;
        let templates = Templates::open(path)?;
        let context_most = opened.outline.context_length;
        let context = served_context(&opened, settings)?;
        let sequences = settings.answers.max(1);
        let cached = settings.cached(context);
        opened.check_memory(settings.weights, (cached, CACHE))?;
        let needs = Needs::of(&opened.outline, settings.weights, (cached, CACHE));
        let cache_bytes = needs.cache as usize;
        begun(opened.checkpoint.progress());
        let pool = library::pool();
        let options = LoadOptions {
            weights: settings.weights,
            context_length: Some(context),
        };
        let model = Arc::new(Model::of_checkpoint(&opened.checkpoint, options, &pool)?);
        let make = move || {
            let options = LocalOptions {
                cache_bytes,
                cache_type: CACHE,
                sequences,
            };
            Ok(Networks {
                network: Box::new(Local::new(model, options, pool)?),
                draft: None,
            })
        };
        let options = Options {
            running_max: sequences,
            ..Options::default()
        };
        let handle = Handle::start(options, Vocabulary::of(&tokenizer), make)?;
        Ok(Self {
            handle,
            tokenizer,
            templates,
            sampling: recommended(opened.checkpoint.folder()),
            context,
            context_most,
            bytes: needs.all(),
        })
    }

    /// What the model's publisher recommends, else what most models bear.
    pub(crate) fn sampling(&self) -> Sampling {
        self.sampling.clone()
    }

    /// Tokens of prompt and answer together.
    pub(crate) fn context(&self) -> usize {
        self.context
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many answers are being made and how many wait.
    pub(crate) fn status(&self) -> Status {
        self.handle.status()
    }

    /// Whether the chat template is the checkpoint's own.
    pub(crate) fn has_own_template(&self) -> bool {
        self.templates.is_own()
    }

    pub(crate) fn count(&self, request: &Request<'_>) -> Result<usize> {
        let tools = calling::allowed(request.tools, &request.tool_choice);
        Ok(self.prompt(request, &tools)?.1.len())
    }

    pub(crate) fn answer(&self, request: &Request<'_>) -> Result<Answering> {
        let tools = calling::allowed(request.tools, &request.tool_choice);
        let (text, prompt) = self.prompt(request, &tools)?;
        self.check_length(prompt.len())?;
        let syntax = self.templates.syntax();
        let calls = calling::constraint(syntax, &tools, &request.tool_choice, request.calls_one)?;
        let is_held_to_calls = calls.is_some() && syntax == Syntax::Harmony;
        let reasoning = self
            .reasoning(syntax, &text, is_held_to_calls)
            .map(|found| Reasoning {
                max_tokens: request.thinking.max_tokens,
                ..found
            });
        let prompt_tokens = prompt.len();
        let events = self.handle.submit(engine::Request {
            prompt,
            sampling: request.sampling.clone(),
            seed: request.seed,
            choices: request.choices,
            max_tokens: request.max_tokens,
            stop: request.stop.to_vec(),
            logprobs: request.logprobs,
            reasoning,
            // Who must call cannot also give an answer of a form.
            constraint: calls.or_else(|| request.constraint.clone()),
            priority: request.priority,
            tenant: request.tenant,
            ..engine::Request::default()
        })?;
        let calls = request.messages.iter().map(|said| said.tool_calls.len());
        let calls: usize = calls.sum();
        let tools: Vec<Tool> = tools.into_iter().cloned().collect();
        let parser = || Some(Parser::new(syntax, &text, &tools, calls));
        let events = (events, prompt_tokens);
        Ok(self.listen(events, request.choices, request.stop, parser))
    }

    pub(crate) fn complete(&self, asked: &Completion<'_>) -> Result<Answering> {
        let prompt = match asked.prompt {
            Beginning::Text(text) => self.tokenizer.encode_framed(text, Special::Parse),
            Beginning::Tokens(tokens) => tokens.to_vec(),
        };
        self.check_length(prompt.len())?;
        let prompt_tokens = prompt.len();
        let events = self.handle.submit(engine::Request {
            prompt,
            sampling: asked.sampling.clone(),
            seed: asked.seed,
            choices: asked.choices,
            max_tokens: asked.max_tokens,
            stop: asked.stop.to_vec(),
            logprobs: asked.logprobs,
            constraint: asked.constraint.clone(),
            priority: asked.priority,
            tenant: asked.tenant,
            ..engine::Request::default()
        })?;
        let events = (events, prompt_tokens);
        Ok(self.listen(events, asked.choices, asked.stop, || None))
    }

    fn listen(
        &self,
        (events, prompt_tokens): (Events, usize),
        choices: u32,
        stop: &[String],
        parser: impl Fn() -> Option<Parser>,
    ) -> Answering {
        let choices = 0..choices.max(1);
        let choices = choices.map(|_| Choice::new(parser(), &self.tokenizer));
        let hearing = Hearing {
            events,
            tokenizer: Arc::clone(&self.tokenizer),
            choices: choices.collect(),
            holds: !stop.is_empty(),
        };
        Answering::of_engine(hearing, prompt_tokens)
    }

    fn check_length(&self, length: usize) -> Result<()> {
        match length < self.context {
            true => Ok(()),
            false => Err(self.too_long(length)),
        }
    }

    /// The prompt as text and as tokens.
    fn prompt(&self, request: &Request<'_>, tools: &[&Tool]) -> Result<(String, Vec<u32>)> {
        let mut options = Vec::new();
        if let Some(thinks) = request.thinking.thinks {
            options.push(("enable_thinking".to_owned(), Json::from(thinks)));
            options.push(("thinking".to_owned(), Json::from(thinks)));
        }
        let usual = request
            .thinking
            .thinks
            .map(|thinks| if thinks { "high" } else { "low" });
        if let Some(effort) = request.thinking.effort.or(usual) {
            options.push(("reasoning_effort".to_owned(), Json::from(effort)));
        }
        // Words of others stay words, whatever they look like.
        let messages = request.messages.iter();
        let messages: Vec<Message> = messages
            .map(|said| said.shielded(&self.tokenizer))
            .collect();
        let tools = tools.iter();
        let tools: Vec<Tool> = tools.map(|tool| tool.shielded(&self.tokenizer)).collect();
        let text = self.templates.render(&Prompt {
            messages: &messages,
            tools: &tools,
            adds_generation_prompt: true,
            options: &options,
            now: request.now,
            ..Prompt::default()
        })?;
        let tokens = self.tokenizer.encode(&text, Special::Parse);
        Ok((text, tokens))
    }

    /// Where thoughts begin and end, so that a schema holds after them.
    fn reasoning(&self, syntax: Syntax, prompt: &str, calls: bool) -> Option<Reasoning> {
        let tokens = |text: &str| self.tokenizer.encode(text, Special::Parse);
        let (begin, end) = match syntax {
            // Everything before the channel of the answer is none.
            Syntax::Harmony => {
                let end = match calls {
                    true => "<|end|><|start|>assistant",
                    false => "<|channel|>final<|message|>",
                };
                return Some(Reasoning {
                    is_open: true,
                    end: tokens(end),
                    ..Reasoning::default()
                });
            }
            Syntax::Gemma4 => ("<|channel>", "<channel|>"),
            Syntax::Mistral => ("[THINK]", "[/THINK]"),
            _ => ("<think>", "</think>"),
        };
        let is_open = prompt.trim_end().ends_with(begin);
        let begin = tokens(begin);
        // A model that was not taught thoughts spells their signs like any other word.
        let is_taught = begin.len() == 1;
        (is_taught || is_open).then(|| Reasoning {
            is_open,
            begin,
            end: tokens(end),
            ..Reasoning::default()
        })
    }

    fn too_long(&self, tokens: usize) -> Error {
        let (context, most) = (self.context, self.context_most);
        let hint = match context < most {
            true => format!(
                "the model was made for up to `{most}`: `--context N` serves more where memory allows"
            ),
            false => "shorten it, or take a model with a longer context".to_owned(),
        };
        Error::TooLong {
            tokens,
            context,
            hint,
        }
    }
}

/// Tokens of context to serve: as asked for, else as many as are usual and fit.
pub(crate) fn served_context(opened: &Opened, settings: Settings) -> Result<usize> {
    let most = opened.outline.context_length;
    if let Some(asked) = settings.context {
        if asked > most {
            return Err(Error::Context { asked, most });
        }
        return Ok(asked);
    }
    let available = Memory::read().available;
    let mut context = most.min(CONTEXT_USUAL);
    let fits = |context: usize| {
        let cached = settings.cached(context);
        Needs::of(&opened.outline, settings.weights, (cached, CACHE)).all() <= available
    };
    while context / 2 >= CONTEXT_LEAST && !fits(context) {
        context /= 2;
    }
    Ok(context)
}

/// Refuses a tokenizer with tokens that the weights have no rows for.
fn check_tokenizer(tokenizer: &Tokenizer, rows: usize) -> Result<()> {
    let tokens = tokenizer.vocab_size();
    match tokens <= rows {
        true => Ok(()),
        false => Err(Error::Tokenizer { tokens, rows }),
    }
}
