//! The exponential function without branches, so that loops over it become vector instructions.

/// Above this the result is infinity, below its negative nothing.
const HIGHEST: f32 = 88.722_84;
const LOWEST: f32 = -87.336_54;

/// `e` to the power of `x`, within two units in the last place; nothing below the smallest normal
/// number. Not a number stays not a number.
/// Source: the polynomial of Cephes' `expf` (Moshier) after a reduction by Cody & Waite 1980.
#[inline(always)]
#[expect(
    clippy::excessive_precision,
    reason = "constants as their source gives them"
)]
pub(crate) fn exp(x: f32) -> f32 {
    let clamped = if x > HIGHEST { HIGHEST } else { x };
    let clamped = if clamped < LOWEST { LOWEST } else { clamped };
    // Adding and taking away 1.5 · 2²³ rounds to a whole number.
    let shifted = clamped * std::f32::consts::LOG2_E + 12_582_912.0;
    let power = shifted - 12_582_912.0;
    let rest = clamped - power * 0.693_359_375;
    let rest = rest - power * -2.121_944_4e-4;
    let mut sum = 1.987_569_15e-4;
    sum = sum * rest + 1.398_199_950_7e-3;
    sum = sum * rest + 8.333_451_907_3e-3;
    sum = sum * rest + 4.166_579_589_4e-2;
    sum = sum * rest + 1.666_666_545_9e-1;
    sum = sum * rest + 5.000_000_120_1e-1;
    let sum = sum * rest * rest + rest + 1.0;
    // The low bits of the shifted number are the power; two halves, for 2¹²⁸ is no number.
    let power = shifted.to_bits().wrapping_sub(12_582_912.0_f32.to_bits()) as i32;
    let half = power >> 1;
    let scaled = sum * two_to(half) * two_to(power - half);
    let scaled = if x > HIGHEST { f32::INFINITY } else { scaled };
    let scaled = if x < LOWEST { 0.0 } else { scaled };
    if x.is_nan() { x } else { scaled }
}

#[inline(always)]
fn two_to(power: i32) -> f32 {
    f32::from_bits(((power + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_within_two_units_of_the_last_place() {
        for step in -87_000..88_700 {
            let x = step as f32 / 1000.0;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 2.0 * f64::from(f32::EPSILON), "{x}: {error:e}");
        }
    }

    #[test]
    fn the_ends_of_the_range_are_what_they_should_be() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(-1000.0), 0.0);
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert_eq!(exp(89.0), f32::INFINITY);
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(88.7).is_finite());
    }
}
