//! Llama, and the networks that differ from it by a switch: Mistral (windows), Qwen2 (biases), Qwen3
//! (norms of queries and keys), SmolLM3 (layers without positions), Phi-3 and Phi-4-mini (several
//! matrices saved as one, part of a head turned).
//!
//! Source: Touvron et al. 2023; Grattafiori et al. 2024; Jiang et al. 2023; Yang et al. 2024, 2025;
//! Abdin et al. 2024.
//!
//! Shapes: T tokens, C hidden, H heads, K heads of keys and values, D numbers in a head, F feed-forward.

use tensor::ops::{
    Angles, attention, embedding, gather_rows, linear, linear_onto, linears, rms_norm, rope, swiglu,
};
use tensor::{Attention, Context, Parameter, Tensor, Weight};

use crate::batch::{Batch, Cache, Memory};
use crate::error::Error;
use crate::layers::{Around, Layered, states};
use crate::loader::Loader;
use crate::model::Network;
use crate::rotary::Rotary;
use crate::self_attention::Heads;
use crate::windows::windows;

/// The network.
pub(crate) struct Llama {
    embedding: Weight,
    layers: Vec<Layer>,
    norm: Parameter,
    /// None when the embedding serves as head.
    head: Option<Weight>,
    rotary: Rotary,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    eps: f32,
}

struct Layer {
    attention_norm: Parameter,
    q: Weight,
    k: Weight,
    v: Weight,
    o: Weight,
    /// Scales of each head of queries and keys, Qwen3.
    head_norms: Option<[Parameter; 2]>,
    /// How many tokens before itself a token sees; all when none.
    window: Option<usize>,
    has_positions: bool,
    mlp_norm: Parameter,
    gate: Weight,
    up: Weight,
    down: Weight,
}

impl Network for Llama {
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
        let pages = Memory::Pages {
            kv_heads: self.kv_heads,
            head_dim: self.head_dim,
        };
        vec![pages; self.layers.len()]
    }

    fn weights(&self) -> Vec<(&Weight, f64)> {
        let layers = self.layers.iter().flat_map(|layer| {
            let Layer { q, k, v, o, .. } = layer;
            [q, k, v, o, &layer.gate, &layer.up, &layer.down]
        });
        // Of an embedding that is no head a token meets one row.
        let embedding = (&self.embedding, if self.head.is_some() { 0.0 } else { 1.0 });
        let all = self.head.iter().chain(layers).map(|weight| (weight, 1.0));
        [embedding].into_iter().chain(all).collect()
    }
}

impl Layered for Llama {
    fn count(&self) -> usize {
        self.layers.len()
    }

    fn angles(&self, cx: &Context, batch: &Batch<'_>) -> Vec<Angles> {
        vec![self.rotary.angles(cx, batch.positions())]
    }

    fn embed(&self, cx: &Context, batch: &Batch<'_>) -> Tensor {
        embedding(cx, &self.embedding, batch.tokens) // [T, C]
    }

    fn layer(&self, cx: &Context, number: usize, mut x: Tensor, around: Around<'_>) -> Tensor {
        let (layer, angles) = (&self.layers[number], &around.angles[0]);
        let h = rms_norm(cx, &x, &layer.attention_norm, self.eps); // [T, C]
        let [mut q, mut k, v] = linears(cx, &h, [&layer.q, &layer.k, &layer.v]); // [T, H·D], [T, K·D] twice
        if let Some([q_norm, k_norm]) = &layer.head_norms {
            q = rms_norm(cx, &q, q_norm, self.eps);
            k = rms_norm(cx, &k, k_norm, self.eps);
        }
        if layer.has_positions {
            q = rope(cx, q, self.head_dim, angles);
            k = rope(cx, k, self.head_dim, angles);
        }
        let rules = self.attention(layer);
        let a = attention(cx, [&q, &k, &v], around.pages, around.sequences, &rules); // [T, H·D]
        x = linear_onto(cx, x, &a, &layer.o); // [T, C]
        let h = rms_norm(cx, &x, &layer.mlp_norm, self.eps); // [T, C]
        let [gate, up] = linears(cx, &h, [&layer.gate, &layer.up]); // [T, F] twice
        linear_onto(cx, x, &swiglu(cx, &gate, &up), &layer.down) // [T, C]
    }

    fn end(&self, cx: &Context, x: &Tensor, wanted: &[u32]) -> Tensor {
        let x = gather_rows(cx, x, wanted); // [wanted, C]
        rms_norm(cx, &x, &self.norm, self.eps)
    }
}

impl Llama {
    fn attention(&self, layer: &Layer) -> Attention<'static> {
        Attention {
            heads: self.heads,
            scale: 1.0 / (self.head_dim as f32).sqrt(),
            window: layer.window,
            ahead: 0,
            soft_cap: None,
            sinks: None,
        }
    }

    /// Reads the network from a checkpoint.
    pub fn load(loader: &Loader<'_>) -> Result<Self, Error> {
        let settings = &loader.settings;
        let Heads {
            hidden,
            queries: heads,
            keys: kv_heads,
            width: head_dim,
        } = Heads::read(settings)?;
        let vocab = settings.count("vocab_size")?;
        let is_tied = settings.is_on("tie_word_embeddings")? || !loader.has("lm_head.weight");
        let sizes = Sizes {
            hidden,
            queries: heads * head_dim,
            keys: kv_heads * head_dim,
            head_dim,
            inner: settings.count("intermediate_size")?,
        };
        let windows = windows(settings)?;
        let has_positions = layers_with_positions(loader)?;
        let layers = (0..settings.layers()?).map(|number| {
            let window = windows.of(number);
            let has_positions = has_positions
                .as_ref()
                .is_none_or(|layers| layers.get(number) != Some(&false));
            Layer::load(loader, number, &sizes, window, has_positions)
        });
        Ok(Self {
            embedding: loader.weight("model.embed_tokens.weight", vocab, hidden)?,
            layers: layers.collect::<Result<_, _>>()?,
            norm: loader.parameter("model.norm.weight", &[hidden])?,
            head: match is_tied {
                true => None,
                false => Some(loader.linear("lm_head", vocab, hidden)?),
            },
            rotary: loader.rotary(head_dim)?,
            heads,
            kv_heads,
            head_dim,
            eps: settings.number("rms_norm_eps")? as f32,
        })
    }
}

/// Lengths of rows and columns.
struct Sizes {
    hidden: usize,
    queries: usize,
    keys: usize,
    head_dim: usize,
    inner: usize,
}

impl Layer {
    fn load(
        loader: &Loader<'_>,
        number: usize,
        sizes: &Sizes,
        window: Option<usize>,
        has_positions: bool,
    ) -> Result<Self, Error> {
        let Sizes {
            hidden,
            queries,
            keys,
            head_dim,
            inner,
        } = *sizes;
        let layer = format!("model.layers.{number}");
        let attention = format!("{layer}.self_attn");
        let fused = format!("{attention}.qkv_proj");
        let [q, k, v] = if loader.has(&format!("{fused}.weight")) {
            let all = queries + 2 * keys;
            let rows = [0..queries, queries..queries + keys, queries + keys..all];
            let [q, k, v] = rows.map(|rows| loader.linear_rows(&fused, (rows, all), hidden));
            [q?, k?, v?]
        } else {
            [
                loader.linear(&format!("{attention}.q_proj"), queries, hidden)?,
                loader.linear(&format!("{attention}.k_proj"), keys, hidden)?,
                loader.linear(&format!("{attention}.v_proj"), keys, hidden)?,
            ]
        };
        let fused = format!("{layer}.mlp.gate_up_proj");
        let [gate, up] = if loader.has(&format!("{fused}.weight")) {
            let rows = [0..inner, inner..2 * inner];
            let [gate, up] = rows.map(|rows| loader.linear_rows(&fused, (rows, 2 * inner), hidden));
            [gate?, up?]
        } else {
            [
                loader.linear(&format!("{layer}.mlp.gate_proj"), inner, hidden)?,
                loader.linear(&format!("{layer}.mlp.up_proj"), inner, hidden)?,
            ]
        };
        let norm = |name: &str, size| loader.parameter(&format!("{layer}.{name}.weight"), &[size]);
        let head_norms = match loader.has(&format!("{attention}.q_norm.weight")) {
            true => Some([
                norm("self_attn.q_norm", head_dim)?,
                norm("self_attn.k_norm", head_dim)?,
            ]),
            false => None,
        };
        Ok(Self {
            attention_norm: norm("input_layernorm", hidden)?,
            q,
            k,
            v,
            o: loader.linear(&format!("{attention}.o_proj"), hidden, queries)?,
            head_norms,
            window,
            has_positions,
            mlp_norm: norm("post_attention_layernorm", hidden)?,
            gate,
            up,
            down: loader.linear(&format!("{layer}.mlp.down_proj"), hidden, inner)?,
        })
    }
}

/// Which layers turn their queries and keys, SmolLM3; all when nothing is said.
fn layers_with_positions(loader: &Loader<'_>) -> Result<Option<Vec<bool>>, Error> {
    let settings = &loader.settings;
    let layers = settings.numbers_if("no_rope_layers")?;
    if layers.is_none() && settings.word_if("model_type")? == Some("smollm3") {
        let interval = settings.count_if("no_rope_layer_interval")?.unwrap_or(4);
        let layers = 1..=settings.layers()?;
        let turned = layers.map(|layer| !layer.is_multiple_of(interval.max(1)));
        return Ok(Some(turned.collect()));
    }
    // The name says the opposite of what the numbers mean: 1 is a layer with positions.
    Ok(layers.map(|layers| layers.iter().map(|turned| *turned != 0.0).collect()))
}
