//! The attention of a layer, with what families add to Llama's by a switch.

use tensor::ops::{Angles, attention, linears, rms_norm, rope};
use tensor::{Attention, Context, KvPages, Parameter, Sequence, Tensor, Weight};

use crate::batch::Memory;
use crate::error::Error;
use crate::loader::Loader;
use crate::settings::Settings;

/// More heads than any layer has, and wider than any is.
const HEADS_MAX: usize = 1 << 12;
const WIDTH_MAX: usize = 1 << 12;

/// How many heads there are, and how wide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
    /// Numbers in a token's row.
    pub hidden: usize,
    /// Heads of queries.
    pub queries: usize,
    /// Heads of keys and values.
    pub keys: usize,
    /// Numbers in a head.
    pub width: usize,
}

/// Queries, keys and values, and what becomes of them.
pub(crate) struct SelfAttention {
    q: Weight,
    k: Weight,
    v: Weight,
    /// From the heads back to a token's row.
    pub o: Weight,
    /// Norms of queries and keys, of each head or of all heads together, as their lengths say.
    pub norms: Option<[Parameter; 2]>,
    /// A score for each head of looking at nothing.
    pub sinks: Option<Parameter>,
    /// How many tokens before itself a token sees; all when none.
    pub window: Option<usize>,
    /// What scores are multiplied with.
    pub scale: f32,
    heads: Heads,
    eps: f32,
}

impl Heads {
    /// Those of the whole model.
    pub fn read(settings: &Settings) -> Result<Self, Error> {
        let queries = settings.count("num_attention_heads")?;
        let heads = Self {
            hidden: settings.count("hidden_size")?,
            queries,
            keys: settings.count_if("num_key_value_heads")?.unwrap_or(queries),
            width: settings.head_dim()?,
        };
        heads.checked()
    }

    /// The same if there can be such heads, so that no array is made for those that there cannot.
    pub fn checked(self) -> Result<Self, Error> {
        let Self {
            queries,
            keys,
            width,
            ..
        } = self;
        let are_fine = (1..=HEADS_MAX).contains(&queries)
            && (1..=queries).contains(&keys)
            && queries.is_multiple_of(keys)
            && (16..=WIDTH_MAX).contains(&width)
            && width.is_multiple_of(16);
        if are_fine {
            return Ok(self);
        }
        let flaw = format!("`{queries}` heads of `{width}` numbers cannot share `{keys}` of keys");
        Err(Error::Config(flaw))
    }

    /// What a layer of such heads remembers.
    pub fn memory(&self) -> Memory {
        Memory::Pages {
            kv_heads: self.keys,
            head_dim: self.width,
        }
    }
}

impl SelfAttention {
    /// The attention of `layer`, as `model.layers.3`, whose tokens see `window` tokens before them.
    pub fn load(
        loader: &Loader<'_>,
        layer: &str,
        heads: Heads,
        window: Option<usize>,
    ) -> Result<Self, Error> {
        let name = format!("{layer}.self_attn.q_proj");
        let query = loader.linear(&name, heads.queries * heads.width, heads.hidden)?;
        Self::load_with_query(loader, layer, heads, window, query)
    }

    /// The same with queries that are stored in another way.
    pub fn load_with_query(
        loader: &Loader<'_>,
        layer: &str,
        heads: Heads,
        window: Option<usize>,
        query: Weight,
    ) -> Result<Self, Error> {
        let (queries, keys) = (heads.queries * heads.width, heads.keys * heads.width);
        let linear = |name: &str, outputs, inputs| {
            loader.linear(&format!("{layer}.self_attn.{name}"), outputs, inputs)
        };
        Ok(Self {
            q: query,
            k: linear("k_proj", keys, heads.hidden)?,
            v: linear("v_proj", keys, heads.hidden)?,
            o: linear("o_proj", heads.hidden, queries)?,
            norms: None,
            sinks: None,
            window,
            scale: 1.0 / (heads.width as f32).sqrt(),
            heads,
            eps: loader.settings.number("rms_norm_eps")? as f32,
        })
    }

    /// The heads' sums of values, before [`o`](Self::o). Without `angles` nothing is turned.
    /// Shapes: `h` is `[T, C]`, the result `[T, H·D]`.
    pub fn forward(
        &self,
        cx: &Context,
        h: &Tensor,
        angles: Option<&Angles>,
        pages: &mut KvPages,
        sequences: &[Sequence<'_>],
    ) -> Tensor {
        let [mut q, mut k, v] = linears(cx, h, [&self.q, &self.k, &self.v]); // [T, H·D], [T, K·D] twice
        if let Some([q_norm, k_norm]) = &self.norms {
            q = rms_norm(cx, &q, q_norm, self.eps);
            k = rms_norm(cx, &k, k_norm, self.eps);
        }
        if let Some(angles) = angles {
            q = rope(cx, q, self.heads.width, angles);
            k = rope(cx, k, self.heads.width, angles);
        }
        let layer = Attention {
            heads: self.heads.queries,
            scale: self.scale,
            window: self.window,
            ahead: 0,
            soft_cap: None,
            sinks: self.sinks.as_ref().map(Parameter::values),
        };
        attention(cx, [&q, &k, &v], pages, sequences, &layer) // [T, H·D]
    }

    /// Its matrices.
    pub fn weights(&self) -> [&Weight; 4] {
        [&self.q, &self.k, &self.v, &self.o]
    }
}
