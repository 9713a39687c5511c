//! Products with weights in `Q8_0`: whole numbers inside a block, floats across blocks.

mod scalar;

#[cfg(target_arch = "x86_64")]
mod avx2;

use bytemuck::{Pod, Zeroable};
use half::f16;

use crate::aligned::Aligned;
use crate::isa::Isa;
use crate::panels::{Epilogue, PANEL, Plan, visit};
use crate::pool::Pool;
use crate::q8_0::{BLOCK, BlockQ8_0, GROUP, QuantisedRows};

/// The blocks of a panel's outputs at the same inputs: scales, then for four neighbouring inputs at a
/// time the sixteen fours of steps.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct PanelBlock {
    scales: [f16; PANEL],
    steps: [[[i8; 4]; PANEL]; BLOCK / 4],
}

const _: () = assert!(size_of::<PanelBlock>() == PANEL * size_of::<BlockQ8_0>());

/// A matrix of `Q8_0` blocks in the order in which products read it: `[outputs / 16, inputs / 32]`
/// blocks of sixteen outputs. It weighs what the file does.
#[derive(Clone)]
pub struct PackedQ8_0 {
    outputs: usize,
    inputs: usize,
    blocks: Aligned,
}

impl PackedQ8_0 {
    /// Packs blocks `[outputs, inputs / 32]`.
    ///
    /// # Panics
    /// When `inputs` is not a multiple of 32, or the blocks are not as many as that asks for.
    pub fn pack(blocks: &[BlockQ8_0], outputs: usize, inputs: usize, pool: &Pool) -> Self {
        assert!(
            inputs.is_multiple_of(BLOCK),
            "{inputs} inputs are not whole blocks"
        );
        let columns = inputs / BLOCK;
        assert_eq!(
            blocks.len(),
            outputs * columns,
            "blocks of {outputs} × {inputs}"
        );
        let count = outputs.div_ceil(PANEL) * columns;
        let mut packed = Aligned::zeroed(count * size_of::<PanelBlock>());
        let made = &mut packed.of_mut::<PanelBlock>()[..count];
        pool.each_chunk(made, columns, &|panel, made| {
            let from = panel * PANEL * columns;
            let rows = &blocks[from..blocks.len().min(from + PANEL * columns)];
            for (output, row) in rows.chunks_exact(columns.max(1)).enumerate() {
                for (block, made) in row.iter().zip(made.iter_mut()) {
                    made.scales[output] = block.scale;
                    for (four, steps) in made.steps.iter_mut().zip(block.steps.as_chunks::<4>().0) {
                        four[output] = *steps;
                    }
                }
            }
        });
        Self {
            outputs,
            inputs,
            blocks: packed,
        }
    }

    /// Writes the weights of one output to `out`, as an embedding is looked up.
    ///
    /// # Panics
    /// When there is no such output, or `out` is not of `inputs` numbers.
    pub fn row(&self, output: usize, out: &mut [f32]) {
        assert!(
            output < self.outputs && out.len() == self.inputs,
            "output {output} of {} × {}",
            self.outputs,
            self.inputs
        );
        let blocks = self.panel(output / PANEL);
        let output = output % PANEL;
        for (out, block) in out.as_chunks_mut::<BLOCK>().0.iter_mut().zip(blocks) {
            let scale = block.scales[output].to_f32();
            for (out, steps) in out.as_chunks_mut::<4>().0.iter_mut().zip(&block.steps) {
                *out = steps[output].map(|step| f32::from(step) * scale);
            }
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
        self.blocks.bytes()
    }
}

impl PackedQ8_0 {
    fn panel(&self, panel: usize) -> &[PanelBlock] {
        let columns = self.inputs / BLOCK;
        &self.blocks.of::<PanelBlock>()[panel * columns..][..columns]
    }
}

/// `out[r, o] = Σ x[r, i] · weights[o, i]`, then the epilogue: whole sums in a block, f32 across
/// blocks.
/// Shapes: `x` is `[rows, inputs]`, `out` is `[rows, outputs]`.
///
/// # Panics
/// When the shapes of `x` and `out` do not fit the weights.
pub fn matmul_q8_0(
    out: &mut [f32],
    x: &QuantisedRows,
    weights: &PackedQ8_0,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    matmul_q8_0_on(Isa::current(), out, x, weights, epilogue, pool);
}

/// [`matmul_q8_0`] on a level that the machine is known to have.
fn matmul_q8_0_on(
    isa: Isa,
    out: &mut [f32],
    x: &QuantisedRows,
    weights: &PackedQ8_0,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    assert_eq!(
        x.columns(),
        weights.inputs,
        "an input of as many columns as the weights have"
    );
    let plan = Plan {
        rows: x.rows(),
        outputs: weights.outputs,
        tile_rows: GROUP,
        is_even: false,
        row_bytes: weights.inputs * 5 / 4,
    };
    visit(out, plan, epilogue, pool, &|panel, row, _, made| {
        let (x, blocks) = (x.group(row), weights.panel(panel));
        match isa {
            Isa::Scalar => scalar::tile(x, blocks, made),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is only chosen where the machine has it.
            Isa::Avx2 => unsafe { avx2::tile(x, blocks, made) },
            #[cfg(not(target_arch = "x86_64"))]
            Isa::Avx2 => unreachable!("this machine has no AVX2"),
        }
    });
}

#[cfg(test)]
mod tests;
