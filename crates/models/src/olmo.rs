//! OLMo 2 and 3: Llama with its norms moved behind attention and feed-forward, and norms over all queries
//! and all keys of a token at once. OLMo 3 has windows in most layers; those turn without stretching.
//!
//! Source: OLMo Team 2024 (2 OLMo 2 Furious), section 2; OLMo Team 2025 (Olmo 3).
//!
//! Shapes: T tokens, C hidden, H heads, D numbers in a head, F feed-forward.

use tensor::ops::{Angles, add, embedding, gather_rows, linear, rms_norm};
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
pub(crate) struct Olmo {
    embedding: Weight,
    layers: Vec<Layer>,
    norm: Parameter,
    /// None when the embedding serves as head.
    head: Option<Weight>,
    /// Turns the layers that see all.
    rotary: Rotary,
    /// Turns the layers with a window.
    rotary_near: Rotary,
    heads: Heads,
    eps: f32,
}

struct Layer {
    attention: SelfAttention,
    attention_norm: Parameter,
    mlp: FeedForward,
    mlp_norm: Parameter,
}

impl Network for Olmo {
    fn states(&self, cx: &Context, batch: &Batch<'_>, cache: &mut Cache) -> Tensor {
        states(self, cx, batch, cache)
    }

    fn layered(&self) -> Option<&dyn Layered> {
        Some(self)
    }

    fn logits(&self, cx: &Context, states: &Tensor) -> Tensor {
        linear(cx, states, self.head.as_ref().unwrap_or(&self.embedding)) // [wanted, vocab]
    }

    fn memory(&self) -> Vec<Memory> {
        vec![self.heads.memory(); self.layers.len()]
    }

    fn weights(&self) -> Vec<(&Weight, f64)> {
        let embedding = (&self.embedding, if self.head.is_some() { 0.0 } else { 1.0 });
        let layers = self.layers.iter().flat_map(|layer| {
            let attention = layer.attention.weights().into_iter();
            attention.chain(layer.mlp.weights())
        });
        let all = self.head.iter().chain(layers).map(|weight| (weight, 1.0));
        [embedding].into_iter().chain(all).collect()
    }
}

impl Layered for Olmo {
    fn count(&self) -> usize {
        self.layers.len()
    }

    fn angles(&self, cx: &Context, batch: &Batch<'_>) -> Vec<Angles> {
        [&self.rotary, &self.rotary_near]
            .map(|rotary| rotary.angles(cx, batch.positions()))
            .into()
    }

    fn embed(&self, cx: &Context, batch: &Batch<'_>) -> Tensor {
        embedding(cx, &self.embedding, batch.tokens) // [T, C]
    }

    fn layer(&self, cx: &Context, number: usize, mut x: Tensor, around: Around<'_>) -> Tensor {
        let layer = &self.layers[number];
        let attention = &layer.attention;
        let angles = &around.angles[usize::from(attention.window.is_some())];
        let a = attention.forward(cx, &x, Some(angles), around.pages, around.sequences); // [T, H·D]
        let y = linear(cx, &a, &attention.o); // [T, C]
        x = add(cx, x, &rms_norm(cx, &y, &layer.attention_norm, self.eps));
        let y = layer.mlp.forward(cx, &x); // [T, C]
        add(cx, x, &rms_norm(cx, &y, &layer.mlp_norm, self.eps))
    }

    fn end(&self, cx: &Context, x: &Tensor, wanted: &[u32]) -> Tensor {
        let x = gather_rows(cx, x, wanted); // [wanted, C]
        rms_norm(cx, &x, &self.norm, self.eps)
    }
}

impl Olmo {
    /// Reads the network from a checkpoint.
    pub fn load(loader: &Loader<'_>) -> Result<Self, Error> {
        let settings = &loader.settings;
        let heads = Heads::read(settings)?;
        let [far, near] = both_ways(settings)?;
        let windows = windows(settings)?;
        let layers = (0..settings.layers()?)
            .map(|number| Layer::load(loader, heads, number, windows.of(number)));
        let (hidden, vocab) = (heads.hidden, settings.count("vocab_size")?);
        let is_tied = settings.is_on("tie_word_embeddings")? || !loader.has("lm_head.weight");
        Ok(Self {
            embedding: loader.weight("model.embed_tokens.weight", vocab, hidden)?,
            layers: layers.collect::<Result<_, _>>()?,
            norm: loader.parameter("model.norm.weight", &[hidden])?,
            head: match is_tied {
                true => None,
                false => Some(loader.linear("lm_head", vocab, hidden)?),
            },
            rotary: loader.rotary_of(&far, heads.width)?,
            rotary_near: loader.rotary_of(&near, heads.width)?,
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
        let layer = format!("model.layers.{number}");
        let norm = |name: &str, size| loader.parameter(&format!("{layer}.{name}.weight"), &[size]);
        let mut attention = SelfAttention::load(loader, &layer, heads, window)?;
        attention.norms = Some([
            norm("self_attn.q_norm", heads.queries * heads.width)?,
            norm("self_attn.k_norm", heads.keys * heads.width)?,
        ]);
        let sizes = (heads.hidden, loader.settings.count("intermediate_size")?);
        let gate = Gate::read(&loader.settings)?;
        Ok(Self {
            attention,
            attention_norm: norm("post_attention_layernorm", heads.hidden)?,
            mlp: FeedForward::load(loader, &format!("{layer}.mlp"), sizes, gate)?,
            mlp_norm: norm("post_feedforward_layernorm", heads.hidden)?,
        })
    }
}

/// How layers that see all turn, and those with a window.
fn both_ways(settings: &Settings) -> Result<[Settings; 2], Error> {
    let named = settings.inner("rope_parameters")?.unwrap_or_default();
    let mut far = match named.inner("full_attention")? {
        Some(far) => far,
        None if named.get("rope_theta").is_some() => named.clone(),
        None => settings.inner("rope_scaling")?.unwrap_or_default(),
    };
    let mut near = named.inner("sliding_attention")?.unwrap_or_default();
    for kind in [&mut far, &mut near] {
        kind.fill_from(settings, &["rope_theta"]);
    }
    Ok([far, near])
}
