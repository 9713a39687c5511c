//! Fourteen rows by sixteen outputs in as many registers. Inputs are rounded to bfloat16; a dot product of a
//! pair adds to a float, so that each register of weights is loaded once for twenty-eight products of each of
//! its numbers. An input's pair is multiplied from memory as it is spread over a register. Numbers below
//! 2⁻¹²⁶ are nothing to the unit.
//!
//! One row takes this way as well, with one sum for each output: so a row's sums are the same to the bit
//! whatever rows are beside it.
//! Source: Intel's Software Developer's Manual, `VDPBF16PS`.

use std::arch::x86_64::{
    __m512bh, __m512i, _mm512_dpbf16_ps, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_ps,
    _mm512_storeu_ps,
};

use half::bf16;

use super::rounded::{Form, with_pairs_of_rows, with_rounded};
use crate::element::{STEP, round_each};
use crate::levels::at_each_level;
use crate::panels::PANEL;
use crate::pool::Pool;
use crate::prefetch::ahead;

/// Rows that pass a panel together.
pub(super) const TILE_ROWS: usize = 14;

/// Rows of pairs; the last of an odd number has a neighbour of zero.
#[derive(Clone, Copy)]
pub(super) struct Rounded<'a> {
    pairs: &'a [[bf16; 2]],
    /// Pairs of a row.
    length: usize,
    /// From one row to the next, in pairs.
    row_apart: usize,
    /// From one pair of a row to the next, in pairs: one, but where rows are columns of what was rounded and stand
    /// side by side.
    pair_apart: usize,
}

impl<'a> Rounded<'a> {
    /// Rows of whole pairs that were rounded already, so many numbers apart: they may overlap.
    pub fn of(numbers: &'a [bf16], padded: usize, stride: usize) -> Self {
        assert!(
            padded.is_multiple_of(2) && stride.is_multiple_of(2),
            "rows of whole pairs"
        );
        Self {
            pairs: numbers.as_chunks().0,
            length: padded / 2,
            row_apart: stride / 2,
            pair_apart: 1,
        }
    }

    /// Rounds the rows of `x` and hands them to `then`.
    pub fn with(x: &[f32], inputs: usize, pool: &Pool, then: impl FnOnce(Rounded<'_>)) {
        let padded = inputs.next_multiple_of(2);
        let form = Form {
            padded,
            rows: 4 * TILE_ROWS,
            spread,
        };
        with_rounded(x, inputs, &form, pool, |numbers| {
            then(Rounded::of(numbers, padded, padded));
        });
    }

    /// Rounds `x`, of so many columns, and hands its columns to `then` as rows.
    pub fn with_columns(x: &[f32], columns: usize, pool: &Pool, then: impl FnOnce(Rounded<'_>)) {
        with_pairs_of_rows(x, columns, pool, |numbers| {
            then(Rounded {
                pairs: numbers.as_chunks().0,
                length: numbers.len() / 2 / columns,
                row_apart: 1,
                pair_apart: columns,
            });
        });
    }
}

at_each_level! {
    /// Rounds rows.
    fn spread(x: &[f32], inputs: usize, to: &mut [bf16]) = spread_each
}

#[inline(always)]
fn spread_each(x: &[f32], inputs: usize, to: &mut [bf16]) {
    if inputs.is_multiple_of(2) {
        return round_each(x, to);
    }
    for (x, to) in x.chunks_exact(inputs).zip(to.chunks_exact_mut(inputs + 1)) {
        round_each(x, &mut to[..inputs]);
        to[inputs] = bf16::ZERO;
    }
}

/// The products of as many rows as `made` has, at most fourteen, from `row` on, with one panel.
///
/// # Safety
/// The machine has the level.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c")]
pub(super) unsafe fn tile(x: Rounded<'_>, row: usize, panel: &[bf16], made: &mut [[f32; PANEL]]) {
    match x.pair_apart {
        1 => tile_of::<false>(x, row, panel, made),
        _ => tile_of::<true>(x, row, panel, made),
    }
}

/// `COLUMNS`: rows are columns of what was rounded, so that the compiler knows that they stand side by side.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c")]
#[inline]
fn tile_of<const COLUMNS: bool>(
    x: Rounded<'_>,
    row: usize,
    panel: &[bf16],
    made: &mut [[f32; PANEL]],
) {
    match made.len() {
        0 => {}
        1 => rows::<1, true, COLUMNS>(x, row, panel, made),
        2 => rows::<2, true, COLUMNS>(x, row, panel, made),
        3 => rows::<3, true, COLUMNS>(x, row, panel, made),
        4 => rows::<4, true, COLUMNS>(x, row, panel, made),
        5 => rows::<5, false, COLUMNS>(x, row, panel, made),
        6 => rows::<6, false, COLUMNS>(x, row, panel, made),
        7 => rows::<7, false, COLUMNS>(x, row, panel, made),
        8 => rows::<8, false, COLUMNS>(x, row, panel, made),
        9 => rows::<9, false, COLUMNS>(x, row, panel, made),
        10 => rows::<10, false, COLUMNS>(x, row, panel, made),
        11 => rows::<11, false, COLUMNS>(x, row, panel, made),
        12 => rows::<12, false, COLUMNS>(x, row, panel, made),
        13 => rows::<13, false, COLUMNS>(x, row, panel, made),
        _ => rows::<14, false, COLUMNS>(x, row, panel, made),
    }
}

/// So many rows past a panel. `ASKS`: what is behind the panel is asked for, as few rows wait for memory.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c")]
fn rows<const R: usize, const ASKS: bool, const COLUMNS: bool>(
    x: Rounded<'_>,
    row: usize,
    panel: &[bf16],
    made: &mut [[f32; PANEL]],
) {
    let (row_apart, pair_apart) = if COLUMNS {
        (1, x.pair_apart)
    } else {
        (x.row_apart, 1)
    };
    let Some(last) = x.length.checked_sub(1) else {
        return made.fill([0.0; PANEL]);
    };
    let needed = (R - 1) * row_apart + last * pair_apart + 1;
    let pairs = &x.pairs[row * row_apart..][..needed];
    let steps = &panel.as_chunks::<STEP>().0[..x.length];
    let mut sums = [_mm512_setzero_ps(); R];
    for (at, step) in steps.iter().enumerate() {
        if ASKS {
            ahead(step);
        }
        // SAFETY: a step is 64 bytes.
        let weights = as_pairs(unsafe { _mm512_loadu_si512(step.as_ptr().cast()) });
        for (row, sum) in sums.iter_mut().enumerate() {
            // SAFETY: there are as many pairs as are needed, which is up to the last one of the last row: `row` is
            // below `R`, and `at` not beyond `last`.
            let pair = *unsafe { pairs.get_unchecked(row * row_apart + at * pair_apart) };
            let pair = _mm512_set1_epi32(bytemuck::cast(pair));
            *sum = _mm512_dpbf16_ps(*sum, weights, as_pairs(pair));
        }
    }
    for (made, sum) in made.iter_mut().zip(sums) {
        // SAFETY: sixteen floats have room for sixteen.
        unsafe { _mm512_storeu_ps(made.as_mut_ptr(), sum) };
    }
}

/// The same 64 bytes.
#[target_feature(enable = "avx512f,avx512bf16")]
#[inline]
fn as_pairs(bytes: __m512i) -> __m512bh {
    // SAFETY: both are 64 bytes, of which any are numbers.
    unsafe { std::mem::transmute(bytes) }
}
