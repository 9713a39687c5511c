//! Gemma 4: Gemma 3 with heads of two widths, values without scales, and three things that come and go
//! with the size: an embedding for each layer, layers that read the keys of earlier ones, and experts
//! beside the dense feed-forward.
//!
//! What deviates from Gemma 3: norms store their scales as they are; scores are not scaled; values are
//! normed; layers that see all have wider heads, of which a part turns, and may take their values from
//! their keys; the last layers remember nothing and read what the last layer of their kind before them
//! remembers; each layer ends with a factor of its own.
//!
//! Source: the reference implementation (Gemma Team 2026).
//!
//! Shapes: T tokens, C hidden, H heads, K heads of keys, D numbers in a head, F feed-forward, L layers, P
//! numbers of a token in one layer, E experts.

mod attention;
mod load;

use tensor::ops::{add, embedding, gather_rows, geglu, linear, rms_norm, scale, soft_cap};
use tensor::{Context, Parameter, Tensor, Weight};

use crate::batch::{Batch, Cache, Memory};
use crate::experts::{Choice, Experts};
use crate::feed_forward::FeedForward;
use crate::model::Network;
use crate::rotary::Rotary;
use attention::LayerAttention;

/// The network.
pub(crate) struct Gemma4 {
    /// Also the head.
    embedding: Weight,
    per_layer: Option<PerLayer>,
    layers: Vec<Layer>,
    norm: Parameter,
    /// How layers of each [`Kind`] turn.
    rotary: [Rotary; 2],
    soft_cap: Option<f32>,
    hidden: usize,
    eps: f32,
}

/// What every layer is told of each token.
struct PerLayer {
    /// `[vocab, L·P]`
    embedding: Weight,
    /// `[L·P, C]`
    projection: Weight,
    norm: Parameter,
    width: usize,
}

/// What a layer sees: the tokens that are near, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Near,
    All,
}

struct Layer {
    kind: Kind,
    attention_norm: Parameter,
    attention: LayerAttention,
    attention_out_norm: Parameter,
    mlp_norm: Parameter,
    mlp: FeedForward,
    mixture: Option<Mixture>,
    mlp_out_norm: Parameter,
    told: Option<Told>,
    factor: f32,
}

/// Experts beside the dense feed-forward.
struct Mixture {
    dense_norm: Parameter,
    router_norm: Parameter,
    router: Weight,
    expert_scales: Parameter,
    choice: Choice,
    experts_norm: Parameter,
    experts: Experts,
    experts_out_norm: Parameter,
}

/// What a layer makes of what it is told of each token.
struct Told {
    gate: Weight,
    projection: Weight,
    norm: Parameter,
}

impl Network for Gemma4 {
    fn states(&self, cx: &Context, batch: &Batch<'_>, cache: &mut Cache) -> Tensor {
        let angles = [0, 1].map(|kind| self.rotary[kind].angles(cx, batch.positions()));
        let norm = |x: &Tensor, scales: &Parameter| rms_norm(cx, x, scales, self.eps);
        let x = embedding(cx, &self.embedding, batch.tokens); // [T, C]
        let mut x = scale(cx, x, (self.hidden as f32).sqrt());
        let told = self.per_layer.as_ref();
        let told = told.map(|told| told.forward(cx, &x, batch.tokens, self.eps)); // [T·L, P]
        let mut made: Vec<[Tensor; 2]> = Vec::new(); // [T, K·D] twice, of each layer that makes them
        for (number, layer) in self.layers.iter().enumerate() {
            let h = norm(&x, &layer.attention_norm); // [T, C]
            let angles = &angles[layer.kind as usize];
            let a = layer.attention.forward(
                cx,
                &h,
                angles,
                (number, &mut made),
                (batch, cache),
                self.eps,
            ); // [T, H·D]
            let y = linear(cx, &a, &layer.attention.o); // [T, C]
            x = add(cx, x, &norm(&y, &layer.attention_out_norm));
            let mut y = layer.mlp.forward(cx, &norm(&x, &layer.mlp_norm)); // [T, C]
            if let Some(mixture) = &layer.mixture {
                y = mixture.beside(cx, y, &x, self.eps);
            }
            x = add(cx, x, &norm(&y, &layer.mlp_out_norm));
            if let (Some(part), Some(told)) = (&layer.told, &told) {
                let rows = told.rows() / batch.tokens.len().max(1);
                let rows: Vec<u32> = (number..told.rows())
                    .step_by(rows)
                    .map(|row| row as u32)
                    .collect();
                let told = gather_rows(cx, told, &rows); // [T, P]
                let y = geglu(cx, &linear(cx, &x, &part.gate), &told); // [T, P]
                let y = linear(cx, &y, &part.projection); // [T, C]
                x = add(cx, x, &norm(&y, &part.norm));
            }
            x = scale(cx, x, layer.factor);
            cx.layer_done(number, &x);
        }
        norm(&gather_rows(cx, &x, batch.wanted), &self.norm) // [wanted, C]
    }

    fn logits(&self, cx: &Context, states: &Tensor) -> Tensor {
        let logits = linear(cx, states, &self.embedding); // [wanted, vocab]
        match self.soft_cap {
            Some(cap) => soft_cap(cx, logits, cap),
            None => logits,
        }
    }

    fn memory(&self) -> Vec<Memory> {
        let layers = self.layers.iter().map(|layer| &layer.attention);
        let makers = layers.filter(|attention| attention.remembers());
        makers.map(|attention| attention.heads.memory()).collect()
    }

    fn weights(&self) -> Vec<(&Weight, f64)> {
        let mut weights = vec![(&self.embedding, 1.0)];
        if let Some(told) = &self.per_layer {
            weights.extend([(&told.embedding, 0.0), (&told.projection, 1.0)]);
        }
        for layer in &self.layers {
            weights.extend(layer.attention.weights().map(|weight| (weight, 1.0)));
            weights.extend(layer.mlp.weights().map(|weight| (weight, 1.0)));
            if let Some(mixture) = &layer.mixture {
                weights.push((&mixture.router, 1.0));
                weights.extend(mixture.experts.weights(mixture.choice));
            }
            let told = layer
                .told
                .iter()
                .flat_map(|told| [&told.gate, &told.projection]);
            weights.extend(told.map(|weight| (weight, 1.0)));
        }
        weights
    }
}

impl PerLayer {
    /// What each layer is told of each token: `[T·L, P]`, from what the token is and from its embedding
    /// `x [T, C]`.
    fn forward(&self, cx: &Context, x: &Tensor, tokens: &[u32], eps: f32) -> Tensor {
        let rows = self.embedding.inputs() / self.width * tokens.len();
        let known = embedding(cx, &self.embedding, tokens).reshape([rows, self.width]); // [T·L, P]
        let known = scale(cx, known, (self.width as f32).sqrt());
        let seen = linear(cx, x, &self.projection); // [T, L·P]
        let seen = scale(cx, seen, 1.0 / (x.width() as f32).sqrt());
        let seen = rms_norm(cx, &seen.reshape([rows, self.width]), &self.norm, eps); // [T·L, P]
        scale(cx, add(cx, known, &seen), 0.5_f32.sqrt())
    }
}

impl Mixture {
    /// The sum of what the dense layer made, `dense`, and what the experts make of `x`. All are `[T, C]`.
    fn beside(&self, cx: &Context, dense: Tensor, x: &Tensor, eps: f32) -> Tensor {
        let routed = rms_norm(cx, x, &self.router_norm, eps); // [T, C]
        let logits = linear(cx, &routed, &self.router); // [T, E]
        let scales = self.expert_scales.values();
        let routes = self.choice.routes(cx, &logits, Some(scales));
        let h = rms_norm(cx, x, &self.experts_norm, eps); // [T, C]
        let y = self
            .experts
            .forward_onto(cx, cx.zeros(x.shape()), &h, &routes); // [T, C]
        let dense = rms_norm(cx, &dense, &self.dense_norm, eps);
        add(cx, dense, &rms_norm(cx, &y, &self.experts_out_norm, eps))
    }
}
