//! From one type of numbers to another, shared out over threads, piece by piece.

use std::path::Path;

use half::{bf16, f16};
use kernels::{BlockMxfp4, BlockQ4_0, BlockQ4K, BlockQ6K, BlockQ8_0, Pool};

use super::view::read_into;
use super::{Dtype, GgufWriter, TensorInfo, Value, View};
use crate::Error;

/// Bytes of a tensor that are made at a time when a file is written.
const PIECE_BYTES: usize = 4 << 20;

/// A tensor of a file to be written: its numbers, and what they become.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// Its name in the new file.
    pub name: String,
    /// Its type in the new file; one that [`quantise`] makes, or the view's own.
    pub dtype: Dtype,
    /// Its numbers.
    pub view: View<'a>,
}

/// The numbers of `view` in `dtype`: floats rounded to the nearest, blocks as near as their format's
/// usual search finds. Nothing where no such numbers are made (formats that are only read), or a row is
/// not whole blocks. The result does not depend on the number of threads.
pub fn quantise(view: &View<'_>, dtype: Dtype, pool: &Pool) -> Option<Vec<u8>> {
    let bytes = dtype.bytes_of(&view.shape)?;
    if dtype == view.dtype {
        return Some(view.bytes.to_vec());
    }
    let encode = encoder(dtype)?;
    let mut out = vec![0; bytes];
    let rows = Rows::of(view, dtype);
    pool.each_chunk(&mut out, rows.made, &|row, out| {
        let mut numbers = vec![0.0; rows.length];
        read_into(
            view.dtype,
            &view.bytes[row * rows.stored..][..rows.stored],
            &mut numbers,
        );
        encode(&numbers, out);
    });
    Some(out)
}

/// Writes `sources` as a GGUF file, converting each to its type a piece at a time, so that neither model
/// need fit into memory. `done` is told of each tensor that has been written, to show how far it is and
/// to give its pages back.
///
/// # Errors
/// When a tensor cannot become what is asked for, or the file cannot be written.
pub fn write_gguf(
    path: impl AsRef<Path>,
    metadata: &[(&str, &Value)],
    sources: &[Source<'_>],
    pool: &Pool,
    done: &mut dyn FnMut(&Source<'_>),
) -> Result<(), Error> {
    let path = path.as_ref();
    for source in sources {
        let is_made = source.dtype == source.view.dtype || encoder(source.dtype).is_some();
        if !is_made || source.dtype.bytes_of(&source.view.shape).is_none() {
            return Err(Error::Unwritable {
                path: path.to_owned(),
                reason: format!(
                    "tensor `{}` of type `{}` and shape {:?} cannot become `{}`",
                    source.name, source.view.dtype, source.view.shape, source.dtype
                ),
            });
        }
    }
    let infos: Vec<TensorInfo> = sources
        .iter()
        .map(|source| TensorInfo {
            name: source.name.clone(),
            dtype: source.dtype,
            shape: source.view.shape.clone(),
        })
        .collect();
    let mut writer = GgufWriter::create(path, metadata, &infos)?;
    for source in sources {
        let Source { dtype, view, .. } = source;
        if dtype == &view.dtype {
            writer.write(view.bytes)?;
        } else {
            let rows = Rows::of(view, *dtype);
            let at_once = (PIECE_BYTES / rows.made.max(1)).max(1);
            for bytes in view.bytes.chunks((at_once * rows.stored).max(1)) {
                let shape = vec![bytes.len() / rows.stored.max(1), rows.length];
                let piece = View {
                    dtype: view.dtype,
                    shape,
                    bytes,
                };
                let made = quantise(&piece, *dtype, pool).expect("a type that was checked above");
                writer.write(&made)?;
            }
        }
        done(source);
    }
    writer.finish()
}

/// The rows of a tensor, along its innermost dimension.
struct Rows {
    /// Numbers in a row.
    length: usize,
    /// Bytes of a row as it lies in the file.
    stored: usize,
    /// Bytes of a row as it will be.
    made: usize,
}

impl Rows {
    fn of(view: &View<'_>, dtype: Dtype) -> Self {
        let length = view.shape.last().copied().unwrap_or(1);
        let bytes = |dtype: Dtype| length / dtype.block_len() * dtype.block_bytes();
        Self {
            length,
            stored: bytes(view.dtype),
            made: bytes(dtype),
        }
    }
}

/// Puts a row of numbers into bytes.
type Encode = fn(&[f32], &mut [u8]);

/// How numbers become `dtype`, for the types that are made.
fn encoder(dtype: Dtype) -> Option<Encode> {
    Some(match dtype {
        Dtype::F32 => |numbers, out| singles(numbers, out, f32::to_le_bytes),
        Dtype::F16 => |numbers, out| singles(numbers, out, |x| f16::from_f32(x).to_le_bytes()),
        Dtype::Bf16 => |numbers, out| singles(numbers, out, |x| bf16::from_f32(x).to_le_bytes()),
        Dtype::Q8_0 => |numbers, out| blocks(numbers, out, BlockQ8_0::quantise),
        Dtype::Q4_0 => |numbers, out| blocks(numbers, out, BlockQ4_0::quantise),
        Dtype::Q4K => |numbers, out| blocks(numbers, out, BlockQ4K::quantise),
        Dtype::Q6K => |numbers, out| blocks(numbers, out, BlockQ6K::quantise),
        Dtype::Mxfp4 => |numbers, out| blocks(numbers, out, BlockMxfp4::quantise),
        _ => return None,
    })
}

fn singles<const N: usize>(numbers: &[f32], out: &mut [u8], bytes: impl Fn(f32) -> [u8; N]) {
    for (out, number) in out.as_chunks_mut().0.iter_mut().zip(numbers) {
        *out = bytes(*number);
    }
}

fn blocks<B: bytemuck::Pod, const N: usize>(
    numbers: &[f32],
    out: &mut [u8],
    block: impl Fn(&[f32; N]) -> B,
) {
    let slots = out.chunks_exact_mut(size_of::<B>());
    for (out, numbers) in slots.zip(numbers.as_chunks::<N>().0) {
        out.copy_from_slice(bytemuck::bytes_of(&block(numbers)));
    }
}
