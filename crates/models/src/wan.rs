//! The transformer of Wan 2.1 and 2.2: from noisy latents, a moment and a text to the velocity towards the film.
//!
//! Latents lie as `[frames, height, width, channels]`. Weights of blocks may be of any type; the embedding of time,
//! what it modulates, norms and everything outside of blocks are f32.
//! Source: Wan Team 2025.

mod block;
mod place;

use std::path::Path;

use tensor::files::{Checkpoint, Dtype};
use tensor::ops::{Remembered, Shared, gelu_tanh, linear, modulated_norm, silu};
use tensor::{Context, Parameter, Pool, Tensor, Weight, WeightType};

use crate::error::Error;
use crate::lora::Lora;
use crate::part::{self, Part};
use crate::settings::Settings;
use block::{Block, Pass};
use place::Places;

/// Weights that are computed with as they are.
const WHOLE: WeightType = WeightType::As(Dtype::F32);

/// A transformer that is loaded.
pub struct WanTransformer {
    config: Config,
    patch: Weight,
    time: [Weight; 2],
    time_projection: Weight,
    text: [Weight; 2],
    blocks: Vec<Block>,
    /// What is added to the time for the last norm, `[2, hidden]`.
    table: Parameter,
    out: Weight,
}

/// Its sizes.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    hidden: usize,
    heads: usize,
    inner: usize,
    layers: usize,
    /// Channels of latents that come in, and of those that go out.
    channels: [usize; 2],
    text: usize,
    /// Sines and cosines of a moment.
    waves: usize,
    /// Frames, rows and columns of a patch.
    patch: [usize; 3],
    has_text_norm: bool,
    eps: f32,
    positions_max: usize,
}

/// What a folder holds, before its weights are read.
pub struct WanOutline {
    config: Config,
    weights_bytes: usize,
}

/// The moments at which the frames of latents are: how much noise is in them, from 1000 to 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instants {
    /// Of the first frame, where it is another: 0 when it is given.
    pub first: Option<f32>,
    /// Of all others.
    pub rest: f32,
}

/// A text as the blocks of a transformer look at it.
pub struct WanText {
    /// Keys and values for each block.
    kept: Vec<Remembered>,
    /// How many times the last of them stands there.
    last: usize,
}

impl WanText {
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.kept.iter().map(Remembered::bytes).sum()
    }
}

impl WanTransformer {
    /// Loads the folder of a transformer, as `diffusers` keeps it, with the weights of its blocks held as `held` and
    /// adapters added to them.
    ///
    /// # Errors
    /// When it is not there, is of another kind, or a weight or an adapter cannot be used.
    pub fn load(
        folder: &Path,
        held: WeightType,
        loras: &[Lora],
        pool: &Pool,
    ) -> Result<Self, Error> {
        let checkpoint: Checkpoint = part::open(folder)?;
        for lora in loras {
            lora.check(&checkpoint)?;
        }
        Self::of(&Part::new(&checkpoint, loras, pool)?, held)
    }

    /// Checks that all that adapters change is there.
    ///
    /// # Errors
    /// When one was made for another network.
    pub fn check_adapters(folder: &Path, loras: &[Lora]) -> Result<(), Error> {
        let checkpoint: Checkpoint = part::open(folder)?;
        loras.iter().try_for_each(|lora| lora.check(&checkpoint))
    }

    /// Checks that all weights are there and of the right shapes, without reading them.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(folder: &Path, pool: &Pool) -> Result<(), Error> {
        let checkpoint = part::open(folder)?;
        Self::of(&Part::new(&checkpoint, &[], pool)?.dry(), WHOLE)?;
        Ok(())
    }

    fn of(part: &Part<'_>, held: WeightType) -> Result<Self, Error> {
        let config = Config::read(&part.settings)?;
        let Config {
            hidden,
            waves,
            text,
            channels,
            patch,
            ..
        } = config;
        let embedder =
            |name: &str, sizes| part.linear(&format!("condition_embedder.{name}"), sizes, WHOLE);
        let patch_size: usize = patch.iter().product();
        let blocks = (0..config.layers).map(|number| Block::load(part, number, &config, held));
        Ok(Self {
            patch: part.conv("patch_embedding", [hidden, channels[0]], &patch, WHOLE)?,
            time: [
                embedder("time_embedder.linear_1", [hidden, waves])?,
                embedder("time_embedder.linear_2", [hidden, hidden])?,
            ],
            time_projection: embedder("time_proj", [6 * hidden, hidden])?,
            text: [
                embedder("text_embedder.linear_1", [hidden, text])?,
                embedder("text_embedder.linear_2", [hidden, hidden])?,
            ],
            blocks: blocks.collect::<Result<_, Error>>()?,
            table: part.parameter("scale_shift_table", &[1, 2, hidden])?,
            out: part.linear("proj_out", [patch_size * channels[1], hidden], WHOLE)?,
            config,
        })
    }

    /// Its sizes.
    pub fn outline(&self) -> WanOutline {
        let outer = [&self.patch, &self.time_projection, &self.out];
        let outer = outer.into_iter().chain(&self.time).chain(&self.text);
        let outer: usize = outer.map(Weight::bytes).sum();
        WanOutline {
            config: self.config.clone(),
            weights_bytes: outer + self.blocks.iter().map(Block::bytes).sum::<usize>(),
        }
    }

    /// Prepares a text `[tokens, text_width]` that is filled up to `length` tokens of zeros, which every frame sees
    /// as well.
    ///
    /// # Panics
    /// When the text is wider than it may be.
    pub fn text(&self, cx: &Context, states: &Tensor, length: usize) -> WanText {
        assert_eq!(states.width(), self.config.text, "a text of that width");
        let tokens = states.rows().min(length);
        let filled = length - tokens;
        // What fills up is the same in each place, so that one row says it all.
        let mut rows = states.slice(0..tokens).values().to_vec();
        rows.resize((tokens + usize::from(filled > 0)) * self.config.text, 0.0);
        let count = rows.len() / self.config.text;
        let x = cx.tensor([count, self.config.text], &rows);
        let h = gelu_tanh(cx, linear(cx, &x, &self.text[0]));
        let x = linear(cx, &h, &self.text[1]);
        let kept = self.blocks.iter().map(|block| block.remember(cx, &x));
        WanText {
            kept: kept.collect(),
            last: filled.max(1),
        }
    }

    /// The velocity of latents `[frames, height, width, channels]` at their moments. `keeps_going` is asked before
    /// each block.
    ///
    /// # Errors
    /// [`Error::Stopped`] when it does not.
    ///
    /// # Panics
    /// When latents are not whole patches of the right channels.
    pub fn velocity(
        &self,
        cx: &Context,
        latents: &Tensor,
        instants: Instants,
        text: &WanText,
        keeps_going: &dyn Fn() -> bool,
    ) -> Result<Tensor, Error> {
        let places = Places::new(latents.shape(), &self.config);
        let (hidden, eps) = (self.config.hidden, self.config.eps);
        let mut x = linear(cx, &places.patches(cx, latents), &self.patch);
        let (time, modulation) = self.time(cx, instants);
        let first = if instants.first.is_some() {
            places.tokens_per_frame()
        } else {
            places.tokens()
        };
        let pass = Pass {
            angles: places.angles(cx),
            modulation,
            first,
            last: text.last,
        };
        for (number, (block, kept)) in self.blocks.iter().zip(&text.kept).enumerate() {
            if !keeps_going() {
                return Err(Error::Stopped);
            }
            x = block.forward(cx, x, kept, &pass);
            cx.layer_done(number, &x);
        }
        let [shift, scale] = [0, 1].map(|which| {
            let added = &self.table.values()[which * hidden..][..hidden];
            let rows = time.values().chunks_exact(hidden);
            let rows: Vec<f32> = rows
                .flat_map(|row| row.iter().zip(added).map(|(a, b)| a + b))
                .collect();
            cx.tensor([time.rows(), hidden], &rows)
        });
        let [shift, scale] = [&shift, &scale].map(|rows| Shared { rows, first });
        let x = modulated_norm(cx, &x, [&scale, &shift], eps);
        Ok(places.film(cx, &linear(cx, &x, &self.out)))
    }

    /// The embedding `[kinds, hidden]` of the moments, and what it is to the blocks, `[kinds, 6 · hidden]`.
    fn time(&self, cx: &Context, instants: Instants) -> (Tensor, Tensor) {
        let half = self.config.waves / 2;
        let kinds: Vec<f32> = instants.first.into_iter().chain([instants.rest]).collect();
        let mut waves = Vec::with_capacity(kinds.len() * 2 * half);
        for instant in &kinds {
            // Rounded to f32 where the reference does.
            let angles =
                (0..half).map(|at| instant * (-(10_000_f32.ln()) * at as f32 / half as f32).exp());
            let angles: Vec<f64> = angles.map(f64::from).collect();
            waves.extend(angles.iter().map(|angle| angle.cos() as f32));
            waves.extend(angles.iter().map(|angle| angle.sin() as f32));
        }
        let waves = cx.tensor([kinds.len(), 2 * half], &waves);
        let h = silu(cx, linear(cx, &waves, &self.time[0]));
        let time = linear(cx, &h, &self.time[1]);
        let modulation = linear(cx, &silu(cx, time.clone()), &self.time_projection);
        (time, modulation)
    }
}

impl WanOutline {
    /// Reads the folder of a transformer whose weights would be held as `held`.
    ///
    /// # Errors
    /// When it is not there, or is of another kind.
    pub fn read(folder: &Path, held: WeightType) -> Result<Self, Error> {
        let checkpoint = part::open(folder)?;
        let config = Config::read(&part::settings(&checkpoint)?)?;
        let mut weights_bytes = 0;
        for name in checkpoint.names() {
            let view = checkpoint.view(name)?;
            let dtype = match (&view.shape[..], name.starts_with("blocks.")) {
                (&[_, inputs], true) => held.held(view.dtype, inputs),
                _ => Dtype::F32,
            };
            weights_bytes += view.len() / dtype.block_len() * dtype.block_bytes();
        }
        Ok(Self {
            config,
            weights_bytes,
        })
    }

    /// Bytes of all weights.
    pub fn weights_bytes(&self) -> usize {
        self.weights_bytes
    }

    /// Channels of latents that come in, and of those that go out.
    pub fn channels(&self) -> [usize; 2] {
        self.config.channels
    }

    /// Latent frames, rows and columns that become one token.
    pub fn patch(&self) -> [usize; 3] {
        self.config.patch
    }

    /// Numbers in the row of a token of the text.
    pub fn text_width(&self) -> usize {
        self.config.text
    }

    /// The most patches each way.
    pub fn positions_max(&self) -> usize {
        self.config.positions_max
    }

    /// Operations of a pass over latents of that size with a text of so many tokens; each multiplication and each addition is one.
    pub fn pass_operations(&self, [frames, height, width]: [usize; 3], text: usize) -> f64 {
        let [t, h, w] = self.config.patch;
        let tokens = ((frames / t) * (height / h) * (width / w)) as f64;
        let [hidden, inner] = [self.config.hidden, self.config.inner].map(|width| width as f64);
        // Queries, keys, values and what comes out; queries and what comes out of the text; two layers. Then scores and sums.
        let products = 2.0 * (6.0 * hidden * hidden + 2.0 * hidden * inner);
        let looks = 4.0 * hidden * (tokens + text as f64);
        self.config.layers as f64 * tokens * (products + looks)
    }

    /// Bytes that a text of so many tokens takes, prepared.
    pub fn text_bytes(&self, tokens: usize) -> usize {
        2 * self.config.layers * tokens * self.config.hidden * size_of::<f32>()
    }

    /// Bytes that a pass over latents of that size needs beside weights and text, about.
    pub fn pass_bytes(&self, [frames, height, width]: [usize; 3]) -> usize {
        let [t, h, w] = self.config.patch;
        let tokens = (frames / t) * (height / h) * (width / w);
        // The stream, a norm, queries, keys, values as they come and as they are kept; or the inner layer.
        let row = 6 * self.config.hidden + self.config.inner.max(2 * self.config.hidden);
        tokens * row * size_of::<f32>()
    }
}

impl Config {
    fn read(settings: &Settings) -> Result<Self, Error> {
        let class = settings.word_if("_class_name")?.unwrap_or_default();
        if class != "WanTransformer3DModel" {
            return Err(Error::UnknownArchitecture(class.to_owned()));
        }
        if settings.get("added_kv_proj_dim").is_some() || settings.get("image_dim").is_some() {
            let flaw = "a transformer that looks at pictures by an encoder of its own is not known";
            return Err(Error::Config(flaw.into()));
        }
        let heads = settings.count("num_attention_heads")?;
        let head_dim = settings.count("attention_head_dim")?;
        let patch = settings.numbers_if("patch_size")?.unwrap_or_default();
        let &[t, h, w] = &patch.iter().map(|x| *x as usize).collect::<Vec<_>>()[..] else {
            return Err(Error::Config(
                "setting `patch_size` is not three numbers".into(),
            ));
        };
        let channels = settings.count("in_channels")?;
        let config = Self {
            hidden: heads * head_dim,
            heads,
            inner: settings.count("ffn_dim")?,
            layers: settings.count("num_layers")?,
            channels: [
                channels,
                settings.count_if("out_channels")?.unwrap_or(channels),
            ],
            text: settings.count("text_dim")?,
            waves: settings.count("freq_dim")?,
            patch: [t, h, w],
            has_text_norm: settings.flag_if("cross_attn_norm")?.unwrap_or(true),
            eps: settings.number_if("eps")?.unwrap_or(1e-6) as f32,
            positions_max: settings.count_if("rope_max_seq_len")?.unwrap_or(1024),
        };
        let are_fine = (1..=256).contains(&heads)
            && (16..=1024).contains(&head_dim)
            && head_dim.is_multiple_of(16)
            && (1..=1000).contains(&config.layers)
            && [t, h, w].iter().all(|length| (1..=16).contains(length))
            && t == 1
            && config.waves >= 2;
        match are_fine {
            true => Ok(config),
            false => Err(Error::Config(format!(
                "a transformer of {config:?} cannot be"
            ))),
        }
    }
}
