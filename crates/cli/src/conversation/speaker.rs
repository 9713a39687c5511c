//! A model that is loaded and can be talked to.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use engine::constrain::Constraint;
use engine::sampling::Sampling;
use engine::{Handle, Local, LocalOptions, Networks, Options, Reasoning, Vocabulary};
use models::chat::{Json, Message, Moment, Parser, Prompt, Syntax, Templates};
use models::{LoadOptions, Model, Special, Tokenizer};
use tensor::WeightType;

use super::answering::Answering;
use crate::failure::Failure;
use crate::memory::Memory;
use crate::serving::{self, CACHE, Needs, Opened};

/// Tokens of context that are served when nobody asks for more and the model was made for more.
const CONTEXT_USUAL: usize = 16_384;

/// Fewer are not served when nobody asks for them.
const CONTEXT_LEAST: usize = 512;

/// How a model is loaded for talking.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// How matrices are held.
    pub weights: WeightType,
    /// Tokens of prompt and answer together; as memory allows, when none.
    pub context: Option<usize>,
}

/// What is asked of a model.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// What was said so far, the last thing by whoever asks.
    pub messages: &'a [Message],
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// The same seed gives the same answer.
    pub seed: u64,
    /// The most tokens of the answer.
    pub max_tokens: Option<usize>,
    /// A JSON schema that the answer meets.
    pub schema: Option<String>,
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
}

impl Speaker {
    /// Loads the model at `path`. What can be known to be wrong is said before the weights are read.
    pub fn load(path: &Path, settings: Settings) -> anyhow::Result<Self> {
        let opened = Opened::at(path)?;
        if !opened.outline.is_known {
            let architecture = opened.outline.architecture.clone();
            return Err(models::Error::UnknownArchitecture(architecture).into());
        }
        let tokenizer = Arc::new(Tokenizer::open(path)?);
        check_tokenizer(&tokenizer, opened.outline.vocab)?;
        let templates = Templates::open(path)?;
        let context_most = opened.outline.context_length;
        let context = context(&opened, settings)?;
        opened.check_memory(settings.weights, (context, CACHE))?;
        let cache_bytes = opened.outline.cache_bytes(context, CACHE) as usize;
        let pool = serving::pool();
        let options = LoadOptions {
            weights: settings.weights,
            context_length: Some(context),
        };
        let model = Arc::new(Model::of_checkpoint(&opened.checkpoint, options, &pool)?);
        let make = move || {
            let options = LocalOptions {
                cache_bytes,
                cache_type: CACHE,
                sequences: 1,
            };
            Ok(Networks {
                network: Box::new(Local::new(model, options, pool)?),
                draft: None,
            })
        };
        let options = Options {
            running_max: 1,
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

    /// Whether the chat template is the checkpoint's own.
    pub fn has_own_template(&self) -> bool {
        self.templates.is_own()
    }

    /// How many tokens a conversation has as the model reads it.
    pub fn count(&self, messages: &[Message], now: Option<Moment>) -> anyhow::Result<usize> {
        let request = Request {
            messages,
            now,
            ..Request::default()
        };
        Ok(self.prompt(&request)?.1.len())
    }

    /// Begins an answer.
    pub fn answer(&self, request: &Request<'_>) -> anyhow::Result<Answering<'_>> {
        let (text, prompt) = self.prompt(request)?;
        let length = prompt.len();
        if length >= self.context {
            return Err(self.too_long(length).into());
        }
        let syntax = self.templates.syntax();
        let submitted = self.handle.submit(engine::Request {
            prompt,
            sampling: request.sampling.clone(),
            seed: request.seed,
            max_tokens: request.max_tokens,
            reasoning: self.reasoning(syntax, &text),
            constraint: request.schema.clone().map(Constraint::JsonSchema),
            ..engine::Request::default()
        });
        let calls = request.messages.iter().map(|said| said.tool_calls.len());
        let parser = Parser::new(syntax, &text, &[], calls.sum());
        Ok(Answering::new(submitted?, parser, &self.tokenizer))
    }

    /// The prompt as text and as tokens.
    fn prompt(&self, request: &Request<'_>) -> anyhow::Result<(String, Vec<u32>)> {
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
        let text = self.templates.render(&Prompt {
            messages: request.messages,
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
        let (begin, end) = match syntax {
            Syntax::Harmony | Syntax::Gemma4 => return None,
            Syntax::Mistral => ("[THINK]", "[/THINK]"),
            _ => ("<think>", "</think>"),
        };
        let tokens = |text: &str| self.tokenizer.encode(text, Special::Parse);
        let is_open = prompt.trim_end().ends_with(begin);
        // A model that was not taught thoughts does not have their signs.
        let is_taught = self.tokenizer.token_id(begin).is_some();
        (is_taught || is_open).then(|| Reasoning {
            is_open,
            begin: tokens(begin),
            end: tokens(end),
            ..Reasoning::default()
        })
    }

    fn too_long(&self, tokens: usize) -> Failure {
        let context = self.context;
        let what = format!("the prompt has `{tokens}` tokens, and the context holds `{context}`");
        let hint = match context < self.context_most {
            true => format!(
                "`--context N` serves more, up to `{}` where memory allows",
                self.context_most
            ),
            false => "shorten it, or take a model with a longer context".to_owned(),
        };
        Failure::refused("prompt_too_long", what).hint(hint)
    }
}

/// Tokens of context to serve: as asked for, else as many as are usual and fit.
fn context(opened: &Opened, settings: Settings) -> Result<usize, Failure> {
    let most = opened.outline.context_length;
    if let Some(asked) = settings.context {
        if asked > most {
            let what = format!("the model was made for `{most}` tokens of context, not `{asked}`");
            return Err(Failure::refused("context_too_long", what)
                .hint(format!("`--context {most}` is the most")));
        }
        return Ok(asked);
    }
    let available = Memory::read().available;
    let mut context = most.min(CONTEXT_USUAL);
    let fits = |context: usize| {
        Needs::of(&opened.outline, settings.weights, (context, CACHE)).all() <= available
    };
    while context / 2 >= CONTEXT_LEAST && !fits(context) {
        context /= 2;
    }
    Ok(context)
}

/// Refuses a tokenizer with tokens that the weights have no rows for.
fn check_tokenizer(tokenizer: &Tokenizer, rows: usize) -> Result<(), Failure> {
    let tokens = tokenizer.vocab_size();
    if tokens <= rows {
        return Ok(());
    }
    let what =
        format!("the tokenizer has `{tokens}` tokens, and the weights have rows for `{rows}`");
    Err(Failure::refused("unusable_tokenizer", what)
        .hint("is `tokenizer.json` the one that came with these weights?"))
}

/// What `generation_config.json` in `folder` recommends.
fn recommended(folder: &Path) -> Sampling {
    let usual = Sampling {
        temperature: 0.7,
        top_p: 0.95,
        ..Sampling::default()
    };
    let text = fs::read_to_string(folder.join("generation_config.json")).unwrap_or_default();
    let Ok(stated) = serde_json::from_str::<serde_json::Value>(&text) else {
        return usual;
    };
    let number = |key: &str| stated[key].as_f64().map(|number| number as f32);
    let sampling = Sampling {
        temperature: number("temperature").unwrap_or(usual.temperature),
        top_p: number("top_p").unwrap_or(usual.top_p),
        top_k: stated["top_k"].as_u64().unwrap_or(0) as usize,
        min_p: number("min_p").unwrap_or(0.0),
        repetition_penalty: number("repetition_penalty").unwrap_or(1.0),
        ..usual.clone()
    };
    match sampling.complaint() {
        None => sampling,
        Some(_) => usual,
    }
}
