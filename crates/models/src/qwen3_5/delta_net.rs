//! A layer that sums up the past by a gated delta rule.
//!
//! Shapes: T tokens, C hidden, G heads of keys, V heads of values, A numbers in a key, B in a value.

use tensor::ops::{
    DeltaRule, causal_conv_silu, delta_gates, delta_rule, linear_onto, linears, rms_norm, swiglu,
};
use tensor::{Context, Parameter, Sequence, States, Tensor, Weight};

use crate::batch::Memory;
use crate::error::Error;
use crate::loader::Loader;
use crate::settings::Settings;

/// The layer.
pub(super) struct DeltaNet {
    /// Queries, keys and values, each with the taps of its convolution.
    inputs: [(Weight, Parameter); 3],
    /// What the result is gated by.
    gate: Weight,
    /// How far a head's memory moves towards new values.
    share: Weight,
    /// How much a head forgets.
    decay: Weight,
    decay_bias: Parameter,
    /// The logarithm of each head's rate of forgetting.
    rate: Parameter,
    /// Brings queries and keys to unit length, queries then to the scale of scores.
    to_unit: [Parameter; 2],
    unit_eps: f32,
    norm: Parameter,
    out: Weight,
    sizes: Sizes,
    eps: f32,
}

#[derive(Clone, Copy)]
struct Sizes {
    key_heads: usize,
    value_heads: usize,
    key_dim: usize,
    value_dim: usize,
    taps: usize,
}

impl DeltaNet {
    /// What it makes of `h`, added to `onto`. Both are `[T, C]`.
    pub fn forward_onto(
        &self,
        cx: &Context,
        onto: Tensor,
        h: &Tensor,
        states: &mut [States],
        sequences: &[Sequence<'_>],
    ) -> Tensor {
        let [q, k, v] = [0, 1, 2].map(|input| &self.inputs[input].0);
        let [q, k, v, gate, share, decay] =
            linears(cx, h, [q, k, v, &self.gate, &self.share, &self.decay]); // [T, G·A] twice, [T, V·B] twice, [T, V] twice
        let [sums, tails @ ..] = states else {
            panic!("a matrix for each head and three convolutions");
        };
        let mut mixed = |x: &Tensor, input: usize| {
            let taps = &self.inputs[input].1;
            causal_conv_silu(cx, x, taps, &mut tails[input], sequences)
        };
        let (q, k, v) = (mixed(&q, 0), mixed(&k, 1), mixed(&v, 2)); // [T, G·A] twice, [T, V·B]
        let q = rms_norm(cx, &q, &self.to_unit[0], self.unit_eps);
        let k = rms_norm(cx, &k, &self.to_unit[1], self.unit_eps);
        let gates = delta_gates(cx, [&decay, &share], [&self.rate, &self.decay_bias]); // [T, V·2]
        let rule = DeltaRule {
            queries: &q,
            keys: &k,
            values: &v,
            gates: &gates,
            key_heads: self.sizes.key_heads,
            value_heads: self.sizes.value_heads,
        };
        let y = delta_rule(cx, &rule, sums, sequences); // [T, V·B]
        let y = rms_norm(cx, &y, &self.norm, self.eps);
        linear_onto(cx, onto, &swiglu(cx, &gate, &y), &self.out) // [T, C]
    }

    /// What it keeps of a sequence.
    pub fn memory(&self) -> Memory {
        self.sizes.memory()
    }

    /// The same, before it is loaded.
    pub fn memory_by(settings: &Settings) -> Result<Memory, Error> {
        Ok(Sizes::read(settings)?.memory())
    }

    /// Its matrices.
    pub fn weights(&self) -> [&Weight; 7] {
        let [(q, _), (k, _), (v, _)] = &self.inputs;
        [q, k, v, &self.gate, &self.share, &self.decay, &self.out]
    }

    /// That of `layer`, as `model.layers.3`.
    pub fn load(loader: &Loader<'_>, layer: &str) -> Result<Self, Error> {
        let settings = &loader.settings;
        let sizes = Sizes::read(settings)?;
        let (hidden, heads) = (settings.count("hidden_size")?, sizes.value_heads);
        let values = heads * sizes.value_dim;
        let name = |part: &str| format!("{layer}.linear_attn.{part}");
        let eps = settings.number("rms_norm_eps")? as f32;
        let dim = sizes.key_dim;
        let constant = |value: f32| Parameter::new(vec![value; dim], [dim]);
        Ok(Self {
            inputs: load_inputs(loader, &name, sizes, hidden)?,
            gate: loader.linear(&name("in_proj_z"), values, hidden)?,
            share: loader.linear(&name("in_proj_b"), heads, hidden)?,
            decay: loader.linear(&name("in_proj_a"), heads, hidden)?,
            decay_bias: loader.parameter(&name("dt_bias"), &[heads])?,
            rate: loader.parameter(&name("A_log"), &[heads])?,
            // A norm by the root of the mean square, times the root of one over the count.
            to_unit: [
                constant(1.0 / dim as f32),
                constant(1.0 / (dim as f32).sqrt()),
            ],
            unit_eps: 1e-6 / dim as f32,
            norm: loader.parameter(&name("norm.weight"), &[sizes.value_dim])?,
            out: loader.linear(&name("out_proj"), hidden, values)?,
            sizes,
            eps,
        })
    }
}

impl Sizes {
    fn read(settings: &Settings) -> Result<Self, Error> {
        let sizes = Self {
            key_heads: settings.count("linear_num_key_heads")?,
            value_heads: settings.count("linear_num_value_heads")?,
            key_dim: settings.count("linear_key_head_dim")?,
            value_dim: settings.count("linear_value_head_dim")?,
            taps: settings.count("linear_conv_kernel_dim")?,
        };
        sizes.check()?;
        Ok(sizes)
    }

    fn memory(&self) -> Memory {
        let Self {
            key_heads,
            value_heads,
            key_dim,
            value_dim,
            taps,
        } = *self;
        let keys = (taps - 1) * key_heads * key_dim;
        let values = (taps - 1) * value_heads * value_dim;
        Memory::States(vec![value_heads * key_dim * value_dim, keys, keys, values])
    }

    fn check(&self) -> Result<(), Error> {
        let all = [
            self.key_heads,
            self.value_heads,
            self.key_dim,
            self.value_dim,
            self.taps,
        ];
        if all.contains(&0) || !self.value_heads.is_multiple_of(self.key_heads) {
            let flaw = format!(
                "`{}` heads of values cannot share `{}` of keys",
                self.value_heads, self.key_heads
            );
            return Err(Error::Config(flaw));
        }
        Ok(())
    }
}

/// Queries, keys and values are stored as one matrix and one convolution.
fn load_inputs(
    loader: &Loader<'_>,
    name: &dyn Fn(&str) -> String,
    sizes: Sizes,
    hidden: usize,
) -> Result<[(Weight, Parameter); 3], Error> {
    let keys = sizes.key_heads * sizes.key_dim;
    let all = 2 * keys + sizes.value_heads * sizes.value_dim;
    let taps = loader.parameter(&name("conv1d.weight"), &[all, 1, sizes.taps])?;
    let parts = [0..keys, keys..2 * keys, 2 * keys..all].map(|channels| {
        let weight = loader.linear_rows(&name("in_proj_qkv"), (channels.clone(), all), hidden)?;
        let count = channels.len();
        let mut turned = Vec::with_capacity(sizes.taps * count);
        for tap in 0..sizes.taps {
            let channels = channels.clone();
            turned.extend(channels.map(|channel| taps.values()[channel * sizes.taps + tap]));
        }
        Ok::<_, Error>((weight, Parameter::new(turned, [sizes.taps, count])))
    });
    let [queries, keys, values] = parts;
    Ok([queries?, keys?, values?])
}
