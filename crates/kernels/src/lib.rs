//! CPU loops: a scalar definition and faster variants (AVX2, AVX-512 VNNI, AMX, NEON) of each operation.
//!
//! Plain functions on slices and a passed-in [`Pool`]. Which variant runs is chosen once at run time
//! ([`Isa`]); the scalar one defines what is right.

#![allow(
    unsafe_code,
    reason = "vector loads, threads that share an output, and a pool without allocations"
)]

mod isa;
mod pool;

mod aligned;
mod columns;
mod element;
mod exp;
mod levels;
mod panels;
#[cfg(target_arch = "x86_64")]
mod prefetch;
#[cfg(target_arch = "x86_64")]
mod tiles;

mod roofline;

mod blocks;
mod matmul_backward;
mod matmul_blocks;
mod matmul_float;
mod quantised_rows;

mod attention;
mod attention_backward;
mod conv;
mod cross_entropy;
mod delta_rule;
mod delta_rule_backward;
mod full_attention;
mod gates;
mod kv_pages;
mod modulation;
mod optimise;
mod rms_norm;
mod rope;
mod softmax;
mod swiglu;
mod vocabulary;

#[cfg(test)]
mod testing;

pub use attention::{Attention, attention};
pub use attention_backward::{AttentionPast, attention_backward};
pub use blocks::{BLOCK, BlockMxfp4, BlockQ4_0, BlockQ4K, BlockQ6K, BlockQ8_0, SUPER_BLOCK};
pub use conv::{PaddedFrame, Taps, conv_frames};
pub use cross_entropy::cross_entropy;
pub use delta_rule::{DeltaHead, causal_conv_silu, delta_rule};
pub use delta_rule_backward::{DeltaSlopes, delta_rule_backward};
pub use full_attention::{KeysValues, Looks, full_attention};
pub use gates::{geglu, gelu, sigmoid_gate, swiglu_clamped};
pub use isa::Isa;
pub use kv_pages::{CacheType, KvPages, PAGE, Sequence};
pub use matmul_backward::{Backward, Trained};
pub use matmul_blocks::{
    PackedBlocks, PackedMxfp4, PackedQ4_0, PackedQ4K, PackedQ6K, PackedQ8_0, matmul_mxfp4,
    matmul_q4_0, matmul_q4_k, matmul_q6_k, matmul_q8_0,
};
pub use matmul_float::{
    PackedBf16, PackedF16, PackedF32, PackedFloat, matmul_bf16, matmul_f16, matmul_f32,
};
pub use modulation::{add_gated, gelu_tanh, modulated_norm, silu, unit_norm};
pub use optimise::{AdamW, adamw, approach, sum_of_squares};
pub use panels::{Epilogue, PANEL};
#[cfg(target_os = "linux")]
pub use pool::Pinned;
pub use pool::Pool;
pub use quantised_rows::QuantisedRows;
pub use rms_norm::{rms_norm, rms_norm_backward};
pub use roofline::{Reading, multiply, multiply_bf16};
pub use rope::{RopePairs, rope};
pub use softmax::softmax;
pub use swiglu::{swiglu, swiglu_backward};
pub use vocabulary::{SCORES, block_exponentials, block_maxima};
