//! One block: frames look at each other, then at the text, then each token by itself.

use tensor::files::Dtype;
use tensor::ops::{
    Angles, Remembered, Shared, add_gated, full_attention, gelu_tanh, layer_norm, linear,
    linear_onto, linears, modulated_norm, remember, rms_norm, rope,
};
use tensor::{Context, Looks, Parameter, Tensor, Weight, WeightType};

use super::Config;
use crate::error::Error;
use crate::part::Part;

pub(super) struct Block {
    own: Attention,
    text: Attention,
    /// Scales and shifts of the norm before the text.
    text_norm: Option<[Parameter; 2]>,
    up: Weight,
    down: Weight,
    /// What is added to the time, `[6, hidden]`.
    table: Parameter,
    hidden: usize,
    eps: f32,
}

struct Attention {
    q: Weight,
    k: Weight,
    v: Weight,
    o: Weight,
    /// Norms of queries and keys, over all heads together.
    norms: [Parameter; 2],
    heads: usize,
    eps: f32,
}

/// What is the same for all blocks of a pass.
pub(super) struct Pass {
    pub angles: Angles,
    /// `[kinds, 6 · hidden]`.
    pub modulation: Tensor,
    /// Tokens of the first kind.
    pub first: usize,
    /// How many times the last token of the text stands there.
    pub last: usize,
}

impl Block {
    pub fn load(
        part: &Part<'_>,
        number: usize,
        config: &Config,
        held: WeightType,
    ) -> Result<Self, Error> {
        let Config {
            hidden, inner, eps, ..
        } = *config;
        let name = |part: &str| format!("blocks.{number}.{part}");
        let norm = |end: &str| part.parameter(&name(&format!("norm2.{end}")), &[hidden]);
        Ok(Self {
            own: Attention::load(part, &name("attn1"), config, held)?,
            text: Attention::load(part, &name("attn2"), config, held)?,
            text_norm: match config.has_text_norm {
                true => Some([norm("weight")?, norm("bias")?]),
                false => None,
            },
            up: part.linear(&name("ffn.net.0.proj"), [inner, hidden], held)?,
            down: part.linear(&name("ffn.net.2"), [hidden, inner], held)?,
            table: part.parameter(&name("scale_shift_table"), &[1, 6, hidden])?,
            hidden,
            eps,
        })
    }

    pub fn bytes(&self) -> usize {
        let attention = |part: &Attention| {
            [&part.q, &part.k, &part.v, &part.o]
                .map(Weight::bytes)
                .iter()
                .sum::<usize>()
        };
        attention(&self.own) + attention(&self.text) + self.up.bytes() + self.down.bytes()
    }

    /// The text `[tokens, hidden]` as this block looks at it.
    pub fn remember(&self, cx: &Context, text: &Tensor) -> Remembered {
        let part = &self.text;
        let [k, v] = linears(cx, text, [&part.k, &part.v]);
        let k = rms_norm(cx, &k, &part.norms[1], part.eps);
        remember(cx, [&k, &v], part.heads, part.is_rounded())
    }

    /// Shapes: `x` and the result are `[tokens, hidden]`.
    pub fn forward(&self, cx: &Context, x: Tensor, text: &Remembered, pass: &Pass) -> Tensor {
        let rows = self.modulation(cx, pass);
        let shared = |which: usize| Shared {
            rows: &rows[which],
            first: pass.first,
        };
        let normed = modulated_norm(cx, &x, [&shared(1), &shared(0)], self.eps);
        let seen = self.own.among(cx, &normed, &pass.angles);
        drop(normed);
        let x = add_gated(cx, x, &linear(cx, &seen, &self.own.o), &shared(2));
        drop(seen);
        let seen = match &self.text_norm {
            Some([scales, shifts]) => {
                let normed = layer_norm(cx, &x, scales, Some(shifts), self.eps);
                self.text.at(cx, &normed, text, pass.last)
            }
            None => self.text.at(cx, &x, text, pass.last),
        };
        let x = linear_onto(cx, x, &seen, &self.text.o);
        drop(seen);
        let normed = modulated_norm(cx, &x, [&shared(4), &shared(3)], self.eps);
        let h = gelu_tanh(cx, linear(cx, &normed, &self.up));
        add_gated(cx, x, &linear(cx, &h, &self.down), &shared(5))
    }

    /// Shift, scale and gate of attention, then of the layer for each token: `[kinds, hidden]` each.
    fn modulation(&self, cx: &Context, pass: &Pass) -> [Tensor; 6] {
        [0, 1, 2, 3, 4, 5].map(|which| {
            let from = which * self.hidden;
            let added = &self.table.values()[from..][..self.hidden];
            let rows = pass.modulation.values().chunks_exact(6 * self.hidden);
            let rows: Vec<f32> = rows
                .flat_map(|row| row[from..].iter().zip(added).map(|(a, b)| a + b))
                .collect();
            cx.tensor([pass.modulation.rows(), self.hidden], &rows)
        })
    }
}

impl Attention {
    fn load(part: &Part<'_>, name: &str, config: &Config, held: WeightType) -> Result<Self, Error> {
        let hidden = config.hidden;
        let square = |end: &str| part.linear(&format!("{name}.{end}"), [hidden, hidden], held);
        let norm = |end: &str| part.parameter(&format!("{name}.{end}.weight"), &[hidden]);
        Ok(Self {
            q: square("to_q")?,
            k: square("to_k")?,
            v: square("to_v")?,
            o: square("to_out.0")?,
            norms: [norm("norm_q")?, norm("norm_k")?],
            heads: config.heads,
            eps: config.eps,
        })
    }

    /// Whether keys and values are kept as exactly as weights are.
    fn is_rounded(&self) -> bool {
        self.q.dtype() != Dtype::F32
    }

    /// What tokens find among each other.
    fn among(&self, cx: &Context, x: &Tensor, angles: &Angles) -> Tensor {
        let head_dim = x.width() / self.heads;
        let [q, k, v] = linears(cx, x, [&self.q, &self.k, &self.v]);
        let k = rope(
            cx,
            rms_norm(cx, &k, &self.norms[1], self.eps),
            head_dim,
            angles,
        );
        let kept = remember(cx, [&k, &v], self.heads, self.is_rounded());
        drop((k, v));
        let q = rope(
            cx,
            rms_norm(cx, &q, &self.norms[0], self.eps),
            head_dim,
            angles,
        );
        full_attention(cx, &q, &kept, &self.looks(head_dim, None))
    }

    /// What tokens find in the text.
    fn at(&self, cx: &Context, x: &Tensor, text: &Remembered, last: usize) -> Tensor {
        let q = linear(cx, x, &self.q);
        let q = rms_norm(cx, &q, &self.norms[0], self.eps);
        full_attention(
            cx,
            &q,
            text,
            &self.looks(x.width() / self.heads, Some(last)),
        )
    }

    fn looks(&self, head_dim: usize, last: Option<usize>) -> Looks<'static> {
        Looks {
            scale: 1.0 / (head_dim as f32).sqrt(),
            bias: None,
            last,
        }
    }
}
