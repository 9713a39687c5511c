//! What multiplies bytes: any processor's multiplications, or dot products, or products of matrices.
//!
//! The latter two have no stable intrinsics yet, but one instruction each.

use std::arch::aarch64::{
    int8x16_t, int16x8_t, int32x4_t, vaddq_s32, vcombine_s8, vdupq_n_s16, vdupq_n_s32, vget_low_s8,
    vld1_s8, vld1q_dup_s32, vld1q_s8, vmlal_high_s8, vmlal_s8, vpaddlq_s16, vpaddq_s32,
    vreinterpretq_s8_s32, vreinterpretq_s32_s8, vreinterpretq_s32_s64, vreinterpretq_s64_s32,
    vzip1q_s32, vzip1q_s64, vzip2q_s32, vzip2q_s64,
};
use std::arch::asm;
use std::ops::Range;

use super::{Fours, Steps, Sums};
use crate::blocks::BLOCK;
use crate::panels::PANEL;

/// What multiplies the bytes of a few rows with those of sixteen outputs.
pub trait Unit {
    /// Rows whose sums fit the registers.
    const ROWS: usize;

    /// Puts the weights of 32 inputs, made ready for many rows, in the order in which
    /// [`products`](Self::products) reads them.
    ///
    /// # Safety
    /// The machine has NEON.
    unsafe fn arrange(steps: &mut [Fours; BLOCK / 4]);

    /// The products of rows with some halves of 32 inputs.
    ///
    /// # Safety
    /// The machine has the unit.
    unsafe fn products<B: Steps, const R: usize>(
        x: [&[i8; BLOCK]; R],
        halves: Range<usize>,
        fours: &impl Fn(usize) -> Fours,
    ) -> [Sums; R];
}

/// Products of sixteen bits, of which a few add up before they are widened.
pub struct Bytes;

impl Unit for Bytes {
    const ROWS: usize = 2;

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn arrange(_: &mut [Fours; BLOCK / 4]) {}

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn products<B: Steps, const R: usize>(
        x: [&[i8; BLOCK]; R],
        halves: Range<usize>,
        fours: &impl Fn(usize) -> Fours,
    ) -> [Sums; R] {
        let mut sums = [[vdupq_n_s32(0); PANEL / 4]; R];
        for first in (halves.start * 4..halves.end * 4).step_by(B::SHORT) {
            let mut short = [[[vdupq_n_s16(0); 2]; PANEL / 4]; R];
            for number in first..first + B::SHORT {
                let weights = fours(number);
                for (short, x) in short.iter_mut().zip(x) {
                    let x = load_four(&x.as_chunks::<4>().0[number]);
                    for (short, weights) in short.iter_mut().zip(weights) {
                        *short = multiply(*short, weights, x);
                    }
                }
            }
            for (sums, short) in sums.iter_mut().zip(short) {
                for (sum, [low, high]) in sums.iter_mut().zip(short) {
                    let fours = vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high));
                    *sum = vaddq_s32(*sum, fours);
                }
            }
        }
        sums
    }
}

/// Adds the products of sixteen bytes, each on its own.
#[target_feature(enable = "neon")]
#[inline]
fn multiply([low, high]: [int16x8_t; 2], weights: int8x16_t, x: int8x16_t) -> [int16x8_t; 2] {
    [
        vmlal_s8(low, vget_low_s8(weights), vget_low_s8(x)),
        vmlal_high_s8(high, weights, x),
    ]
}

/// Dot products of four bytes.
pub struct Dots;

impl Unit for Dots {
    const ROWS: usize = 4;

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn arrange(_: &mut [Fours; BLOCK / 4]) {}

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn products<B: Steps, const R: usize>(
        x: [&[i8; BLOCK]; R],
        halves: Range<usize>,
        fours: &impl Fn(usize) -> Fours,
    ) -> [Sums; R] {
        let mut sums = [[vdupq_n_s32(0); PANEL / 4]; R];
        for half in halves {
            let x = x.map(|x| load_bytes(&x.as_chunks::<16>().0[half]));
            // SAFETY: the machine has the unit, as the caller promises.
            unsafe { add_dots::<0, R>(&mut sums, x, fours(half * 4)) };
            // SAFETY: the same.
            unsafe { add_dots::<1, R>(&mut sums, x, fours(half * 4 + 1)) };
            // SAFETY: the same.
            unsafe { add_dots::<2, R>(&mut sums, x, fours(half * 4 + 2)) };
            // SAFETY: the same.
            unsafe { add_dots::<3, R>(&mut sums, x, fours(half * 4 + 3)) };
        }
        sums
    }
}

/// Adds the dot products of the four inputs of that number in `x`.
///
/// # Safety
/// The machine has dot products.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn add_dots<const FOUR: i32, const R: usize>(
    sums: &mut [Sums; R],
    x: [int8x16_t; R],
    fours: Fours,
) {
    for (sums, x) in sums.iter_mut().zip(x) {
        for (sum, weights) in sums.iter_mut().zip(fours) {
            // SAFETY: the machine has the instruction, as the caller promises; it touches registers alone.
            unsafe {
                asm!(
                    ".arch_extension dotprod",
                    "sdot {sum:v}.4s, {weights:v}.16b, {x:v}.4b[{four}]",
                    sum = inout(vreg) *sum,
                    weights = in(vreg) weights,
                    x = in(vreg) x,
                    four = const FOUR,
                    options(pure, nomem, nostack, preserves_flags)
                );
            }
        }
    }
}

/// Products of two rows of eight bytes with two outputs of as many.
pub struct Matrices;

impl Unit for Matrices {
    const ROWS: usize = 4;

    /// Eight inputs of two outputs in a register.
    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn arrange(steps: &mut [Fours; BLOCK / 4]) {
        for [first, second] in steps.as_chunks_mut::<2>().0 {
            let mut eights = [[first[0]; 2]; PANEL / 4];
            for (eights, (first, second)) in eights.iter_mut().zip(first.iter().zip(&*second)) {
                let (first, second) = (vreinterpretq_s32_s8(*first), vreinterpretq_s32_s8(*second));
                *eights = [
                    vreinterpretq_s8_s32(vzip1q_s32(first, second)),
                    vreinterpretq_s8_s32(vzip2q_s32(first, second)),
                ];
            }
            let [a, b, c, d] = eights;
            *first = [a[0], a[1], b[0], b[1]];
            *second = [c[0], c[1], d[0], d[1]];
        }
    }

    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn products<B: Steps, const R: usize>(
        x: [&[i8; BLOCK]; R],
        halves: Range<usize>,
        fours: &impl Fn(usize) -> Fours,
    ) -> [Sums; R] {
        // For each two rows eight pairs of outputs; a row without a second is taken twice.
        let mut sums = [[[vdupq_n_s32(0); 2]; PANEL / 4]; R];
        for eight in halves.start * 2..halves.end * 2 {
            let outputs = [fours(eight * 2), fours(eight * 2 + 1)];
            let outputs = outputs.as_flattened().as_chunks::<2>().0;
            for pair in 0..R.div_ceil(2) {
                let (first, second) = (x[pair * 2], x[(pair * 2 + 1).min(R - 1)]);
                let rows = load_eights(
                    &first.as_chunks::<8>().0[eight],
                    &second.as_chunks::<8>().0[eight],
                );
                for (sums, outputs) in sums[pair].iter_mut().zip(outputs) {
                    for (sum, outputs) in sums.iter_mut().zip(outputs) {
                        // SAFETY: the machine has the unit, as the caller promises.
                        *sum = unsafe { matrix(*sum, rows, *outputs) };
                    }
                }
            }
        }
        let mut apart = [[vdupq_n_s32(0); PANEL / 4]; R];
        for (row, apart) in apart.iter_mut().enumerate() {
            for (apart, sums) in apart.iter_mut().zip(sums[row / 2]) {
                let [first, second] = sums.map(|sum| vreinterpretq_s64_s32(sum));
                *apart = vreinterpretq_s32_s64(if row % 2 == 0 {
                    vzip1q_s64(first, second)
                } else {
                    vzip2q_s64(first, second)
                });
            }
        }
        apart
    }
}

/// Adds the products of two rows with two outputs, eight bytes each: those of the first row, then those of
/// the second.
///
/// # Safety
/// The machine has products of matrices.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn matrix(mut sums: int32x4_t, rows: int8x16_t, outputs: int8x16_t) -> int32x4_t {
    // SAFETY: the machine has the instruction, as the caller promises; it touches registers alone.
    unsafe {
        asm!(
            ".arch_extension i8mm",
            "smmla {sums:v}.4s, {rows:v}.16b, {outputs:v}.16b",
            sums = inout(vreg) sums,
            rows = in(vreg) rows,
            outputs = in(vreg) outputs,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    sums
}

/// Four bytes, four times.
#[target_feature(enable = "neon")]
#[inline]
fn load_four(bytes: &[i8; 4]) -> int8x16_t {
    // SAFETY: four bytes; such a load asks for no alignment.
    vreinterpretq_s8_s32(unsafe { vld1q_dup_s32(bytes.as_ptr().cast()) })
}

#[target_feature(enable = "neon")]
#[inline]
fn load_bytes(bytes: &[i8; 16]) -> int8x16_t {
    // SAFETY: sixteen bytes.
    unsafe { vld1q_s8(bytes.as_ptr()) }
}

/// Eight bytes of one row and eight of another.
#[target_feature(enable = "neon")]
#[inline]
fn load_eights(first: &[i8; 8], second: &[i8; 8]) -> int8x16_t {
    // SAFETY: eight bytes.
    let first = unsafe { vld1_s8(first.as_ptr()) };
    // SAFETY: eight bytes.
    let second = unsafe { vld1_s8(second.as_ptr()) };
    vcombine_s8(first, second)
}
