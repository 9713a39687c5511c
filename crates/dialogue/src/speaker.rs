//! A model that is loaded and can be talked to.

use std::path::Path;
use std::sync::Arc;

use engine::constrain::Constraint;
use engine::sampling::Sampling;
use engine::{Handle, Local, LocalOptions, Networks, Options, Reasoning, Status, Vocabulary};
use library::{CACHE, Memory, Needs, Opened};
use models::chat::{Json, Message, Moment, Parser, Prompt, Syntax, Templates, Tool};
use models::{LoadOptions, Model, Special, Tokenizer};
use tensor::WeightType;

use crate::answering::Answering;
use crate::error::{Error, Result};
use crate::sampling::recommended;

/// Tokens of context that are served when nobody asks for more and the model was made for more.
const CONTEXT_USUAL: usize = 16_384;

/// Fewer are not served when nobody asks for them.
const CONTEXT_LEAST: usize = 512;

/// How a model is loaded for talking.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How matrices are held.
    pub weights: WeightType,
    /// Tokens of prompt and answer together; as memory allows, when none.
    pub context: Option<usize>,
    /// Answers that are made at the same time; the cache has room for the whole context of each. 1 by
    /// default.
    pub answers: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            weights: WeightType::default(),
            context: None,
            answers: 1,
        }
    }
}

/// What is asked of a model.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// What was said so far, the last thing by whoever asks.
    pub messages: &'a [Message],
    /// What the model may call.
    pub tools: &'a [Tool],
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// The same seed gives the same answer.
    pub seed: u64,
    /// The most tokens of the answer.
    pub max_tokens: Option<usize>,
    /// What the answer must look like, after the thinking.
    pub constraint: Option<Constraint>,
    /// Whether to think first; as the model likes, when none.
    pub thinks: Option<bool>,
    /// The date, for templates that print it.
    pub now: Option<Moment>,
}

/// A model, its tokenizer and its chat template, with an engine that answers.
pub struct Speaker {
    handle: Handle,
    tokenizer: Arc<Tokenizer>,
    templates: Templates,
    /// What the checkpoint's publisher recommends.
    sampling: Sampling,
    context: usize,
    context_most: usize,
    bytes: u64,
}

impl Speaker {
    /// Loads the model at `path`. What can be known to be wrong is said before the weights are read.
    pub fn load(path: &Path, settings: Settings) -> Result<Self> {
        let opened = Opened::at(path)?;
        opened.check_known()?;
        let tokenizer = Arc::new(Tokenizer::open(path)?);
        check_tokenizer(&tokenizer, opened.outline.vocab)?;
        let templates = Templates::open(path)?;
        let context_most = opened.outline.context_length;
        let context = context(&opened, settings)?;
        let sequences = settings.answers.max(1);
        let cached = sequences * context;
        opened.check_memory(settings.weights, (cached, CACHE))?;
        let needs = Needs::of(&opened.outline, settings.weights, (cached, CACHE));
        let cache_bytes = needs.cache as usize;
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
    pub fn sampling(&self) -> Sampling {
        self.sampling.clone()
    }

    /// Tokens of prompt and answer together.
    pub fn context(&self) -> usize {
        self.context
    }

    /// Memory that it takes, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many answers are being made and how many wait.
    pub fn status(&self) -> Status {
        self.handle.status()
    }

    /// Whether the chat template is the checkpoint's own.
    pub fn has_own_template(&self) -> bool {
        self.templates.is_own()
    }

    /// How many tokens a conversation has as the model reads it.
    pub fn count(&self, messages: &[Message], now: Option<Moment>) -> Result<usize> {
        let request = Request {
            messages,
            now,
            ..Request::default()
        };
        Ok(self.prompt(&request)?.1.len())
    }

    /// Begins an answer. What is wrong with the request is said at once.
    ///
    /// # Errors
    /// [`Error::TooLong`] when the conversation does not fit, [`Error::Model`] when the template refuses it,
    /// [`Error::Engine`] when the constraint cannot be met or too many wait.
    pub fn answer(&self, request: &Request<'_>) -> Result<Answering> {
        let (text, prompt) = self.prompt(request)?;
        let length = prompt.len();
        if length >= self.context {
            return Err(self.too_long(length));
        }
        let syntax = self.templates.syntax();
        let submitted = self.handle.submit(engine::Request {
            prompt,
            sampling: request.sampling.clone(),
            seed: request.seed,
            max_tokens: request.max_tokens,
            reasoning: self.reasoning(syntax, &text),
            constraint: request.constraint.clone(),
            ..engine::Request::default()
        });
        let calls = request.messages.iter().map(|said| said.tool_calls.len());
        let parser = Parser::new(syntax, &text, request.tools, calls.sum());
        Ok(Answering::new(
            submitted?,
            parser,
            Arc::clone(&self.tokenizer),
        ))
    }

    /// The prompt as text and as tokens.
    fn prompt(&self, request: &Request<'_>) -> Result<(String, Vec<u32>)> {
        let thinks = request.thinks.map(|thinks| {
            vec![
                ("enable_thinking".to_owned(), Json::from(thinks)),
                ("thinking".to_owned(), Json::from(thinks)),
                (
                    "reasoning_effort".to_owned(),
                    Json::from(if thinks { "high" } else { "low" }),
                ),
            ]
        });
        // Words of others stay words, whatever they look like.
        let messages = request.messages.iter();
        let messages: Vec<Message> = messages
            .map(|said| said.shielded(&self.tokenizer))
            .collect();
        let tools = request.tools.iter();
        let tools: Vec<Tool> = tools.map(|tool| tool.shielded(&self.tokenizer)).collect();
        let text = self.templates.render(&Prompt {
            messages: &messages,
            tools: &tools,
            adds_generation_prompt: true,
            options: &thinks.unwrap_or_default(),
            now: request.now,
            ..Prompt::default()
        })?;
        let tokens = self.tokenizer.encode(&text, Special::Parse);
        Ok((text, tokens))
    }

    /// Where thoughts begin and end, so that a schema holds after them.
    fn reasoning(&self, syntax: Syntax, prompt: &str) -> Option<Reasoning> {
        let tokens = |text: &str| self.tokenizer.encode(text, Special::Parse);
        let (begin, end) = match syntax {
            // Everything before the channel of the answer is none.
            Syntax::Harmony => {
                return Some(Reasoning {
                    is_open: true,
                    end: tokens("<|channel|>final<|message|>"),
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
fn context(opened: &Opened, settings: Settings) -> Result<usize> {
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
        let cached = settings.answers.max(1) * context;
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
