//! Products with weights in bfloat16.

mod scalar;

#[cfg(target_arch = "x86_64")]
mod avx2;

use half::bf16;

use crate::aligned::Aligned;
use crate::isa::Isa;
use crate::panels::{Epilogue, PANEL, even_tiles, visit};
use crate::pool::Pool;

/// A matrix of bfloat16 in the order in which products read it.
///
/// Panels of 16 outputs; in each, for two neighbouring inputs at a time, the 16 pairs of weights:
/// `[outputs / 16, inputs / 2, 16, 2]`, filled up with zeros. It is the order of the tile unit and of
/// the dot-product instructions, and for AVX2 a pair is two shifts away from two floats.
#[derive(Clone)]
pub struct PackedBf16 {
    outputs: usize,
    inputs: usize,
    pairs: Aligned,
}

impl PackedBf16 {
    /// Packs weights `[outputs, inputs]`.
    pub fn pack(weights: &[bf16], outputs: usize, inputs: usize) -> Self {
        assert_eq!(
            weights.len(),
            outputs * inputs,
            "weights of {outputs} × {inputs}"
        );
        let steps = inputs.div_ceil(2);
        let mut pairs = Aligned::zeroed(outputs.div_ceil(PANEL) * steps * PANEL * 4);
        let packed = pairs.of_mut::<u16>();
        for (output, row) in weights.chunks_exact(inputs.max(1)).enumerate() {
            let panel = output / PANEL * steps * PANEL * 2 + output % PANEL * 2;
            for (input, weight) in row.iter().enumerate() {
                packed[panel + input / 2 * PANEL * 2 + input % 2] = weight.to_bits();
            }
        }
        Self {
            outputs,
            inputs,
            pairs,
        }
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.pairs.bytes()
    }

    /// The pairs of one panel.
    fn panel(&self, panel: usize) -> &[u16] {
        let length = self.inputs.div_ceil(2) * PANEL * 2;
        &self.pairs.of::<u16>()[panel * length..][..length]
    }
}

/// `out[r, o] = Σ x[r, i] · weights[o, i]`, then the epilogue. Sums are f32.
/// Shapes: `x` is `[rows, inputs]`, `out` is `[rows, outputs]`.
///
/// # Panics
/// When the lengths of `x` and `out` do not fit the weights.
pub fn matmul_bf16(
    out: &mut [f32],
    x: &[f32],
    weights: &PackedBf16,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    matmul_bf16_on(Isa::current(), out, x, weights, epilogue, pool);
}

/// [`matmul_bf16`] on a level that the machine is known to have.
fn matmul_bf16_on(
    isa: Isa,
    out: &mut [f32],
    x: &[f32],
    weights: &PackedBf16,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    let inputs = weights.inputs;
    let rows = x.len().checked_div(inputs).unwrap_or(0);
    assert_eq!(x.len(), rows * inputs, "an input of {inputs} columns");
    visit(
        out,
        (rows, weights.outputs),
        (tile_rows(isa), inputs * 4),
        epilogue,
        pool,
        &|panel, row, count, made| {
            let x = &x[row * inputs..][..count * inputs];
            panel_products(isa, x, inputs, weights.panel(panel), made);
        },
    );
}

/// The products of all rows of `x`, `[rows, inputs]`, with one panel, `[inputs / 2, 16, 2]`.
pub(crate) fn panel_products(
    isa: Isa,
    x: &[f32],
    inputs: usize,
    pairs: &[u16],
    made: &mut [[f32; PANEL]],
) {
    let tile_rows = even_tiles(made.len(), tile_rows(isa));
    for (x, made) in x.chunks(tile_rows * inputs).zip(made.chunks_mut(tile_rows)) {
        match isa {
            Isa::Scalar => scalar::tile(x, inputs, pairs, made),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is only chosen where the machine has it.
            Isa::Avx2 => unsafe { avx2::tile(x, inputs, pairs, made) },
            #[cfg(not(target_arch = "x86_64"))]
            Isa::Avx2 => unreachable!("this machine has no AVX2"),
        }
    }
}

/// Rows whose sums fit the registers of a level.
fn tile_rows(isa: Isa) -> usize {
    match isa {
        Isa::Scalar => 1,
        Isa::Avx2 => 6,
    }
}

#[cfg(test)]
mod tests;
