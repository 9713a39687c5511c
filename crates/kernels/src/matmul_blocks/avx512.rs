//! Up to twelve rows by sixteen outputs. Weights are steps that are not negative, four neighbouring inputs
//! of sixteen outputs in a register: one instruction (`vpdpbusd`) multiplies them with four inputs and
//! adds all of it up in 32 bits. What steps have too much is the first value of that sum.
//!
//! Few rows take the weights as they lie. More rows have them made ready in the nearest cache, and pass in
//! twelves: as many sums of whole numbers, as many of floats, and what is left of the registers for
//! weights. Each output is added up in the same order either way, that of [`finish`].

use std::arch::x86_64::{
    __m512, __m512i, _mm_loadu_si128, _mm256_loadu_si256, _mm512_and_si512, _mm512_cvtepi32_ps,
    _mm512_cvtph_ps, _mm512_dpbusd_epi32, _mm512_dpwssd_epi32, _mm512_fmadd_ps, _mm512_fnmadd_ps,
    _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mul_ps, _mm512_set1_epi8, _mm512_set1_epi16,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512, _mm512_srli_epi16,
    _mm512_storeu_ps, _mm512_storeu_si512, _mm512_sub_epi8,
};
use std::cell::RefCell;

use bytemuck::{Pod, Zeroable};
use half::f16;

use super::formats::{Block, NibblePanel};
use crate::blocks::BLOCK;
use crate::panels::PANEL;
use crate::prefetch::ahead;
use crate::quantised_rows::{GROUP, GroupBlock, QuantisedRows};

/// The figures of 32 inputs of sixteen outputs: what a step is worth in each of the spans, and what is
/// taken away.
#[derive(Clone, Copy)]
pub struct WideFigures {
    pub scales: [__m512; 2],
    pub minima: __m512,
}

/// 32 inputs of sixteen outputs, for many rows.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(super) struct Ready {
    /// Fours of the sixteen outputs.
    pub steps: [[[u8; 4]; PANEL]; BLOCK / 4],
    pub scales: [[f32; PANEL]; 2],
    pub minima: [f32; PANEL],
}

/// 32 inputs that are made ready together.
const TOGETHER: usize = 8;

/// Groups of rows that pass what is ready together.
const GROUPS: usize = 3;

thread_local! {
    static READY: RefCell<Box<[Ready; TOGETHER]>> =
        RefCell::new(Box::new([Ready::zeroed(); TOGETHER]));
}

/// The products of as many rows as `made` has, from `row` on, with one panel.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
pub(super) fn tile<B: Block>(
    x: &QuantisedRows,
    row: usize,
    panels: &[B::Panel],
    made: &mut [[f32; PANEL]],
) {
    match made.len() {
        1 => few::<B, 1>(x.group(row), panels, made),
        2 => few::<B, 2>(x.group(row), panels, made),
        3 => few::<B, 3>(x.group(row), panels, made),
        4 => few::<B, 4>(x.group(row), panels, made),
        _ => many::<B>(x, row, panels, made),
    }
}

/// Up to four rows: weights are taken as they lie.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn few<B: Block, const R: usize>(x: &[GroupBlock], panels: &[B::Panel], made: &mut [[f32; PANEL]]) {
    let parts = B::NUMBERS / BLOCK;
    let mut sums = [_mm512_setzero_ps(); R];
    for (panel, x) in panels.iter().zip(x.chunks_exact(parts)) {
        let bytes = bytemuck::bytes_of(panel);
        for (part, x) in x.iter().enumerate() {
            ahead(&bytes[bytes.len() / parts * part..][..bytes.len() / parts]);
            // SAFETY: this function runs where the machine has the level.
            let figures = unsafe { B::wide_figures(panel, part) };
            take_minima::<B, R>(&mut sums, x, &figures);
            for span in 0..B::WIDE_SPANS {
                let mut whole = [_mm512_setzero_si512(); R];
                for (row, whole) in whole.iter_mut().enumerate() {
                    *whole = offset::<B>(x, row, span);
                }
                for number in fours::<B>(span) {
                    // SAFETY: the same.
                    let weights = unsafe { B::wide_fours(panel, part, number) };
                    for (row, whole) in whole.iter_mut().enumerate() {
                        *whole = _mm512_dpbusd_epi32(*whole, weights, four(x, row, number));
                    }
                }
                for (row, (sum, whole)) in sums.iter_mut().zip(whole).enumerate() {
                    *sum = finish(*sum, whole, x.scales[row], figures.scales[span]);
                }
            }
        }
    }
    for (made, sum) in made.iter_mut().zip(sums) {
        store(made, sum);
    }
}

/// Many rows: weights are made ready some at a time, then all rows pass.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn many<B: Block>(x: &QuantisedRows, row: usize, panels: &[B::Panel], made: &mut [[f32; PANEL]]) {
    made.fill([0.0; PANEL]);
    let blocks = panels.len() * (B::NUMBERS / BLOCK);
    READY.with_borrow_mut(|ready| {
        for first in (0..blocks).step_by(TOGETHER) {
            let ready = &mut ready[..TOGETHER.min(blocks - first)];
            make_ready::<B, false>(panels, first, ready);
            for (turn, made) in made.chunks_mut(GROUPS * GROUP).enumerate() {
                let group = |number: usize| {
                    let row = row + (turn * GROUPS + number) * GROUP;
                    &x.group(row)[first..first + ready.len()]
                };
                match made.len().div_ceil(GROUP) {
                    1 => groups::<B, 1>([group(0)], ready, made),
                    2 => groups::<B, 2>([group(0), group(1)], ready, made),
                    _ => groups::<B, 3>([group(0), group(1), group(2)], ready, made),
                }
            }
        }
    });
}

/// Makes some 32 inputs ready from that of number `first` on; with the sign that they have, where a unit
/// multiplies such, else as steps that are not negative.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
pub(super) fn make_ready<B: Block, const SIGNED: bool>(
    panels: &[B::Panel],
    first: usize,
    ready: &mut [Ready],
) {
    let parts = B::NUMBERS / BLOCK;
    for (ready, block) in ready.iter_mut().zip(first..) {
        let (panel, part) = (&panels[block / parts], block % parts);
        for (number, fours) in ready.steps.iter_mut().enumerate() {
            // SAFETY: this function runs where the machine has the level.
            let mut steps = unsafe { B::wide_fours(panel, part, number) };
            if SIGNED {
                steps = _mm512_sub_epi8(steps, _mm512_set1_epi8(B::WIDE_OFFSET as i8));
            }
            // SAFETY: sixteen fours have room for sixty-four bytes.
            unsafe { _mm512_storeu_si512(fours.as_mut_ptr().cast(), steps) };
        }
        // SAFETY: this function runs where the machine has the level.
        let figures = unsafe { B::wide_figures(panel, part) };
        for (to, scales) in ready.scales.iter_mut().zip(figures.scales) {
            store(to, scales);
        }
        store(&mut ready.minima, figures.minima);
    }
}

/// Some groups of rows past what is ready.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn groups<B: Block, const G: usize>(
    x: [&[GroupBlock]; G],
    ready: &[Ready],
    made: &mut [[f32; PANEL]],
) {
    let mut sums = [[_mm512_setzero_ps(); GROUP]; G];
    for (sum, made) in sums.as_flattened_mut().iter_mut().zip(&*made) {
        *sum = load(made);
    }
    for (block, ready) in ready.iter().enumerate() {
        let figures = WideFigures {
            scales: [load(&ready.scales[0]), load(&ready.scales[1])],
            minima: load(&ready.minima),
        };
        for (sums, x) in sums.iter_mut().zip(x) {
            take_minima::<B, GROUP>(sums, &x[block], &figures);
        }
        for span in 0..B::WIDE_SPANS {
            let mut whole = [[_mm512_setzero_si512(); GROUP]; G];
            for (whole, x) in whole.iter_mut().zip(x) {
                for (row, whole) in whole.iter_mut().enumerate() {
                    *whole = offset::<B>(&x[block], row, span);
                }
            }
            for number in fours::<B>(span) {
                let weights = load_fours(&ready.steps[number]);
                for (whole, x) in whole.iter_mut().zip(x) {
                    for (row, whole) in whole.iter_mut().enumerate() {
                        let inputs = four(&x[block], row, number);
                        *whole = _mm512_dpbusd_epi32(*whole, weights, inputs);
                    }
                }
            }
            for ((sums, whole), x) in sums.iter_mut().zip(whole).zip(x) {
                for (row, (sum, whole)) in sums.iter_mut().zip(whole).enumerate() {
                    *sum = finish(*sum, whole, x[block].scales[row], figures.scales[span]);
                }
            }
        }
    }
    // The last group may have rows that are none: they are left where they are.
    for (made, sum) in made.iter_mut().zip(sums.as_flattened()) {
        store(made, *sum);
    }
}

/// The fours of inputs of a span.
#[inline(always)]
fn fours<B: Block>(span: usize) -> std::ops::Range<usize> {
    let length = BLOCK / 4 / B::WIDE_SPANS;
    span * length..(span + 1) * length
}

/// Four inputs of a row, over the whole register.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
fn four(x: &GroupBlock, row: usize, number: usize) -> __m512i {
    _mm512_set1_epi32(bytemuck::cast(x.steps[row].as_chunks::<4>().0[number]))
}

/// What the steps of a span have too much, less than nothing.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
fn offset<B: Block>(x: &GroupBlock, row: usize, span: usize) -> __m512i {
    let mut whole = _mm512_setzero_si512();
    if B::WIDE_OFFSET != 0 {
        // A sum stands twice side by side: both take half.
        let half = _mm512_set1_epi16(-(B::WIDE_OFFSET / 2));
        if B::WIDE_SPANS == 1 {
            let sums = _mm512_set1_epi32(bytemuck::cast(x.sums[row]));
            whole = _mm512_dpwssd_epi32(whole, half, sums);
        } else {
            for eighths in &x.eighths[2 * span..2 * span + 2] {
                let sums = _mm512_set1_epi32(bytemuck::cast(eighths[row]));
                whole = _mm512_dpwssd_epi32(whole, half, sums);
            }
        }
    }
    whole
}

/// Takes away what steps do not tell.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
fn take_minima<B: Block, const R: usize>(
    sums: &mut [__m512; R],
    x: &GroupBlock,
    figures: &WideFigures,
) {
    if B::WIDE_MINIMA {
        for (sum, total) in sums.iter_mut().zip(x.totals) {
            *sum = _mm512_fnmadd_ps(_mm512_set1_ps(total), figures.minima, *sum);
        }
    }
}

/// Adds what a span comes to.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
fn finish(sum: __m512, whole: __m512i, scale: f32, scales: __m512) -> __m512 {
    let scale = _mm512_mul_ps(_mm512_set1_ps(scale), scales);
    _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), scale, sum)
}

/// The fours of that number: the low four bits are the first four of them, the high ones the others.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
pub(super) fn nibbles(panel: &NibblePanel, number: usize) -> __m512i {
    let fours = load_fours(&panel[number % 4]);
    let fours = if number < 4 {
        fours
    } else {
        _mm512_srli_epi16::<4>(fours)
    };
    _mm512_and_si512(fours, _mm512_set1_epi8(15))
}

/// Fours of bytes of sixteen outputs.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
pub(super) fn load_fours(bytes: &[[u8; 4]; PANEL]) -> __m512i {
    // SAFETY: sixteen fours are sixty-four bytes.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// Sixteen bytes, each as a whole number that is not negative, or with the sign that it has.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
pub(super) fn load_bytes(bytes: &[u8; PANEL]) -> std::arch::x86_64::__m128i {
    // SAFETY: sixteen bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// Sixteen half floats.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
pub(super) fn load_halves(halves: &[f16; PANEL]) -> __m512 {
    // SAFETY: sixteen halves are thirty-two bytes.
    _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(halves.as_ptr().cast()) })
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
pub(super) fn load(floats: &[f32; PANEL]) -> __m512 {
    // SAFETY: sixteen floats.
    unsafe { _mm512_loadu_ps(floats.as_ptr()) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
fn store(to: &mut [f32; PANEL], floats: __m512) {
    // SAFETY: sixteen floats have room for sixteen.
    unsafe { _mm512_storeu_ps(to.as_mut_ptr(), floats) };
}
