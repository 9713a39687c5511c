//! Four rows by sixteen outputs. Weights are made ready as steps that are not negative, so that bytes
//! multiply and add in pairs at once (`maddubs`), and sums of sixteen bits take several fours of inputs
//! before they are widened. What is made ready serves all rows while it is in the nearest cache.

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_loadu_si128, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_and_si256, _mm256_cvtepi32_ps, _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_fnmadd_ps,
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps,
    _mm256_mullo_epi16, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_si256, _mm256_srli_epi16, _mm256_storeu_ps,
};
use std::cell::RefCell;

use bytemuck::Zeroable;
use half::f16;

use super::formats::{Block, NibblePanel};
use crate::blocks::BLOCK;
use crate::panels::PANEL;
use crate::quantised_rows::{GROUP, GroupBlock, QuantisedRows};

/// A format whose weights are steps that are not negative, and some figures for 32 of them.
pub trait Steps: Block {
    /// Sums of sixteen bits that 32 inputs need: each is multiplied with a factor of its own.
    const SPANS: usize;

    /// Fours of inputs in a span.
    const SPAN: usize;

    /// What the steps of a span are too large by, for each of the two sums of sixteen bits that an output
    /// has in it, and less than nothing; of the sum of all 32 inputs, or of the eight of a span of two
    /// fours.
    const OFFSETS: [i16; 4];

    /// Whether something is taken away that steps do not tell.
    const HAS_MINIMA: bool;

    /// The steps of the fours of that number of the outputs, in halves of eight outputs each.
    ///
    /// # Safety
    /// The machine has AVX2 and F16C.
    unsafe fn fours(panel: &Self::Panel, part: usize, number: usize) -> [__m256i; 2];

    /// The figures of 32 inputs.
    ///
    /// # Safety
    /// The machine has AVX2 and F16C.
    unsafe fn figures(panel: &Self::Panel, part: usize) -> Figures;
}

/// The figures of 32 inputs of sixteen outputs, in halves of eight outputs each.
#[derive(Clone, Copy, Zeroable)]
#[repr(C, align(64))]
pub struct Figures {
    /// What the sum of a span is multiplied with, twice for each output.
    pub factors: [[__m256i; 2]; 4],
    pub scales: [__m256; 2],
    pub minima: [__m256; 2],
}

/// 32 inputs of sixteen outputs, for many rows.
#[derive(Clone, Copy, Zeroable)]
#[repr(C, align(64))]
struct Ready {
    steps: [[__m256i; 2]; BLOCK / 4],
    figures: Figures,
}

/// 32 inputs that are made ready together.
const TOGETHER: usize = 8;

thread_local! {
    static READY: RefCell<Box<[Ready; TOGETHER]>> =
        RefCell::new(Box::new([Ready::zeroed(); TOGETHER]));
}

/// The products of as many rows as `made` has, from `row` on, with one panel.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn tile<B: Steps>(
    x: &QuantisedRows,
    row: usize,
    panels: &[B::Panel],
    made: &mut [[f32; PANEL]],
) {
    made.fill([0.0; PANEL]);
    match made.len() {
        1 => few::<B, 1, 0>(x.group(row), panels, made),
        2 => few::<B, 2, 0>(x.group(row), panels, made),
        // Two by two is quicker than making weights ready for so few, where sums are long.
        length @ 3..=GROUP if B::SPAN == 8 => {
            let (first, second) = made.split_at_mut(2);
            few::<B, 2, 0>(x.group(row), panels, first);
            match length {
                3 => few::<B, 1, 2>(x.group(row), panels, second),
                _ => few::<B, 2, 2>(x.group(row), panels, second),
            }
        }
        _ => many::<B>(x, row, panels, made),
    }
}

/// A row or two: weights are taken as they lie.
#[target_feature(enable = "avx2,fma,f16c")]
fn few<B: Steps, const R: usize, const FIRST: usize>(
    x: &[GroupBlock],
    panels: &[B::Panel],
    made: &mut [[f32; PANEL]],
) {
    let Some(made) = made.first_chunk_mut::<R>() else {
        return;
    };
    let parts = B::NUMBERS / BLOCK;
    for (panel, x) in panels.iter().zip(x.chunks_exact(parts)) {
        for (part, x) in x.iter().enumerate() {
            // SAFETY: this function runs where the machine has the level.
            let figures = unsafe { B::figures(panel, part) };
            let mut whole = [[_mm256_setzero_si256(); 2]; R];
            for span in 0..B::SPANS {
                let mut sums = offsets::<B, R, FIRST>(x, span);
                for number in span * B::SPAN..(span + 1) * B::SPAN {
                    // SAFETY: the same.
                    let weights = unsafe { B::fours(panel, part, number) };
                    add_fours::<R, FIRST>(&mut sums, x, number, weights);
                }
                widen(&mut whole, &sums, figures.factors[span]);
            }
            finish::<B, R, FIRST>(made, x, &whole, &figures);
        }
    }
}

/// Many rows: weights are made ready some at a time, then all rows pass.
#[target_feature(enable = "avx2,fma,f16c")]
fn many<B: Steps>(x: &QuantisedRows, row: usize, panels: &[B::Panel], made: &mut [[f32; PANEL]]) {
    let parts = B::NUMBERS / BLOCK;
    let blocks = panels.len() * parts;
    READY.with_borrow_mut(|ready| {
        for first in (0..blocks).step_by(TOGETHER) {
            let count = TOGETHER.min(blocks - first);
            for (ready, block) in ready.iter_mut().zip(first..first + count) {
                let (panel, part) = (&panels[block / parts], block % parts);
                for (number, steps) in ready.steps.iter_mut().enumerate() {
                    // SAFETY: this function runs where the machine has the level.
                    *steps = unsafe { B::fours(panel, part, number) };
                }
                // SAFETY: the same.
                ready.figures = unsafe { B::figures(panel, part) };
            }
            let ready = &ready[..count];
            for (group, made) in made.chunks_mut(GROUP).enumerate() {
                let x = &x.group(row + group * GROUP)[first..first + count];
                match made.len() {
                    1 => rows::<B, 1, 0>(x, ready, made),
                    2 => rows::<B, 2, 0>(x, ready, made),
                    3 if B::SPAN == 8 => rows::<B, 3, 0>(x, ready, made),
                    _ if B::SPAN == 8 => rows::<B, 4, 0>(x, ready, made),
                    // Several short spans for each output need the registers of two rows.
                    length => {
                        let (first, second) = made.split_at_mut(2);
                        rows::<B, 2, 0>(x, ready, first);
                        match length {
                            3 => rows::<B, 1, 2>(x, ready, second),
                            _ => rows::<B, 2, 2>(x, ready, second),
                        }
                    }
                }
            }
        }
    });
}

/// Rows of a group from `FIRST` on past what is ready.
#[target_feature(enable = "avx2,fma,f16c")]
fn rows<B: Steps, const R: usize, const FIRST: usize>(
    x: &[GroupBlock],
    ready: &[Ready],
    made: &mut [[f32; PANEL]],
) {
    let Some(made) = made.first_chunk_mut::<R>() else {
        return;
    };
    for (x, ready) in x.iter().zip(ready) {
        let mut whole = [[_mm256_setzero_si256(); 2]; R];
        for span in 0..B::SPANS {
            let mut sums = offsets::<B, R, FIRST>(x, span);
            for number in span * B::SPAN..(span + 1) * B::SPAN {
                add_fours::<R, FIRST>(&mut sums, x, number, ready.steps[number]);
            }
            widen(&mut whole, &sums, ready.figures.factors[span]);
        }
        finish::<B, R, FIRST>(made, x, &whole, &ready.figures);
    }
}

/// What weights have too much is taken away before they are added: both sums of an output in a span give
/// half of it.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn offsets<B: Steps, const R: usize, const FIRST: usize>(
    x: &GroupBlock,
    span: usize,
) -> [[__m256i; 2]; R] {
    let mut sums = [[_mm256_setzero_si256(); 2]; R];
    if B::OFFSETS[span] != 0 {
        let offset = _mm256_set1_epi16(B::OFFSETS[span]);
        let totals = if B::SPAN == 2 {
            &x.eighths[span]
        } else {
            &x.sums
        };
        for (sums, total) in sums.iter_mut().zip(&totals[FIRST..]) {
            let total = _mm256_set1_epi32(bytemuck::cast(*total));
            *sums = [_mm256_mullo_epi16(total, offset); 2];
        }
    }
    sums
}

/// Adds the products of four inputs.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn add_fours<const R: usize, const FIRST: usize>(
    sums: &mut [[__m256i; 2]; R],
    x: &GroupBlock,
    number: usize,
    weights: [__m256i; 2],
) {
    for (sums, x) in sums.iter_mut().zip(&x.steps[FIRST..]) {
        let x = _mm256_set1_epi32(bytemuck::cast(x.as_chunks::<4>().0[number]));
        for (sum, weights) in sums.iter_mut().zip(weights) {
            *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(weights, x));
        }
    }
    hold(sums);
}

/// Adds the sums of a span, each times its factor.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn widen<const R: usize>(
    whole: &mut [[__m256i; 2]; R],
    sums: &[[__m256i; 2]; R],
    factors: [__m256i; 2],
) {
    for (whole, sums) in whole.iter_mut().zip(sums) {
        for half in 0..2 {
            let sums = _mm256_madd_epi16(sums[half], factors[half]);
            whole[half] = _mm256_add_epi32(whole[half], sums);
        }
    }
}

/// Adds what 32 inputs come to.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn finish<B: Steps, const R: usize, const FIRST: usize>(
    made: &mut [[f32; PANEL]; R],
    x: &GroupBlock,
    whole: &[[__m256i; 2]; R],
    figures: &Figures,
) {
    for (row, (made, whole)) in made.iter_mut().zip(whole).enumerate() {
        let scale = _mm256_set1_ps(x.scales[FIRST + row]);
        let halves = made.as_chunks_mut::<8>().0;
        for (half, made) in halves.iter_mut().enumerate() {
            let mut sums = load_floats(made);
            if B::HAS_MINIMA {
                let total = _mm256_set1_ps(x.totals[FIRST + row]);
                sums = _mm256_fnmadd_ps(total, figures.minima[half], sums);
            }
            let whole = _mm256_cvtepi32_ps(whole[half]);
            let scale = _mm256_mul_ps(scale, figures.scales[half]);
            let sums = _mm256_fmadd_ps(whole, scale, sums);
            // SAFETY: eight floats have room for eight.
            unsafe { _mm256_storeu_ps(made.as_mut_ptr(), sums) };
        }
    }
}

/// Keeps the compiler from taking a row through all steps before the next row, for which there are too
/// few registers.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn hold<const R: usize>(sums: &mut [[__m256i; 2]; R]) {
    for sum in sums.as_flattened_mut() {
        // SAFETY: it does nothing.
        unsafe {
            std::arch::asm!(
                "/* {0} */",
                inout(ymm_reg) * sum,
                options(nomem, nostack, preserves_flags)
            );
        }
    }
}

/// The fours of that number: the low four bits are the first four of them, the high ones the others.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
pub(super) fn nibbles(panel: &NibblePanel, number: usize) -> [__m256i; 2] {
    let low = _mm256_set1_epi8(15);
    let [first, second] = load_fours(&panel[number % 4]);
    if number < 4 {
        [_mm256_and_si256(first, low), _mm256_and_si256(second, low)]
    } else {
        [
            _mm256_and_si256(_mm256_srli_epi16::<4>(first), low),
            _mm256_and_si256(_mm256_srli_epi16::<4>(second), low),
        ]
    }
}

/// Fours of bytes of sixteen outputs.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
pub(super) fn load_fours(bytes: &[[u8; 4]; PANEL]) -> [__m256i; 2] {
    [0, 8].map(|from| {
        let bytes = &bytes[from..][..8];
        // SAFETY: eight fours are thirty-two bytes.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    })
}

/// Sixteen bytes.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
pub(super) fn load_bytes(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: sixteen bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// Sixteen half floats.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
pub(super) fn load_halves(halves: &[f16; PANEL]) -> [__m256; 2] {
    [0, 8].map(|from| {
        let halves = &halves[from..][..8];
        // SAFETY: eight halves are sixteen bytes.
        _mm256_cvtph_ps(unsafe { _mm_loadu_si128(halves.as_ptr().cast()) })
    })
}

#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn load_floats(floats: &[f32; 8]) -> __m256 {
    // SAFETY: eight floats.
    unsafe { _mm256_loadu_ps(floats.as_ptr()) }
}
