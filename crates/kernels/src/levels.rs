//! Plain loops that the compiler turns into vector instructions of each level.
//!
//! Such a kernel is written once. Its sums are kept in [`LANES`] lanes, so that every level adds in
//! the same order and gives the same bits.

/// Partial sums of a reduction.
const LANES: usize = 16;

/// Defines a function that runs `$body` compiled for the level that this machine has.
macro_rules! at_each_level {
    ($(#[$doc:meta])* $visible:vis fn $name:ident($($argument:ident: $kind:ty),* $(,)?) = $body:path) => {
        $(#[$doc])*
        $visible fn $name($($argument: $kind),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $kind),*) {
                $body($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn avx512($($argument: $kind),*) {
                $body($($argument),*)
            }
            match $crate::isa::Isa::current() {
                $crate::isa::Isa::Scalar => $body($($argument),*),
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the level is only chosen where the machine has it.
                $crate::isa::Isa::Avx2 => unsafe { avx2($($argument),*) },
                #[cfg(target_arch = "x86_64")]
                $crate::isa::Isa::Avx512
                | $crate::isa::Isa::Avx512Bf16
                | $crate::isa::Isa::Amx => {
                    // SAFETY: the same. Pairs and tiles have nothing to give here.
                    unsafe { avx512($($argument),*) }
                }
                // NEON belongs to the architecture: the plain loops are compiled for it already.
                #[cfg(target_arch = "aarch64")]
                $crate::isa::Isa::Neon | $crate::isa::Isa::NeonDot | $crate::isa::Isa::NeonI8mm => {
                    $body($($argument),*)
                }
            }
        }
    };
}

pub(crate) use at_each_level;

/// Adds up `value` of every item, in lanes.
#[inline(always)]
pub(crate) fn sum_in_lanes(values: &[f32], value: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (whole, rest) = values.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += value(*x);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += value(*x);
    }
    add_up(lanes)
}

/// Adds up the products of items of two slices of one length, in lanes.
#[inline(always)]
pub(crate) fn dot_in_lanes(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let ((whole_a, rest_a), (whole_b, rest_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in whole_a.iter().zip(whole_b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(rest_a).zip(rest_b) {
        *lane += a * b;
    }
    add_up(lanes)
}

/// The sum of the lanes, halves by halves.
#[inline(always)]
fn add_up(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// The largest item; negative infinity for none. What is not a number is passed over.
#[inline(always)]
pub(crate) fn largest(values: &[f32]) -> f32 {
    largest_of(values, |x| x)
}

/// The largest `value` of an item; negative infinity for none. What is not a number is passed over.
#[inline(always)]
pub(crate) fn largest_of(values: &[f32], value: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (whole, rest) = values.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            let x = value(*x);
            *lane = if x > *lane { x } else { *lane };
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        let x = value(*x);
        *lane = if x > *lane { x } else { *lane };
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            let x = lanes[lane + width];
            lanes[lane] = if x > lanes[lane] { x } else { lanes[lane] };
        }
        width /= 2;
    }
    lanes[0]
}
