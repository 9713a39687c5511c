//! The kinds of number that weights, keys and values are kept in.

#[cfg(target_arch = "aarch64")]
mod neon;

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256, __m512, _mm_cvtsi64_si128, _mm_loadu_si128, _mm256_and_si256, _mm256_castsi256_ps,
    _mm256_cvtepi8_epi32, _mm256_cvtepi32_ps, _mm256_cvtph_ps, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_set1_epi32, _mm256_setzero_ps, _mm256_slli_epi32, _mm512_and_si512, _mm512_castsi512_ps,
    _mm512_cvtepi8_epi32, _mm512_cvtepi32_ps, _mm512_cvtph_ps, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_set1_epi32, _mm512_slli_epi32,
};

use bytemuck::Pod;
use half::slice::HalfFloatSliceExt as _;
use half::{bf16, f16};

use crate::levels::at_each_level;
use crate::panels::PANEL;

/// Two neighbouring inputs of the sixteen outputs of a panel.
pub(crate) const STEP: usize = 2 * PANEL;

/// Sixteen floats for each of two neighbouring inputs, in halves.
#[cfg(target_arch = "x86_64")]
pub type Step = [[__m256; 2]; 2];
#[cfg(target_arch = "aarch64")]
pub use neon::Step;

/// Sixteen floats for each of two neighbouring inputs.
#[cfg(target_arch = "x86_64")]
pub type WideStep = [__m512; 2];

/// A kind of number that a panel may hold.
///
/// A panel holds, for two neighbouring inputs at a time, the weights of sixteen outputs: in pairs
/// (`[inputs / 2, 16, 2]`) where a unit of some processor multiplies pairs, else one input after the
/// other (`[inputs, 16]`). An odd last input has a neighbour of zeros.
pub trait Element: Pod + std::fmt::Debug + Send + Sync {
    /// Whether the two inputs of a step lie in pairs.
    const PAIRED: bool;

    /// The number as a float.
    fn to_f32(self) -> f32;

    /// Takes the numbers of `from`, rounded to the nearest; each is worth what is returned.
    fn take(from: &[f32], to: &mut [Self]) -> f32;

    /// The numbers of a step as floats.
    ///
    /// # Safety
    /// The machine has AVX2 and F16C.
    #[cfg(target_arch = "x86_64")]
    unsafe fn load(step: &[Self; STEP]) -> Step;

    /// The numbers of a step as floats.
    ///
    /// # Safety
    /// The machine has NEON.
    #[cfg(target_arch = "aarch64")]
    unsafe fn load(step: &[Self; STEP]) -> Step;

    /// The numbers of a step as floats, in registers twice as wide.
    ///
    /// # Safety
    /// The machine has AVX-512 as [`Isa::Avx512`](crate::Isa::Avx512) says.
    #[cfg(target_arch = "x86_64")]
    unsafe fn load_wide(step: &[Self; STEP]) -> WideStep;
}

/// Where the weight of an input and an output stands in a panel.
#[inline(always)]
pub(crate) fn place<T: Element>(input: usize, output: usize) -> usize {
    if T::PAIRED {
        input / 2 * STEP + output * 2 + input % 2
    } else {
        input * PANEL + output
    }
}

/// How many numbers a panel holds.
pub(crate) fn panel_length(inputs: usize) -> usize {
    inputs.div_ceil(2) * STEP
}

impl Element for f32 {
    const PAIRED: bool = false;

    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }

    fn take(from: &[f32], to: &mut [Self]) -> f32 {
        to.copy_from_slice(from);
        1.0
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn load(step: &[Self; STEP]) -> Step {
        let (eights, _) = step.as_chunks::<8>();
        let mut loaded = [[_mm256_setzero_ps(); 2]; 2];
        for (loaded, numbers) in loaded.as_flattened_mut().iter_mut().zip(eights) {
            // SAFETY: eight floats.
            *loaded = unsafe { _mm256_loadu_ps(numbers.as_ptr()) };
        }
        loaded
    }

    #[cfg(target_arch = "aarch64")]
    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn load(step: &[Self; STEP]) -> Step {
        neon::floats(step)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
    #[inline]
    unsafe fn load_wide(step: &[Self; STEP]) -> WideStep {
        [0, PANEL].map(|from| {
            let numbers = &step[from..][..PANEL];
            // SAFETY: sixteen floats.
            unsafe { _mm512_loadu_ps(numbers.as_ptr()) }
        })
    }
}

impl Element for f16 {
    const PAIRED: bool = false;

    #[inline(always)]
    fn to_f32(self) -> f32 {
        f16::to_f32(self)
    }

    fn take(from: &[f32], to: &mut [Self]) -> f32 {
        to.convert_from_f32_slice(from);
        1.0
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn load(step: &[Self; STEP]) -> Step {
        let (eights, _) = step.as_chunks::<8>();
        let mut loaded = [[_mm256_setzero_ps(); 2]; 2];
        for (loaded, numbers) in loaded.as_flattened_mut().iter_mut().zip(eights) {
            // SAFETY: eight halves are sixteen bytes.
            let halves = unsafe { _mm_loadu_si128(numbers.as_ptr().cast()) };
            *loaded = _mm256_cvtph_ps(halves);
        }
        loaded
    }

    #[cfg(target_arch = "aarch64")]
    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn load(step: &[Self; STEP]) -> Step {
        neon::halves(step)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
    #[inline]
    unsafe fn load_wide(step: &[Self; STEP]) -> WideStep {
        [0, PANEL].map(|from| {
            let numbers = &step[from..][..PANEL];
            // SAFETY: sixteen halves are thirty-two bytes.
            _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(numbers.as_ptr().cast()) })
        })
    }
}

impl Element for bf16 {
    const PAIRED: bool = true;

    #[inline(always)]
    fn to_f32(self) -> f32 {
        bf16::to_f32(self)
    }

    fn take(from: &[f32], to: &mut [Self]) -> f32 {
        round(from, to);
        1.0
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn load(step: &[Self; STEP]) -> Step {
        let pairs = [0, STEP / 2].map(|half| {
            let numbers = &step[half..][..STEP / 2];
            // SAFETY: sixteen numbers of two bytes.
            unsafe { _mm256_loadu_si256(numbers.as_ptr().cast()) }
        });
        // A bfloat16 is the upper half of a float.
        let upper = _mm256_set1_epi32(-65_536);
        [
            pairs.map(|pairs| _mm256_castsi256_ps(_mm256_slli_epi32::<16>(pairs))),
            pairs.map(|pairs| _mm256_castsi256_ps(_mm256_and_si256(pairs, upper))),
        ]
    }

    #[cfg(target_arch = "aarch64")]
    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn load(step: &[Self; STEP]) -> Step {
        neon::pairs(step)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
    #[inline]
    unsafe fn load_wide(step: &[Self; STEP]) -> WideStep {
        // SAFETY: thirty-two numbers of two bytes.
        let pairs = unsafe { _mm512_loadu_si512(step.as_ptr().cast()) };
        // A bfloat16 is the upper half of a float.
        let upper = _mm512_set1_epi32(-65_536);
        [
            _mm512_castsi512_ps(_mm512_slli_epi32::<16>(pairs)),
            _mm512_castsi512_ps(_mm512_and_si512(pairs, upper)),
        ]
    }
}

at_each_level! {
    /// The nearest bfloat16 of each number.
    fn round(from: &[f32], to: &mut [bf16]) = round_each
}

/// The nearest bfloat16 of each number.
#[inline(always)]
pub(crate) fn round_each(from: &[f32], to: &mut [bf16]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = bf16::from_bits(rounded(*from) as u16);
    }
}

/// The bits of the nearest bfloat16.
#[inline(always)]
fn rounded(number: f32) -> u32 {
    let bits = number.to_bits();
    // To the nearest, ties to even; what is not a number stays so without a carry.
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    let quiet = bits >> 16 | 0x40;
    if number.is_nan() { quiet } else { rounded }
}

/// The nearest bfloat16 of two lines, whose numbers become pairs.
#[inline(always)]
pub(crate) fn round_pairs(first: &[f32], second: &[f32], to: &mut [bf16]) {
    let to: &mut [u32] = bytemuck::cast_slice_mut(to);
    for ((first, second), to) in first.iter().zip(second).zip(to) {
        *to = (rounded(*first) | rounded(*second) << 16).to_le();
    }
}

impl Element for i8 {
    const PAIRED: bool = false;

    #[inline(always)]
    fn to_f32(self) -> f32 {
        f32::from(self)
    }

    fn take(from: &[f32], to: &mut [Self]) -> f32 {
        let mut scale = 0.0;
        crate::blocks::quantise_q8_0(from, to, &mut scale);
        scale
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    unsafe fn load(step: &[Self; STEP]) -> Step {
        let (eights, _) = step.as_chunks::<8>();
        let mut loaded = [[_mm256_setzero_ps(); 2]; 2];
        for (loaded, numbers) in loaded.as_flattened_mut().iter_mut().zip(eights) {
            let bytes = _mm_cvtsi64_si128(bytemuck::cast(*numbers));
            *loaded = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
        }
        loaded
    }

    #[cfg(target_arch = "aarch64")]
    #[target_feature(enable = "neon")]
    #[inline]
    unsafe fn load(step: &[Self; STEP]) -> Step {
        neon::bytes(step)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
    #[inline]
    unsafe fn load_wide(step: &[Self; STEP]) -> WideStep {
        [0, PANEL].map(|from| {
            let numbers = &step[from..][..PANEL];
            // SAFETY: sixteen bytes.
            let bytes = unsafe { _mm_loadu_si128(numbers.as_ptr().cast()) };
            _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    fn taken<T: Element>(from: &[f32]) -> (Vec<T>, f32) {
        let mut to = vec![T::zeroed(); from.len()];
        let worth = T::take(from, &mut to);
        (to, worth)
    }

    #[test]
    fn bfloat16_is_rounded_as_the_crate_of_that_name_does() {
        let mut numbers = Numbers::new(12);
        let bits = (0..200_000).map(|_| (numbers.next().to_bits() << 7) ^ numbers.next().to_bits());
        let special = [
            0,
            0x7f80_0000,
            0xff80_0000,
            0x7fc0_0000,
            0x7f80_0001,
            0x7f7f_ffff,
        ];
        let ties = [0x3f80_8000, 0x3f81_8000, 0x0000_8000, 0x8000_ffff];
        let all: Vec<f32> = bits
            .chain(special)
            .chain(ties)
            .map(f32::from_bits)
            .collect();
        let exact: Vec<u16> = all.iter().map(|x| bf16::from_f32(*x).to_bits()).collect();
        let taken: Vec<u16> = taken::<bf16>(&all).0.iter().map(|x| x.to_bits()).collect();
        assert_eq!(taken, exact);
    }

    #[test]
    fn every_kind_is_loaded_as_it_is_defined() {
        fn check<T: Element>() {
            let mut numbers = Numbers::new(5);
            let from: Vec<f32> = numbers.many(STEP).map(|x| x * 100.0).collect();
            let (step, _) = taken::<T>(&from);
            let step: [T; STEP] = step.try_into().unwrap();
            #[cfg(target_arch = "x86_64")]
            let loaded = (crate::Isa::current() >= crate::Isa::Avx2).then(|| {
                // SAFETY: the level has been looked at.
                unsafe { T::load(&step) }
            });
            #[cfg(target_arch = "aarch64")]
            // SAFETY: every such machine has NEON.
            let loaded = Some(unsafe { T::load(&step) });
            for loaded in loaded.into_iter() {
                let loaded: [[f32; PANEL]; 2] = bytemuck::cast(loaded);
                for (input, lanes) in loaded.into_iter().enumerate() {
                    for (output, loaded) in lanes.into_iter().enumerate() {
                        assert_eq!(loaded, step[place::<T>(input, output)].to_f32());
                    }
                }
            }
            #[cfg(target_arch = "x86_64")]
            if crate::Isa::current() >= crate::Isa::Avx512 {
                // SAFETY: the level has been looked at.
                let loaded = unsafe { T::load_wide(&step) };
                for (input, lanes) in loaded.into_iter().enumerate() {
                    // SAFETY: a register is sixteen floats.
                    let lanes: [f32; PANEL] = unsafe { std::mem::transmute(lanes) };
                    for (lane, loaded) in lanes.into_iter().enumerate() {
                        assert_eq!(loaded, step[place::<T>(input, lane)].to_f32());
                    }
                }
            }
        }
        check::<f32>();
        check::<f16>();
        check::<bf16>();
        check::<i8>();
    }
}
