//! Four rows by sixteen outputs. Weights are made ready as steps that are not negative, so that bytes
//! multiply and add in pairs at once (`maddubs`), and sums of sixteen bits take several fours of inputs
//! before they are widened. What is made ready serves all rows while it is in the nearest cache.

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_loadu_si128, _mm256_add_epi16,
    _mm256_add_epi32, _mm256_and_si256, _mm256_cvtepi32_ps, _mm256_cvtph_ps, _mm256_fmadd_ps,
    _mm256_fnmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_mul_ps, _mm256_mullo_epi16, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256, _mm256_srli_epi16, _mm256_storeu_ps,
};
use std::cell::RefCell;

use bytemuck::Zeroable;
use half::f16;

use super::formats::{Block, NibblePanel};
use crate::blocks::BLOCK;
use crate::panels::PANEL;
use crate::prefetch::ahead;
use crate::quantised_rows::{GROUP, GroupBlock, QuantisedRows};

/// 32 inputs of sixteen outputs, in halves of eight outputs each.
#[derive(Clone, Copy, Zeroable)]
#[repr(C, align(64))]
pub struct Ready {
    /// For four neighbouring inputs at a time, the fours of the outputs. A format may have two of them
    /// for the same inputs.
    pub steps: [[__m256i; 2]; 16],
    /// What the sum of a span is multiplied with, twice for each output.
    pub factors: [[__m256i; 2]; 4],
    pub scales: [__m256; 2],
    pub minima: [__m256; 2],
}

/// 32 inputs that are made ready together.
const TOGETHER: usize = 8;

thread_local! {
    static READY: RefCell<Box<[Ready; TOGETHER]>> =
        RefCell::new(Box::new([Ready::zeroed(); TOGETHER]));
}

/// The products of as many rows as `made` has, from `row` on, with one panel.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn tile<B: Block>(
    x: &QuantisedRows,
    row: usize,
    panels: &[B::Panel],
    made: &mut [[f32; PANEL]],
) {
    if let [made] = made {
        return single::<B>(x.group(row), panels, made);
    }
    made.fill([0.0; PANEL]);
    let parts = B::NUMBERS / BLOCK;
    let blocks = panels.len() * parts;
    READY.with_borrow_mut(|ready| {
        for first in (0..blocks).step_by(TOGETHER) {
            let count = TOGETHER.min(blocks - first);
            for (ready, block) in ready.iter_mut().zip(first..first + count) {
                // SAFETY: this function runs where the machine has the level.
                unsafe { B::prepare(&panels[block / parts], block % parts, ready) };
            }
            let ready = &ready[..count];
            for (group, made) in made.chunks_mut(GROUP).enumerate() {
                let x = &x.group(row + group * GROUP)[first..first + count];
                match made.len() {
                    1 => rows::<B, 1>(x, ready, made),
                    2 => rows::<B, 2>(x, ready, made),
                    3 => rows::<B, 3>(x, ready, made),
                    _ => rows::<B, 4>(x, ready, made),
                }
            }
        }
    });
}

/// The products of one row, for which what is made ready stays in registers.
#[target_feature(enable = "avx2,fma,f16c")]
fn single<B: Block>(x: &[GroupBlock], panels: &[B::Panel], made: &mut [f32; PANEL]) {
    let parts = B::NUMBERS / BLOCK;
    let mut sums = [_mm256_setzero_ps(); 2];
    let mut ready = Ready::zeroed();
    for (panel, x) in panels.iter().zip(x.chunks_exact(parts)) {
        ahead(panel);
        for (part, x) in x.iter().enumerate() {
            // SAFETY: this function runs where the machine has the level.
            unsafe { B::prepare(panel, part, &mut ready) };
            let mut whole = [_mm256_setzero_si256(); 2];
            for span in 0..B::SPANS {
                let [spans] = span_sums::<B, 1>(x, &ready, span);
                for half in 0..2 {
                    let sums = _mm256_madd_epi16(spans[half], ready.factors[span][half]);
                    whole[half] = _mm256_add_epi32(whole[half], sums);
                }
            }
            let scale = _mm256_set1_ps(x.scales[0]);
            for half in 0..2 {
                if B::HAS_MINIMA {
                    let total = _mm256_set1_ps(x.totals[0]);
                    sums[half] = _mm256_fnmadd_ps(total, ready.minima[half], sums[half]);
                }
                let scale = _mm256_mul_ps(scale, ready.scales[half]);
                sums[half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[half]), scale, sums[half]);
            }
        }
    }
    for (sums, made) in sums.into_iter().zip(made.as_chunks_mut::<8>().0) {
        // SAFETY: eight floats have room for eight.
        unsafe { _mm256_storeu_ps(made.as_mut_ptr(), sums) };
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn rows<B: Block, const R: usize>(x: &[GroupBlock], ready: &[Ready], made: &mut [[f32; PANEL]]) {
    let Some(made) = made.first_chunk_mut::<R>() else {
        return;
    };
    for (x, ready) in x.iter().zip(ready) {
        let mut whole = [[_mm256_setzero_si256(); 2]; R];
        for span in 0..B::SPANS {
            let sums = span_sums::<B, R>(x, ready, span);
            for (whole, sums) in whole.iter_mut().zip(sums) {
                for half in 0..2 {
                    let sums = _mm256_madd_epi16(sums[half], ready.factors[span][half]);
                    whole[half] = _mm256_add_epi32(whole[half], sums);
                }
            }
        }
        for (row, (made, whole)) in made.iter_mut().zip(whole).enumerate() {
            let scale = _mm256_set1_ps(x.scales[row]);
            let halves = made.as_chunks_mut::<8>().0;
            for (half, made) in halves.iter_mut().enumerate() {
                let mut sums = load_floats(made);
                if B::HAS_MINIMA {
                    let total = _mm256_set1_ps(x.totals[row]);
                    sums = _mm256_fnmadd_ps(total, ready.minima[half], sums);
                }
                let whole = _mm256_cvtepi32_ps(whole[half]);
                let scale = _mm256_mul_ps(scale, ready.scales[half]);
                let sums = _mm256_fmadd_ps(whole, scale, sums);
                // SAFETY: eight floats have room for eight.
                unsafe { _mm256_storeu_ps(made.as_mut_ptr(), sums) };
            }
        }
    }
}

/// The sums of sixteen bits of one span.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn span_sums<B: Block, const R: usize>(
    x: &GroupBlock,
    ready: &Ready,
    span: usize,
) -> [[__m256i; 2]; R] {
    let mut sums = [[_mm256_setzero_si256(); 2]; R];
    if B::OFFSETS[span] != 0 {
        // What weights have too much is taken away before they are added.
        let offset = _mm256_set1_epi16(B::OFFSETS[span]);
        let totals = if B::ARE_HALVES_APART {
            &x.halves[span]
        } else {
            &x.sums
        };
        for (sums, total) in sums.iter_mut().zip(totals) {
            let total = _mm256_set1_epi32(bytemuck::cast(*total));
            *sums = [_mm256_mullo_epi16(total, offset); 2];
        }
    }
    let first = span * B::SPAN;
    for step in first..first + B::SPAN {
        let weights = ready.steps[step];
        for (sums, x) in sums.iter_mut().zip(&x.steps) {
            let x = x.as_chunks::<4>().0[step % (BLOCK / 4)];
            let x = _mm256_set1_epi32(bytemuck::cast(x));
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(weights, x));
            }
        }
        hold(&mut sums);
    }
    sums
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

/// The four bits of each weight: the low ones are the first four fours, the high ones the others.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
pub(super) fn nibbles(panel: &NibblePanel) -> [[__m256i; 2]; 8] {
    let low = _mm256_set1_epi8(15);
    let mut steps = [[_mm256_setzero_si256(); 2]; 8];
    for (four, bytes) in panel.iter().enumerate() {
        let bytes = load_fours(bytes);
        for (half, bytes) in bytes.into_iter().enumerate() {
            steps[four][half] = _mm256_and_si256(bytes, low);
            steps[four + 4][half] = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low);
        }
    }
    steps
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
