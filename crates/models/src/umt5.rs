//! UMT5, the encoder of texts for films: computed layer by layer as its weights are read, so that no more than one
//! layer is ever held.
//!
//! Every layer has a relative bias of its own, and scores are not scaled. Tokens see each other both ways; what is
//! only filled up is left out, for nobody sees it.
//! Source: Chung et al. 2023; Raffel et al. 2020.

use std::path::Path;

use tensor::files::Checkpoint;
use tensor::ops::{add, full_attention, gelu_tanh, linear, linears, multiply, remember, rms_norm};
use tensor::{Context, Looks, Pool, Tensor, WeightType};

use crate::error::Error;
use crate::part::{self, Part, shaped};

/// An encoder whose weights stay in their file.
pub struct Umt5 {
    checkpoint: Checkpoint,
    config: Config,
}

/// Its sizes.
#[derive(Clone, Copy, Debug)]
struct Config {
    width: usize,
    heads: usize,
    head_dim: usize,
    inner: usize,
    layers: usize,
    vocabulary: usize,
    buckets: usize,
    distance: usize,
    eps: f32,
}

impl Umt5 {
    /// Opens the folder of a text encoder, as `diffusers` keeps it.
    ///
    /// # Errors
    /// When it is not there, or is of another kind.
    pub fn open(folder: &Path, pool: &Pool) -> Result<Self, Error> {
        let checkpoint = part::open(folder)?;
        let part = Part::new(&checkpoint, &[], pool)?;
        let settings = &part.settings;
        let kind = settings.word_if("model_type")?.unwrap_or_default();
        let forward = settings.word_if("feed_forward_proj")?.unwrap_or_default();
        if kind != "umt5" || forward != "gated-gelu" {
            return Err(Error::Config(format!(
                "a text encoder `{kind}` with `{forward}` is not known"
            )));
        }
        let config = Config {
            width: settings.count("d_model")?,
            heads: settings.count("num_heads")?,
            head_dim: settings.count("d_kv")?,
            inner: settings.count("d_ff")?,
            layers: settings.count("num_layers")?,
            vocabulary: settings.count("vocab_size")?,
            buckets: settings
                .count_if("relative_attention_num_buckets")?
                .unwrap_or(32),
            distance: settings
                .count_if("relative_attention_max_distance")?
                .unwrap_or(128),
            eps: settings.number_if("layer_norm_epsilon")?.unwrap_or(1e-6) as f32,
        };
        let exact = config.buckets / 4;
        if !config.head_dim.is_multiple_of(16)
            || config.heads == 0
            || exact == 0
            || config.distance <= exact
        {
            return Err(Error::Config(format!(
                "a text encoder of {config:?} cannot be"
            )));
        }
        Ok(Self { checkpoint, config })
    }

    /// Checks that all weights are there and of the right shapes, without reading them.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), Error> {
        let Config {
            width,
            heads,
            head_dim,
            inner,
            buckets,
            ..
        } = self.config;
        let all = heads * head_dim;
        let layer = [
            ("0.layer_norm", vec![width]),
            ("0.SelfAttention.q", vec![all, width]),
            ("0.SelfAttention.k", vec![all, width]),
            ("0.SelfAttention.v", vec![all, width]),
            ("0.SelfAttention.o", vec![width, all]),
            (
                "0.SelfAttention.relative_attention_bias",
                vec![buckets, heads],
            ),
            ("1.layer_norm", vec![width]),
            ("1.DenseReluDense.wi_0", vec![inner, width]),
            ("1.DenseReluDense.wi_1", vec![inner, width]),
            ("1.DenseReluDense.wo", vec![width, inner]),
        ];
        for number in 0..self.config.layers {
            for (name, shape) in &layer {
                let name = format!("encoder.block.{number}.layer.{name}.weight");
                shaped(&self.checkpoint, &name, shape)?;
            }
        }
        shaped(
            &self.checkpoint,
            "encoder.final_layer_norm.weight",
            &[width],
        )?;
        shaped(
            &self.checkpoint,
            self.words(),
            &[self.config.vocabulary, width],
        )?;
        Ok(())
    }

    /// What the rows of tokens are called.
    fn words(&self) -> &'static str {
        match self.checkpoint.contains("shared.weight") {
            true => "shared.weight",
            false => "encoder.embed_tokens.weight",
        }
    }

    /// Numbers in the row of a token.
    pub fn width(&self) -> usize {
        self.config.width
    }

    /// Bytes of the largest part that is held at a time, in weights of `bytes` each.
    pub fn layer_bytes(&self, bytes: usize) -> usize {
        let Config {
            width,
            heads,
            head_dim,
            inner,
            ..
        } = self.config;
        (4 * width * heads * head_dim + 3 * width * inner) * bytes
    }

    /// The states `[tokens, width]` of each of some texts. `keeps_going` is asked before each layer.
    ///
    /// # Errors
    /// [`Error::Stopped`] when it does not; when a weight cannot be used, or a token is beyond the vocabulary.
    pub fn encode(
        &self,
        cx: &Context,
        texts: &[&[u32]],
        held: WeightType,
        keeps_going: &dyn Fn() -> bool,
    ) -> Result<Vec<Tensor>, Error> {
        let part = Part::new(&self.checkpoint, &[], cx.pool())?.without_biases();
        let Config {
            width,
            vocabulary,
            eps,
            ..
        } = self.config;
        let tokens: Vec<u32> = texts.iter().flat_map(|text| text.iter().copied()).collect();
        if let Some(token) = tokens.iter().find(|token| **token as usize >= vocabulary) {
            return Err(Error::Config(format!(
                "token {token} is beyond the {vocabulary} of the text encoder"
            )));
        }
        let rows = part.rows(self.words(), &[vocabulary, width], &tokens)?;
        let mut x = cx.tensor([tokens.len(), width], &rows);
        for layer in 0..self.config.layers {
            if !keeps_going() {
                return Err(Error::Stopped);
            }
            x = self.layer(cx, &part, (layer, held), x, texts)?;
            cx.layer_done(layer, &x);
        }
        let norm = part.parameter("encoder.final_layer_norm.weight", &[width])?;
        let x = rms_norm(cx, &x, &norm, eps);
        let mut first = 0;
        let states = texts.iter().map(|text| {
            first += text.len();
            x.slice(first - text.len()..first)
        });
        Ok(states.collect())
    }

    fn layer(
        &self,
        cx: &Context,
        part: &Part<'_>,
        (number, held): (usize, WeightType),
        x: Tensor,
        texts: &[&[u32]],
    ) -> Result<Tensor, Error> {
        let Config {
            width,
            heads,
            head_dim,
            inner,
            eps,
            ..
        } = self.config;
        let all = heads * head_dim;
        let name = |part: &str| format!("encoder.block.{number}.layer.{part}");
        let norm = part.parameter(&name("0.layer_norm.weight"), &[width])?;
        let square = |which: &str| {
            part.linear(
                &name(&format!("0.SelfAttention.{which}")),
                [all, width],
                held,
            )
        };
        let (q, k, v) = (square("q")?, square("k")?, square("v")?);
        let o = part.linear(&name("0.SelfAttention.o"), [width, all], held)?;
        let table = name("0.SelfAttention.relative_attention_bias.weight");
        let table = part.parameter(&table, &[self.config.buckets, heads])?;
        let normed = rms_norm(cx, &x, &norm, eps);
        let qkv = linears(cx, &normed, [&q, &k, &v]);
        let mut seen = Vec::with_capacity(x.rows() * all);
        let mut first = 0;
        for text in texts {
            let [q, k, v] = qkv.each_ref().map(|x| x.slice(first..first + text.len()));
            first += text.len();
            let bias = self.bias(table.values(), text.len());
            let looks = Looks {
                scale: 1.0,
                bias: Some(&bias),
                last: None,
            };
            let kept = remember(cx, [&k, &v], heads, false);
            seen.extend_from_slice(full_attention(cx, &q, &kept, &looks).values());
        }
        let seen = cx.tensor([x.rows(), all], &seen);
        let x = add(cx, x, &linear(cx, &seen, &o));
        drop((q, k, v, o));
        let norm = part.parameter(&name("1.layer_norm.weight"), &[width])?;
        let inner = |which: &str| {
            part.linear(
                &name(&format!("1.DenseReluDense.{which}")),
                [inner, width],
                held,
            )
        };
        let (gate, up) = (inner("wi_0")?, inner("wi_1")?);
        let down = part.linear(
            &name("1.DenseReluDense.wo"),
            [width, self.config.inner],
            held,
        )?;
        let normed = rms_norm(cx, &x, &norm, eps);
        let [gate, up] = linears(cx, &normed, [&gate, &up]);
        let h = multiply(cx, &gelu_tanh(cx, gate), &up);
        Ok(add(cx, x, &linear(cx, &h, &down)))
    }

    /// What is added to the scores of a text of so many tokens, `[heads, 2 · tokens - 1]` by the distance of the key
    /// from the query, from a table `[buckets, heads]`.
    fn bias(&self, table: &[f32], tokens: usize) -> Vec<f32> {
        let heads = self.config.heads;
        let span = 2 * tokens - 1;
        let mut bias = vec![0.0; heads * span];
        for at in 0..span {
            let bucket = self.bucket(at as i64 - (tokens as i64 - 1));
            for head in 0..heads {
                bias[head * span + at] = table[bucket * heads + head];
            }
        }
        bias
    }

    /// The row of the table for a key that is so far after the query: near ones have their own, farther ones share
    /// them by the logarithm.
    fn bucket(&self, after: i64) -> usize {
        let half = self.config.buckets / 2;
        let side = if after > 0 { half } else { 0 };
        let (far, exact) = (after.unsigned_abs() as usize, half / 2);
        if far < exact {
            return side + far;
        }
        // In f32 and in this order, as the reference rounds it.
        let ends = (self.config.distance as f64 / exact as f64).ln() as f32;
        let share = (far as f32 / exact as f32).ln() / ends * (half - exact) as f32;
        side + (exact + share as usize).min(half - 1)
    }
}
