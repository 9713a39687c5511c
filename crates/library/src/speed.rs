//! How fast a model runs here, beside what this machine allows: prompts, single steps at a depth, steps of many
//! sequences.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use models::{Batch, Cache, LoadOptions, Model};
use tensor::{CacheType, Context, PAGE, Pool, Sequence};

use crate::error::Result;

/// Tokens of a prompt that are computed at once, as peers have it.
const CHUNK: usize = 512;

/// Steps of decoding; the middle one counts.
pub const STEPS: usize = 24;

/// Tokens that are there already when decoding is measured without a stated depth.
pub const SHALLOW: usize = 128;

/// One thing to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Reading a prompt of so many tokens.
    Prefill(usize),
    /// Writing behind so many tokens.
    Decode(usize),
    /// Writing so many texts side by side.
    Batch(usize),
}

/// What came out, with the bytes and operations that there is no way around.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// How many were read or written.
    pub tokens_per_second: f64,
    /// Operations of products with weights, for each token.
    pub flops: f64,
    /// Bytes of weights and cache that must be read, for each token.
    pub bytes: f64,
}

/// What this machine does at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Operations of f32 multiplications from registers.
    pub flops: f64,
    /// Bytes read from memory.
    pub bytes_per_second: f64,
}

impl Task {
    /// As scripts read it.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Prefill(tokens) => format!("prefill {tokens}"),
            Self::Decode(depth) => format!("decode {depth}"),
            Self::Batch(sequences) => format!("batch {sequences}"),
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefill(tokens) => write!(f, "prefill of {tokens} tokens"),
            Self::Decode(depth) => write!(f, "decode at depth {depth}"),
            Self::Batch(sequences) => write!(f, "decode of {sequences} sequences"),
        }
    }
}

/// A loaded model with what it needs to compute.
pub struct Subject {
    model: Model,
    cx: Context,
    cache: Cache,
    load: Duration,
    cache_type: CacheType,
}

impl Subject {
    /// Loads the model at `path`, with room for `tokens` of all sequences together.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(
        path: &Path,
        options: LoadOptions,
        (tokens, cache_type): (usize, CacheType),
        pool: Arc<Pool>,
    ) -> Result<Self> {
        let begun = Instant::now();
        let model = Model::load(path, options, &pool)?;
        let load = begun.elapsed();
        Ok(Self {
            cache: model.cache(tokens.div_ceil(PAGE), cache_type),
            cx: Context::new(pool),
            model,
            load,
            cache_type,
        })
    }

    /// Does it, and says how fast it was.
    pub fn measure(&mut self, task: Task) -> Figure {
        match task {
            Task::Prefill(tokens) => self.prefill(tokens),
            Task::Decode(depth) => self.decode(1, depth),
            Task::Batch(sequences) => self.decode(sequences, SHALLOW),
        }
    }

    /// How long it took to load.
    pub fn load_time(&self) -> Duration {
        self.load
    }

    /// Bytes of its weights.
    pub fn weight_bytes(&self) -> u64 {
        self.model.config().weight_bytes
    }

    /// What this machine does at most, with the same threads.
    pub fn limits(&self) -> Limits {
        Limits::of(self.cx.pool())
    }

    fn prefill(&mut self, tokens: usize) -> Figure {
        let best = (0..3)
            .map(|_| self.prompt(tokens))
            .min()
            .expect("three times");
        let rate = tokens as f64 / best.as_secs_f64();
        let config = self.model.config();
        // The head is computed for the last token only; it is the embedding's size.
        let head = (config.vocab * config.hidden) as u64;
        let flops = 2.0 * config.active_parameters.saturating_sub(head) as f64;
        Figure {
            tokens_per_second: rate,
            flops,
            bytes: config.active_bytes as f64 / tokens as f64,
        }
    }

    fn prompt(&mut self, tokens: usize) -> Duration {
        let table: Vec<u32> = (0..tokens.div_ceil(PAGE) as u32).collect();
        let vocab = self.model.config().vocab;
        let prompt: Vec<u32> = (0..tokens).map(|at| (at * 7919 % vocab) as u32).collect();
        let begun = Instant::now();
        for (chunk, tokens) in prompt.chunks(CHUNK).enumerate() {
            let sequence = Sequence {
                table: &table,
                past: chunk * CHUNK,
                tokens: tokens.len(),
            };
            let is_last = (chunk + 1) * CHUNK >= prompt.len();
            let last = [tokens.len() as u32 - 1];
            let batch = Batch {
                tokens,
                sequences: &[sequence],
                wanted: if is_last { &last } else { &[] },
            };
            self.model.forward(&self.cx, &batch, &mut self.cache);
        }
        begun.elapsed()
    }

    /// Steps of `sequences` texts behind `depth` tokens each. What those were does not matter, so every
    /// page holds the same ones; but memory that was never written would be read from nowhere.
    fn decode(&mut self, sequences: usize, depth: usize) -> Figure {
        let pages = (depth + STEPS + 1).div_ceil(PAGE);
        self.prompt(PAGE);
        for page in 1..sequences * pages {
            self.cache.copy_page(0, page as u32);
        }
        let tables: Vec<Vec<u32>> = (0..sequences)
            .map(|sequence| {
                (0..pages)
                    .map(|page| (sequence * pages + page) as u32)
                    .collect()
            })
            .collect();
        let vocab = self.model.config().vocab;
        let wanted: Vec<u32> = (0..sequences as u32).collect();
        let mut times: Vec<Duration> = (0..STEPS)
            .map(|step| {
                let tokens: Vec<u32> = (0..sequences)
                    .map(|sequence| ((step * 31 + sequence * 101) % vocab) as u32)
                    .collect();
                let spans: Vec<Sequence<'_>> = tables
                    .iter()
                    .map(|table| Sequence {
                        table,
                        past: depth + step,
                        tokens: 1,
                    })
                    .collect();
                let batch = Batch {
                    tokens: &tokens,
                    sequences: &spans,
                    wanted: &wanted,
                };
                let begun = Instant::now();
                self.model.forward(&self.cx, &batch, &mut self.cache);
                begun.elapsed()
            })
            .collect();
        times.sort();
        let rate = sequences as f64 / times[STEPS / 2].as_secs_f64();
        let page = self.model.page_bytes(self.cache_type) as f64;
        let cache = page * depth as f64 / PAGE as f64;
        let config = self.model.config();
        let bytes = config.active_bytes as f64 + cache * sequences as f64;
        Figure {
            tokens_per_second: rate,
            flops: 2.0 * config.active_parameters as f64,
            bytes: bytes / sequences as f64,
        }
    }
}

impl Limits {
    /// What the threads of `pool` can do at most: the better of a few tries.
    pub fn of(pool: &Pool) -> Self {
        let reading = kernels::Reading::new(256 << 20);
        let mut limits = Self {
            flops: 0.0,
            bytes_per_second: 0.0,
        };
        for _ in 0..4 {
            let begun = Instant::now();
            let operations = kernels::multiply(4_000_000, pool);
            let rate = operations as f64 / begun.elapsed().as_secs_f64();
            limits.flops = limits.flops.max(rate);
            let begun = Instant::now();
            let bytes = reading.read(pool);
            let rate = bytes as f64 / begun.elapsed().as_secs_f64();
            limits.bytes_per_second = limits.bytes_per_second.max(rate);
        }
        limits
    }

    /// Tokens a second that they allow, whichever of the two binds.
    pub fn tokens_per_second(&self, figure: &Figure) -> f64 {
        let computing = figure.flops / self.flops;
        let reading = figure.bytes / self.bytes_per_second;
        1.0 / computing.max(reading)
    }
}
