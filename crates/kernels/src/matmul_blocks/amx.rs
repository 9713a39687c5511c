//! Sixteen rows by sixteen outputs: a tile of whole sums of 32 inputs (or twice sixteen), which is then
//! stored and taken into sixteen registers of floats. The unit makes the sums of the next 32 inputs
//! meanwhile. Whole sums are exact, and floats are added as the AVX-512 variant adds them: the results are
//! the same to the bit, so that few rows may take that one.

use std::cell::RefCell;

use bytemuck::Zeroable;

use super::avx512::{self, Ready, make_ready};
use super::formats::Block;
use crate::blocks::BLOCK;
use crate::panels::PANEL;
use crate::quantised_rows::{GROUP, QuantisedRows, TileBlock};
use crate::tiles::{Config, ROWS};

/// 32 inputs that are made ready together.
const TOGETHER: usize = 32;

/// Whole sums of 32 inputs, of the ones at hand and of the next. Where they lie tells them apart.
#[derive(Clone, Copy, Zeroable)]
#[repr(C, align(4096))]
struct Whole([[[[i32; PANEL]; ROWS]; 2]; 2]);

const _: () = assert!(size_of::<Whole>() == 4096);

/// What a thread keeps from call to call.
#[derive(Clone, Copy, Zeroable)]
#[repr(C)]
struct Scratch {
    whole: Whole,
    ready: [Ready; TOGETHER],
}

thread_local! {
    static SCRATCH: RefCell<Box<Scratch>> = RefCell::new(Box::new(Scratch::zeroed()));
}

/// The products of as many rows as `made` has, from `row` on, with one panel.
///
/// # Safety
/// The process may use the tile unit, the machine has AVX-512, and `row` is a multiple of 16.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
pub(super) unsafe fn tile<B: Block>(
    x: &QuantisedRows,
    row: usize,
    panels: &[B::Panel],
    made: &mut [[f32; PANEL]],
) {
    if made.len() <= GROUP {
        return avx512::tile::<B>(x, row, panels, made);
    }
    made.fill([0.0; PANEL]);
    let blocks = panels.len() * (B::NUMBERS / BLOCK);
    SCRATCH.with_borrow_mut(|scratch| {
        let Scratch { whole, ready } = &mut **scratch;
        for first in (0..blocks).step_by(TOGETHER) {
            let ready = &mut ready[..TOGETHER.min(blocks - first)];
            make_ready::<B, true>(panels, first, ready);
            for (number, made) in made.chunks_mut(ROWS).enumerate() {
                let x = &x.tile(row + number * ROWS)[first..first + ready.len()];
                // SAFETY: as the caller promises.
                unsafe { rows::<B>(x, ready, whole, made) };
            }
        }
    });
}

/// Up to sixteen rows past what is ready.
///
/// # Safety
/// The process may use the tile unit.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
unsafe fn rows<B: Block>(
    x: &[TileBlock],
    ready: &[Ready],
    whole: &mut Whole,
    made: &mut [[f32; PANEL]],
) {
    let mut sums = [[0.0; PANEL]; ROWS];
    sums[..made.len()].copy_from_slice(made);
    match (B::WIDE_SPANS, B::WIDE_MINIMA) {
        // SAFETY: as the caller promises.
        (1, false) => unsafe { blocks::<1, 0>(x, ready, whole, &mut sums, made.len()) },
        // SAFETY: the same.
        (1, true) => unsafe { blocks::<1, 1>(x, ready, whole, &mut sums, made.len()) },
        // SAFETY: the same.
        (_, false) => unsafe { blocks::<2, 0>(x, ready, whole, &mut sums, made.len()) },
        // SAFETY: the same.
        (_, true) => unsafe { blocks::<2, 1>(x, ready, whole, &mut sums, made.len()) },
    }
    made.copy_from_slice(&sums[..made.len()]);
}

/// Assembly for each of sixteen rows, `\row` in the text.
macro_rules! each_row {
    ($text:literal) => {
        concat!(
            ".irp row, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n",
            $text,
            "\n.endr"
        )
    };
}

/// The whole sums of the block that lies so far behind the weights and inputs at hand.
macro_rules! whole_sums {
    ($weights:literal, $inputs:literal) => {
        concat!(
            "tileloadd tmm6, [{ready} + {line}*1 + ",
            $weights,
            "]\n tileloadd tmm4, [{x} + {half}*1 + ",
            $inputs,
            "]\n tilezero tmm0\n tdpbssd tmm0, tmm4, tmm6\n tilestored [{whole} + {line}*1], tmm0\n",
            ".if {spans} == 2\n tileloadd tmm7, [{ready} + {line}*1 + 256 + ",
            $weights,
            "]\n tileloadd tmm5, [{x} + {half}*1 + 16 + ",
            $inputs,
            "]\n tilezero tmm1\n tdpbssd tmm1, tmm5, tmm7\n",
            "tilestored [{whole} + {line}*1 + 1024], tmm1\n .endif"
        )
    };
}

/// Adds the whole sums of a span to the floats, with the scales at that place.
macro_rules! add_floats {
    ($scales:literal, $whole:literal) => {
        concat!(
            "vmovups zmm16, [{ready} + ",
            $scales,
            "]\n.irp row, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n",
            "vmulps zmm17, zmm16, dword ptr [{x} + 512 + 4*\\row]{{1to16}}\n",
            "vcvtdq2ps zmm18, [{whole} + 64*\\row + ",
            $whole,
            "]\nvfmadd231ps zmm\\row, zmm18, zmm17\n.endr"
        )
    };
}

/// Adds what the first `rows` rows of some 32 inputs come to in `SPANS` spans each.
///
/// # Safety
/// The process may use the tile unit.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
unsafe fn blocks<const SPANS: usize, const MINIMA: usize>(
    x: &[TileBlock],
    ready: &[Ready],
    whole: &mut Whole,
    sums: &mut [[f32; PANEL]; ROWS],
    rows: usize,
) {
    let count = x.len().min(ready.len());
    if count == 0 {
        return;
    }
    let (made, inputs) = ((rows, 64), (rows, BLOCK / SPANS));
    let weights = (BLOCK / 4 / SPANS, 64);
    let none = (0, 0);
    let config = Config::new([made, made, none, none, inputs, inputs, weights, weights]);
    // SAFETY: the unit is configured before it is used, and released; there are as many blocks of inputs
    // and of weights as are counted, and room for the sums of sixteen rows.
    unsafe {
        std::arch::asm!(
            "ldtilecfg [{config}]",
            each_row!("vmovups zmm\\row, [{sums} + 64*\\row]"),
            whole_sums!("0", "0"),
            "2:",
            // The whole sums of the next block go to the other side.
            "cmp {count}, 1",
            "je 3f",
            "xor {whole}, 2048",
            whole_sums!("{ready_bytes}", "{x_bytes}"),
            "xor {whole}, 2048",
            "3:",
            // Those of the block at hand become floats.
            ".if {minima} == 1",
            "vmovups zmm19, [{ready} + 640]",
            each_row!("vfnmadd231ps zmm\\row, zmm19, dword ptr [{x} + 576 + 4*\\row]{{1to16}}"),
            ".endif",
            add_floats!("512", "0"),
            ".if {spans} == 2",
            add_floats!("576", "1024"),
            ".endif",
            "add {ready}, {ready_bytes}",
            "add {x}, {x_bytes}",
            "xor {whole}, 2048",
            "dec {count}",
            "jnz 2b",
            "tilerelease",
            each_row!("vmovups [{sums} + 64*\\row], zmm\\row"),
            config = in(reg) &raw const config,
            sums = in(reg) sums.as_mut_ptr(),
            ready = inout(reg) ready.as_ptr() => _,
            x = inout(reg) x.as_ptr() => _,
            whole = inout(reg) &raw mut *whole => _,
            count = inout(reg) count => _,
            line = in(reg) 64_usize,
            half = in(reg) 32_usize,
            spans = const SPANS,
            minima = const MINIMA,
            ready_bytes = const size_of::<Ready>(),
            x_bytes = const size_of::<TileBlock>(),
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            out("zmm0") _, out("zmm1") _, out("zmm2") _, out("zmm3") _,
            out("zmm4") _, out("zmm5") _, out("zmm6") _, out("zmm7") _,
            out("zmm8") _, out("zmm9") _, out("zmm10") _, out("zmm11") _,
            out("zmm12") _, out("zmm13") _, out("zmm14") _, out("zmm15") _,
            out("zmm16") _, out("zmm17") _, out("zmm18") _, out("zmm19") _,
            options(nostack)
        );
    }
}
