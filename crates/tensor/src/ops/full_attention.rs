//! Attention in which every query sees every key. It gives no gradients.

use half::bf16;
use kernels::{KeysValues, Looks};

use crate::context::Context;
use crate::tensor::Tensor;

/// Keys and values of some tokens, kept for queries that see all of them. Cheap to look at again and again, as a
/// film's text is.
#[derive(Clone)]
pub struct Remembered(Kind);

#[derive(Clone)]
enum Kind {
    F32(KeysValues<f32>),
    Bf16(KeysValues<bf16>),
}

impl Remembered {
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Kind::F32(kept) => kept.bytes(),
            Kind::Bf16(kept) => kept.bytes(),
        }
    }
}

/// Keeps keys and values `[tokens, heads · head_dim]`, in bfloat16 where they are `rounded`.
pub fn remember(cx: &Context, [k, v]: [&Tensor; 2], heads: usize, rounded: bool) -> Remembered {
    let (dim, kept) = (k.width() / heads.max(1), [k.values(), v.values()]);
    Remembered(if rounded {
        Kind::Bf16(KeysValues::new(kept, heads, dim, cx.pool()))
    } else {
        Kind::F32(KeysValues::new(kept, heads, dim, cx.pool()))
    })
}

/// What queries `[tokens, heads · head_dim]` find among all that is remembered.
///
/// # Panics
/// When a tape runs; as in all operations, when shapes do not fit.
pub fn full_attention(cx: &Context, q: &Tensor, kept: &Remembered, looks: &Looks<'_>) -> Tensor {
    assert!(!cx.is_recording(), "attention to all has no gradient");
    let mut out = cx.take(q.shape());
    let (values, pool) = (out.values_mut(), cx.pool());
    match &kept.0 {
        Kind::F32(kept) => kernels::full_attention(values, q.values(), kept, looks, pool),
        Kind::Bf16(kept) => kernels::full_attention(values, q.values(), kept, looks, pool),
    }
    out
}
