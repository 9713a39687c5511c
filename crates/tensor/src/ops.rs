//! The operations that models are written in, each with its gradient.
//!
//! They are coarse: what runs fused is one operation, so that a model reads like its paper and the
//! tape stays short. Every operation panics when the shapes of its inputs do not fit, which is a
//! defect of the model's code; what a checkpoint brings was checked when it was loaded.

mod adaptive;
mod attention;
mod conv;
mod conv_frames;
mod elementwise;
mod embedding;
mod full_attention;
mod gates;
mod group_norm;
mod layer_norm;
mod linear;
mod loss;
mod modulate;
mod norm;
mod rope;
mod rows;
mod running;
mod shares;

pub use adaptive::{Shared, add_gated, gelu_tanh, modulated_norm, relu, silu, unit_norm};
pub use attention::{attend, attention};
pub use conv::{Conv, conv1d, conv2d, conv3d};
pub use conv_frames::{Padded, conv_frames, has_frames, pad_doubled, pad_frame};
pub use elementwise::{add, scale, swiglu};
pub use embedding::embedding;
pub use full_attention::{Remembered, full_attention, remember};
pub use gates::{geglu, gelu, multiply, sigmoid_gate, soft_cap, swiglu_clamped};
pub use group_norm::group_norm;
pub use layer_norm::layer_norm;
pub use linear::{linear, linear_onto, linears};
pub use loss::{softmax_cross_entropy, sum_in_pieces, weighted_cross_entropy, weighted_squares};
pub use modulate::{gated_onto, modulate};
pub use norm::rms_norm;
pub use rope::{Angles, rope};
pub use rows::{add_rows, add_weighted_rows, gather_rows};
pub use running::{DeltaRule, causal_conv_silu, delta_gates, delta_rule};
pub use shares::{Over, shares_of};

use std::ops::Range;

use crate::context::Context;
use crate::tensor::Tensor;

/// Numbers that are worth sharing out between threads: some microseconds of work.
const WORTH_SHARING: usize = 1 << 15;

/// The same numbers in memory that nobody else sees.
fn own(cx: &Context, x: Tensor) -> Tensor {
    if x.is_unshared() && !cx.is_recording() {
        return x;
    }
    copied(cx, &x)
}

/// The same numbers, copied by all threads.
fn copied(cx: &Context, x: &Tensor) -> Tensor {
    let mut out = cx.take(x.shape());
    let values = x.values();
    in_chunks(cx, out.values_mut(), 1, |range, out| {
        out.copy_from_slice(&values[range]);
    });
    out
}

/// Runs `work` on parts of `out`, whole multiples of `width` numbers each, on all threads when there are
/// many; it also gets where the part lies.
pub(crate) fn in_chunks(
    cx: &Context,
    out: &mut [f32],
    width: usize,
    work: impl Fn(Range<usize>, &mut [f32]) + Sync,
) {
    let (width, count) = (width.max(1), out.len());
    assert!(count.is_multiple_of(width), "rows of {width}");
    if count < WORTH_SHARING {
        return work(0..count, out);
    }
    let chunk = (WORTH_SHARING / 8).div_ceil(width) * width;
    cx.pool().each_chunk(out, chunk, &|number, out| {
        work(number * chunk..number * chunk + out.len(), out);
    });
}
