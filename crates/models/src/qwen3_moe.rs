//! Qwen3-MoE: Qwen3 (Llama with norms of queries and keys) whose feed-forward layers are experts, all of
//! them or every few.
//!
//! Source: Yang et al. 2025 (Qwen3 technical report).
//!
//! Shapes: T tokens, C hidden, H heads, D numbers in a head, E experts.

use tensor::ops::{Angles, embedding, gather_rows, linear, linear_onto, rms_norm};
use tensor::{Context, Parameter, Tensor, Weight};

use crate::batch::{Batch, Cache, Memory};
use crate::error::Error;
use crate::experts::{Choice, ExpertSizes, Experts};
use crate::feed_forward::{FeedForward, Gate};
use crate::layers::{Around, Layered, states};
use crate::loader::Loader;
use crate::model::Network;
use crate::rotary::Rotary;
use crate::self_attention::{Heads, SelfAttention};
use crate::settings::Settings;

/// The network.
pub(crate) struct Qwen3Moe {
    embedding: Weight,
    layers: Vec<Layer>,
    norm: Parameter,
    /// None when the embedding serves as head.
    head: Option<Weight>,
    rotary: Rotary,
    choice: Choice,
    heads: Heads,
    eps: f32,
}

struct Layer {
    attention_norm: Parameter,
    attention: SelfAttention,
    mlp_norm: Parameter,
    mlp: Mlp,
}

enum Mlp {
    Dense(FeedForward),
    Sparse { router: Weight, experts: Experts },
}

impl Network for Qwen3Moe {
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
        let head = self.head.iter().map(|weight| (weight, 1.0));
        let mut weights: Vec<_> = [embedding].into_iter().chain(head).collect();
        for layer in &self.layers {
            weights.extend(layer.attention.weights().map(|weight| (weight, 1.0)));
            match &layer.mlp {
                Mlp::Dense(mlp) => weights.extend(mlp.weights().map(|weight| (weight, 1.0))),
                Mlp::Sparse { router, experts } => {
                    weights.push((router, 1.0));
                    weights.extend(experts.weights(self.choice));
                }
            }
        }
        weights
    }
}

impl Layered for Qwen3Moe {
    fn count(&self) -> usize {
        self.layers.len()
    }

    fn angles(&self, cx: &Context, batch: &Batch<'_>) -> Vec<Angles> {
        vec![self.rotary.angles(cx, batch.positions())]
    }

    fn embed(&self, cx: &Context, batch: &Batch<'_>) -> Tensor {
        embedding(cx, &self.embedding, batch.tokens) // [T, C]
    }

    fn layer(&self, cx: &Context, number: usize, x: Tensor, around: Around<'_>) -> Tensor {
        let layer = &self.layers[number];
        let attention = &layer.attention;
        let h = rms_norm(cx, &x, &layer.attention_norm, self.eps); // [T, C]
        let angles = around.angles.first();
        let a = attention.forward(cx, &h, angles, around.pages, around.sequences); // [T, H·D]
        let x = linear_onto(cx, x, &a, &attention.o); // [T, C]
        let h = rms_norm(cx, &x, &layer.mlp_norm, self.eps); // [T, C]
        match &layer.mlp {
            Mlp::Dense(mlp) => mlp.forward_onto(cx, x, &h), // [T, C]
            Mlp::Sparse { router, experts } => {
                let routes = self.choice.routes(cx, &linear(cx, &h, router), None); // from [T, E]
                experts.forward_onto(cx, x, &h, &routes) // [T, C]
            }
        }
    }

    fn end(&self, cx: &Context, x: &Tensor, wanted: &[u32]) -> Tensor {
        let x = gather_rows(cx, x, wanted); // [wanted, C]
        rms_norm(cx, &x, &self.norm, self.eps)
    }
}

impl Qwen3Moe {
    /// Reads the network from a checkpoint.
    pub fn load(loader: &Loader<'_>) -> Result<Self, Error> {
        let settings = &loader.settings;
        let heads = Heads::read(settings)?;
        let (hidden, vocab) = (heads.hidden, settings.count("vocab_size")?);
        let layers = (0..settings.layers()?).map(|number| Layer::load(loader, heads, number));
        let is_tied = settings.is_on("tie_word_embeddings")? || !loader.has("lm_head.weight");
        Ok(Self {
            embedding: loader.weight("model.embed_tokens.weight", vocab, hidden)?,
            layers: layers.collect::<Result<_, _>>()?,
            norm: loader.parameter("model.norm.weight", &[hidden])?,
            head: match is_tied {
                true => None,
                false => Some(loader.linear("lm_head", vocab, hidden)?),
            },
            rotary: loader.rotary(heads.width)?,
            choice: Choice {
                top: settings.count("num_experts_per_tok")?,
                is_normalised: settings.flag_if("norm_topk_prob")?.unwrap_or(true),
            },
            heads,
            eps: settings.number("rms_norm_eps")? as f32,
        })
    }
}

impl Layer {
    fn load(loader: &Loader<'_>, heads: Heads, number: usize) -> Result<Self, Error> {
        let settings = &loader.settings;
        let layer = format!("model.layers.{number}");
        let norm = |name: &str, size| loader.parameter(&format!("{layer}.{name}.weight"), &[size]);
        let mut attention = SelfAttention::load(loader, &layer, heads, None)?;
        attention.norms = Some([
            norm("self_attn.q_norm", heads.width)?,
            norm("self_attn.k_norm", heads.width)?,
        ]);
        let mlp = format!("{layer}.mlp");
        let gate = Gate::read(settings)?;
        let mlp = if is_sparse(settings, number)? {
            let sizes = ExpertSizes {
                count: settings.count("num_experts")?,
                hidden: heads.hidden,
                inner: settings.count("moe_intermediate_size")?,
            };
            Mlp::Sparse {
                router: loader.linear(&format!("{mlp}.gate"), sizes.count, heads.hidden)?,
                experts: Experts::load(loader, &mlp, sizes, gate)?,
            }
        } else {
            let sizes = (heads.hidden, settings.count("intermediate_size")?);
            Mlp::Dense(FeedForward::load(loader, &mlp, sizes, gate)?)
        };
        Ok(Self {
            attention_norm: norm("input_layernorm", heads.hidden)?,
            attention,
            mlp_norm: norm("post_attention_layernorm", heads.hidden)?,
            mlp,
        })
    }
}

/// Every `decoder_sparse_step`-th layer has experts, but for those that are named.
fn is_sparse(settings: &Settings, number: usize) -> Result<bool, Error> {
    let step = settings
        .count_if("decoder_sparse_step")?
        .unwrap_or(1)
        .max(1);
    let dense = settings.numbers_if("mlp_only_layers")?.unwrap_or_default();
    Ok((number + 1).is_multiple_of(step) && !dense.contains(&(number as f64)))
}
