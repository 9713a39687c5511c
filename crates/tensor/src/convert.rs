//! From the format of a file to one that has products.

use half::{bf16, f16};
use kernels::{BLOCK, BlockQ8_0, Pool};

use crate::files::{Dtype, View};
use crate::weight::WeightType;

/// The format in which a matrix of `dtype` is held, with rows of `inputs` numbers.
pub(crate) fn held_as(dtype: Dtype, wanted: WeightType, inputs: usize) -> Dtype {
    let wanted = match wanted {
        WeightType::As(wanted) => wanted,
        WeightType::Stored => dtype,
    };
    let held = match wanted {
        Dtype::F32 | Dtype::F16 | Dtype::Bf16 | Dtype::Q8_0 => wanted,
        Dtype::F64 => Dtype::F32,
        other if other.is_quantised() => Dtype::Q8_0,
        _ => Dtype::Bf16,
    };
    match inputs.is_multiple_of(held.block_len()) {
        true => held,
        false => Dtype::Bf16,
    }
}

/// The numbers of `view` as bytes of `dtype`, some rows at a time so that they never lie there in f32.
pub(crate) fn convert(view: &View<'_>, dtype: Dtype, pool: &Pool) -> Vec<u8> {
    let bytes = dtype
        .bytes_of(&view.shape)
        .expect("a matrix that exists has a size");
    let rows = view.shape[0];
    let row_bytes = bytes.checked_div(rows).unwrap_or(0);
    let mut out = vec![0; bytes];
    pool.each_chunk(&mut out, row_bytes, &|row, out| {
        encode(&view.at(row).to_f32(), dtype, out);
    });
    out
}

fn encode(values: &[f32], dtype: Dtype, out: &mut [u8]) {
    match dtype {
        Dtype::F32 => out.copy_from_slice(bytemuck::cast_slice(values)),
        Dtype::F16 => {
            for (out, value) in out.as_chunks_mut().0.iter_mut().zip(values) {
                *out = f16::from_f32(*value).to_ne_bytes();
            }
        }
        Dtype::Bf16 => {
            for (out, value) in out.as_chunks_mut().0.iter_mut().zip(values) {
                *out = bf16::from_f32(*value).to_ne_bytes();
            }
        }
        Dtype::Q8_0 => {
            let blocks = values.as_chunks::<BLOCK>().0;
            let slots = out.chunks_exact_mut(size_of::<BlockQ8_0>());
            for (out, block) in slots.zip(blocks) {
                out.copy_from_slice(bytemuck::bytes_of(&BlockQ8_0::quantise(block)));
            }
        }
        other => unreachable!("nothing is held in `{}`", other.name()),
    }
}
