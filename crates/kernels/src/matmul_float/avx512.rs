//! Fourteen rows by sixteen outputs in as many registers; weights become floats on the way. An input is
//! multiplied from memory as it is spread over a register, so that fourteen sums and two registers of
//! weights are all there is: each weight is loaded once for fourteen products.

use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps};

use super::Strided;
use crate::element::{Element, STEP};
use crate::panels::PANEL;
use crate::prefetch::ahead;

/// The products of up to fourteen rows of `x` with one panel.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
pub(super) fn tile<T: Element>(
    x: Strided<'_>,
    inputs: usize,
    panel: &[T],
    made: &mut [[f32; PANEL]],
) {
    match made.len() {
        1 => rows::<T, 1>(x, inputs, panel, made),
        2 => rows::<T, 2>(x, inputs, panel, made),
        3 => rows::<T, 3>(x, inputs, panel, made),
        4 => rows::<T, 4>(x, inputs, panel, made),
        5 => rows::<T, 5>(x, inputs, panel, made),
        6 => rows::<T, 6>(x, inputs, panel, made),
        7 => rows::<T, 7>(x, inputs, panel, made),
        8 => rows::<T, 8>(x, inputs, panel, made),
        9 => rows::<T, 9>(x, inputs, panel, made),
        10 => rows::<T, 10>(x, inputs, panel, made),
        11 => rows::<T, 11>(x, inputs, panel, made),
        12 => rows::<T, 12>(x, inputs, panel, made),
        13 => rows::<T, 13>(x, inputs, panel, made),
        _ => rows::<T, 14>(x, inputs, panel, made),
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
fn rows<T: Element, const R: usize>(
    x: Strided<'_>,
    inputs: usize,
    panel: &[T],
    made: &mut [[f32; PANEL]],
) {
    let mut rows: [&[f32]; R] = [&[]; R];
    let mut twos: [&[[f32; 2]]; R] = [&[]; R];
    for (row, (whole, twos)) in rows.iter_mut().zip(&mut twos).enumerate() {
        *whole = x.row(row, inputs);
        *twos = whole.as_chunks().0;
    }
    let mut sums = [_mm512_setzero_ps(); R];
    let (steps, _) = panel.as_chunks::<STEP>();
    let whole = inputs / 2;
    for (at, step) in steps[..whole].iter().enumerate() {
        if R == 1 {
            ahead(step);
        }
        // SAFETY: this function runs where the machine has the level.
        let [even, odd] = unsafe { T::load_wide(step) };
        for row in 0..R {
            // SAFETY: `at` is below half the inputs, of which each row has as many.
            let [a, b] = *unsafe { twos[row].get_unchecked(at) };
            sums[row] = _mm512_fmadd_ps(_mm512_set1_ps(a), even, sums[row]);
            sums[row] = _mm512_fmadd_ps(_mm512_set1_ps(b), odd, sums[row]);
        }
    }
    if inputs % 2 == 1 {
        // SAFETY: as above.
        let [even, _] = unsafe { T::load_wide(&steps[whole]) };
        for row in 0..R {
            let last = _mm512_set1_ps(rows[row][inputs - 1]);
            sums[row] = _mm512_fmadd_ps(last, even, sums[row]);
        }
    }
    for (made, sum) in made.iter_mut().zip(sums) {
        // SAFETY: sixteen floats have room for sixteen.
        unsafe { _mm512_storeu_ps(made.as_mut_ptr(), sum) };
    }
}
