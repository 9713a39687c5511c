//! Numbers in blocks that share scales, as f32: the block formats of GGUF.
//!
//! Source: `ggml-quants.c` of the `ggml` project; checked bit for bit against PyPI's `gguf`. `kernels`
//! reads some of these formats too, a row at a time; here whole models are read, so loops are laid out
//! for speed.

mod codebook;
mod k;
mod simple;
mod ternary;

use half::f16;

use super::Dtype;

/// The numbers that `bytes` are in `dtype`, into `out`, which has room for as many.
pub(super) fn read(dtype: Dtype, bytes: &[u8], out: &mut [f32]) {
    match dtype {
        Dtype::Q4_0 => each(bytes, out, simple::q4_0),
        Dtype::Q4_1 => each(bytes, out, simple::q4_1),
        Dtype::Q5_0 => each(bytes, out, simple::q5_0),
        Dtype::Q5_1 => each(bytes, out, simple::q5_1),
        Dtype::Q8_0 => each(bytes, out, simple::q8_0),
        Dtype::Q2K => each(bytes, out, k::q2),
        Dtype::Q3K => each(bytes, out, k::q3),
        Dtype::Q4K => each(bytes, out, k::q4),
        Dtype::Q5K => each(bytes, out, k::q5),
        Dtype::Q6K => each(bytes, out, k::q6),
        Dtype::Iq4Nl => each(bytes, out, codebook::iq4_nl),
        Dtype::Iq4Xs => each(bytes, out, codebook::iq4_xs),
        Dtype::Mxfp4 => each(bytes, out, codebook::mxfp4),
        Dtype::Nvfp4 => each(bytes, out, codebook::nvfp4),
        Dtype::Tq1_0 => each(bytes, out, ternary::tq1_0),
        Dtype::Tq2_0 => each(bytes, out, ternary::tq2_0),
        single => unreachable!("`{single}` does not lie in blocks"),
    }
}

fn each<const BYTES: usize, const LEN: usize>(
    bytes: &[u8],
    out: &mut [f32],
    numbers: impl Fn(&[u8; BYTES], &mut [f32; LEN]),
) {
    let blocks = bytes.as_chunks::<BYTES>().0;
    for (block, out) in blocks.iter().zip(out.as_chunks_mut::<LEN>().0) {
        numbers(block, out);
    }
}

/// The half float at `at` of a block.
fn scale_at(block: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}
