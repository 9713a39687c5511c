//! Qwen3.5: layers that sum up the past by a gated delta rule, and after every few of them one that
//! attends to all of it; dense or with experts.
//!
//! What deviates from Qwen3: norms store how far their scales are from one; a quarter of each head turns;
//! what attention finds passes a gate made of its input. The other layers mix three neighbours into each
//! query, key and value, bring queries and keys to unit length, and keep one matrix for each head: it
//! decays, and what it holds at a key moves towards the value. With experts, one of them is for all
//! tokens, behind a gate of its own.
//!
//! Source: Yang, Kautz & Hatamizadeh 2024 (Gated DeltaNet); the reference implementation (Qwen Team 2026).
//!
//! Shapes: T tokens, C hidden, H heads, D numbers in a head, E experts.

mod delta_net;

use tensor::ops::{
    add_weighted_rows, embedding, gather_rows, linear, linear_onto, rms_norm, sigmoid_gate,
};
use tensor::{Context, Parameter, Tensor, Weight};

use crate::batch::{Batch, Cache, Memory};
use crate::error::Error;
use crate::experts::{Choice, ExpertSizes, Experts};
use crate::feed_forward::{FeedForward, Gate};
use crate::loader::Loader;
use crate::model::Network;
use crate::rotary::Rotary;
use crate::self_attention::{Heads, SelfAttention};
use crate::settings::Settings;
use delta_net::DeltaNet;

/// The network.
pub(crate) struct Qwen3_5 {
    embedding: Weight,
    layers: Vec<Layer>,
    norm: Parameter,
    /// None when the embedding serves as head.
    head: Option<Weight>,
    rotary: Rotary,
    heads: Heads,
    eps: f32,
}

struct Layer {
    mixer_norm: Parameter,
    mixer: Mixer,
    mlp_norm: Parameter,
    mlp: Mlp,
}

/// How tokens learn of each other.
enum Mixer {
    Attention {
        attention: Box<SelfAttention>,
        gate: Weight,
    },
    Delta(Box<DeltaNet>),
}

enum Mlp {
    Dense(Box<FeedForward>),
    Sparse(Box<Mixture>),
}

struct Mixture {
    router: Weight,
    choice: Choice,
    experts: Experts,
    shared: FeedForward,
    shared_gate: Weight,
}

impl Network for Qwen3_5 {
    fn states(&self, cx: &Context, batch: &Batch<'_>, cache: &mut Cache) -> Tensor {
        let angles = self.rotary.angles(cx, batch.positions());
        let mut x = embedding(cx, &self.embedding, batch.tokens); // [T, C]
        for (number, layer) in self.layers.iter().enumerate() {
            let h = rms_norm(cx, &x, &layer.mixer_norm, self.eps); // [T, C]
            x = match &layer.mixer {
                Mixer::Attention { attention, gate } => {
                    let pages = cache.pages(number);
                    let a = attention.forward(cx, &h, Some(&angles), pages, batch.sequences); // [T, H·D]
                    let a = sigmoid_gate(cx, &linear(cx, &h, gate), &a); // [T, H·D]
                    linear_onto(cx, x, &a, &attention.o) // [T, C]
                }
                Mixer::Delta(net) => {
                    let states = cache.states(number);
                    net.forward_onto(cx, x, &h, states, batch.sequences) // [T, C]
                }
            };
            let h = rms_norm(cx, &x, &layer.mlp_norm, self.eps); // [T, C]
            x = match &layer.mlp {
                Mlp::Dense(mlp) => mlp.forward_onto(cx, x, &h), // [T, C]
                Mlp::Sparse(mixture) => mixture.forward_onto(cx, x, &h), // [T, C]
            };
            cx.layer_done(number, &x);
        }
        let x = gather_rows(cx, &x, batch.wanted); // [wanted, C]
        rms_norm(cx, &x, &self.norm, self.eps)
    }

    fn logits(&self, cx: &Context, states: &Tensor) -> Tensor {
        linear(cx, states, self.head.as_ref().unwrap_or(&self.embedding)) // [wanted, vocab]
    }

    fn memory(&self) -> Vec<Memory> {
        let layers = self.layers.iter().map(|layer| match &layer.mixer {
            Mixer::Attention { .. } => self.heads.memory(),
            Mixer::Delta(net) => net.memory(),
        });
        layers.collect()
    }

    fn weights(&self) -> Vec<(&Weight, f64)> {
        let embedding = (&self.embedding, if self.head.is_some() { 0.0 } else { 1.0 });
        let head = self.head.iter().map(|weight| (weight, 1.0));
        let mut weights: Vec<_> = [embedding].into_iter().chain(head).collect();
        let mut dense = |all: &mut dyn Iterator<Item = _>| weights.extend(all.map(|w| (w, 1.0)));
        for layer in &self.layers {
            match &layer.mixer {
                Mixer::Attention { attention, gate } => {
                    dense(&mut attention.weights().into_iter().chain([gate]));
                }
                Mixer::Delta(net) => dense(&mut net.weights().into_iter()),
            }
            match &layer.mlp {
                Mlp::Dense(mlp) => dense(&mut mlp.weights().into_iter()),
                Mlp::Sparse(mixture) => {
                    let own = [&mixture.router, &mixture.shared_gate].into_iter();
                    dense(&mut own.chain(mixture.shared.weights()));
                }
            }
        }
        for layer in &self.layers {
            if let Mlp::Sparse(mixture) = &layer.mlp {
                weights.extend(mixture.experts.weights(mixture.choice));
            }
        }
        weights
    }
}

impl Mixture {
    /// What the chosen experts and the one for all make of `h`, added to `onto`. Both are `[T, C]`.
    fn forward_onto(&self, cx: &Context, onto: Tensor, h: &Tensor) -> Tensor {
        let routes = self.choice.routes(cx, &linear(cx, h, &self.router), None); // from [T, E]
        let x = self.experts.forward_onto(cx, onto, h, &routes); // [T, C]
        let shared = self.shared.forward(cx, h); // [T, C]
        let gates = linear(cx, h, &self.shared_gate); // [T, 1]
        let shares = sigmoid_gate(cx, &gates, &cx.tensor([h.rows(), 1], &vec![1.0; h.rows()])); // [T, 1]
        let rows: Vec<u32> = (0..h.rows() as u32).collect();
        add_weighted_rows(cx, x, &shared, &rows, (&shares, &rows))
    }
}

impl Qwen3_5 {
    /// Reads the network from a checkpoint.
    pub fn load(loader: &Loader<'_>) -> Result<Self, Error> {
        let settings = &loader.settings;
        let heads = Heads::read(settings)?;
        let (hidden, vocab) = (heads.hidden, settings.count("vocab_size")?);
        let layers = attending_layers(settings)?;
        let layers = layers.into_iter().enumerate();
        let layers = layers.map(|(number, attends)| Layer::load(loader, heads, number, attends));
        let is_tied = settings.is_on("tie_word_embeddings")? || !loader.has("lm_head.weight");
        Ok(Self {
            embedding: loader.weight("model.embed_tokens.weight", vocab, hidden)?,
            layers: layers.collect::<Result<_, _>>()?,
            norm: loader.centred_norm("model.norm", hidden)?,
            head: match is_tied {
                true => None,
                false => Some(loader.linear("lm_head", vocab, hidden)?),
            },
            rotary: loader.rotary(heads.width)?,
            heads,
            eps: settings.number("rms_norm_eps")? as f32,
        })
    }
}

/// What its layers will keep of past tokens, before it is loaded.
pub(crate) fn memory_by(settings: &Settings) -> Result<Vec<Memory>, Error> {
    let layers = attending_layers(settings)?.into_iter();
    layers
        .map(|attends| match attends {
            true => Ok(Heads::read(settings)?.memory()),
            false => DeltaNet::memory_by(settings),
        })
        .collect()
}

/// Which layers attend: by name, or each n-th.
fn attending_layers(settings: &Settings) -> Result<Vec<bool>, Error> {
    if let Some(kinds) = settings.words_if("layer_types")? {
        return Ok(kinds.iter().map(|kind| *kind == "full_attention").collect());
    }
    let interval = settings
        .count_if("full_attention_interval")?
        .unwrap_or(4)
        .max(1);
    let layers = 1..=settings.layers()?;
    Ok(layers.map(|layer| layer.is_multiple_of(interval)).collect())
}

impl Layer {
    fn load(
        loader: &Loader<'_>,
        heads: Heads,
        number: usize,
        attends: bool,
    ) -> Result<Self, Error> {
        let layer = format!("model.layers.{number}");
        let mixer = match attends {
            true => load_attention(loader, &layer, heads)?,
            false => Mixer::Delta(Box::new(DeltaNet::load(loader, &layer)?)),
        };
        let mlp = format!("{layer}.mlp");
        let settings = &loader.settings;
        let mlp = if settings.count_if("num_experts")?.unwrap_or(0) > 0 {
            Mlp::Sparse(Box::new(Mixture::load(loader, &mlp, heads.hidden)?))
        } else {
            let sizes = (heads.hidden, settings.count("intermediate_size")?);
            Mlp::Dense(Box::new(FeedForward::load(
                loader,
                &mlp,
                sizes,
                Gate::read(settings)?,
            )?))
        };
        let norm = |name: &str| loader.centred_norm(&format!("{layer}.{name}"), heads.hidden);
        Ok(Self {
            mixer_norm: norm("input_layernorm")?,
            mixer,
            mlp_norm: norm("post_attention_layernorm")?,
            mlp,
        })
    }
}

/// Each head's query is stored before its gate.
fn load_attention(loader: &Loader<'_>, layer: &str, heads: Heads) -> Result<Mixer, Error> {
    let (both, width) = (heads.queries * 2 * heads.width, heads.width);
    let rows = |from: usize| {
        let head = move |head: usize| head * 2 * width + from..head * 2 * width + from + width;
        (0..heads.queries).flat_map(head).collect::<Vec<usize>>()
    };
    let name = format!("{layer}.self_attn.q_proj");
    let query = loader.linear_picked(&name, (&rows(0), both), heads.hidden)?;
    let gate = loader.linear_picked(&name, (&rows(width), both), heads.hidden)?;
    let mut attention = SelfAttention::load_with_query(loader, layer, heads, None, query)?;
    let norm = |part: &str| loader.centred_norm(&format!("{layer}.self_attn.{part}"), width);
    attention.norms = Some([norm("q_norm")?, norm("k_norm")?]);
    Ok(Mixer::Attention {
        attention: Box::new(attention),
        gate,
    })
}

impl Mixture {
    fn load(loader: &Loader<'_>, mlp: &str, hidden: usize) -> Result<Self, Error> {
        let settings = &loader.settings;
        let gate = Gate::read(settings)?;
        let sizes = ExpertSizes {
            count: settings.count("num_experts")?,
            hidden,
            inner: settings.count("moe_intermediate_size")?,
        };
        let shared = settings.count("shared_expert_intermediate_size")?;
        let shared = (hidden, shared);
        Ok(Self {
            router: loader.linear(&format!("{mlp}.gate"), sizes.count, hidden)?,
            choice: Choice {
                top: settings.count("num_experts_per_tok")?,
                is_normalised: true,
            },
            experts: Experts::load(loader, mlp, sizes, gate)?,
            shared: FeedForward::load(loader, &format!("{mlp}.shared_expert"), shared, gate)?,
            shared_gate: loader.linear(&format!("{mlp}.shared_expert_gate"), 1, hidden)?,
        })
    }
}
