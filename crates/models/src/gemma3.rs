//! Gemma 3: norms before and after each part of a layer, five layers with a window for each that sees all,
//! two ways to turn positions, an embedding scaled by the root of its width.
//!
//! What deviates from Llama: norms store how far their scales are from one; queries and keys are normed
//! head by head; the scale of scores is a setting of its own; layers with a window turn by a base of their
//! own, which no stretching touches; the gate is GELU; logits may be capped; the embedding is the head.
//!
//! Source: Gemma Team 2025 (Gemma 3 technical report).
//!
//! Shapes: T tokens, C hidden, H heads, D numbers in a head, F feed-forward.

use serde_json::{Value, json};
use tensor::ops::{Angles, add, embedding, gather_rows, linear, rms_norm, scale, soft_cap};
use tensor::{Context, Parameter, Tensor, Weight};

use crate::batch::{Batch, Cache, Memory};
use crate::error::Error;
use crate::feed_forward::{FeedForward, Gate};
use crate::layers::{Around, Layered, states};
use crate::loader::Loader;
use crate::model::Network;
use crate::rotary::Rotary;
use crate::self_attention::{Heads, SelfAttention};
use crate::settings::Settings;
use crate::windows::windows;

/// The network.
pub(crate) struct Gemma3 {
    /// Also the head.
    embedding: Weight,
    layers: Vec<Layer>,
    norm: Parameter,
    /// Turns the layers that see all.
    rotary: Rotary,
    /// Turns the layers with a window.
    rotary_near: Rotary,
    soft_cap: Option<f32>,
    heads: Heads,
    eps: f32,
}

struct Layer {
    attention_norm: Parameter,
    attention: SelfAttention,
    attention_out_norm: Parameter,
    mlp_norm: Parameter,
    mlp: FeedForward,
    mlp_out_norm: Parameter,
}

impl Network for Gemma3 {
    fn states(&self, cx: &Context, batch: &Batch<'_>, cache: &mut Cache) -> Tensor {
        states(self, cx, batch, cache)
    }

    fn layered(&self) -> Option<&dyn Layered> {
        Some(self)
    }

    fn logits(&self, cx: &Context, states: &Tensor) -> Tensor {
        let logits = linear(cx, states, &self.embedding); // [wanted, vocab]
        match self.soft_cap {
            Some(cap) => soft_cap(cx, logits, cap),
            None => logits,
        }
    }

    fn memory(&self) -> Vec<Memory> {
        vec![self.heads.memory(); self.layers.len()]
    }

    fn weights(&self) -> Vec<(&Weight, f64)> {
        let layers = self.layers.iter().flat_map(|layer| {
            let attention = layer.attention.weights().into_iter();
            attention.chain(layer.mlp.weights())
        });
        let all = [&self.embedding].into_iter().chain(layers);
        all.map(|weight| (weight, 1.0)).collect()
    }
}

impl Layered for Gemma3 {
    fn count(&self) -> usize {
        self.layers.len()
    }

    fn angles(&self, cx: &Context, batch: &Batch<'_>) -> Vec<Angles> {
        [&self.rotary, &self.rotary_near]
            .map(|rotary| rotary.angles(cx, batch.positions()))
            .into()
    }

    fn embed(&self, cx: &Context, batch: &Batch<'_>) -> Tensor {
        let x = embedding(cx, &self.embedding, batch.tokens); // [T, C]
        scale(cx, x, (self.heads.hidden as f32).sqrt())
    }

    fn layer(&self, cx: &Context, number: usize, mut x: Tensor, around: Around<'_>) -> Tensor {
        let norm = |x: &Tensor, scales: &Parameter| rms_norm(cx, x, scales, self.eps);
        let layer = &self.layers[number];
        let attention = &layer.attention;
        let angles = &around.angles[usize::from(attention.window.is_some())];
        let h = norm(&x, &layer.attention_norm); // [T, C]
        let a = attention.forward(cx, &h, Some(angles), around.pages, around.sequences); // [T, H·D]
        let y = linear(cx, &a, &attention.o); // [T, C]
        x = add(cx, x, &norm(&y, &layer.attention_out_norm));
        let h = norm(&x, &layer.mlp_norm);
        let y = layer.mlp.forward(cx, &h); // [T, C]
        add(cx, x, &norm(&y, &layer.mlp_out_norm))
    }

    fn end(&self, cx: &Context, x: &Tensor, wanted: &[u32]) -> Tensor {
        rms_norm(cx, &gather_rows(cx, x, wanted), &self.norm, self.eps) // [wanted, C]
    }
}

impl Gemma3 {
    /// Reads the network from a checkpoint.
    pub fn load(loader: &Loader<'_>) -> Result<Self, Error> {
        let settings = &loader.settings;
        let heads = Heads::read(settings)?;
        let [far, near] = both_ways(settings)?;
        let windows = windows(settings)?;
        let layers = (0..settings.layers()?)
            .map(|number| Layer::load(loader, heads, number, windows.of(number)));
        let vocab = settings.count("vocab_size")?;
        Ok(Self {
            embedding: loader.weight("model.embed_tokens.weight", vocab, heads.hidden)?,
            layers: layers.collect::<Result<_, _>>()?,
            norm: loader.centred_norm("model.norm", heads.hidden)?,
            rotary: loader.rotary_of(&far, heads.width)?,
            rotary_near: loader.rotary_of(&near, heads.width)?,
            soft_cap: settings
                .number_if("final_logit_softcapping")?
                .map(|cap| cap as f32),
            heads,
            eps: settings.number("rms_norm_eps")? as f32,
        })
    }
}

impl Layer {
    fn load(
        loader: &Loader<'_>,
        heads: Heads,
        number: usize,
        window: Option<usize>,
    ) -> Result<Self, Error> {
        let settings = &loader.settings;
        let layer = format!("model.layers.{number}");
        let norm = |name: &str, size| loader.centred_norm(&format!("{layer}.{name}"), size);
        let mut attention = SelfAttention::load(loader, &layer, heads, window)?;
        attention.norms = Some([
            norm("self_attn.q_norm", heads.width)?,
            norm("self_attn.k_norm", heads.width)?,
        ]);
        if let Some(scalar) = settings.number_if("query_pre_attn_scalar")? {
            attention.scale = scalar.powf(-0.5) as f32;
        }
        let sizes = (heads.hidden, settings.count("intermediate_size")?);
        Ok(Self {
            attention_norm: norm("input_layernorm", heads.hidden)?,
            attention,
            attention_out_norm: norm("post_attention_layernorm", heads.hidden)?,
            mlp_norm: norm("pre_feedforward_layernorm", heads.hidden)?,
            mlp: FeedForward::load(loader, &format!("{layer}.mlp"), sizes, Gate::GeluTanh)?,
            mlp_out_norm: norm("post_feedforward_layernorm", heads.hidden)?,
        })
    }
}

/// How layers that see all turn, and those with a window: each named in newer settings, scattered in older.
fn both_ways(settings: &Settings) -> Result<[Settings; 2], Error> {
    if let Some(both) = settings.inner("rope_parameters")? {
        let kind = |name: &str| Ok::<_, Error>(both.inner(name)?.unwrap_or_default());
        return Ok([kind("full_attention")?, kind("sliding_attention")?]);
    }
    let mut far = settings.inner("rope_scaling")?.unwrap_or_default();
    let base = |key: &str, usual: f64| settings.get(key).cloned().unwrap_or(json!(usual));
    far.fill_from(&of_base(base("rope_theta", 1e6)), &["rope_theta"]);
    Ok([far, of_base(base("rope_local_base_freq", 1e4))])
}

fn of_base(base: Value) -> Settings {
    Settings::new([("rope_theta".to_owned(), base)].into_iter().collect())
}
