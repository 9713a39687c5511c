//! Products with weights in floats: f32, f16 and bfloat16.

#[cfg(target_arch = "x86_64")]
mod rounded;
mod scalar;
mod turned;

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx512_bf16;
#[cfg(target_arch = "aarch64")]
mod neon;

use half::{bf16, f16};

pub(crate) use turned::matmul_of_columns;

use crate::aligned::Aligned;
use crate::element::{Element, STEP, panel_length, place};
use crate::isa::Isa;
use crate::panels::{Epilogue, PANEL, Plan, even_tiles, visit};
use crate::pool::Pool;

/// A matrix of floats in the order in which products read it.
///
/// Panels of 16 outputs; in each, for two neighbouring inputs at a time, the weights of the 16 outputs.
/// Those of bfloat16 lie in pairs: it is the order of the tile unit and of the dot-product
/// instructions, and for AVX2 a pair is a shift and a mask away from two floats.
#[derive(Clone)]
pub struct PackedFloat<T> {
    outputs: usize,
    inputs: usize,
    panels: Aligned,
    kind: std::marker::PhantomData<T>,
}

/// A packed matrix of f32, products with which round nothing but sums.
pub type PackedF32 = PackedFloat<f32>;

/// A packed matrix of half floats.
pub type PackedF16 = PackedFloat<f16>;

/// A packed matrix of bfloat16.
pub type PackedBf16 = PackedFloat<bf16>;

impl<T: Element> PackedFloat<T> {
    /// Packs weights `[outputs, inputs]`.
    ///
    /// # Panics
    /// When the weights are not as many.
    pub fn pack(weights: &[T], outputs: usize, inputs: usize, pool: &Pool) -> Self {
        assert_eq!(
            weights.len(),
            outputs * inputs,
            "weights of {outputs} × {inputs}"
        );
        let length = panel_length(inputs);
        let count = outputs.div_ceil(PANEL) * length;
        let mut panels = Aligned::in_large_pages(count * size_of::<T>());
        let packed = &mut panels.of_mut::<T>()[..count];
        pool.each_chunk(packed, length, &|panel, packed| {
            let from = panel * PANEL * inputs;
            let rows = &weights[from..weights.len().min(from + PANEL * inputs)];
            pack_panel(rows, inputs, packed);
        });
        Self {
            outputs,
            inputs,
            panels,
            kind: std::marker::PhantomData,
        }
    }

    /// A matrix of zeros, to be filled.
    pub fn zeroed(outputs: usize, inputs: usize) -> Self {
        Self::zeroed_in(outputs, inputs, Aligned::in_large_pages)
    }

    /// A matrix of zeros, to be filled, that is not kept for long: those that come and go would use up the large
    /// pages that others share.
    pub(crate) fn passing(outputs: usize, inputs: usize) -> Self {
        Self::zeroed_in(outputs, inputs, Aligned::zeroed)
    }

    fn zeroed_in(outputs: usize, inputs: usize, memory: fn(usize) -> Aligned) -> Self {
        let count = outputs.div_ceil(PANEL) * panel_length(inputs);
        Self {
            outputs,
            inputs,
            panels: memory(count * size_of::<T>()),
            kind: std::marker::PhantomData,
        }
    }

    /// Makes it a matrix of that size that holds anything, in the same memory where that suffices.
    pub(crate) fn resize(&mut self, outputs: usize, inputs: usize) {
        let count = outputs.div_ceil(PANEL) * panel_length(inputs);
        if self.panels.of::<T>().len() < count {
            *self = Self::zeroed(outputs, inputs);
        }
        (self.outputs, self.inputs) = (outputs, inputs);
    }

    /// Runs `fill` with the number of each panel and what it holds.
    pub(crate) fn each_panel(&mut self, pool: &Pool, fill: &(dyn Fn(usize, &mut [T]) + Sync)) {
        let length = panel_length(self.inputs);
        let count = self.outputs.div_ceil(PANEL) * length;
        pool.each_chunk(&mut self.panels.of_mut::<T>()[..count], length, fill);
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
        let panel = self.panel(output / PANEL);
        for (input, out) in out.iter_mut().enumerate() {
            *out = panel[place::<T>(input, output % PANEL)].to_f32();
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

    /// The numbers of one panel.
    pub(crate) fn panel(&self, panel: usize) -> &[T] {
        let length = panel_length(self.inputs);
        &self.panels.of::<T>()[panel * length..][..length]
    }
}

/// Packs up to sixteen rows. A line of the panel is written at a time, from all rows.
fn pack_panel<T: Element>(rows: &[T], inputs: usize, packed: &mut [T]) {
    let count = rows.len() / inputs.max(1);
    for (at, step) in packed.as_chunks_mut::<STEP>().0.iter_mut().enumerate() {
        let first = 2 * at;
        if first + 2 > inputs {
            // An odd last input has no neighbour.
            for output in 0..count {
                step[place::<T>(0, output)] = rows[output * inputs + first];
            }
            return;
        }
        for output in 0..count {
            let from = output * inputs + first;
            let pair = &rows[from..from + 2];
            step[place::<T>(0, output)] = pair[0];
            step[place::<T>(1, output)] = pair[1];
        }
    }
}

/// `out[r, o] = Σ x[r, i] · weights[o, i]`, then the epilogue. Sums are f32.
/// Shapes: `x` is `[rows, inputs]`, `out` is `[rows, outputs]`.
///
/// # Panics
/// When the lengths of `x` and `out` do not fit the weights.
pub fn matmul_f32(
    out: &mut [f32],
    x: &[f32],
    weights: &PackedF32,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    matmul_on(Isa::current(), out, x, weights, epilogue, pool);
}

/// As [`matmul_f32`], with weights in half floats.
///
/// # Panics
/// When the lengths of `x` and `out` do not fit the weights.
pub fn matmul_f16(
    out: &mut [f32],
    x: &[f32],
    weights: &PackedF16,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    matmul_on(Isa::current(), out, x, weights, epilogue, pool);
}

/// As [`matmul_f32`], with weights in bfloat16.
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
    matmul_on(Isa::current(), out, x, weights, epilogue, pool);
}

/// The product on a level that the machine is known to have.
pub(crate) fn matmul_on<T: Element>(
    isa: Isa,
    out: &mut [f32],
    x: &[f32],
    weights: &PackedFloat<T>,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    let inputs = weights.inputs;
    let rows = x.len().checked_div(inputs).unwrap_or(0);
    assert_eq!(x.len(), rows * inputs, "an input of {inputs} columns");
    #[cfg(target_arch = "x86_64")]
    match isa {
        Isa::Amx if T::PAIRED => return matmul_on_tiles(out, x, weights, epilogue, pool),
        Isa::Avx512Bf16 if T::PAIRED => return matmul_of_pairs(out, x, weights, epilogue, pool),
        _ => {}
    }
    let plan = Plan {
        rows,
        outputs: weights.outputs,
        tile_rows: tile_rows(isa),
        is_even: true,
        row_bytes: inputs * 4,
    };
    visit(out, plan, epilogue, pool, &|panel, row, count, made| {
        let x = Strided {
            numbers: &x[row * inputs..][..count * inputs],
            stride: inputs,
        };
        panel_products(isa, x, inputs, weights.panel(panel), made);
    });
}

/// The product with weights in pairs, which are those of bfloat16, on the tile unit.
#[cfg(target_arch = "x86_64")]
fn matmul_on_tiles<T: Element>(
    out: &mut [f32],
    x: &[f32],
    weights: &PackedFloat<T>,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    let plan = Plan {
        rows: x.len().checked_div(weights.inputs).unwrap_or(0),
        outputs: weights.outputs,
        tile_rows: amx::TILE_ROWS,
        is_even: false,
        row_bytes: weights.inputs * size_of::<T>(),
    };
    amx::Rounded::with(x, weights.inputs, pool, |x| {
        visit(out, plan, epilogue, pool, &|panel, row, _, made| {
            let panel = bytemuck::cast_slice(weights.panel(panel));
            // SAFETY: the level is only chosen where the unit may be used; tiles begin at multiples of
            // their height.
            unsafe { amx::tile(x, row, panel, made) };
        });
    });
}

/// The product with weights in pairs, which are those of bfloat16, by dot products of pairs.
#[cfg(target_arch = "x86_64")]
fn matmul_of_pairs<T: Element>(
    out: &mut [f32],
    x: &[f32],
    weights: &PackedFloat<T>,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    let rows = x.len().checked_div(weights.inputs).unwrap_or(0);
    avx512_bf16::Rounded::with(x, weights.inputs, pool, |x| {
        pairs_past_panels(out, (x, rows), weights, epilogue, pool);
    });
}

/// The product of rounded rows, as many as are said.
#[cfg(target_arch = "x86_64")]
fn pairs_past_panels<T: Element>(
    out: &mut [f32],
    (x, rows): (avx512_bf16::Rounded<'_>, usize),
    weights: &PackedFloat<T>,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    let plan = Plan {
        rows,
        outputs: weights.outputs,
        tile_rows: avx512_bf16::TILE_ROWS,
        is_even: true,
        row_bytes: weights.inputs * size_of::<T>(),
    };
    visit(out, plan, epilogue, pool, &|panel, row, _, made| {
        let panel = bytemuck::cast_slice(weights.panel(panel));
        // SAFETY: the level is only chosen where the machine has it.
        unsafe { avx512_bf16::tile(x, row, panel, made) };
    });
}

/// Rows that start `stride` numbers apart.
#[derive(Clone, Copy)]
pub(crate) struct Strided<'a> {
    pub numbers: &'a [f32],
    pub stride: usize,
}

impl<'a> Strided<'a> {
    #[inline(always)]
    fn row(self, row: usize, inputs: usize) -> &'a [f32] {
        &self.numbers[row * self.stride..][..inputs]
    }
}

/// The products of as many rows of `x` as `made` has with the first `inputs` of one panel.
fn panel_products<T: Element>(
    isa: Isa,
    x: Strided<'_>,
    inputs: usize,
    panel: &[T],
    made: &mut [[f32; PANEL]],
) {
    // A single row waits for memory; more of them compute.
    let next = if made.len() == 1 {
        Next::Behind
    } else {
        Next::Near
    };
    tiles(isa, x, inputs, (panel, next), made);
}

/// The products of rows with one panel, as many rows at a time as a level has registers for.
fn tiles<T: Element>(
    isa: Isa,
    x: Strided<'_>,
    inputs: usize,
    (panel, next): (&[T], Next<'_, T>),
    made: &mut [[f32; PANEL]],
) {
    let tile_rows = even_tiles(made.len(), tile_rows(isa));
    for (tile, made) in made.chunks_mut(tile_rows).enumerate() {
        let x = Strided {
            numbers: &x.numbers[tile * tile_rows * x.stride..],
            ..x
        };
        // The first tile has asked for what is next.
        let next = if tile == 0 { next } else { Next::Near };
        #[cfg(not(target_arch = "x86_64"))]
        let _ = next;
        match isa {
            Isa::Scalar => scalar::tile(x, inputs, panel, made),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is only chosen where the machine has it.
            Isa::Avx2 => unsafe { avx2::tile(x, inputs, panel, next, made) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the same.
            Isa::Avx512 | Isa::Avx512Bf16 | Isa::Amx => unsafe {
                avx512::tile(x, inputs, panel, next, made)
            },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: the level is only chosen where the machine has it.
            Isa::Neon | Isa::NeonDot | Isa::NeonI8mm => unsafe {
                neon::tile(x, inputs, panel, made);
            },
        }
    }
}

/// Whether products of [`few_rows`] with numbers of this kind round what they are multiplied with.
pub(crate) fn rounds_inputs<T: Element>() -> bool {
    T::PAIRED && Isa::current().multiplies_pairs()
}

/// The products of any number of rows with the first `inputs` of one panel, all of them near. Weights in pairs take
/// the rounded rows, as far apart as the others, where the machine multiplies pairs.
pub(crate) fn few_rows<T: Element>(
    (x, rounded): (Strided<'_>, &[bf16]),
    inputs: usize,
    panel: &[T],
    made: &mut [[f32; PANEL]],
) {
    let isa = Isa::current();
    #[cfg(target_arch = "x86_64")]
    if rounds_inputs::<T>() {
        let x = avx512_bf16::Rounded::of(rounded, inputs, x.stride);
        let panel: &[bf16] = bytemuck::cast_slice(panel);
        let size = even_tiles(made.len(), avx512_bf16::TILE_ROWS);
        for (tile, made) in made.chunks_mut(size).enumerate() {
            // SAFETY: the level is only chosen where the machine has it.
            unsafe { avx512_bf16::tile(x, tile * size, panel, made) };
        }
        return;
    }
    let _ = rounded;
    tiles(isa, x, inputs, (panel, Next::Near), made);
}

/// What is read after the panel at hand, so that it is asked for in time.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only a hint"))]
enum Next<'a, T> {
    /// More of the same.
    Behind,
    /// These numbers, as many as at hand.
    Elsewhere(&'a [T]),
    /// What is near already.
    Near,
}

#[cfg(target_arch = "x86_64")]
impl<T> Next<'_, T> {
    /// How many bytes it is from `panel` to the numbers, as addresses wrap around.
    fn away(&self, panel: &[T]) -> usize {
        match self {
            Next::Behind => crate::prefetch::AHEAD,
            Next::Elsewhere(next) => next.as_ptr().addr().wrapping_sub(panel.as_ptr().addr()),
            Next::Near => 0,
        }
    }
}

/// Panels of `length` numbers each, and what will be read after them, as long as they are.
#[derive(Clone, Copy)]
pub(crate) struct Panels<'a, T> {
    pub numbers: &'a [T],
    pub length: usize,
    pub next: &'a [T],
}

/// The products of some rows with each of several panels, of which the first `inputs` are looked at;
/// what is made of one panel follows what is made of the other. The sums of one or two rows with a
/// single panel wait for each other, so few rows are taken past several panels at once: the bits are the
/// same.
pub(crate) fn panels_products<T: Element>(
    isa: Isa,
    x: Strided<'_>,
    inputs: usize,
    panels: Panels<'_, T>,
    made: &mut [[f32; PANEL]],
) {
    let length = panels.length;
    let rows = made.len() / (panels.numbers.len() / length).max(1);
    let at_once = panels_at_once(isa, rows);
    let groups = panels.numbers.chunks(at_once * length);
    let groups = groups.zip(panels.next.chunks(at_once * length));
    for ((panels, next), made) in groups.zip(made.chunks_mut(at_once * rows)) {
        let next_of = |next| {
            if rows <= FEW {
                Next::Elsewhere(next)
            } else {
                Next::Near
            }
        };
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 if at_once > 1 && panels.len() == at_once * length => {
                // SAFETY: the level is only chosen where the machine has it.
                unsafe { avx2::panels(x, inputs, (panels, length), next_of(next), made) };
            }
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 | Isa::Avx512Bf16 | Isa::Amx
                if at_once > 1 && panels.len() == at_once * length =>
            {
                // SAFETY: the same.
                unsafe { avx512::panels(x, inputs, (panels, length), next_of(next), made) };
            }
            #[cfg(target_arch = "aarch64")]
            Isa::Neon | Isa::NeonDot | Isa::NeonI8mm
                if at_once > 1 && panels.len() == at_once * length =>
            {
                // SAFETY: the same.
                unsafe { neon::panels(x, inputs, (panels, length), made) };
            }
            _ => {
                let each = panels.chunks(length).zip(next.chunks(length));
                for ((panel, next), made) in each.zip(made.chunks_mut(rows)) {
                    tiles(isa, x, inputs, (panel, next_of(next)), made);
                }
            }
        }
    }
}

/// With so many rows or fewer, panels arrive more slowly than they are multiplied.
const FEW: usize = 16;

/// With how many panels a few rows are multiplied at once.
fn panels_at_once(isa: Isa, rows: usize) -> usize {
    match (isa, rows) {
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx2, 1) => 4,
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx2, 2..=3) => 2,
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx512 | Isa::Avx512Bf16 | Isa::Amx, 1..=3) => 4,
        #[cfg(target_arch = "aarch64")]
        (Isa::Neon | Isa::NeonDot | Isa::NeonI8mm, 1) => 4,
        #[cfg(target_arch = "aarch64")]
        (Isa::Neon | Isa::NeonDot | Isa::NeonI8mm, 2..=3) => 2,
        _ => 1,
    }
}

/// Rows whose sums fit the registers of a level.
fn tile_rows(isa: Isa) -> usize {
    match isa {
        Isa::Scalar => 1,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => 6,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 | Isa::Avx512Bf16 | Isa::Amx => 14,
        #[cfg(target_arch = "aarch64")]
        Isa::Neon | Isa::NeonDot | Isa::NeonI8mm => 6,
    }
}

#[cfg(test)]
mod tests;
