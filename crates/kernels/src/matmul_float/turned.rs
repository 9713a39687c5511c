//! Products with the columns of a matrix: rows turned into columns, or read across.

use super::{PackedFloat, matmul_on};
#[cfg(target_arch = "x86_64")]
use super::{avx512_bf16, pairs_past_panels};
use crate::element::Element;
use crate::isa::Isa;
use crate::panels::Epilogue;
use crate::pool::Pool;

/// Columns that are turned into rows side by side.
const TURN: usize = 32;

/// `out[c, o] = Σ x[i, c] · weights[o, i]`, then the epilogue, on a level that the machine is known to have;
/// `room` is kept for what has to be turned. Sums are f32.
/// Shapes: `x` is `[inputs, columns]`, `out` is `[columns, outputs]`.
///
/// # Panics
/// When the lengths do not fit the weights, or there are no inputs.
pub(crate) fn matmul_of_columns<T: Element>(
    isa: Isa,
    out: &mut [f32],
    x: &[f32],
    (weights, room): (&PackedFloat<T>, &mut Vec<f32>),
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    let columns = x.len() / weights.inputs;
    assert_eq!(
        x.len(),
        columns * weights.inputs,
        "{} inputs",
        weights.inputs
    );
    #[cfg(target_arch = "x86_64")]
    if isa == Isa::Avx512Bf16 && T::PAIRED {
        // Pairs of a column are read from two rows at once: nothing has to be turned.
        return avx512_bf16::Rounded::with_columns(x, columns, pool, |x| {
            pairs_past_panels(out, (x, columns), weights, epilogue, pool);
        });
    }
    room.resize(x.len(), 0.0);
    turn(room, x, weights.inputs, pool);
    matmul_on(isa, out, room, weights, epilogue, pool);
}

/// `[rows, columns]` as `[columns, rows]`.
fn turn(out: &mut [f32], values: &[f32], rows: usize, pool: &Pool) {
    let columns = values.len() / rows;
    pool.each_chunk(out, TURN * rows, &|chunk, out| {
        let first = chunk * TURN;
        let count = out.len() / rows;
        // Squares, so that lines of both sides are used while they are near.
        for start in (0..rows).step_by(TURN) {
            let end = rows.min(start + TURN);
            for column in 0..count {
                let out = &mut out[column * rows + start..column * rows + end];
                let from = values[start * columns + first + column..].iter();
                for (out, value) in out.iter_mut().zip(from.step_by(columns)) {
                    *out = *value;
                }
            }
        }
    });
}
