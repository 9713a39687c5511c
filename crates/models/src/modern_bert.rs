//! ModernBERT: an encoder with what decoders have learned.
//!
//! What deviates from BERT: norms before each part, without shifts, and none before the first attention;
//! heads turn; two of three layers see a window to both sides, and turn by a base of their own; the
//! feed-forward part is gated by GELU.
//!
//! Source: Warner et al. 2024.
//!
//! Shapes: T tokens of all texts, C hidden, H heads, D numbers in a head, F feed-forward.

use serde_json::json;
use tensor::ops::{
    attention, embedding, gelu, layer_norm, linear, linear_onto, linears, multiply, rope,
};
use tensor::{Attention, CacheType, Context, KvPages, Parameter, Tensor, Weight};

use crate::encoder::{EncoderNetwork, Text, head_dim, mean, sequences, tables};
use crate::error::Error;
use crate::loader::Loader;
use crate::rotary::Rotary;
use crate::settings::Settings;

/// The network.
pub(crate) struct ModernBert {
    words: Weight,
    words_norm: Norm,
    layers: Vec<Layer>,
    norm: Norm,
    /// Turns layers that see all, and those that see a window.
    rotary: [Rotary; 2],
    head: Option<Head>,
    /// Tokens that a layer with a window sees to each side.
    window: usize,
    heads: usize,
    head_dim: usize,
    eps: f32,
}

struct Norm {
    scales: Parameter,
    shifts: Option<Parameter>,
}

struct Layer {
    sees_all: bool,
    /// None in the first layer, whose input is normed already.
    attention_norm: Option<Norm>,
    qkv: [Weight; 3],
    o: Weight,
    mlp_norm: Norm,
    input: Weight,
    gate: Weight,
    down: Weight,
}

/// Scores a text by its first token or by the mean of all.
struct Head {
    takes_mean: bool,
    dense: Weight,
    norm: Norm,
    classifier: Weight,
}

impl EncoderNetwork for ModernBert {
    fn states(&self, cx: &Context, texts: &[Text<'_>]) -> Tensor {
        let (tables, count) = tables(texts);
        let sequences = sequences(texts, &tables);
        let mut pages = KvPages::new(count, self.heads, self.head_dim, CacheType::F32);
        let tokens: Vec<u32> = texts.iter().flat_map(|text| text.tokens).copied().collect();
        let places = || texts.iter().flat_map(|text| 0..text.tokens.len());
        let [far, near] = &self.rotary;
        let [far, near] = [far.angles(cx, places()), near.angles(cx, places())];
        let x = embedding(cx, &self.words, &tokens); // [T, C]
        let mut x = self.normed(cx, &x, &self.words_norm);
        for (number, layer) in self.layers.iter().enumerate() {
            let angles = if layer.sees_all { &far } else { &near };
            let h = match &layer.attention_norm {
                Some(norm) => self.normed(cx, &x, norm), // [T, C]
                None => x.clone(),
            };
            let [q, k, v] = &layer.qkv;
            let [q, k, v] = linears(cx, &h, [q, k, v]); // [T, H·D] thrice
            let q = rope(cx, q, self.head_dim, angles);
            let k = rope(cx, k, self.head_dim, angles);
            let seen = self.seen(layer.sees_all);
            let a = attention(cx, [&q, &k, &v], &mut pages, &sequences, &seen); // [T, H·D]
            x = linear_onto(cx, x, &a, &layer.o); // [T, C]
            let h = self.normed(cx, &x, &layer.mlp_norm); // [T, C]
            let [input, gate] = linears(cx, &h, [&layer.input, &layer.gate]); // [T, F] twice
            let inner = multiply(cx, &gelu(cx, input), &gate); // [T, F]
            x = linear_onto(cx, x, &inner, &layer.down); // [T, C]
            cx.layer_done(number, &x);
        }
        self.normed(cx, &x, &self.norm) // [T, C]
    }

    fn score(&self, cx: &Context, states: &Tensor) -> Option<Tensor> {
        let head = self.head.as_ref()?;
        let pooled = match head.takes_mean {
            true => cx.tensor([1, states.width()], &mean(states)),
            false => states.slice(0..1),
        }; // [1, C]
        let pooled = gelu(cx, linear(cx, &pooled, &head.dense)); // [1, C]
        let pooled = self.normed(cx, &pooled, &head.norm);
        Some(linear(cx, &pooled, &head.classifier)) // [1, labels]
    }
}

impl ModernBert {
    fn normed(&self, cx: &Context, x: &Tensor, norm: &Norm) -> Tensor {
        layer_norm(cx, x, &norm.scales, norm.shifts.as_ref(), self.eps)
    }

    fn seen(&self, all: bool) -> Attention<'static> {
        Attention {
            heads: self.heads,
            scale: 1.0 / (self.head_dim as f32).sqrt(),
            window: (!all).then_some(self.window),
            ahead: if all { usize::MAX } else { self.window },
            soft_cap: None,
            sinks: None,
        }
    }

    /// Reads the network from a checkpoint. A head for scores gives `labels` of them.
    pub fn load(loader: &Loader<'_>, labels: usize) -> Result<Self, Error> {
        let settings = &loader.settings;
        let hidden = settings.count("hidden_size")?;
        let heads = settings.count("num_attention_heads")?;
        for key in ["hidden_activation", "classifier_activation"] {
            let act = settings.word_if(key)?.unwrap_or("gelu");
            if act != "gelu" {
                return Err(Error::Config(format!("activation `{act}` is not known")));
            }
        }
        let layers = layers_that_see_all(settings)?;
        let layers = layers.into_iter().enumerate();
        let layers = layers.map(|(number, sees_all)| Layer::load(loader, hidden, number, sees_all));
        let head_dim = head_dim(hidden, heads)?;
        let rotary = |kind: &str, key: &str, usual: f64| {
            let named = settings.inner("rope_parameters")?.unwrap_or_default();
            let rope = named.inner(kind)?.unwrap_or_else(|| {
                let base = settings.get(key).cloned().unwrap_or(json!(usual));
                Settings::new([("rope_theta".to_owned(), base)].into_iter().collect())
            });
            loader.rotary_of(&rope, head_dim)
        };
        let words = "model.embeddings.tok_embeddings.weight";
        Ok(Self {
            words: loader.weight(words, settings.count("vocab_size")?, hidden)?,
            words_norm: Norm::load(loader, "model.embeddings.norm", hidden)?,
            layers: layers.collect::<Result<_, _>>()?,
            norm: Norm::load(loader, "model.final_norm", hidden)?,
            rotary: [
                rotary("full_attention", "global_rope_theta", 160_000.0)?,
                rotary("sliding_attention", "local_rope_theta", 10_000.0)?,
            ],
            head: match loader.has("classifier.weight") {
                true => Some(Head {
                    takes_mean: settings.word_if("classifier_pooling")? == Some("mean"),
                    dense: loader.linear("head.dense", hidden, hidden)?,
                    norm: Norm::load(loader, "head.norm", hidden)?,
                    classifier: loader.linear("classifier", labels, hidden)?,
                }),
                false => None,
            },
            window: settings.count_if("local_attention")?.unwrap_or(128) / 2,
            heads,
            head_dim,
            eps: settings.number_if("norm_eps")?.unwrap_or(1e-5) as f32,
        })
    }
}

/// By name, or the first of each few.
fn layers_that_see_all(settings: &Settings) -> Result<Vec<bool>, Error> {
    if let Some(kinds) = settings.words_if("layer_types")? {
        return Ok(kinds.iter().map(|kind| *kind == "full_attention").collect());
    }
    let every = settings
        .count_if("global_attn_every_n_layers")?
        .unwrap_or(3)
        .max(1);
    let layers = 0..settings.layers()?;
    Ok(layers.map(|layer| layer.is_multiple_of(every)).collect())
}

impl Layer {
    fn load(
        loader: &Loader<'_>,
        hidden: usize,
        number: usize,
        sees_all: bool,
    ) -> Result<Self, Error> {
        let inner = loader.settings.count("intermediate_size")?;
        let name = |part: &str| format!("model.layers.{number}.{part}");
        let part_of = |whole: &str, part: usize, parts: usize, size: usize| {
            let rows = part * size..(part + 1) * size;
            loader.linear_rows(&name(whole), (rows, parts * size), hidden)
        };
        let third = |part| part_of("attn.Wqkv", part, 3, hidden);
        Ok(Self {
            sees_all,
            attention_norm: match loader.has(&name("attn_norm.weight")) {
                true => Some(Norm::load(loader, &name("attn_norm"), hidden)?),
                false => None,
            },
            qkv: [third(0)?, third(1)?, third(2)?],
            o: loader.linear(&name("attn.Wo"), hidden, hidden)?,
            mlp_norm: Norm::load(loader, &name("mlp_norm"), hidden)?,
            input: part_of("mlp.Wi", 0, 2, inner)?,
            gate: part_of("mlp.Wi", 1, 2, inner)?,
            down: loader.linear(&name("mlp.Wo"), hidden, inner)?,
        })
    }
}

impl Norm {
    fn load(loader: &Loader<'_>, name: &str, hidden: usize) -> Result<Self, Error> {
        let shifts = format!("{name}.bias");
        Ok(Self {
            scales: loader.parameter(&format!("{name}.weight"), &[hidden])?,
            shifts: match loader.has(&shifts) {
                true => Some(loader.parameter(&shifts, &[hidden])?),
                false => None,
            },
        })
    }
}
