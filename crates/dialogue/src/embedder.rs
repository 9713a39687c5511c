//! Vectors of texts, for search.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use library::{Needs, Opened};
use models::{Encoder, LoadOptions, Special, Text, Tokenizer};
use tensor::{Context, WeightType};

use crate::error::{Error, Result};
use crate::script;

/// The most tokens that are computed at once; longer lists of texts are cut.
const BATCH_TOKENS: usize = 8192;

/// A model that makes a vector of each text. One thread computes; calls wait their turn.
pub struct Embedder {
    kind: Kind,
    waiting: AtomicUsize,
}

enum Kind {
    Loaded(Box<Loaded>),
    Script,
}

struct Loaded {
    tokenizer: Tokenizer,
    context: usize,
    width: usize,
    bytes: u64,
    jobs: Mutex<mpsc::Sender<Job>>,
}

/// Tokens of texts, and where their vectors go.
type Job = (Vec<Vec<u32>>, mpsc::Sender<Vec<Vec<f32>>>);

/// The vectors of some texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// One for each text, of unit length.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens of all texts.
    pub tokens: usize,
}

/// A text or its tokens.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// Text, framed as the model was taught.
    Text(&'a str),
    /// Tokens, as they are.
    Tokens(&'a [u32]),
}

impl Embedder {
    /// Loads the model at `path`.
    pub fn load(path: &Path, weights: WeightType) -> Result<Self> {
        let opened = Opened::at(path)?;
        let tokenizer = Tokenizer::open(path)?;
        let pool = library::pool();
        let options = LoadOptions {
            weights,
            context_length: None,
        };
        let encoder = Encoder::load(path, options, &pool)?;
        let (context, width) = (encoder.context_length(), encoder.width());
        let bytes = Needs::of(&opened.outline, weights, (0, library::CACHE)).all();
        let (jobs, inbox) = mpsc::channel::<Job>();
        let named = thread::Builder::new().name("embedder".to_owned());
        let spawned = named.spawn(move || {
            let cx = Context::new(Arc::clone(&pool));
            for (texts, back) in inbox {
                // Whoever asked may have gone.
                let _ = back.send(embed(&cx, &encoder, &texts));
            }
        });
        spawned.map_err(|error| engine::Error::Broken {
            reason: format!("no thread: {error}"),
        })?;
        Ok(Self {
            kind: Kind::Loaded(Box::new(Loaded {
                tokenizer,
                context,
                width,
                bytes,
                jobs: Mutex::new(jobs),
            })),
            waiting: AtomicUsize::new(0),
        })
    }

    /// One whose vectors depend on the texts, and say nothing of them.
    pub fn scripted() -> Self {
        Self {
            kind: Kind::Script,
            waiting: AtomicUsize::new(0),
        }
    }

    /// Numbers in a vector.
    pub fn width(&self) -> usize {
        match &self.kind {
            Kind::Loaded(loaded) => loaded.width,
            Kind::Script => script::WIDTH,
        }
    }

    /// Memory that it takes, in bytes.
    pub fn bytes(&self) -> u64 {
        match &self.kind {
            Kind::Loaded(loaded) => loaded.bytes,
            Kind::Script => 0,
        }
    }

    /// Whether somebody waits for vectors.
    pub fn is_busy(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// The vectors of `inputs`. Blocks until they are there.
    ///
    /// # Errors
    /// [`Error::TooLong`] when a text has more tokens than the model reads, [`Error::Engine`] when there is none
    /// in it or a token is none of the model's.
    pub fn embed(&self, inputs: &[Input<'_>]) -> Result<Embedding> {
        let Kind::Loaded(loaded) = &self.kind else {
            return Ok(scripted(inputs));
        };
        let texts = inputs.iter().map(|input| loaded.tokens(*input));
        let texts = texts.collect::<Result<Vec<Vec<u32>>>>()?;
        let tokens = texts.iter().map(Vec::len).sum();
        let (back, vectors) = mpsc::channel();
        let jobs = &loaded.jobs;
        let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let vectors = jobs
            .send((texts, back))
            .ok()
            .and_then(|()| vectors.recv().ok());
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let vectors = vectors.ok_or(engine::Error::Stopped)?;
        Ok(Embedding { vectors, tokens })
    }
}

impl Loaded {
    fn tokens(&self, input: Input<'_>) -> Result<Vec<u32>> {
        let Self {
            tokenizer, context, ..
        } = self;
        let tokens = match input {
            // Words of others stay words, whatever they look like.
            Input::Text(text) => tokenizer.encode_framed(text, Special::AsText),
            Input::Tokens(tokens) => tokens.to_vec(),
        };
        let refuse = |reason: String| Err(engine::Error::Request { reason }.into());
        let known = tokenizer.vocab_size() as u32;
        if let Some(token) = tokens.iter().find(|token| **token >= known) {
            return refuse(format!("token `{token}` of `{known}`"));
        }
        match tokens.len() {
            0 => refuse("a text is empty".to_owned()),
            length if length > *context => Err(Error::TooLong {
                tokens: length,
                context: *context,
                hint: "cut the text into pieces".to_owned(),
            }),
            _ => Ok(tokens),
        }
    }
}

fn embed(cx: &Context, encoder: &Encoder, texts: &[Vec<u32>]) -> Vec<Vec<f32>> {
    let mut vectors = Vec::with_capacity(texts.len());
    let mut rest = texts;
    while !rest.is_empty() {
        let mut tokens = 0;
        let fits = rest.iter().take_while(|text| {
            tokens += text.len();
            tokens <= BATCH_TOKENS
        });
        let (batch, after) = rest.split_at(fits.count().max(1));
        rest = after;
        let batch: Vec<Text<'_>> = batch
            .iter()
            .map(|tokens| Text {
                tokens,
                segments: None,
            })
            .collect();
        let embedded = encoder.embed(cx, &batch);
        vectors.extend((0..batch.len()).map(|row| unit(embedded.row(row))));
    }
    vectors
}

/// `vector` brought to unit length.
fn unit(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
    vector.iter().map(|x| x * scale).collect()
}

fn scripted(inputs: &[Input<'_>]) -> Embedding {
    let texts = inputs.iter().map(|input| match input {
        Input::Text(text) => (*text).to_owned(),
        Input::Tokens(tokens) => format!("{tokens:?}"),
    });
    let texts: Vec<String> = texts.collect();
    Embedding {
        vectors: texts.iter().map(|text| script::vector(text)).collect(),
        tokens: texts
            .iter()
            .map(|text| text.split_whitespace().count())
            .sum(),
    }
}
