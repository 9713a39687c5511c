//! Up to four rows by sixteen outputs. Bytes multiply with their signs and add in fours, so that nearly all
//! is whole numbers of 32 bits; how, is what the levels differ in. For few rows weights are taken as they
//! lie; for many they are made ready once while they are in the nearest cache.

mod formats;
mod units;

use std::arch::aarch64::{
    float32x4_t, int8x16_t, int32x4_t, vaddq_s32, vcvtq_f32_s32, vdupq_n_s32, vfmaq_f32,
    vfmsq_n_f32, vld1q_f32, vmlaq_s32, vmulq_n_f32, vst1q_f32,
};
use std::cell::RefCell;
use std::ops::Range;

use bytemuck::Zeroable;

use super::formats::Block;
use crate::blocks::BLOCK;
use crate::isa::Isa;
use crate::panels::PANEL;
use crate::quantised_rows::{GROUP, GroupBlock, QuantisedRows};
use units::{Bytes, Dots, Matrices, Unit};

/// Four neighbouring inputs of sixteen outputs, in quarters of four outputs each.
type Fours = [int8x16_t; PANEL / 4];

/// Sums of sixteen outputs.
type Sums = [int32x4_t; PANEL / 4];

/// A format whose weights are steps of a byte each, and some figures for 32 of them.
pub trait Steps: Block {
    /// Factors that 32 inputs have, each for as many of them: 1 or 2.
    const SPANS: usize;

    /// Fours of inputs whose products, one of each, together fit sixteen bits: 2 or 4.
    const SHORT: usize;

    /// What the steps are too large by.
    const OFFSET: i32;

    /// Whether a factor is anything but 1.
    const HAS_FACTORS: bool;

    /// Whether something is taken away that steps do not tell.
    const HAS_MINIMA: bool;

    /// The steps of the fours of that number.
    ///
    /// # Safety
    /// The machine has NEON.
    unsafe fn fours(panel: &Self::Panel, part: usize, number: usize) -> Fours;

    /// The figures of 32 inputs.
    ///
    /// # Safety
    /// The machine has NEON.
    unsafe fn figures(panel: &Self::Panel, part: usize) -> Figures;
}

/// The figures of 32 inputs of sixteen outputs.
#[derive(Clone, Copy, Zeroable)]
#[repr(C)]
pub struct Figures {
    /// What the sum of a span is multiplied with.
    factors: [Sums; 2],
    scales: [float32x4_t; PANEL / 4],
    minima: [float32x4_t; PANEL / 4],
}

/// 32 inputs of sixteen outputs, for many rows.
#[derive(Clone, Copy, Zeroable)]
#[repr(C, align(64))]
struct Ready {
    steps: [Fours; BLOCK / 4],
    figures: Figures,
}

/// 32 inputs that are made ready together.
const TOGETHER: usize = 8;

thread_local! {
    static READY: RefCell<Box<[Ready; TOGETHER]>> =
        RefCell::new(Box::new([Ready::zeroed(); TOGETHER]));
}

/// The products of as many rows as `made` has, from `row` on, with one panel.
///
/// # Safety
/// The machine has the level.
#[target_feature(enable = "neon")]
pub(super) unsafe fn tile<B: Steps>(
    isa: Isa,
    x: &QuantisedRows,
    row: usize,
    panels: &[B::Panel],
    made: &mut [[f32; PANEL]],
) {
    made.fill([0.0; PANEL]);
    let is_few = made.len() <= GROUP;
    match isa {
        // SAFETY: the level has products of matrices, as the caller promises.
        Isa::NeonI8mm if !is_few => unsafe { many::<B, Matrices>(x, row, panels, made) },
        // SAFETY: the level has dot products.
        Isa::NeonDot if !is_few => unsafe { many::<B, Dots>(x, row, panels, made) },
        // SAFETY: both levels have dot products.
        Isa::NeonDot | Isa::NeonI8mm => unsafe { few::<B, Dots>(x.group(row), panels, made) },
        // SAFETY: every such machine has NEON.
        _ if is_few => unsafe { few::<B, Bytes>(x.group(row), panels, made) },
        // SAFETY: the same.
        _ => unsafe { many::<B, Bytes>(x, row, panels, made) },
    }
}

/// Rows of one group: weights are taken as they lie.
///
/// # Safety
/// The machine has the unit.
#[target_feature(enable = "neon")]
unsafe fn few<B: Steps, U: Unit>(x: &[GroupBlock], panels: &[B::Panel], made: &mut [[f32; PANEL]]) {
    let parts = B::NUMBERS / BLOCK;
    for (number, made) in made.chunks_mut(U::ROWS).enumerate() {
        let first = number * U::ROWS;
        for (panel, x) in panels.iter().zip(x.chunks_exact(parts)) {
            for (part, x) in x.iter().enumerate() {
                // SAFETY: every such machine has NEON.
                let fours = |number| unsafe { B::fours(panel, part, number) };
                // SAFETY: the same.
                let figures = unsafe { B::figures(panel, part) };
                // SAFETY: the machine has the unit, as the caller promises.
                unsafe { add::<B, U>(made, x, first, fours, &figures) };
            }
        }
    }
}

/// Many rows: weights are made ready some at a time, then all rows pass.
///
/// # Safety
/// The machine has the unit.
#[target_feature(enable = "neon")]
unsafe fn many<B: Steps, U: Unit>(
    x: &QuantisedRows,
    row: usize,
    panels: &[B::Panel],
    made: &mut [[f32; PANEL]],
) {
    let parts = B::NUMBERS / BLOCK;
    let blocks = panels.len() * parts;
    READY.with_borrow_mut(|ready| {
        for start in (0..blocks).step_by(TOGETHER) {
            let count = TOGETHER.min(blocks - start);
            for (ready, block) in ready.iter_mut().zip(start..start + count) {
                let (panel, part) = (&panels[block / parts], block % parts);
                for (number, steps) in ready.steps.iter_mut().enumerate() {
                    // SAFETY: every such machine has NEON.
                    *steps = unsafe { B::fours(panel, part, number) };
                }
                // SAFETY: the same.
                unsafe { U::arrange(&mut ready.steps) };
                // SAFETY: the same.
                ready.figures = unsafe { B::figures(panel, part) };
            }
            for (number, made) in made.chunks_mut(U::ROWS).enumerate() {
                let row = row + number * U::ROWS;
                let x = &x.group(row / GROUP * GROUP)[start..start + count];
                for (x, ready) in x.iter().zip(ready.iter()) {
                    let fours = |number: usize| ready.steps[number];
                    // SAFETY: the machine has the unit, as the caller promises.
                    unsafe { add::<B, U>(made, x, row % GROUP, fours, &ready.figures) };
                }
            }
        }
    });
}

/// Adds the products of a group's rows from `first` on, as many as `made` has, with 32 inputs.
///
/// # Safety
/// The machine has the unit.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn add<B: Steps, U: Unit>(
    made: &mut [[f32; PANEL]],
    x: &GroupBlock,
    first: usize,
    fours: impl Fn(usize) -> Fours,
    figures: &Figures,
) {
    match made.len() {
        // SAFETY: the machine has the unit, as the caller promises.
        1 => unsafe { add_rows::<B, U, 1>(made, x, first, fours, figures) },
        // SAFETY: the same.
        2 => unsafe { add_rows::<B, U, 2>(made, x, first, fours, figures) },
        // SAFETY: the same.
        3 => unsafe { add_rows::<B, U, 3>(made, x, first, fours, figures) },
        // SAFETY: the same.
        _ => unsafe { add_rows::<B, U, 4>(made, x, first, fours, figures) },
    }
}

/// # Safety
/// The machine has the unit.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn add_rows<B: Steps, U: Unit, const R: usize>(
    made: &mut [[f32; PANEL]],
    x: &GroupBlock,
    first: usize,
    fours: impl Fn(usize) -> Fours,
    figures: &Figures,
) {
    let steps = std::array::from_fn(|row| &x.steps[first + row]);
    let mut whole = [[vdupq_n_s32(0); PANEL / 4]; R];
    for span in 0..B::SPANS {
        let halves = 2 / B::SPANS;
        let halves = span * halves..(span + 1) * halves;
        // SAFETY: the machine has the unit, as the caller promises.
        let products = unsafe { U::products::<B, R>(steps, halves.clone(), &fours) };
        for (row, (whole, products)) in whole.iter_mut().zip(products).enumerate() {
            let offset = offset::<B>(x, first + row, halves.clone());
            for (quarter, (whole, products)) in whole.iter_mut().zip(products).enumerate() {
                let sum = vaddq_s32(products, offset);
                *whole = if B::HAS_FACTORS {
                    vmlaq_s32(*whole, sum, figures.factors[span][quarter])
                } else {
                    vaddq_s32(*whole, sum)
                };
            }
        }
    }
    for (row, (made, whole)) in made.iter_mut().zip(whole).enumerate() {
        finish::<B>(made, x, first + row, whole, figures);
    }
}

/// What the products of a row with some halves of 32 inputs have too much, less than nothing.
#[target_feature(enable = "neon")]
#[inline]
fn offset<B: Steps>(x: &GroupBlock, row: usize, halves: Range<usize>) -> int32x4_t {
    if B::OFFSET == 0 {
        return vdupq_n_s32(0);
    }
    let sum: i32 = if halves.len() == 2 {
        i32::from(x.sums[row][0])
    } else {
        let eighths = &x.eighths[halves.start * 2..][..2];
        eighths.iter().map(|eighth| i32::from(eighth[row][0])).sum()
    };
    vdupq_n_s32(sum * -B::OFFSET)
}

/// Adds what 32 inputs of a row come to.
#[target_feature(enable = "neon")]
#[inline]
fn finish<B: Steps>(
    made: &mut [f32; PANEL],
    x: &GroupBlock,
    row: usize,
    whole: Sums,
    figures: &Figures,
) {
    for (quarter, made) in made.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let mut sums = load_floats(made);
        if B::HAS_MINIMA {
            sums = vfmsq_n_f32(sums, figures.minima[quarter], x.totals[row]);
        }
        let scale = vmulq_n_f32(figures.scales[quarter], x.scales[row]);
        let sums = vfmaq_f32(sums, vcvtq_f32_s32(whole[quarter]), scale);
        // SAFETY: four floats have room for four.
        unsafe { vst1q_f32(made.as_mut_ptr(), sums) };
    }
}

#[target_feature(enable = "neon")]
#[inline]
fn load_floats(floats: &[f32; 4]) -> float32x4_t {
    // SAFETY: four floats.
    unsafe { vld1q_f32(floats.as_ptr()) }
}
