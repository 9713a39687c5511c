//! The feed-forward part of a layer.

use tensor::ops::{geglu, linear_onto, linears, swiglu, swiglu_clamped};
use tensor::{Context, Tensor, Weight};

use crate::error::Error;
use crate::loader::Loader;
use crate::settings::Settings;

/// How one half of the inner numbers gates the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Gate {
    /// By SiLU.
    Silu,
    /// By GELU in its tanh approximation.
    GeluTanh,
    /// As gpt-oss, bounded by this.
    Clamped(f32),
}

impl Gate {
    /// The one that the settings name.
    pub fn read(settings: &Settings) -> Result<Self, Error> {
        let name = match settings.word_if("hidden_activation")? {
            Some(name) => Some(name),
            None => settings.word_if("hidden_act")?,
        };
        match name.unwrap_or("silu") {
            "silu" | "swish" => Ok(Self::Silu),
            "gelu_pytorch_tanh" => Ok(Self::GeluTanh),
            other => Err(Error::Config(format!("activation `{other}` is not known"))),
        }
    }

    /// `gate` and `up` are of one shape, and so is the result.
    pub fn apply(self, cx: &Context, gate: &Tensor, up: &Tensor) -> Tensor {
        match self {
            Self::Silu => swiglu(cx, gate, up),
            Self::GeluTanh => geglu(cx, gate, up),
            Self::Clamped(limit) => swiglu_clamped(cx, gate, up, limit),
        }
    }
}

/// A gated feed-forward layer.
/// Shapes: T tokens, C hidden, F inner.
pub(crate) struct FeedForward {
    gate: Weight,
    up: Weight,
    down: Weight,
    kind: Gate,
}

impl FeedForward {
    /// The one of `mlp`, as `model.layers.3.mlp`.
    pub fn load(
        loader: &Loader<'_>,
        mlp: &str,
        (hidden, inner): (usize, usize),
        kind: Gate,
    ) -> Result<Self, Error> {
        Ok(Self {
            gate: loader.linear(&format!("{mlp}.gate_proj"), inner, hidden)?,
            up: loader.linear(&format!("{mlp}.up_proj"), inner, hidden)?,
            down: loader.linear(&format!("{mlp}.down_proj"), hidden, inner)?,
            kind,
        })
    }

    /// What it makes of `h`, added to `onto`. Both are `[T, C]`.
    pub fn forward_onto(&self, cx: &Context, onto: Tensor, h: &Tensor) -> Tensor {
        linear_onto(cx, onto, &self.inner(cx, h), &self.down) // [T, C]
    }

    /// What it makes of `h [T, C]`.
    pub fn forward(&self, cx: &Context, h: &Tensor) -> Tensor {
        tensor::ops::linear(cx, &self.inner(cx, h), &self.down) // [T, C]
    }

    fn inner(&self, cx: &Context, h: &Tensor) -> Tensor {
        let [gate, up] = linears(cx, h, [&self.gate, &self.up]); // [T, F] twice
        self.kind.apply(cx, &gate, &up) // [T, F]
    }

    /// Its matrices.
    pub fn weights(&self) -> [&Weight; 3] {
        [&self.gate, &self.up, &self.down]
    }
}
