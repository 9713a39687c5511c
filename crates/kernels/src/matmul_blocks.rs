//! Products with weights in blocks: whole numbers inside 32 inputs, floats across them.

mod formats;
mod mxfp4;
mod q4_0;
mod q4_k;
mod q6_k;
mod q8_0;
mod scalar;

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;

use crate::aligned::Aligned;
use crate::blocks::{BLOCK, BlockMxfp4, BlockQ4_0, BlockQ4K, BlockQ6K, BlockQ8_0};
use crate::isa::Isa;
use crate::panels::{Epilogue, INPUT_BYTES, PANEL, Plan, visit};
use crate::pool::Pool;
use crate::quantised_rows::{GROUP, QuantisedRows};
pub(crate) use formats::Block;

/// A matrix of blocks in the order in which products read it: `[outputs / 16, inputs / block]` panels of
/// sixteen outputs' blocks, in each the bytes of four neighbouring inputs side by side for the sixteen
/// outputs. It weighs what the file does.
#[derive(Clone)]
pub struct PackedBlocks<B> {
    outputs: usize,
    inputs: usize,
    panels: Aligned,
    kind: std::marker::PhantomData<B>,
}

/// A packed matrix of `Q8_0` blocks.
pub type PackedQ8_0 = PackedBlocks<BlockQ8_0>;

/// A packed matrix of `Q4_0` blocks.
pub type PackedQ4_0 = PackedBlocks<BlockQ4_0>;

/// A packed matrix of `Q4_K` blocks.
pub type PackedQ4K = PackedBlocks<BlockQ4K>;

/// A packed matrix of `Q6_K` blocks.
pub type PackedQ6K = PackedBlocks<BlockQ6K>;

/// A packed matrix of `MXFP4` blocks.
pub type PackedMxfp4 = PackedBlocks<BlockMxfp4>;

impl<B: Block> PackedBlocks<B> {
    /// Packs blocks, `[outputs, inputs / block]`.
    ///
    /// # Panics
    /// When `inputs` is not a multiple of what a block holds, or the blocks are not as many as that asks
    /// for.
    pub fn pack(blocks: &[B], outputs: usize, inputs: usize, pool: &Pool) -> Self {
        assert!(
            inputs.is_multiple_of(B::NUMBERS),
            "{inputs} inputs are not whole blocks of {}",
            B::NUMBERS
        );
        let columns = inputs / B::NUMBERS;
        assert_eq!(
            blocks.len(),
            outputs * columns,
            "blocks of {outputs} × {inputs}"
        );
        let count = outputs.div_ceil(PANEL) * columns;
        let mut panels = Aligned::in_large_pages(count * size_of::<B::Panel>());
        let made = &mut panels.of_mut::<B::Panel>()[..count];
        pool.each_chunk(made, columns, &|panel, made| {
            let from = panel * PANEL * columns;
            let rows = &blocks[from..blocks.len().min(from + PANEL * columns)];
            for (column, made) in made.iter_mut().enumerate() {
                for (output, row) in rows.chunks_exact(columns).enumerate() {
                    row[column].put(output, made);
                }
            }
        });
        Self {
            outputs,
            inputs,
            panels,
            kind: std::marker::PhantomData,
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
        let panels = self.panel(output / PANEL);
        for (number, out) in out.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
            let panel = &panels[number * BLOCK / B::NUMBERS];
            let part = B::part(panel, number % (B::NUMBERS / BLOCK), output % PANEL);
            *out = part.dequantise();
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
        self.panels.bytes()
    }

    fn panel(&self, panel: usize) -> &[B::Panel] {
        let columns = self.inputs / B::NUMBERS;
        &self.panels.of::<B::Panel>()[panel * columns..][..columns]
    }
}

/// Defines the product of one format.
macro_rules! products {
    ($($name:ident: $packed:ident),* $(,)?) => {$(
        /// `out[r, o] = Σ x[r, i] · weights[o, i]`, then the epilogue: whole sums in each 32 inputs, f32
        /// across them.
        /// Shapes: `x` is `[rows, inputs]`, `out` is `[rows, outputs]`.
        ///
        /// # Panics
        /// When the shapes of `x` and `out` do not fit the weights.
        pub fn $name(
            out: &mut [f32],
            x: &QuantisedRows,
            weights: &$packed,
            epilogue: Epilogue<'_>,
            pool: &Pool,
        ) {
            matmul_on(Isa::current(), out, x, weights, epilogue, pool);
        }
    )*};
}

products! {
    matmul_q8_0: PackedQ8_0,
    matmul_q4_0: PackedQ4_0,
    matmul_q4_k: PackedQ4K,
    matmul_q6_k: PackedQ6K,
    matmul_mxfp4: PackedMxfp4,
}

/// The product on a level that the machine is known to have.
fn matmul_on<B: Block>(
    isa: Isa,
    out: &mut [f32],
    x: &QuantisedRows,
    weights: &PackedBlocks<B>,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    assert_eq!(
        x.columns(),
        weights.inputs,
        "an input of as many columns as the weights have"
    );
    let row_bytes = weights.inputs * 5 / 4;
    let height = match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Amx => crate::tiles::ROWS,
        _ => GROUP,
    };
    let plan = Plan {
        rows: x.rows(),
        outputs: weights.outputs,
        // What is made of a panel is used for as many rows as the cache holds.
        tile_rows: (INPUT_BYTES / row_bytes.max(1) / height).max(1) * height,
        is_even: false,
        row_bytes,
    };
    visit(out, plan, epilogue, pool, &|panel, row, _, made| {
        let panel = weights.panel(panel);
        match isa {
            Isa::Scalar => scalar::tile::<B>(x, row, panel, made),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is only chosen where the machine has it.
            Isa::Avx2 => unsafe { B::tile_avx2(x, row, panel, made) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the same.
            Isa::Avx512 | Isa::Avx512Bf16 => unsafe { avx512::tile::<B>(x, row, panel, made) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the same; tiles begin at multiples of their height.
            Isa::Amx => unsafe { amx::tile::<B>(x, row, panel, made) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: the level is only chosen where the machine has it.
            Isa::Neon | Isa::NeonDot | Isa::NeonI8mm => unsafe {
                B::tile_neon(isa, x, row, panel, made);
            },
        }
    });
}

#[cfg(test)]
mod tests;
