//! gpt-oss: Llama with biases everywhere, experts in each layer, windows in every other layer, and a sink
//! in each head that takes the attention that no token deserves.
//!
//! The experts come as MXFP4, their gates and ups interleaved row by row; the gate is bounded, and the up
//! has one added. Positions are stretched by YaRN whose ramp is not rounded to whole pairs.
//!
//! Source: OpenAI 2025, gpt-oss-120b & gpt-oss-20b model card; the reference implementation.
//!
//! Shapes: T tokens, C hidden, H heads, D numbers in a head, E experts, F feed-forward of one expert.

use tensor::files::{Dtype, View};
use tensor::ops::{Angles, embedding, gather_rows, linear, linear_onto, rms_norm};
use tensor::{Context, Parameter, Tensor, Weight};

use crate::batch::{Batch, Cache, Memory};
use crate::error::Error;
use crate::experts::{Choice, Expert, ExpertSizes, Experts};
use crate::feed_forward::Gate;
use crate::layers::{Around, Layered, states};
use crate::loader::Loader;
use crate::model::Network;
use crate::rotary::Rotary;
use crate::self_attention::{Heads, SelfAttention};
use crate::windows::windows;

/// The network.
pub(crate) struct GptOss {
    embedding: Weight,
    layers: Vec<Layer>,
    norm: Parameter,
    head: Weight,
    rotary: Rotary,
    choice: Choice,
    heads: Heads,
    eps: f32,
}

struct Layer {
    attention_norm: Parameter,
    attention: SelfAttention,
    mlp_norm: Parameter,
    router: Weight,
    experts: Experts,
}

impl Network for GptOss {
    fn states(&self, cx: &Context, batch: &Batch<'_>, cache: &mut Cache) -> Tensor {
        states(self, cx, batch, cache)
    }

    fn layered(&self) -> Option<&dyn Layered> {
        Some(self)
    }

    fn logits(&self, cx: &Context, states: &Tensor) -> Tensor {
        linear(cx, states, &self.head) // [wanted, vocab]
    }

    fn memory(&self) -> Vec<Memory> {
        vec![self.heads.memory(); self.layers.len()]
    }

    fn weights(&self) -> Vec<(&Weight, f64)> {
        let layers = self.layers.iter().flat_map(|layer| {
            let dense = layer.attention.weights().into_iter().chain([&layer.router]);
            let experts = layer.experts.weights(self.choice);
            dense.map(|weight| (weight, 1.0)).chain(experts)
        });
        let ends = [(&self.embedding, 0.0), (&self.head, 1.0)];
        ends.into_iter().chain(layers).collect()
    }
}

impl Layered for GptOss {
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
        let logits = linear(cx, &h, &layer.router); // [T, E]
        let routes = self.choice.routes(cx, &logits, None);
        layer.experts.forward_onto(cx, x, &h, &routes) // [T, C]
    }

    fn end(&self, cx: &Context, x: &Tensor, wanted: &[u32]) -> Tensor {
        let x = gather_rows(cx, x, wanted); // [wanted, C]
        rms_norm(cx, &x, &self.norm, self.eps)
    }
}

impl GptOss {
    /// Reads the network from a checkpoint.
    pub fn load(loader: &Loader<'_>) -> Result<Self, Error> {
        let settings = &loader.settings;
        let heads = Heads::read(settings)?;
        let (hidden, vocab) = (heads.hidden, settings.count("vocab_size")?);
        let experts = settings.count_if("num_local_experts")?;
        let sizes = ExpertSizes {
            count: experts.map_or_else(|| settings.count("num_experts"), Ok)?,
            hidden,
            inner: settings.count("intermediate_size")?,
        };
        let gate = Gate::Clamped(settings.number_if("swiglu_limit")?.unwrap_or(7.0) as f32);
        let windows = windows(settings)?;
        let layers = (0..settings.layers()?).map(|number| {
            let layer = format!("model.layers.{number}");
            let norm = |name: &str| loader.parameter(&format!("{layer}.{name}.weight"), &[hidden]);
            let window = windows.of(number);
            let mut attention = SelfAttention::load(loader, &layer, heads, window)?;
            let sinks = format!("{layer}.self_attn.sinks");
            attention.sinks = Some(loader.parameter(&sinks, &[heads.queries])?);
            Ok(Layer {
                attention_norm: norm("input_layernorm")?,
                attention,
                mlp_norm: norm("post_attention_layernorm")?,
                router: loader.linear(&format!("{layer}.mlp.router"), sizes.count, hidden)?,
                experts: Experts::new(load_experts(loader, &format!("{layer}.mlp"), sizes)?, gate),
            })
        });
        Ok(Self {
            embedding: loader.weight("model.embed_tokens.weight", vocab, hidden)?,
            layers: layers.collect::<Result<_, Error>>()?,
            norm: loader.parameter("model.norm.weight", &[hidden])?,
            head: loader.linear("lm_head", vocab, hidden)?,
            rotary: loader.rotary(heads.width)?,
            choice: Choice {
                top: settings.count("num_experts_per_tok")?,
                is_normalised: true,
            },
            heads,
            eps: settings.number("rms_norm_eps")? as f32,
        })
    }
}

/// Rows of gates and ups alternate, and so do their biases.
fn load_experts(loader: &Loader<'_>, mlp: &str, sizes: ExpertSizes) -> Result<Vec<Expert>, Error> {
    let ExpertSizes {
        count,
        hidden,
        inner,
    } = sizes;
    let name = |part: &str| format!("{mlp}.experts.{part}");
    if loader.has(&name("gate_proj.weight")) {
        return load_split_experts(loader, mlp, sizes);
    }
    let gates_ups = Stored::of(loader, &name("gate_up_proj"), (count, 2 * inner, hidden))?;
    let downs = Stored::of(loader, &name("down_proj"), (count, hidden, inner))?;
    let biases = loader.parameter(&name("gate_up_proj_bias"), &[count, 2 * inner])?;
    let down_biases = loader.parameter(&name("down_proj_bias"), &[count, hidden])?;
    let experts = (0..count).map(|expert| {
        let half = |odd: usize| {
            let rows: Vec<usize> = (0..inner).map(|row| 2 * row + odd).collect();
            let biases = &biases.values()[expert * 2 * inner..][..2 * inner];
            let bias: Vec<f32> = rows.iter().map(|row| biases[*row]).collect();
            let weight = gates_ups.pack(loader, expert, &rows);
            weight.with_bias(Parameter::new(bias, [inner]))
        };
        let rows: Vec<usize> = (0..hidden).collect();
        let bias = &down_biases.values()[expert * hidden..][..hidden];
        Expert {
            gate: half(0),
            up: half(1),
            down: downs
                .pack(loader, expert, &rows)
                .with_bias(Parameter::new(bias, [hidden])),
        }
    });
    Ok(experts.collect())
}

/// As GGUF has them: gates and ups apart.
fn load_split_experts(
    loader: &Loader<'_>,
    mlp: &str,
    sizes: ExpertSizes,
) -> Result<Vec<Expert>, Error> {
    let ExpertSizes {
        count,
        hidden,
        inner,
    } = sizes;
    let part = |part: &str, outputs: usize, inputs: usize| {
        let name = format!("{mlp}.experts.{part}");
        let all = loader.view(&format!("{name}.weight"), &[count, outputs, inputs])?;
        let biases = loader.parameter(&format!("{name}.bias"), &[count, outputs])?;
        let weights = (0..count).map(|expert| {
            let bias = &biases.values()[expert * outputs..][..outputs];
            let weight = loader.pack(&all.at(expert));
            weight.with_bias(Parameter::new(bias, [outputs]))
        });
        let weights: Vec<Weight> = weights.collect();
        loader.release(&format!("{name}.weight"));
        Ok::<_, Error>(weights)
    };
    let gates = part("gate_proj", inner, hidden)?;
    let ups = part("up_proj", inner, hidden)?;
    let downs = part("down_proj", hidden, inner)?;
    let experts = gates.into_iter().zip(ups).zip(downs);
    let experts = experts.map(|((gate, up), down)| Expert { gate, up, down });
    Ok(experts.collect())
}

/// One matrix of all experts, as a folder has it.
enum Stored<'a> {
    /// Bytes `[E, outputs, inputs / 32, 16]` of two neighbours each, and their scales.
    Mxfp4 { blocks: View<'a>, scales: View<'a> },
    /// Floats `[E, inputs, outputs]`.
    Transposed(View<'a>),
}

/// Numbers that share a scale.
const BLOCK: usize = 32;

impl<'a> Stored<'a> {
    fn of(
        loader: &Loader<'a>,
        name: &str,
        (count, outputs, inputs): (usize, usize, usize),
    ) -> Result<Self, Error> {
        let blocks = format!("{name}_blocks");
        if !loader.has(&blocks) {
            let floats = loader.view(name, &[count, inputs, outputs])?;
            if floats.dtype.is_quantised() {
                let flaw = format!("`{name}` is in blocks that cannot be transposed");
                return Err(Error::Config(flaw));
            }
            return Ok(Self::Transposed(floats));
        }
        let groups = inputs / BLOCK;
        Ok(Self::Mxfp4 {
            blocks: loader.view(&blocks, &[count, outputs, groups, BLOCK / 2])?,
            scales: loader.view(&format!("{name}_scales"), &[count, outputs, groups])?,
        })
    }

    /// Some rows of the matrix of one expert.
    fn pack(&self, loader: &Loader<'_>, expert: usize, rows: &[usize]) -> Weight {
        let (dtype, inputs, bytes) = match self {
            Self::Mxfp4 { blocks, scales } => {
                let inputs = blocks.shape[2] * BLOCK;
                (
                    Dtype::Mxfp4,
                    inputs,
                    mxfp4(&blocks.at(expert), &scales.at(expert), rows),
                )
            }
            Self::Transposed(floats) => (
                floats.dtype,
                floats.shape[1],
                columns(&floats.at(expert), rows),
            ),
        };
        loader.pack(&View {
            dtype,
            shape: vec![rows.len(), inputs],
            bytes: &bytes,
        })
    }
}

/// Rows as blocks of GGUF: the scale, then bytes of which the low halves are the first 16 numbers and the
/// high halves the last.
fn mxfp4(blocks: &View<'_>, scales: &View<'_>, rows: &[usize]) -> Vec<u8> {
    let groups = blocks.shape[1];
    let mut bytes = Vec::with_capacity(rows.len() * groups * (BLOCK / 2 + 1));
    for row in rows {
        for group in row * groups..(row + 1) * groups {
            let pairs = &blocks.bytes[group * BLOCK / 2..][..BLOCK / 2];
            let number = |at: usize| pairs[at / 2] >> (4 * (at % 2)) & 15;
            bytes.push(scales.bytes[group]);
            bytes.extend((0..BLOCK / 2).map(|at| number(at) | number(at + BLOCK / 2) << 4));
        }
    }
    bytes
}

/// Columns as rows.
fn columns(floats: &View<'_>, columns: &[usize]) -> Vec<u8> {
    let (inputs, outputs) = (floats.shape[0], floats.shape[1]);
    let size = floats.dtype.block_bytes();
    let mut bytes = Vec::with_capacity(columns.len() * inputs * size);
    for column in columns {
        for row in 0..inputs {
            bytes.extend_from_slice(&floats.bytes[(row * outputs + column) * size..][..size]);
        }
    }
    bytes
}
