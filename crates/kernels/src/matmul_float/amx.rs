//! Up to 64 rows by sixteen outputs in four tiles of sums. Inputs are rounded to bfloat16; products are
//! exact, and the unit adds them up in f32: of 32 inputs the even and the odd ones by themselves, both
//! together, and that to the sum of those before. Numbers below 2⁻¹²⁶ are nothing to it.
//!
//! One row takes this way as well: so a row's sums are the same to the bit whatever rows are beside it,
//! and one row costs little more than its weights' way from memory.
//! Source: Intel's Software Developer's Manual, `TDPBF16PS`.

use half::bf16;

use super::rounded::{Form, with_rounded};
use crate::element::{STEP, round_each};
use crate::levels::at_each_level;
use crate::panels::PANEL;
use crate::pool::Pool;
use crate::prefetch::AHEAD;
use crate::tiles::{Config, ROWS};

/// Rows that pass a panel together.
pub(super) const TILE_ROWS: usize = 4 * ROWS;

/// Inputs in a row of a tile.
const INPUTS: usize = 32;

/// Numbers in a tile of weights.
const WEIGHTS: usize = INPUTS * PANEL;

/// Inputs in the order of tiles: for up to 64 rows at a time, 32 inputs of each row after those of the other.
/// What is missing in the last 32 is nothing.
#[derive(Clone, Copy)]
pub(super) struct Rounded<'a> {
    numbers: &'a [bf16],
    inputs: usize,
}

impl Rounded<'_> {
    /// Rounds the rows of `x` and hands them to `then`.
    pub fn with(x: &[f32], inputs: usize, pool: &Pool, then: impl FnOnce(Rounded<'_>)) {
        let form = Form {
            padded: inputs.next_multiple_of(INPUTS),
            rows: TILE_ROWS,
            spread,
        };
        with_rounded(x, inputs, &form, pool, |numbers| {
            then(Rounded { numbers, inputs });
        });
    }
}

at_each_level! {
    /// Rounds up to 64 rows into the order of tiles.
    fn spread(x: &[f32], inputs: usize, to: &mut [bf16]) = spread_each
}

#[inline(always)]
fn spread_each(x: &[f32], inputs: usize, to: &mut [bf16]) {
    let rows = x.len().checked_div(inputs).unwrap_or(0);
    for (row, x) in x.chunks_exact(inputs.max(1)).enumerate() {
        let to = to.as_chunks_mut::<INPUTS>().0.iter_mut();
        for (x, to) in x.chunks(INPUTS).zip(to.skip(row).step_by(rows)) {
            round_each(x, &mut to[..x.len()]);
            to[x.len()..].fill(bf16::ZERO);
        }
    }
}

/// The products of as many rows as `made` has, at most 64, from `row` on, with one panel.
///
/// # Safety
/// The process may use the tile unit, and `row` is a multiple of 64.
pub(super) unsafe fn tile(x: Rounded<'_>, row: usize, panel: &[bf16], made: &mut [[f32; PANEL]]) {
    let padded = x.inputs.next_multiple_of(INPUTS);
    let rows = made.len();
    let x = &x.numbers[row * padded..][..rows * padded];
    let (weights, rest) = panel.as_chunks::<WEIGHTS>();
    let mut last = Tile([bf16::ZERO; WEIGHTS]);
    debug_assert!(rest.len().is_multiple_of(STEP), "whole steps");
    last.0[..rest.len()].copy_from_slice(rest);
    let product = Product {
        x: x.as_ptr(),
        weights: weights.as_ptr().cast(),
        steps: weights.len(),
        last: if rest.is_empty() {
            std::ptr::null()
        } else {
            last.0.as_ptr()
        },
        made: made.as_mut_ptr().cast(),
        rows,
    };
    match rows.div_ceil(ROWS) {
        0 => {}
        // SAFETY: of each 32 inputs there are as many rows, weights and room for sums.
        1 => unsafe { product.run::<1>() },
        // SAFETY: the same.
        2 => unsafe { product.run::<2>() },
        // SAFETY: the same.
        3 => unsafe { product.run::<3>() },
        // SAFETY: the same.
        _ => unsafe { product.run::<4>() },
    }
}

/// A tile of weights.
#[repr(C, align(64))]
struct Tile([bf16; WEIGHTS]);

/// Some rows past a panel.
struct Product {
    /// `[steps, rows, 32]`.
    x: *const bf16,
    /// `[steps, 16, 32]`.
    weights: *const bf16,
    /// Whole tiles of weights.
    steps: usize,
    /// One more tile of weights, or none.
    last: *const bf16,
    /// `[rows, 16]`.
    made: *mut f32,
    rows: usize,
}

impl Product {
    /// Computes and stores the sums of `T` tiles of rows, the last of which may be lower.
    ///
    /// # Safety
    /// The process may use the tile unit, and the pointers lead to as much as is said of them.
    unsafe fn run<const T: usize>(self) {
        let lowest = (self.rows - (T - 1) * ROWS, 64);
        let full = (ROWS, 64);
        let config = Config::new([full, full, full, lowest, full, full, full, lowest]);
        // SAFETY: the unit is configured before it is used, and released; it reads and writes only where
        // the caller says that it may.
        unsafe {
            std::arch::asm!(
                "ldtilecfg [{config}]",
                "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
                "test {steps}, {steps}",
                "jz 3f",
                "2:",
                "tileloadd tmm6, [{weights} + {stride}*1]",
                ".if {tiles} == 1",
                // One way from memory for so few products: it should not wait for itself.
                ".irp line, 0, 64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960",
                "prefetcht0 [{weights} + {ahead} + \\line]",
                ".endr",
                ".endif",
                ".if {tiles} > 1",
                "tileloadd tmm4, [{x} + {stride}*1]",
                "tdpbf16ps tmm0, tmm4, tmm6",
                ".endif",
                ".if {tiles} > 2",
                "tileloadd tmm5, [{x} + {stride}*1 + 1024]",
                "tdpbf16ps tmm1, tmm5, tmm6",
                ".endif",
                ".if {tiles} > 3",
                "tileloadd tmm4, [{x} + {stride}*1 + 2048]",
                "tdpbf16ps tmm2, tmm4, tmm6",
                ".endif",
                "tileloadd tmm7, [{x} + {stride}*1 + {low}]",
                "tdpbf16ps tmm3, tmm7, tmm6",
                "add {weights}, 1024",
                "add {x}, {row_bytes}",
                "dec {steps}",
                "jnz 2b",
                "3:",
                "test {last}, {last}",
                "jz 4f",
                "mov {weights}, {last}",
                "mov {steps:e}, 1",
                "xor {last:e}, {last:e}",
                "jmp 2b",
                "4:",
                ".if {tiles} > 1", "tilestored [{made} + {stride}*1], tmm0", ".endif",
                ".if {tiles} > 2", "tilestored [{made} + {stride}*1 + 1024], tmm1", ".endif",
                ".if {tiles} > 3", "tilestored [{made} + {stride}*1 + 2048], tmm2", ".endif",
                "tilestored [{made} + {stride}*1 + {low}], tmm3",
                "tilerelease",
                config = in(reg) &raw const config,
                x = inout(reg) self.x => _,
                weights = inout(reg) self.weights => _,
                steps = inout(reg) self.steps => _,
                last = inout(reg) self.last => _,
                made = in(reg) self.made,
                row_bytes = in(reg) self.rows * 64,
                stride = in(reg) 64_usize,
                tiles = const T,
                low = const (T - 1) * 1024,
                ahead = const AHEAD,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack)
            );
        }
    }
}
