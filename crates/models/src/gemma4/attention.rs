//! Attention whose values are normed, and whose keys may be those of an earlier layer.

use tensor::ops::{Angles, attend, linear, linears, rms_norm, rope};
use tensor::{Attention, Context, Parameter, Tensor, Weight};

use super::Kind;
use super::load::Plan;
use crate::batch::{Batch, Cache};
use crate::error::Error;
use crate::loader::Loader;
use crate::self_attention::Heads;

/// The attention of one layer.
pub(super) struct LayerAttention {
    pub heads: Heads,
    q: Weight,
    q_norm: Parameter,
    keys: Keys,
    /// From the heads back to a token's row.
    pub o: Weight,
    window: Option<usize>,
}

enum Keys {
    /// Made here.
    Own(Box<OwnKeys>),
    /// Those of that layer.
    Of(usize),
}

/// Without `v` the values are the keys before norm and turn.
struct OwnKeys {
    k: Weight,
    k_norm: Parameter,
    v: Option<Weight>,
    v_norm: Parameter,
}

impl LayerAttention {
    /// The heads' sums of values, `[T, H·D]` of `h [T, C]`. What layers made themselves is kept in `made`.
    pub fn forward(
        &self,
        cx: &Context,
        h: &Tensor,
        angles: &Angles,
        (number, made): (usize, &mut Vec<[Tensor; 2]>),
        (batch, cache): (&Batch<'_>, &mut Cache),
        eps: f32,
    ) -> Tensor {
        let width = self.heads.width;
        let q = linear(cx, h, &self.q); // [T, H·D]
        let q = rope(cx, rms_norm(cx, &q, &self.q_norm, eps), width, angles);
        let place = match &self.keys {
            Keys::Own(own) => {
                let [k, v] = match &own.v {
                    Some(v) => linears(cx, h, [&own.k, v]), // [T, K·D] twice
                    None => {
                        let k = linear(cx, h, &own.k); // [T, K·D]
                        [k.clone(), k]
                    }
                };
                let k = rope(cx, rms_norm(cx, &k, &own.k_norm, eps), width, angles);
                let v = rms_norm(cx, &v, &own.v_norm, eps);
                let pages = cache.pages(number);
                pages.write(batch.sequences, k.values(), v.values(), cx.pool());
                made.push([k, v]);
                number
            }
            Keys::Of(layer) => *layer,
        };
        let layer = Attention {
            heads: self.heads.queries,
            scale: 1.0,
            window: self.window,
            ahead: 0,
            soft_cap: None,
            sinks: None,
        };
        let [k, v] = &made[place];
        attend(cx, [&q, k, v], cache.pages(place), batch.sequences, &layer) // [T, H·D]
    }

    /// Whether it makes keys, and so remembers tokens.
    pub fn remembers(&self) -> bool {
        matches!(self.keys, Keys::Own(_))
    }

    /// Its matrices.
    pub fn weights(&self) -> impl Iterator<Item = &Weight> {
        let own = match &self.keys {
            Keys::Own(own) => Some(&**own),
            Keys::Of(_) => None,
        };
        let own = own
            .into_iter()
            .flat_map(|own| [&own.k].into_iter().chain(&own.v));
        [&self.q, &self.o].into_iter().chain(own)
    }

    /// That of layer `number`.
    pub fn load(loader: &Loader<'_>, plan: &Plan, number: usize) -> Result<Self, Error> {
        let kind = plan.kinds[number];
        let heads = plan.heads[kind as usize];
        let (queries, keys) = (heads.queries * heads.width, heads.keys * heads.width);
        let name = |part: &str| format!("model.layers.{number}.self_attn.{part}");
        let norm = |part: &str| loader.parameter(&name(&format!("{part}.weight")), &[heads.width]);
        let keys = if number < plan.makers {
            Keys::Own(Box::new(OwnKeys {
                k: loader.linear(&name("k_proj"), keys, heads.hidden)?,
                k_norm: norm("k_norm")?,
                v: match loader.has(&name("v_proj.weight")) {
                    true => Some(loader.linear(&name("v_proj"), keys, heads.hidden)?),
                    false => None,
                },
                v_norm: Parameter::new(vec![1.0; heads.width], [heads.width]),
            }))
        } else {
            let maker = plan.kinds[..plan.makers]
                .iter()
                .rposition(|made| *made == kind);
            Keys::Of(maker.expect("the plan has a maker of each kind"))
        };
        Ok(Self {
            heads,
            q: loader.linear(&name("q_proj"), queries, heads.hidden)?,
            q_norm: norm("q_norm")?,
            keys,
            o: loader.linear(&name("o_proj"), heads.hidden, queries)?,
            window: (kind == Kind::Near).then(|| plan.window.saturating_sub(1)),
        })
    }
}
