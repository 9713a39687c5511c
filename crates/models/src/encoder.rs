//! Models that make a vector or a score of a text.
//!
//! Shapes: T tokens of all texts, C hidden.

use std::path::Path;

use kernels::{PAGE, Pool};
use serde_json::Value;
use tensor::files::Checkpoint;
use tensor::{CacheType, Context, Sequence, Tensor};

use crate::batch::Batch;
use crate::bert::Bert;
use crate::error::Error;
use crate::loader::Loader;
use crate::model::{LoadOptions, Model};
use crate::modern_bert::ModernBert;
use crate::self_attention::Heads;
use crate::settings::Settings;
use crate::source::{Source, read_source};

/// A model that makes of each text one vector, or one score for each of its labels: what search and
/// reranking need. Shared between threads.
pub struct Encoder {
    network: Kind,
    pooling: Pooling,
    labels: usize,
    hidden: usize,
    context_length: usize,
}

/// Tokens see both ways, or only those before them.
enum Kind {
    BothWays(Box<dyn EncoderNetwork>),
    Decoder(Box<Model>),
}

/// A text, or a question and a passage in one.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// Its tokens, those that mark beginning and end included; at least one.
    pub tokens: &'a [u32],
    /// Of each token the segment, 0 or 1, as of a question and a passage; 0 throughout when none.
    pub segments: Option<&'a [u32]>,
}

/// How the states of tokens become the vector of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pooling {
    /// That of the first token.
    First,
    /// That of the last.
    Last,
    /// Their mean.
    Mean,
}

/// One family of encoders.
pub(crate) trait EncoderNetwork: Send + Sync {
    /// The states `[T, C]` of all tokens.
    fn states(&self, cx: &Context, texts: &[Text<'_>]) -> Tensor;

    /// What the head for scores makes of the states of one text: `[1, labels]`.
    fn score(&self, cx: &Context, states: &Tensor) -> Option<Tensor>;
}

impl Encoder {
    /// Loads a folder of Hugging Face's: BERT, Nomic-BERT or ModernBERT, with a head for scores or without,
    /// or a language model that embeds, as Qwen3-Embedding does.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load(path: &Path, options: LoadOptions, pool: &Pool) -> Result<Self, Error> {
        let checkpoint = Checkpoint::open(path)?;
        let pooling = read_pooling(&checkpoint)?;
        let Source {
            architecture,
            settings,
            names,
        } = read_source(&checkpoint)?;
        let loader = Loader::new(&checkpoint, settings, names, options, pool);
        let labels = labels(&loader.settings)?;
        let network: Box<dyn EncoderNetwork> = match &*architecture {
            "bert" | "nomic_bert" => Box::new(Bert::load(&loader, &architecture, labels)?),
            "modernbert" => Box::new(ModernBert::load(&loader, labels)?),
            _ => {
                let model = Model::of_checkpoint(&checkpoint, options, pool)?;
                return Ok(Self {
                    pooling: pooling.unwrap_or(Pooling::Last),
                    labels: 0,
                    hidden: model.config().hidden,
                    context_length: model.config().context_length,
                    network: Kind::Decoder(Box::new(model)),
                });
            }
        };
        let settings = &loader.settings;
        let hidden = settings
            .count_if("n_embd")?
            .map_or_else(|| settings.count("hidden_size"), Ok)?;
        let length = settings.count_if("n_positions")?;
        Ok(Self {
            network: Kind::BothWays(network),
            pooling: pooling.unwrap_or(Pooling::Mean),
            labels,
            hidden,
            context_length: length.map_or_else(|| loader.context_length(), Ok)?,
        })
    }

    /// Numbers in the vector of a text.
    pub fn width(&self) -> usize {
        self.hidden
    }

    /// Scores that a text gets; none when the model embeds.
    pub fn labels(&self) -> usize {
        self.labels
    }

    /// Tokens that a text may have.
    pub fn context_length(&self) -> usize {
        self.context_length
    }

    /// How states become a vector.
    pub fn pooling(&self) -> Pooling {
        self.pooling
    }

    /// The states `[T, C]` of the tokens of all texts, one text after the other.
    ///
    /// # Panics
    /// When a text has no tokens or more than it may, or a token is beyond the vocabulary.
    pub fn states(&self, cx: &Context, texts: &[Text<'_>]) -> Tensor {
        for text in texts {
            let length = text.tokens.len();
            let is_fine = length > 0 && length <= self.context_length;
            assert!(
                is_fine,
                "{length} tokens of at most {}",
                self.context_length
            );
        }
        match &self.network {
            Kind::BothWays(network) => network.states(cx, texts),
            Kind::Decoder(model) => states_of_decoder(cx, model, texts),
        }
    }

    /// The vectors `[texts, C]`, not brought to unit length.
    ///
    /// # Panics
    /// As [`states`](Self::states).
    pub fn embed(&self, cx: &Context, texts: &[Text<'_>]) -> Tensor {
        let states = self.states(cx, texts);
        let mut vectors = Vec::with_capacity(texts.len() * self.hidden);
        for rows in ranges(texts) {
            let of_text = states.slice(rows);
            match self.pooling {
                Pooling::First => vectors.extend_from_slice(of_text.row(0)),
                Pooling::Last => vectors.extend_from_slice(of_text.row(of_text.rows() - 1)),
                Pooling::Mean => vectors.extend(mean(&of_text)),
            }
        }
        cx.tensor([texts.len(), self.hidden], &vectors)
    }

    /// The scores `[texts, labels]`, before any sigmoid; none when the model has no head for them.
    ///
    /// # Panics
    /// As [`states`](Self::states).
    pub fn score(&self, cx: &Context, texts: &[Text<'_>]) -> Option<Tensor> {
        let Kind::BothWays(network) = &self.network else {
            return None;
        };
        let states = self.states(cx, texts);
        let mut scores = Vec::with_capacity(texts.len() * self.labels);
        for rows in ranges(texts) {
            let of_text = network.score(cx, &states.slice(rows))?;
            scores.extend_from_slice(of_text.values());
        }
        Some(cx.tensor([texts.len(), self.labels], &scores))
    }
}

/// Numbers in each of some heads.
pub(crate) fn head_dim(hidden: usize, heads: usize) -> Result<usize, Error> {
    let heads = Heads {
        hidden,
        queries: heads,
        keys: heads,
        width: hidden.checked_div(heads).unwrap_or(0),
    };
    Ok(heads.checked()?.width)
}

/// The mean of all rows.
pub(crate) fn mean(states: &Tensor) -> Vec<f32> {
    let mut sum = vec![0.0; states.width()];
    for row in 0..states.rows() {
        sum.iter_mut()
            .zip(states.row(row))
            .for_each(|(sum, x)| *sum += x);
    }
    sum.iter_mut().for_each(|x| *x /= states.rows() as f32);
    sum
}

/// The rows of each text.
fn ranges(texts: &[Text<'_>]) -> impl Iterator<Item = std::ops::Range<usize>> {
    texts.iter().scan(0, |start, text| {
        let from = *start;
        *start += text.tokens.len();
        Some(from..*start)
    })
}

/// Pages for the tokens of each text, and how many there are.
pub(crate) fn tables(texts: &[Text<'_>]) -> (Vec<Vec<u32>>, usize) {
    let mut next = 0;
    let tables = texts.iter().map(|text| {
        let from = next;
        next += text.tokens.len().div_ceil(PAGE) as u32;
        (from..next).collect()
    });
    (tables.collect(), next as usize)
}

/// Where the tokens of each text stand: at its beginning.
pub(crate) fn sequences<'a>(texts: &[Text<'_>], tables: &'a [Vec<u32>]) -> Vec<Sequence<'a>> {
    let both = texts.iter().zip(tables);
    let sequences = both.map(|(text, table)| Sequence {
        table,
        past: 0,
        tokens: text.tokens.len(),
    });
    sequences.collect()
}

fn states_of_decoder(cx: &Context, model: &Model, texts: &[Text<'_>]) -> Tensor {
    let tokens: Vec<u32> = texts.iter().flat_map(|text| text.tokens).copied().collect();
    let (tables, pages) = tables(texts);
    let wanted: Vec<u32> = (0..tokens.len() as u32).collect();
    let batch = Batch {
        tokens: &tokens,
        sequences: &sequences(texts, &tables),
        wanted: &wanted,
    };
    model.states(cx, &batch, &mut model.cache(pages, CacheType::F32))
}

/// What `sentence-transformers` wrote beside the model.
fn read_pooling(checkpoint: &Checkpoint) -> Result<Option<Pooling>, Error> {
    let path = checkpoint.folder().join("1_Pooling/config.json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Read { path, source }),
    };
    let settings = Settings::from_json(&text)?;
    for (key, pooling) in [
        ("pooling_mode_cls_token", Pooling::First),
        ("pooling_mode_lasttoken", Pooling::Last),
        ("pooling_mode_mean_tokens", Pooling::Mean),
    ] {
        if settings.is_on(key)? {
            return Ok(Some(pooling));
        }
    }
    let flaw = format!("`{}` names no way of pooling that is known", path.display());
    Err(Error::Config(flaw))
}

/// Scores that a text gets, by the names of the labels.
fn labels(settings: &Settings) -> Result<usize, Error> {
    let named = settings.get("id2label").and_then(Value::as_object);
    match named {
        Some(named) => Ok(named.len()),
        None => Ok(settings.count_if("num_labels")?.unwrap_or(2)),
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder")
            .field("hidden", &self.hidden)
            .field("pooling", &self.pooling)
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}
